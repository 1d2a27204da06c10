"""Which recordings belong to which kind of answer, and which requests ask the simulator for the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parents[2] / "data" / "ovirt"


@dataclass(frozen=True)
class Kind:
    """`recordings`: beginnings of file names; `requests`: paths, where {vm} and the like stand for every id."""

    name: str
    recordings: tuple[str, ...]
    requests: tuple[str, ...]


KINDS: Final = (
    Kind("vm", ("get_vms", "get_vms_ID"), ("vms", "vms/{vm}")),
    Kind(
        "vm_all_content",
        ("get_vms_ID_all_content_true", "put_vms_ID_next_run_false"),
        ("vms/{vm_up}?all_content=true",),
    ),
    Kind("cluster", ("get_clusters", "get_clusters_ID"), ("clusters", "clusters/{cluster}")),
    Kind(
        "data_center",
        ("get_datacenters", "get_datacenters_ID", "get_datacenters_search_status_up"),
        ("datacenters", "datacenters/{data_center}", "datacenters?search=status%3Dup"),
    ),
    Kind(
        "data_center_storage_domain",
        ("get_datacenters_ID_storagedomains",),
        ("datacenters/{data_center}/storagedomains",),
    ),
    Kind("disk", ("get_disks",), ("disks", "disks/{disk}")),
    Kind("host", ("get_hosts", "get_hosts_ID"), ("hosts", "hosts/{host}")),
    Kind("host_nic", ("get_hosts_ID_nics",), ("hosts/{host}/nics",)),
    Kind("host_network_attachment", ("get_hosts_ID_networkattachments",), ("hosts/{host}/networkattachments",)),
    Kind("host_statistic", ("get_hosts_ID_statistics",), ("hosts/{host}/statistics",)),
    Kind("network", ("get_networks",), ("networks",)),
    Kind(
        "storage_domain",
        ("get_storagedomains", "get_storagedomains_ID"),
        ("storagedomains", "storagedomains/{storage_domain}"),
    ),
    Kind("file", ("get_storagedomains_ID_files",), ("storagedomains/{iso_domain}/files",)),
    Kind("template", ("get_templates", "get_templates_ID"), ("templates", "templates/{template}")),
    Kind(
        "template_disk_attachment",
        ("get_templates_ID_diskattachments",),
        ("templates/{template}/diskattachments",),
    ),
    Kind("vm_application", ("get_vms_ID_applications",), ("vms/{vm_down}/applications",)),
    Kind("vm_disk_attachment", ("get_vms_ID_diskattachments",), ("vms/{vm}/diskattachments",)),
    Kind("vm_nic", ("get_vms_ID_nics",), ("vms/{vm}/nics",)),
    Kind("reported_device", ("get_vms_ID_reporteddevices",), ("vms/{vm}/reporteddevices",)),
    Kind("snapshot", ("get_vms_ID_snapshots",), ("vms/{vm}/snapshots",)),
    Kind("snapshot_disk", ("get_vms_ID_snapshots_ID_disks",), ("vms/{vm_snapshots}/disks",)),
    Kind("vnic_profile", ("get_vnicprofiles",), ("vnicprofiles",)),
    Kind(
        "page",
        (
            "get_clusters_search_sortby_20name_20asc_20page_202",
            "get_datacenters_search_sortby_20name_20asc_20page_202",
        ),
        (
            "clusters?search=sortby%20name%20asc%20page%202&max=100",
            "datacenters?search=sortby%20name%20asc%20page%202&max=100",
        ),
    ),
)


def files_of(kind: Kind) -> list[Path]:
    """The recordings of a kind, also those that are explained away."""
    return [path for name in kind.recordings for path in sorted(DATA.glob(f"api_{name}_[0-9].xml"))]
