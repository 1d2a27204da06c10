"""The pages: method, path below the mount, handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from deltaic.frontends.console import (
    access_keys,
    connect,
    dashboard,
    images,
    instance,
    instance_new,
    instances,
    keys,
    login,
    networks,
    volumes,
)
from deltaic.frontends.console.page import Page

PAGES: Final[tuple[tuple[str, str, Callable[[Page], Awaitable[Response]]], ...]] = (
    ("GET", "/", dashboard.show),
    ("POST", "/logout", login.leave),
    ("POST", "/data_center", login.look_at),
    ("GET", "/connect", connect.show),
    ("GET", "/instances", instances.index),
    ("GET", "/instances/new", instance_new.form),
    ("POST", "/instances", instance_new.create),
    ("GET", "/instances/{id}", instance.show),
    ("POST", "/instances/{id}/{verb}", instance.act),
    ("GET", "/images", images.index),
    ("GET", "/images/{id}", images.show),
    ("GET", "/storage_volumes", volumes.index),
    ("GET", "/storage_volumes/{id}", volumes.show),
    ("POST", "/storage_volumes", volumes.create),
    ("POST", "/storage_volumes/{id}/{verb}", volumes.act),
    ("GET", "/storage_snapshots", volumes.snapshots),
    ("GET", "/networks", networks.index),
    ("GET", "/keys", keys.index),
    ("POST", "/keys", keys.create),
    ("POST", "/keys/{id}/delete", keys.delete),
    ("GET", "/access_keys", access_keys.index),
    ("POST", "/access_keys", access_keys.create),
    ("POST", "/access_keys/{id}/revoke", access_keys.revoke),
)
