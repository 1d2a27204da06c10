"""Tables of the engine's search language: which fields and cross references each collection knows.

Source: the condition field tables of the engine's search back end, version 4.5.
"""

from collections.abc import Mapping
from typing import NamedTuple

EQUAL = ("=", "!=")
ORDERED = ("<", "<=", ">", ">=", "=", "!=")
BOUNDS = ("<", ">")
TIMES = ("<", ">", "=")


class Field(NamedTuple):
    """One search field: how its value is read and compared, and which relations may follow it.

    Kinds: string, exact (compared whole, never by pattern), listed (one column holding a comma-separated
    list), tag, integer, decimal, size (GiB, not checked when parsed), bool, uuid, enum, date (day only),
    stamp (date and time), span.
    """

    kind: str
    relations: tuple[str, ...] = EQUAL
    names: tuple[str, ...] = ()
    free_text: bool = True


class Table(NamedTuple):
    """The fields of one kind of object; `hidden` ones are understood but never completed."""

    fields: Mapping[str, Field]
    hidden: frozenset[str] = frozenset()


class Collection(NamedTuple):
    """A searchable collection: the prefix the engine puts before a query, its table, what it can refer to.

    `references` maps the singular name in a query to the canonical name of the field's owner; `order` holds
    the default sort fields.
    """

    prefix: str
    table: Table
    references: Mapping[str, str]
    order: tuple[tuple[str, str], ...] = (("name", "asc"),)


_STRING = Field("string")
_SILENT = Field("string", free_text=False)
_EXACT = Field("exact", free_text=False)
_INTEGER = Field("integer", ORDERED)
_DECIMAL = Field("decimal", ORDERED)
_BOOL = Field("bool")
_UUID = Field("uuid")
_TAG = Field("tag")
_SIZE = Field("size", BOUNDS)


def _enum(names: str, relations: tuple[str, ...] = EQUAL) -> Field:
    return Field("enum", relations, tuple(names.upper().split()))


def _table(hidden: str = "", **groups: str | Field) -> Table:
    """Builds a table from `kind="name name"` groups and single `name=Field` entries."""
    kinds = {
        "strings": _STRING,
        "silent": _SILENT,
        "exact": _EXACT,
        "integers": _INTEGER,
        "decimals": _DECIMAL,
        "bools": _BOOL,
        "uuids": _UUID,
        "sizes": _SIZE,
        "integers_equal": Field("integer"),
    }
    fields: dict[str, Field] = {}
    for group, content in groups.items():
        if isinstance(content, Field):
            fields[group.upper()] = content
        else:
            fields.update((name.upper(), kinds[group]) for name in content.split())
    return Table(fields, frozenset(hidden.upper().split()))


_ARCHITECTURE = _enum("undefined x86_64 ppc64 ppc64le aarch64 s390x")
_EXTERNAL_STATUS = _enum("Ok Info Warning Error Failure")
_STORAGE_TYPE = _enum(
    "UNKNOWN NFS FCP ISCSI LOCALFS CIFS POSIXFS GLUSTERFS GLANCE CINDER MANAGED_BLOCK_STORAGE KUBERNETES"
)

