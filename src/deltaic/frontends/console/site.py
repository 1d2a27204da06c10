"""The pages: method, path below the mount, handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from deltaic.frontends.console import (
    access_keys,
    connect,
    consoles,
    dashboard,
    events,
    images,
    instance,
    instance_new,
    instances,
    jobs,
    keys,
    login,
    networks,
    security_groups,
    snapshots,
    volumes,
)
from deltaic.frontends.console.access_keys import ACCESS_KEY
from deltaic.frontends.console.deeds import Kind, asking, doing
from deltaic.frontends.console.images import IMAGE
from deltaic.frontends.console.instance_deeds import INSTANCE
from deltaic.frontends.console.keys import KEY
from deltaic.frontends.console.networks import NETWORK
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.security_groups import SECURITY_GROUP
from deltaic.frontends.console.snapshots import SNAPSHOT
from deltaic.frontends.console.volume_deeds import VOLUME

Entry = tuple[str, str, Callable[[Page], Awaitable[Response]]]

#: Things that something can be done with.
KINDS: Final = (INSTANCE, IMAGE, VOLUME, SNAPSHOT, NETWORK, SECURITY_GROUP, KEY, ACCESS_KEY)


def _of_kind(kind: Kind) -> tuple[Entry, ...]:
    path = f"/{kind.path}/{{id}}/{{verb}}"
    return ("GET", path, asking(kind)), ("POST", path, doing(kind))


PAGES: Final[tuple[Entry, ...]] = (
    ("GET", "/", dashboard.show),
    ("POST", "/logout", login.leave),
    ("POST", "/data_center", login.look_at),
    ("GET", "/connect", connect.show),
    ("GET", "/events", events.index),
    ("GET", "/jobs", jobs.index),
    ("GET", "/instances", instances.index),
    ("GET", "/instances/new", instance_new.form),
    ("POST", "/instances", instance_new.create),
    ("GET", "/instances/{id}", instance.show),
    ("GET", "/instances/{id}/screen", instance.screen),
    ("GET", "/instances/{id}/output", consoles.output),
    ("GET", "/images", images.index),
    ("GET", "/images/{id}", images.show),
    ("GET", "/storage_volumes", volumes.index),
    ("POST", "/storage_volumes", volumes.create),
    ("GET", "/storage_volumes/{id}", volumes.show),
    ("GET", "/storage_snapshots", snapshots.index),
    ("GET", "/storage_snapshots/{id}", snapshots.show),
    ("GET", "/networks", networks.index),
    ("POST", "/networks", networks.create),
    ("GET", "/networks/{id}", networks.show),
    ("GET", "/security_groups", security_groups.index),
    ("GET", "/security_groups/{id}", security_groups.show),
    ("POST", "/security_groups/{id}", security_groups.add_rule),
    ("GET", "/keys", keys.index),
    ("POST", "/keys", keys.create),
    ("GET", "/keys/{id}", keys.show),
    ("GET", "/access_keys", access_keys.index),
    ("POST", "/access_keys", access_keys.create),
    ("GET", "/access_keys/{id}", access_keys.show),
    *(entry for kind in KINDS for entry in _of_kind(kind)),
)
