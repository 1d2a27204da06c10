"""Instance types: the engine's named sizes and the open ones."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.filters import FilterTable
from deltaic.services.instance_types import InstanceTypeView

_MIB = 1 << 20

INSTANCE_TYPES = FilterTable(
    {
        "auto-recovery-supported": "AutoRecoverySupported",
        "bare-metal": "BareMetal",
        "burstable-performance-supported": "BurstablePerformanceSupported",
        "current-generation": "CurrentGeneration",
        "dedicated-hosts-supported": "DedicatedHostsSupported",
        "ebs-info.ebs-optimized-support": "EbsInfo.EbsOptimizedSupport",
        "ebs-info.encryption-support": "EbsInfo.EncryptionSupport",
        "ebs-info.nvme-support": "EbsInfo.NvmeSupport",
        "free-tier-eligible": "FreeTierEligible",
        "hibernation-supported": "HibernationSupported",
        "hypervisor": "Hypervisor",
        "instance-storage-supported": "InstanceStorageSupported",
        "instance-type": "InstanceType",
        "memory-info.size-in-mib": "MemoryInfo.SizeInMiB",
        "network-info.ena-support": "NetworkInfo.EnaSupport",
        "network-info.efa-supported": "NetworkInfo.EfaSupported",
        "network-info.ipv6-supported": "NetworkInfo.Ipv6Supported",
        "network-info.network-performance": "NetworkInfo.NetworkPerformance",
        "processor-info.supported-architecture": "ProcessorInfo.SupportedArchitectures",
        "supported-boot-mode": "SupportedBootModes",
        "supported-root-device-type": "SupportedRootDeviceTypes",
        "supported-usage-class": "SupportedUsageClasses",
        "supported-virtualization-type": "SupportedVirtualizationTypes",
        "vcpu-info.default-cores": "VCpuInfo.DefaultCores",
        "vcpu-info.default-threads-per-core": "VCpuInfo.DefaultThreadsPerCore",
        "vcpu-info.default-vcpus": "VCpuInfo.DefaultVCpus",
    }
)
OFFERINGS = FilterTable({"instance-type": "InstanceType", "location": "Location"})


@action(
    "DescribeInstanceTypes",
    filters=INSTANCE_TYPES,
    note="SERVER, DESKTOP and HIGH_PERFORMANCE are the image's own size; their figures are the engine's defaults. "
    "IncludeUnsupportedInRegion changes nothing: every size is there.",
)
async def describe_instance_types(request: Ec2Request) -> dict[str, Any]:
    """Every size that a machine can have or be shown with."""
    matches = request.matcher(INSTANCE_TYPES)
    views = await request.services.instance_types.list(request.context)
    wanted = request.get("InstanceTypes")
    if wanted is not None:
        views = _named(views, wanted)
    return request.listing("InstanceTypes", map(_type, views), matches, "InstanceType")


def _named(views: list[InstanceTypeView], wanted: list[str]) -> list[InstanceTypeView]:
    names = {view.type.name for view in views}
    unknown = [name for name in wanted if name not in names]
    if unknown:
        text = ", ".join(unknown)[:500]
        raise AwsError("InvalidInstanceType", f"The following supplied instance types do not exist: [{text}]")
    return [view for view in views if view.type.name in wanted]


def _type(view: InstanceTypeView) -> dict[str, Any]:
    size = view.type
    cores = size.cpu_sockets * size.cpu_cores
    return {
        "InstanceType": size.name,
        "CurrentGeneration": True,
        "FreeTierEligible": False,
        "SupportedUsageClasses": ["on-demand"],
        "SupportedRootDeviceTypes": ["ebs"],
        "SupportedVirtualizationTypes": ["hvm"],
        "BareMetal": False,
        "Hypervisor": "kvm",
        "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
        "VCpuInfo": {
            "DefaultVCpus": size.cpus,
            "DefaultCores": cores,
            "DefaultThreadsPerCore": size.cpu_threads,
            "ValidCores": [cores],
            "ValidThreadsPerCore": [size.cpu_threads],
        },
        "MemoryInfo": {"SizeInMiB": size.memory // _MIB},
        "InstanceStorageSupported": False,
        "EbsInfo": {
            "EbsOptimizedSupport": "unsupported",
            "EncryptionSupport": "unsupported",
            "NvmeSupport": "unsupported",
        },
        "NetworkInfo": {
            "NetworkPerformance": "Unspecified",
            "Ipv6Supported": True,
            "EnaSupport": "unsupported",
            "EfaSupported": False,
        },
        "PlacementGroupInfo": {"SupportedStrategies": []},
        "HibernationSupported": True,
        "BurstablePerformanceSupported": False,
        "DedicatedHostsSupported": False,
        "AutoRecoverySupported": False,
        "SupportedBootModes": ["legacy-bios", "uefi"],
    }


@action("DescribeInstanceTypeOfferings", filters=OFFERINGS)
async def describe_instance_type_offerings(request: Ec2Request) -> dict[str, Any]:
    """Every size is offered in every zone of the scope."""
    matches = request.matcher(OFFERINGS)
    kind = request.get("LocationType", "region")
    zones = await request.services.zones.zones(request.context)
    by_kind = {
        "region": sorted({request.form.region(view.region) for view in zones}),
        "availability-zone": [request.form.zone(view) for view in zones],
        "availability-zone-id": [view.zone.id for view in zones],
    }
    if kind not in by_kind:
        raise invalid_value("LocationType", kind, f"It is one of {', '.join(by_kind)}.")
    views = await request.services.instance_types.list(request.context)
    rows = [
        {"InstanceType": view.type.name, "LocationType": kind, "Location": location}
        for location in by_kind[kind]
        for view in views
    ]
    page = request.page((row for row in rows if matches(row)), lambda row: f"{row['InstanceType']}\0{row['Location']}")
    answer: dict[str, Any] = {"InstanceTypeOfferings": page.items}
    return answer | ({"NextToken": page.next_token} if page.next_token else {})
