"""The entry point, the drivers behind it, and realms."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element, optional

#: The release whose answers these are.
VERSION = "1.1.3"


class Feature(Struct, frozen=True):
    """What a collection can do beyond the usual: more `params` of the operation `rel`, with constraints on them."""

    name: str
    rel: str
    params: tuple[str, ...] = ()
    constraints: tuple[tuple[str, str], ...] = ()


class CollectionLink(Struct, frozen=True):
    """A collection of the entry point."""

    rel: str
    href: str
    features: tuple[Feature, ...] = ()


class Api(Struct, frozen=True):
    """The entry point. `provider` is empty for the configured one."""

    driver: str
    links: tuple[CollectionLink, ...]
    provider: str = ""


class Provider(Struct, frozen=True):
    """A place that a driver can be pointed at: a data center. `entrypoints` are kind and address."""

    id: str
    entrypoints: tuple[tuple[str, str], ...] = ()


class Driver(Struct, frozen=True):
    """A kind of cloud."""

    id: str
    href: str
    name: str
    providers: tuple[Provider, ...] = ()


class Realm(Struct, frozen=True):
    """A place inside a provider: a cluster. `state` is `AVAILABLE` or `UNAVAILABLE`."""

    id: str
    href: str
    name: str
    state: str
    limit: str = ""


def api_xml(one: Api) -> Element:
    """The element `api`."""
    links = (element("link", *map(_feature_xml, link.features), href=link.href, rel=link.rel) for link in one.links)
    return element("api", *links, driver=one.driver, provider=one.provider or None, version=VERSION)


def _feature_xml(one: Feature) -> Element:
    return element(
        "feature",
        *(element("param", name=name) for name in one.params),
        *(element("constraint", text=value, name=name) for name, value in one.constraints),
        name=one.name,
        rel=one.rel,
    )


def api_json(one: Api) -> dict[str, Any]:
    """The object. Each feature stands in a list of its own, as it always did."""
    links = [
        {"rel": link.rel, "href": link.href, "features": [[_feature_json(feature)] for feature in link.features]}
        for link in one.links
    ]
    return {"version": VERSION, "driver": one.driver, "provider": one.provider or "default", "links": links}


def _feature_json(one: Feature) -> dict[str, Any]:
    params = [f"{name}:string:optional" for name in one.params]
    return {"name": one.name, "rel": one.rel, "params": params, "constraints": dict(one.constraints)}


def driver_xml(one: Driver) -> Element:
    """The element `driver`."""
    providers = (
        element(
            "provider",
            *(element("entrypoint", text=address, kind=kind) for kind, address in place.entrypoints),
            id_=place.id,
        )
        for place in one.providers
    )
    return element("driver", element("name", text=one.name), *providers, href=one.href, id_=one.id)


def driver_json(one: Driver) -> dict[str, Any]:
    """The object: addresses by kind and provider."""
    document: dict[str, Any] = {}
    kinds: dict[str, dict[str, str]] = {}
    for place in one.providers:
        for kind, address in place.entrypoints:
            kinds.setdefault(kind, {})[place.id] = address
    if kinds:
        document["entrypoints"] = kinds
    document |= {"name": one.name, "id": one.id, "href": one.href}
    return document | ({"providers": [{"id": place.id} for place in one.providers]} if one.providers else {})


def realm_xml(one: Realm) -> Element:
    """The element `realm`."""
    return element(
        "realm",
        element("name", text=one.name),
        element("state", text=one.state),
        optional("limit", one.limit),
        href=one.href,
        id_=one.id,
    )


def realm_json(one: Realm) -> dict[str, Any]:
    """The object."""
    return {"id": one.id, "href": one.href, "name": one.name, "state": one.state, "limit": one.limit or "unlimited"}
