"""What is otherwise than in the original's documents on purpose: the resources."""

from __future__ import annotations

from typing import Final

_METRICS: Final = ("diskReadRequestCount", "diskReadSector", "diskWriteRequestCount", "diskWriteSector",
                   "nicInputByte", "nicInputPacket", "nicOutputByte", "nicOutputPacket")  # fmt: skip
_OURS: Final = ("diskReadBytes", "diskUsed", "diskWriteBytes", "memoryUsed", "networkIn", "networkOut")
_DRIVERS: Final = ("arubacloud", "azure", "condor", "digitalocean", "ec2", "eucalyptus", "fgcp", "gogrid", "google",
                   "mock", "opennebula", "profitbricks", "rackspace", "rhevm", "rimuhosting", "sbc",
                   "terremark", "vsphere")  # fmt: skip

_RICHER: Final = "JSON tells what XML always told"
_LATER: Final = "the mock driver does everything in no time"
_SOON: Final = "a command can be run once the guest says where it is"
#: Reasons that hold only while a machine is on its way: a fast engine may be there already.
RACES: Final = frozenset({_LATER, _SOON})

#: Recordings, reason, facts: see `differences`.
THINGS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    # --- instances
    ("instances_*.xml", "known of machines of oVirt", (
        "+ *instance/launch_time", "+ *instance/public_addresses/address[mac]",
        "+ *instance/public_addresses/address[ipv4]", "+ instance/network_interfaces",
        "+ instance/network_interfaces/network_interface", "+ *instance/storage_volumes/storage_volume",
        "- *instance/public_addresses/address[hostname]", "- *instance/private_addresses/address[hostname]",
    )),
    ("instances_*.json", "known of machines of oVirt", (
        "+ $*.launch_time", "+ $*.create_time", "+ $*.public_addresses[mac]", "+ $*.public_addresses[ipv4]",
        "+ $*.storage_volumes[]", "- $*.public_addresses[hostname]", "- $*.private_addresses[]",
    )),
    ("instances_*.xml", "a size without a name of its own has its figures told", (
        "+ *instance/hardware_profile/property[cpu]", "+ *instance/hardware_profile/property[memory]",
    )),
    ("instances_*.json", "a size without a name of its own has its figures told", (
        "+ $*.hardware_profile.properties.cpu", "+ $*.hardware_profile.properties.memory",
    )),
    ("instances_*.json", _RICHER, (
        "+ $*.owner_id", "+ $*.network_interfaces", "+ $*.keyname", "+ $*.authentication.login",
        "+ $*.authentication.type",
    )),
    *((where, _SOON, (
        "- instance/actions/link[run]", "- $*.actions[run]",
    )) for where in ("instances_create*", "instances_st*", "instances_reboot.*")),
    ("instances_show*", "the machine that is shown has a key", (
        "+ instance/authentication/login", "+ $.instance.authentication",
    )),
    ("instances_show_inst3.*", "that machine has no name, an empty key, and may not be an image's source", (
        "+ instance/name#text", "+ instance/authentication/login/keyname#text", "+ instance/actions/link[create_image]",
        "+ $.instance.actions[create_image]", "+ $.instance.create_image",
    )),
    *((f"instances_index{kind}", "there are other machines, in other states", facts) for kind, facts in (
        (".*", (
            "+ instances/instance/actions/link[destroy]", "+ instances/instance/actions/link[start]",
            "+ instances/instance/state#text=STOPPED", "+ instances/instance/authentication/login/keyname#text",
            "+ $.instances[].actions[destroy]", "+ $.instances[].actions[start]", "+ $.instances[].state=STOPPED",
        )),
        ("_realm.*", (
            "+ instances/instance/actions/link[destroy]", "+ instances/instance/actions/link[start]",
            "+ instances/instance/actions/link[create_image]", "+ instances/instance/name#text",
            "+ instances/instance/state#text=STOPPED", "+ instances/instance/authentication/login/keyname#text",
            "+ $.instances[].actions[destroy]", "+ $.instances[].actions[start]", "+ $.instances[].state=STOPPED",
            "+ $.instances[].actions[create_image]", "+ $.instances[].create_image",
        )),
        ("_state.*", ("+ instances/instance", "+ $.instances[]")),
    )),
    *((f"{act}.*", _LATER, (
        "+ instance/state#text=PENDING", "- instance/state#text=RUNNING", "- instance/actions/link[reboot]",
        "- instance/actions/link[stop]", "- instance/actions/link[create_image]",
        "+ $*.state=PENDING", "- $*.state=RUNNING", "- $*.actions[reboot]", "- $*.actions[stop]",
        "- $*.actions[create_image]",
    )) for act in ("instances_create", "instances_create_minimal", "instances_start")),
    *((f"{act}.*", _LATER, (
        "+ instance/state#text=STOPPING", "- instance/state#text=STOPPED", "+ instance/actions/link[stop]",
        "- instance/actions/link[start]", "- instance/actions/link[destroy]", "- instance/actions/link[create_image]",
        "+ $.state=STOPPING", "- $.state=STOPPED", "+ $.actions[stop]", "- $.actions[start]",
        "- $.actions[destroy]", "- $.actions[create_image]",
    )) for act in ("instances_stop", "instances_stop2")),
    ("instances_with_volume_show.xml", "a machine tells a device only when its guest does", (
        "- instance/storage_volumes/storage_volume@device",
    )),
    # --- images and sizes
    ("images_*.json", _RICHER, ("+ $*.actions", "+ $*.owner_id")),
    ("images_create.json", "the original made the image and failed to tell it", (
        "- status 500", "+ status 201", "- $.code", "- $.error", "- $.message", "+ $.image", "+ header etag",
        "+ header cache-control",
    )),
    ("images_create.xml", _LATER, ("- image/state#text=AVAILABLE", "+ image/state#text=PENDING")),
    ("images_create.xml", "a new image has every size, as all images have", ("+ image/hardware_profiles",)),
    ("hardware_profiles_*", "the size of a disk is its image's", (
        "- *hardware_profile/property[storage]", "- $*.properties.storage",
    )),
    ("hardware_profiles_*.json", _RICHER, ("+ $*.property",)),
    ("hardware_profiles_show_m1-xlarge.xml", "the profile that stands for it lets the processors be chosen", (
        "+ hardware_profile/property[cpu]/param[hwp_cpu]", "+ hardware_profile/property[cpu]/range",
        "+ hardware_profile/property[cpu]@kind=range", "- hardware_profile/property[cpu]@kind=fixed",
    )),
    ("hardware_profiles_index_architecture.xml", "all sizes have that architecture, fixed ones too", (
        "+ hardware_profiles/hardware_profile/property[memory]@kind=fixed",
    )),
    # --- volumes and snapshots
    ("storage_volumes_*.xml", "what can be done with a volume, and where it is, is told", (
        "+ *storage_volume/actions", "+ storage_volume/realm", "+ storage_volume/realm_id",
    )),
    ("storage_volumes_*.json", "what can be done with a volume, and where it is, is told", (
        "+ $*.actions[attach]", "+ $*.actions[create_snapshot]", "+ $*.actions[destroy]", "+ $*.actions[detach]",
        "+ $*.realm_id", "+ $.storage_volume.realm.href=/realms/ID", "- $.storage_volume.realm.href=/realms",
    )),
    ("storage_volumes_*.json", _RICHER, ("+ $*.mount",)),
    *((f"storage_volumes_{act}.json", "now a number, now a text in the original; always a text here", (
        "+ $*.capacity:str", "- $*.capacity:int",
    )) for act in ("index", "show")),
    ("storage_volumes_index.xml", "disks of machines that nobody attached have no device that is known", (
        "- storage_volumes/storage_volume/device", "- storage_volumes/storage_volume/mount/device",
    )),
    ("storage_volumes_create.*", _LATER, (
        "+ storage_volume/state#text=PENDING", "- storage_volume/state#text=AVAILABLE",
        "+ $.storage_volume.state=PENDING", "- $.storage_volume.state=AVAILABLE",
    )),
    ("storage_snapshots_*.xml", "what can be done with a snapshot, and its state, is told", (
        "+ *storage_snapshot/actions", "+ *storage_snapshot/state",
    )),
    ("storage_snapshots_*.json", _RICHER, ("+ $*.actions", "+ $*.description", "+ $*.name")),
    ("storage_snapshots_create.json", _LATER, (
        "+ $.storage_snapshot.state=PENDING", "- $.storage_snapshot.state=COMPLETED",
    )),
    # --- keys
    ("keys_*.xml", "the private half is told once, to its maker", ("- *key/pem",)),
    ("keys_*", "a key has a state", ("+ *key/state#text=AVAILABLE", "+ $*.state=AVAILABLE")),
    ("keys_*.json", _RICHER, ("+ $*.actions", "+ $*.name", "+ $*.pem", "+ $*.type")),
    # --- networks
    ("networks_*", "the engine gives networks no addresses", (
        "- *network/address_blocks/address_block", "- $*.address_blocks[]",
    )),
    ("networks_show.xml", "the management network stays", ("- network/actions/link[destroy]",)),
    ("networks_create.xml", "the original made the network and failed to tell it", (
        "- status 500", "+ status 200", "- error", "+ network", "+ header etag", "+ header cache-control",
    )),
    ("networks_create.*", "what is made has an address, which is told", ("+ header location=/networks/ID",)),
    ("networks_create.json", "each network has one subnet", ("+ $.network.subnets[]",)),
    ("networks_*.json", _RICHER, ("+ $*.actions",)),
    ("subnets_*", "the one subnet comes and goes with its network, and has no addresses of its own", (
        "- *subnet/actions/link[destroy]", "- *subnet/address_block#text", "- $*.type=PRIVATE",
    )),
    ("subnets_*.json", _RICHER, ("+ $*.actions",)),
    ("subnets_create.*", "subnets are not made or removed: the cloud lacks it", (
        "- status *", "+ status 412", "+ header expect", "- $.subnet", "- header etag", "- header cache-control",
        "- error@status=500", "+ error@status=412", "- error/code#text=500", "+ error/code#text=412",
    )),
    ("subnets_destroy.*", "subnets are not made or removed: the cloud lacks it", (
        "- status 204", "+ status 412", "+ header expect",
    )),
    ("network_interfaces_*.xml", "an interface leads to its network, under the network's address", (
        "+ *network_interface/network@href=/networks/ID", "- *network_interface/network@href=/subnets/ID",
        "- *network_interface/network@rel=subnet",
    )),
    ("network_interfaces_*", "known of interfaces of oVirt", (
        "+ *network_interface/mac_address", "+ $*.mac_address",
    )),
    ("network_interfaces_*.json", _RICHER, ("+ $*.actions",)),
    ("network_interfaces_create.xml", "an address comes from the guest, later", (
        "- network_interface/ip_address",
    )),
    ("network_interfaces_create.*", "what is made has an address, which is told", (
        "+ header location=/network_interfaces/ID",
    )),
    # --- metrics
    *((f"metrics_{act}.*", "what oVirt measures, in bytes and bytes per second", (
        *(f"- metric*/properties/{name}" for name in _METRICS), *(f"+ metric*/properties/{name}" for name in _OURS),
        *(f"- $*.properties[{name}]" for name in _METRICS), *(f"+ $*.properties[{name}]" for name in _OURS),
    )) for act in ("index", "show")),
    # --- drivers
    ("drivers_index.json", "other drivers are installed, and the list has a name", (
        "+ $.drivers", "+ $.ovirt", "+ $.openstack.href", "+ $.openstack.id", *(f"- $.{name}" for name in _DRIVERS),
    )),
    ("drivers_index.xml", "providers are the data centers that a login sees: told of one driver", (
        "- drivers/driver/provider",
    )),
    ("drivers_show*", "providers are data centers, of which names are told", (
        "+ driver/provider", "+ driver/provider/entrypoint[name]", "+ $.driver.entrypoints",
        "+ $.driver.entrypoints.name", "+ $.driver.providers", "+ $.driver.href",
        *(f"- driver/provider/entrypoint[{kind}]" for kind in ("ec2", "elb", "mon", "s3")),
        *(f"- $.driver.entrypoints.{kind}" for kind in ("ec2", "elb", "mon", "s3")),
    )),
)  # fmt: skip
