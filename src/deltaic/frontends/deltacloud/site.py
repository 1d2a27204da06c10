"""Everything that is served: the one list from which the entry point, the operations and the documentation derive."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.deltacloud import (
    hardware_profiles,
    images,
    instance_actions,
    instance_create,
    instances,
    keys,
    realms,
)
from deltaic.frontends.deltacloud.collection import Collection, Operation, feature

INSTANCES: Final = Collection(
    "instances",
    "instance",
    "instances_list",
    instances.index,
    instances.show,
    "virtual machines",
    create=Operation(
        instance_create.create,
        "instances_create",
        required=("image_id",),
        optional=("realm_id", "hwp_id", "hwp_cpu", "hwp_memory", "hwp_architecture", "network_id", "start"),
        status=201,
    ),
    destroy=Operation(instance_actions.destroy, "instances_delete", status=204),
    actions={
        "start": Operation(instance_actions.start, "instances_start"),
        "stop": Operation(instance_actions.stop, "instances_stop"),
        "reboot": Operation(instance_actions.reboot, "instances_reboot"),
    },
    features=(
        (feature("realm_filter", "realm_id", rel="index"), ""),
        (feature("user_name", "name", max_length="50"), ""),
        (feature("user_data", "user_data"), "instances_create_with_user_data"),
        (feature("authentication_key", "keyname"), "instances_create_with_authorized_keys"),
        (feature("instance_count", "instance_count"), ""),
    ),
)

#: By name, as the original lists them.
COLLECTIONS: Final[tuple[Collection, ...]] = (
    Collection(
        "hardware_profiles",
        "hardware_profile",
        "instance_types_list",
        hardware_profiles.index,
        hardware_profiles.show,
        "instance types; SERVER, DESKTOP and HIGH_PERFORMANCE leave the figures to the client",
    ),
    Collection("images", "image", "images_list", images.index, images.show, "templates"),
    INSTANCES,
    Collection(
        "keys",
        "key",
        "instances_create_with_authorized_keys",
        keys.index,
        keys.show,
        "public SSH keys of the caller, kept by the gateway",
        create=Operation(keys.create, required=("name",), optional=("public_key",), status=201),
        destroy=Operation(keys.destroy, status=204),
        features=((feature("import_key", "public_key"), ""),),
    ),
    Collection("realms", "realm", "zones_list", realms.index, realms.show, "clusters"),
)
