"""Makes the tests' access key in a gateway's state folder."""

from __future__ import annotations

import subprocess
import sys

from tests.support.processes import ACCESS_KEY, PASSWORD, SECRET_KEY, USER, clean_environment


def make_access_key(settings: list[str]) -> None:
    """Run `deltaic keys create` with a gateway's own settings; fails with its output."""
    keys = ["--user", USER, "--password-stdin", "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]
    done = subprocess.run(
        [sys.executable, "-m", "deltaic", "keys", "create", *keys, *settings],
        input=PASSWORD,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
