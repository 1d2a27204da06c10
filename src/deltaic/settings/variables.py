"""Which environment variable fills which key: our own names and Deltacloud's classic ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

PREFIX = "DELTAIC_"
CONFIG = "DELTAIC_CONFIG"

#: Variables of ours that are not settings: the TOML file, and the key that seals (read by the store).
_OTHERS = frozenset({CONFIG, "DELTAIC_SEALING_KEY"})

#: Variable -> key. Later ones win, so Deltacloud's names come first.
VARIABLES: dict[str, str] = {
    "API_DRIVER": "cloud.driver",
    "API_PROVIDER": "cloud.provider",
    "API_FRONTEND": "frontends",
    "API_HOST": "server.host",
    "API_PORT": "server.port",
    "API_USER": "login.user",
    "API_PASSWORD": "login.password",
    "API_TIMEOUT": "server.request_timeout",
    "API_LOG": "log.file",
    "API_VERBOSE": "log.level",
    "DELTAIC_DRIVER": "cloud.driver",
    "DELTAIC_PROVIDER": "cloud.provider",
    "DELTAIC_CA_FILE": "cloud.ca_file",
    "DELTAIC_CA_FINGERPRINT": "cloud.ca_fingerprint",
    "DELTAIC_INSECURE": "cloud.insecure",
    "DELTAIC_FRONTENDS": "frontends",
    "DELTAIC_HOST": "server.host",
    "DELTAIC_PORT": "server.port",
    "DELTAIC_PUBLIC_URL": "server.public_url",
    "DELTAIC_TRUSTED_PROXIES": "server.trusted_proxies",
    "DELTAIC_TLS_CERTIFICATE": "server.tls_certificate",
    "DELTAIC_TLS_KEY": "server.tls_key",
    "DELTAIC_TLS_CHAIN": "server.tls_chain",
    "DELTAIC_REQUEST_TIMEOUT": "server.request_timeout",
    "DELTAIC_STOP_GRACE": "server.stop_grace",
    "DELTAIC_MAX_BODY_SIZE": "server.max_body_size",
    "DELTAIC_DATA": "data",
    "DELTAIC_DATABASE_URL": "database_url",
    "DELTAIC_NODE": "node",
    "DELTAIC_NODE_SILENCE": "node_silence",
    "DELTAIC_USER": "login.user",
    "DELTAIC_PASSWORD": "login.password",
    "DELTAIC_LOG_LEVEL": "log.level",
    "DELTAIC_LOG_FORMAT": "log.format",
    "DELTAIC_LOG_FILE": "log.file",
    "DELTAIC_SIGV2": "ec2.sigv2",
    "DELTAIC_BASIC": "ec2.basic",
    "DELTAIC_CIMI_INITIAL_STATE": "cimi.initial_state",
    "DELTAIC_CIMI_JOB_RETENTION": "cimi.job_retention",
    "DELTAIC_CIMI_STRICT": "cimi.strict",
    "DELTAIC_DELTACLOUD_START": "deltacloud.start",
    "DELTAIC_DELTACLOUD_RUN": "deltacloud.run",
    "DELTAIC_METERS_SHORTEST_INTERVAL": "meters.shortest_interval",
    "DELTAIC_METERS_MOST_PER_USER": "meters.most_per_user",
    "DELTAIC_METERS_MOST_SAMPLES": "meters.most_samples",
}

#: Words that Deltacloud's switch API_VERBOSE is set to.
_VERBOSE = {"0": "info", "false": "info", "no": "info", "": "info"}


def from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield (variable, key, text) of every variable that is set and not empty, the stronger ones later."""
    for variable, key in VARIABLES.items():
        text = environment.get(variable, "")
        if text:
            yield variable, key, _VERBOSE.get(text.lower(), "debug") if variable == "API_VERBOSE" else text


def misspelt(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (variable, suggestion) of variables that look like a misspelt one of ours.

    Others that begin with our prefix are left alone: container platforms make up such names for a service.
    """
    known = [name for name in VARIABLES if name.startswith(PREFIX)] + sorted(_OTHERS)
    for variable in environment:
        if variable.startswith(PREFIX) and variable not in known:
            close = difflib.get_close_matches(variable, known, n=1, cutoff=0.85)
            if close:
                yield variable, close[0]