_VM = _table(
    strings="name comment ip fqdn address cluster pool loggedinuser datacenter on_host description "
    "custom_emulated_machine custom_cpu_type compatibility_level k8s_namespace",
    status=_enum(
        "Unassigned Down Up PoweringUp Paused MigratingFrom MigratingTo Unknown NotResponding WaitForLaunch "
        "RebootInProgress SavingState RestoringState Suspended ImageIllegal ImageLocked PoweringDown"
    ),
    exact="os quota custom_compatibility_level",
    apps=Field("string", free_text=False),
    creationdate=Field("stamp", BOUNDS),
    uptime=Field("span", BOUNDS),
    integers="cpu_usage mem_usage network_usage migration_progress_percent memory guaranteed_memory vcpus",
    tag=_TAG,
    type=_enum("Desktop Server HighPerformance"),
    uuids="id created_by_user_id",
    architecture=_ARCHITECTURE,
    bools="next_run_config_exists has_illegal_images",
    bios_type=_enum("I440FX_SEA_BIOS Q35_SEA_BIOS Q35_OVMF Q35_SECURE_BOOT"),
)
_TEMPLATE = _table(
    hidden="_vmt_id",
    strings="name comment description cluster datacenter version_name",
    exact="os quota",
    creationdate=Field("date", TIMES),
    integers="childcount mem",
    status=_enum("OK Locked Illegal"),
    bools="sealed",
    architecture=_ARCHITECTURE,
    tag=_TAG,
    _vmt_id=_UUID,
)
_HOST = _table(
    hidden="id",
    strings="name comment cluster address version cpu_model datacenter",
    status=_enum(
        "Unassigned Down Maintenance Up NonResponsive Error Installing InstallFailed Reboot "
        "PreparingForMaintenance NonOperational PendingApproval Initializing Connecting InstallingOS Kdumping"
    ),
    external_status=_EXTERNAL_STATUS,
    integers="cpu_usage mem_usage network_usage cpus memory active_vms committed_mem",
    integers_equal="migrating_vms ha_score spm_id",
    decimals="load cpu_speed",
    tag=_TAG,
    type=_enum("RHEL_Node oVirt_Node RHEL"),
    architecture=_ARCHITECTURE,
    bools="update_available",
    uuids="id hw_id",
)
_CLUSTER = _table(
    strings="name description comment cpu_type compatibility_level",
    architecture=_ARCHITECTURE,
)
_DATA_CENTER = _table(
    strings="name description comment compatibility_version",
    bools="local",
    status=_enum("Uninitialized Up Maintenance NotOperational NonResponsive Contend"),
)
_NETWORK = _table(
    strings="name description comment datacenter label provider_name qos_name",
    integers="vlanid mtu",
    bools="stp vmnetwork",
)
_STORAGE = _table(
    strings="name comment description",
    status=_enum(
        "Unknown Uninitialized Unattached Active Inactive Locked Maintenance PreparingForMaintenance "
        "Detaching Activating"
    ),
    shared_status=_enum("Unattached Active Inactive Mixed Locked"),
    external_status=_EXTERNAL_STATUS,
    datacenter=Field("listed"),
    type=_STORAGE_TYPE,
    integers="free_size used_size total_size committed",
    bools="wipe_after_delete discard_after_delete backup",
)
_DISK = _table(
    strings="alias name description",
    sizes="provisioned_size size actual_size",
    creation_date=Field("stamp", BOUNDS),
    last_modified=Field("stamp", BOUNDS),
    bools="shareable wipe_after_delete",
    status=_enum("Unassigned OK Locked Illegal"),
    disk_type=_enum("IMAGE LUN CINDER MANAGED_BLOCK_STORAGE KUBERNETES"),
    disk_content_type=_enum(
        "DATA OVF_STORE MEMORY_DUMP_VOLUME MEMORY_METADATA_VOLUME ISO HOSTED_ENGINE HOSTED_ENGINE_SANLOCK "
        "HOSTED_ENGINE_METADATA HOSTED_ENGINE_CONFIGURATION BACKUP_SCRATCH"
    ),
    allocation_policy=_enum("Unassigned Preallocated Sparse"),
    number_of_vms=_INTEGER,
    vm_names=Field("listed"),
    silent="quota",
    uuids="id",
)
_EVENT_IDS = "_event_vm_id _event_template_id _event_storage_id _event_host_id _event_datacenter_id"
_EVENT = _table(
    hidden=f"{_EVENT_IDS} _event_quota_id usrid",
    integers_equal="type custom_event_id",
    severity=_enum("NORMAL WARNING ERROR ALERT", ORDERED),
    time=Field("date", TIMES),
    strings="message usrname event_host event_vm event_template event_storage event_datacenter event_volume "
    f"correlation_id origin {_EVENT_IDS} _event_quota_id usrid",
    bools="deleted",
)
_USER = _table(
    strings="name lastname usrname login directory department pool",
    tag=_TAG,
    type=_enum("User Group"),
)
_GROUP = _table(strings="name domain")
_POOL = _table(
    strings="name comment description cluster datacenter",
    type=_enum("Automatic Manual"),
    integers="assigned_vm_count running_vm_count",
)
_JOB = _table(strings="correlation_id")
_VNIC = _table(strings="network_name mac_addr")
_CLUSTER_NETWORK = _table(strings="network_name cluster_name", status=_enum("NON_OPERATIONAL OPERATIONAL"))
_HOST_NETWORK = _table(strings="network_name host_name")
_PROVIDER = _table(strings="name description", type=_enum("FOREMAN OPENSTACK_NETWORK EXTERNAL_NETWORK"))
_QUOTA = _table(strings="name description storagepoolname")

