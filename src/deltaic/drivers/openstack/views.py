"""What stands behind the region in a provider string: `PROJECT[;DOMAIN]`, both by name.

The project may be an id as well. The domain `Default` (in any case) is the one with the id `default`.
A `;` or `%` of a name is written `%3B` or `%25`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import Struct

from deltaic.model.errors import invalid

#: The id of the domain that every cloud has.
DEFAULT_DOMAIN: Final = "default"
DEFAULT_DOMAIN_NAME: Final = "Default"

#: Form of the ids that the identity service makes.
_ID = re.compile(r"[0-9a-f]{32}")
_ESCAPE = re.compile(r"%(25|40|2B|3B)", re.IGNORECASE)


class View(Struct, frozen=True):
    """A project and its domain. Empty: the user's own default project, the configured or default domain."""

    project: str = ""
    domain: str = ""


def read_view(text: str) -> View:
    """Read a view; INVALID when it has more parts."""
    parts = [unescape(part.strip()) for part in text.split(";")]
    if len(parts) > 2:
        raise invalid("provider", "The provider string has at most four parts: URL;REGION;PROJECT;DOMAIN")
    project, domain = (*parts, "")[:2]
    return View(project, normal_domain(domain))


def write_view(view: View) -> str:
    """`view` in its one form: empty parts at the end are left out."""
    return f"{escape(view.project, '%;')};{escape(view.domain, '%;')}".rstrip(";")


def completed(asked: View, configured: View) -> View:
    """What of `asked` is empty, from `configured`; a project is never looked for in another domain than its own."""
    domain = asked.domain or configured.domain
    if domain == DEFAULT_DOMAIN_NAME and is_default(configured.domain):
        domain = ""
    same = domain == normal_domain(configured.domain)
    return View(asked.project or (configured.project if same else ""), domain)


def is_default(domain: str) -> bool:
    """Whether a domain is the one that every cloud has."""
    return domain.lower() in ("", DEFAULT_DOMAIN)


def normal_domain(domain: str) -> str:
    """A domain's name in its one form."""
    return DEFAULT_DOMAIN_NAME if domain and is_default(domain) else domain


def domain_reference(domain: str) -> dict[str, Any]:
    """A domain in a request to the identity service."""
    return {"id": DEFAULT_DOMAIN} if is_default(domain) else {"name": domain}


def project_reference(view: View) -> dict[str, Any]:
    """A project in a request to the identity service; empty without one."""
    if not view.project:
        return {}
    if _ID.fullmatch(view.project):
        return {"id": view.project}
    return {"name": view.project, "domain": domain_reference(view.domain)}


def escape(text: str, characters: str) -> str:
    """`text` with each of `characters` (of `%@+;`) as a percent code."""
    return "".join(f"%{ord(one):02X}" if one in characters else one for one in text)


def unescape(text: str) -> str:
    """Undo `escape`."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
