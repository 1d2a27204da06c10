"""Credentials and their templates: what a new machine's user is called, and how they get in.

A password is kept sealed and shown to nobody. A key is a public one, kept as the line of OpenSSH that guests take, and
shown as the schema wants it: the bytes of that line in hexadecimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.edits import overlay
from deltaic.services.authorized_keys import authorized_keys

#: The attributes that a machine is told.
SECRETS: Final = ("userName", "password", "key")

_LONGEST: Final = {"userName": 64, "password": 256}


def check(document: Document) -> Document:
    """The document with its key as lines of OpenSSH; INVALID for what no guest could be told."""
    for name, longest in _LONGEST.items():
        text = document.get(name, "")
        if len(text) > longest or not text.isprintable():
            raise invalid(name, f"The {name} must have at most {longest} printable characters")
    if any(letter.isspace() or letter in ":/" for letter in document.get("userName", "")):
        raise invalid("userName", "The userName must have no blank, colon or slash")
    if "key" in document:
        document = document | {"key": "\n".join(authorized_keys(document["key"])).encode()}
    return document


CREDENTIALS: Final = Kept("Credential", check=check)
TEMPLATES: Final = Kept("CredentialTemplate", check=check)


async def create(call: Call, owners: Owners) -> Document:
    """Make a credential from a template: one by reference, one by value, or the former with changes."""
    wanted = read_body(call.body, call.content_type, "CredentialCreate")
    told = await secrets_of(call, wanted.get("credentialTemplate"), "credentialTemplate")
    common = {name: wanted[name] for name in ("name", "description", "properties") if wanted.get(name)}
    return await CREDENTIALS.keep(call, common | told)


async def secrets_of(call: Call, given: Any, field: str) -> Document:
    """What a machine is told of a credential that is given by reference (to either type), by value, or both.

    The attributes are those of `SECRETS`, the password among them. MISSING for an empty one, INVALID, NOT_FOUND.
    """
    if not isinstance(given, Mapping):
        raise Error(ErrorKind.MISSING, f"A {field} is required", field=field)
    own = {name: given[name] for name in SECRETS if name in given}
    found = overlay(await _kept(call, str(given["href"]), field) if given.get("href") else {}, own)
    told = check({name: found[name] for name in SECRETS if found.get(name)})
    if not told:
        raise Error(ErrorKind.MISSING, f"The {field} needs a userName, a password or a key", field=field)
    return told


async def _kept(call: Call, href: str, field: str) -> Document:
    """The caller's own document that an address leads to, secrets included."""
    path, _, wanted = contents.relative(href, TEMPLATES.item, call.links, field).partition("/")
    for kept in (TEMPLATES, CREDENTIALS):
        document = await kept.stored(call, wanted) if path == kept.path else None
        if document is not None:
            return document
    if path not in (TEMPLATES.path, CREDENTIALS.path):
        raise invalid(field, f"'{href[:200]}' leads to no credential and to no template of one")
    raise not_found("credential", wanted)
