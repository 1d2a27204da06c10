"""The identity API's answers and requests. Source page: Identity API v3."""

from __future__ import annotations

from msgspec import Struct


class Named(Struct, frozen=True):
    """A thing with an id and a name."""

    id: str = ""
    name: str = ""


class InDomain(Struct, frozen=True):
    """A user or project and the domain that it belongs to."""

    id: str = ""
    name: str = ""
    domain: Named = Named()


class Endpoint(Struct, frozen=True):
    """One address of a service in one region, or in none. Old clouds write `region` only."""

    url: str = ""
    interface: str = ""
    region_id: str | None = None
    region: str | None = None


class Service(Struct, frozen=True):
    """A service of the catalog."""

    type: str = ""
    name: str = ""
    endpoints: tuple[Endpoint, ...] = ()


class Token(Struct, frozen=True):
    """What a token stands for. Times are ISO 8601; `project` is null in an unscoped token."""

    expires_at: str = ""
    issued_at: str = ""
    user: InDomain = InDomain()
    project: InDomain | None = None
    roles: tuple[Named, ...] = ()
    catalog: tuple[Service, ...] = ()
    methods: tuple[str, ...] = ()


class TokenAnswer(Struct, frozen=True):
    """`POST /auth/tokens`, `GET /auth/tokens`, `POST /ec2tokens`; the token itself is in X-Subject-Token."""

    token: Token


class Project(Struct, frozen=True):
    """A project that a user may work in."""

    id: str = ""
    name: str = ""
    domain_id: str = ""
    enabled: bool = True


class Projects(Struct, frozen=True):
    """`GET /auth/projects`."""

    projects: tuple[Project, ...] = ()


class Region(Struct, frozen=True):
    """A region as its operator describes it."""

    id: str = ""
    description: str | None = None


class Regions(Struct, frozen=True):
    """`GET /regions`."""

    regions: tuple[Region, ...] = ()


class VersionRange(Struct, frozen=True):
    """One API version of a service; numbers are empty where it has no microversions."""

    id: str = ""
    status: str = ""
    version: str = ""
    min_version: str = ""


class VersionAnswer(Struct, frozen=True):
    """A version document: one version (Nova's `/v2.1/`) or several (Cinder's `/v3/`)."""

    version: VersionRange | None = None
    versions: tuple[VersionRange, ...] = ()