# canonical owner of a cross-referenced field -> its table
REFERENCED: Mapping[str, Table] = {
    "vms": _VM,
    "hosts": _HOST,
    "templates": _TEMPLATE,
    "events": _EVENT,
    "users": _USER,
    "storage": _STORAGE,
    "vnic": _VNIC,
    "nic": _VNIC,
    "clusters": _CLUSTER,
    "datacenter": _DATA_CENTER,
    "networks": _NETWORK,
    "cluster_network": _CLUSTER_NETWORK,
    "host_network": _HOST_NETWORK,
    "provider": _PROVIDER,
    "quota": _QUOTA,
}

# what a query may write -> canonical owner; the plural is the singular followed by "s"
_SINGULARS = {
    "VM": "vms",
    "HOST": "hosts",
    "TEMPLATE": "templates",
    "EVENT": "events",
    "USER": "users",
    "STORAGE": "storage",
    "VNIC": "vnic",
    "NIC": "nic",
    "CLUSTER": "clusters",
    "DATACENTER": "datacenter",
    "NETWORK": "networks",
    "CLUSTER_NETWORK": "cluster_network",
    "HOST_NETWORK": "host_network",
    "PROVIDER": "provider",
    "QUOTA": "quota",
}


def _references(names: str) -> dict[str, str]:
    return {name: _SINGULARS[name] for name in names.split()}


_TEMPLATE_REFERENCES = _references("VM HOST EVENT USER STORAGE VNIC")

COLLECTIONS: Mapping[str, Collection] = {
    "vms": Collection("VMs : ", _VM, _references("HOST TEMPLATE EVENT USER STORAGE VNIC")),
    "templates": Collection("Templates : ", _TEMPLATE, _TEMPLATE_REFERENCES),
    "instancetypes": Collection("Instancetypes : ", _TEMPLATE, _TEMPLATE_REFERENCES),
    "hosts": Collection("Hosts : ", _HOST, _references("VM TEMPLATE EVENT USER STORAGE NIC")),
    "clusters": Collection("Clusters : ", _CLUSTER, _references("DATACENTER STORAGE CLUSTER_NETWORK")),
    "datacenters": Collection("Datacenter : ", _DATA_CENTER, _references("CLUSTER STORAGE NETWORK")),
    "networks": Collection(
        "Networks : ",
        _NETWORK,
        _references("CLUSTER_NETWORK HOST_NETWORK PROVIDER"),
        (("datacenter", "asc"), ("name", "asc")),
    ),
    "storagedomains": Collection("Storage : ", _STORAGE, _references("HOST CLUSTER EVENT")),
    "disks": Collection("Disks : ", _DISK, _references("DATACENTER STORAGE"), (("alias", "asc"), ("id", "asc"))),
    "events": Collection("Events : ", _EVENT, _references("VM HOST TEMPLATE USER CLUSTER QUOTA"), (("id", "desc"),)),
    "users": Collection("Users : ", _USER, _references("HOST VM EVENT TEMPLATE")),
    "groups": Collection("Groups : ", _GROUP, {}),
    "vmpools": Collection("Pools : ", _POOL, {}),
    "jobs": Collection("Jobs : ", _JOB, {}, (("start_time", "asc"),)),
}

# what the REST API calls a value -> what the search language calls it, where they differ
ENUM_ALIASES: Mapping[str, tuple[str, ...]] = {
    "MIGRATING": ("MIGRATINGFROM", "MIGRATINGTO"),
    "PROBLEMATIC": ("NONRESPONSIVE",),
}

# templates sort by name, then by version name ("version_order": nothing for the base version), then by number
SORT_EXPANSIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("templates", "name"): ("name", "version_order", "version_number"),
}
