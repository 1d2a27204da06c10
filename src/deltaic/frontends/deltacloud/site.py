"""Everything that is served: the one list from which the entry point, the operations and the documentation derive."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.deltacloud import (
    addresses,
    firewalls,
    hardware_profiles,
    images,
    instance_actions,
    instance_create,
    instance_run,
    instances,
    keys,
    metrics,
    network_interfaces,
    networks,
    realms,
    storage_snapshots,
    storage_volumes,
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
        "run": Operation(
            instance_run.run,
            required=("cmd",),
            optional=("private_key", "password", "user", "ip", "port", "host_key"),
            status=200,
            resource="command",
        ),
    },
    features=(
        (feature("realm_filter", "realm_id", rel="index"), ""),
        (feature("user_name", "name", max_length=str(instance_create.LONGEST_NAME)), ""),
        (feature("user_data", "user_data"), "instances_create_with_user_data"),
        (feature("authentication_key", "keyname"), "instances_create_with_authorized_keys"),
        (feature("authentication_password", "password"), "instances_create_with_user_data"),
        (feature("first_boot_dev", "first_boot_dev"), "instances_create_with_boot_devices"),
        (feature("firewalls", "firewalls1"), "instances_create_with_security_groups"),
        (feature("instance_count", "instance_count"), ""),
    ),
)

#: By name, as the original lists them.
COLLECTIONS: Final[tuple[Collection, ...]] = (
    Collection(
        "addresses",
        "address",
        "addresses_list",
        addresses.index,
        addresses.show,
        "public addresses of the caller, led to instances",
        create=Operation(addresses.create, "addresses_create", status=201),
        destroy=Operation(addresses.destroy, "addresses_delete", status=204),
        actions={
            "associate": Operation(addresses.associate, "addresses_associate", required=("instance_id",)),
            "disassociate": Operation(addresses.disassociate, "addresses_associate"),
        },
    ),
    Collection(
        "firewalls",
        "firewall",
        "security_groups_list",
        firewalls.index,
        firewalls.show,
        "security groups",
        create=Operation(firewalls.create, "security_groups_create", required=("name", "description"), status=201),
        destroy=Operation(firewalls.destroy, "security_groups_delete", status=204),
        actions={
            "rules": Operation(
                firewalls.add_rule,
                "security_groups_update",
                required=("protocol", "port_from", "port_to"),
                optional=("ip_address1", "group1", "group1owner"),
                status=201,
            )
        },
        remove_part=Operation(firewalls.remove_rule, "security_groups_update", status=204),
    ),
    Collection(
        "hardware_profiles",
        "hardware_profile",
        "instance_types_list",
        hardware_profiles.index,
        hardware_profiles.show,
        "instance types; SERVER, DESKTOP and HIGH_PERFORMANCE leave the figures to the client",
    ),
    Collection(
        "images",
        "image",
        "images_list",
        images.index,
        images.show,
        "templates",
        create=Operation(images.create, "images_create", required=("instance_id",), status=201),
        destroy=Operation(images.destroy, "images_delete", status=204),
        features=(
            (feature("image_name", "name"), "images_create"),
            (feature("image_description", "description"), "images_create"),
        ),
    ),
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
    Collection(
        "metrics", "metric", "metrics_read", metrics.index, metrics.show, "what the engine measures of running machines"
    ),
    Collection(
        "network_interfaces",
        "network_interface",
        "instances_list",
        network_interfaces.index,
        network_interfaces.show,
        "vNICs of machines",
        create=Operation(
            network_interfaces.create,
            "interfaces_create",
            required=("instance", "network"),
            optional=("name",),
            status=200,
        ),
        destroy=Operation(network_interfaces.destroy, "interfaces_delete", status=204),
    ),
    Collection(
        "networks",
        "network",
        "networks_list",
        networks.index,
        networks.show,
        "logical networks",
        create=Operation(
            networks.create, "networks_create", optional=("name", "description", "address_block"), status=200
        ),
        destroy=Operation(networks.destroy, "networks_delete", status=204),
    ),
    Collection("realms", "realm", "zones_list", realms.index, realms.show, "clusters"),
    Collection(
        "storage_snapshots",
        "storage_snapshot",
        "snapshots_list",
        storage_snapshots.index,
        storage_snapshots.show,
        "floating copies of disks, marked as snapshots",
        create=Operation(
            storage_snapshots.create,
            "snapshots_create",
            required=("volume_id",),
            optional=("name", "description"),
            status=201,
        ),
        destroy=Operation(storage_snapshots.destroy, "snapshots_delete", status=204),
    ),
    Collection(
        "storage_volumes",
        "storage_volume",
        "volumes_list",
        storage_volumes.index,
        storage_volumes.show,
        "disks, attached or floating",
        create=Operation(
            storage_volumes.create,
            "volumes_create",
            optional=("capacity", "snapshot_id", "realm_id", "name", "description"),
            status=201,
        ),
        destroy=Operation(storage_volumes.destroy, "volumes_delete", status=204),
        actions={
            "attach": Operation(
                storage_volumes.attach, "volumes_attach", required=("instance_id",), optional=("device",)
            ),
            "detach": Operation(storage_volumes.detach, "volumes_attach", optional=("instance_id",)),
        },
        features=(
            (feature("volume_name", "name"), "volumes_create"),
            (feature("volume_description", "description"), "volumes_create"),
        ),
    ),
    Collection(
        "subnets",
        "subnet",
        "networks_list",
        networks.subnets,
        networks.show_subnet,
        "ranges of addresses in networks, or the one that stands for a network",
        create=Operation(
            networks.create_subnet,
            "networks_create_with_subnets",
            required=("network_id", "address_block"),
            optional=("name",),
            status=200,
        ),
        destroy=Operation(networks.destroy_subnet, "networks_create_with_subnets", status=204),
    ),
)

#: Collections of the original that no cloud here has: asking for them is answered with 412.
ABSENT: Final = ("buckets", "load_balancers")
