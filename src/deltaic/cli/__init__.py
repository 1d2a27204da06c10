"""The command line. `main` is `deltaic`, `deltacloud` the classic server command; all else is loaded when used."""

from __future__ import annotations

import click

from deltaic.cli.group import LazyGroup


@click.group(
    cls=LazyGroup,
    commands={
        "serve": ("serve", "serve"),
        "demo": ("demo", "demo"),
        "engine": ("engine", "engine"),
        "keys": ("keys", "keys"),
        "drivers": ("drivers", "drivers"),
        "doctor": ("doctor", "doctor"),
        "conformance": ("conformance", "conformance"),
        "aws-config": ("aws_config", "aws_config"),
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="deltaic", prog_name="deltaic")
def main() -> None:
    """EC2, CIMI and Deltacloud APIs on top of the virtualization you already own.

    Try it with `deltaic demo`: a gateway and a simulated oVirt Engine on this machine.
    """


def deltacloud() -> None:
    """Run the console script `deltacloud`, which takes the classic server's command line."""
    from deltaic.cli.classic import command

    command()
