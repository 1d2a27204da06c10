"""Volumes and what they are made from."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.families.machine import KILOBYTE
from deltaic.protocols.cimi.kinds import (
    EVENT_LOG,
    EVENT_LOG_TEMPLATE,
    METER_TEMPLATES,
    METERS,
    Resource,
    boolean,
    collection,
    create,
    integer,
    once,
    provider,
    ref,
    resource,
    string,
    uri,
)

RESOURCES: Final[tuple[Resource, ...]] = (
    resource(
        "Volume",
        provider(string("state")),
        once(string("type")),
        integer("capacity", KILOBYTE),
        once(boolean("bootable")),
        collection("images", "VolumeVolumeImage"),
        METERS,
        EVENT_LOG,
        path="volumes",
        states=("CREATING", "AVAILABLE", "CAPTURING", "RESTORING", "DELETING", "ERROR"),
    ),
    create("Volume"),
    resource(
        "VolumeVolumeImage",
        once(ref("volumeImage", "VolumeImage")),
        operations=("delete",),
        inlined_operations=False,
    ),
    resource(
        "VolumeTemplate",
        ref("volumeConfig", "VolumeConfiguration"),
        ref("volumeImage", "VolumeImage"),
        METER_TEMPLATES,
        EVENT_LOG_TEMPLATE,
        path="volume_templates",
    ),
    resource(
        "VolumeConfiguration",
        uri("type"),
        string("format"),
        integer("capacity", KILOBYTE),
        path="volume_configurations",
        aliases=("volumeConfigs",),
    ),
    resource(
        "VolumeImage",
        provider(string("state")),
        once(uri("imageLocation")),
        boolean("bootable"),
        path="volume_images",
        states=("CREATING", "AVAILABLE", "DELETING", "ERROR"),
    ),
)
