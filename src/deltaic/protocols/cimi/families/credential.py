"""Credentials: names, passwords and keys that a new machine gets. The schema puts `operation` before them."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.kinds import COMMON, OPERATIONS, Attribute, Kind, Resource, create, string

SECRETS: Final = (
    string("userName"),
    string("password", secret=True),
    Attribute("key", Kind.HEX),
)


def _credential(name: str, plural: str, path: str, aliases: tuple[str, ...] = ()) -> Resource:
    return Resource(name, (*COMMON, OPERATIONS, *SECRETS), plural, path, aliases, ("edit", "delete"))


RESOURCES: Final[tuple[Resource, ...]] = (
    _credential("Credential", "credentials", "credentials"),
    create("Credential"),
    _credential("CredentialTemplate", "credentialTemplates", "credential_templates", ("credentialTemplates",)),
)
