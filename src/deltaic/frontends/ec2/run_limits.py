"""Which values of RunInstances' many options can be honoured; every other one is refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deltaic.frontends.ec2.request import unsupported

#: Parameters that `instances_run` reads itself.
READ: Final = frozenset(
    {
        "BlockDeviceMappings",
        "ClientToken",
        "DisableApiTermination",
        "DryRun",
        "ImageId",
        "InstanceType",
        "KeyName",
        "MaxCount",
        "MinCount",
        "Monitoring.Enabled",
        "NetworkInterfaces",
        "Placement.AvailabilityZone",
        "Placement.AvailabilityZoneId",
        "SecurityGroupIds",
        "SecurityGroups",
        "SubnetId",
        "TagSpecifications",
        "UserData",
    }
)

#: Values that say what is the case anyway; None accepts every value.
HARMLESS: Final[dict[str, tuple[Any, ...] | None]] = {
    "CapacityReservationSpecification.CapacityReservationPreference": ("open", "none"),
    "CreditSpecification.CpuCredits": ("standard",),
    "DisableApiStop": (False,),
    "EbsOptimized": (False,),
    "EnablePrimaryIpv6": (False,),
    "EnclaveOptions.Enabled": (False,),
    "HibernationOptions.Configured": (False,),
    "InstanceInitiatedShutdownBehavior": ("stop",),
    "Ipv6AddressCount": (0,),
    "MaintenanceOptions.AutoRecovery": ("default",),
    "MetadataOptions.HttpEndpoint": ("disabled",),
    "MetadataOptions.HttpProtocolIpv6": ("disabled",),
    "MetadataOptions.HttpPutResponseHopLimit": None,
    "MetadataOptions.HttpTokens": None,
    "MetadataOptions.InstanceMetadataTags": ("disabled",),
    "NetworkPerformanceOptions.BandwidthWeighting": ("default",),
    "Placement.Tenancy": ("default",),
    "PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord": (False,),
    "PrivateDnsNameOptions.EnableResourceNameDnsARecord": (False,),
    "PrivateDnsNameOptions.HostnameType": ("ip-name",),
}

#: Why an option can't be honoured, by the beginning of its name.
REASONS: Final = {
    "CpuOptions": "the number of CPUs comes from the instance type.",
    "EbsOptimized": "disks have no bandwidth of their own.",
    "HibernationOptions": "every machine can be stopped with Hibernate.",
    "IamInstanceProfile": "there are no roles for machines.",
    "InstanceInitiatedShutdownBehavior": "a machine that shuts itself down stays stopped; only 'stop' is possible.",
    "InstanceMarketOptions": "there is no spot market.",
    "Ipv6": "the engine assigns no addresses.",
    "LaunchTemplate": "launch templates are not served.",
    "MetadataOptions": "there is no metadata service; user data reach the guest on a configuration drive.",
    "Monitoring": "the engine's samples have no categories.",
    "Placement": "machines are placed by zone only.",
    "PrivateIpAddress": "the engine assigns no addresses.",
}


def check_options(parameters: Mapping[str, Any]) -> None:
    """Refuse what can't be honoured. Errors: UnsupportedOperation naming the parameter."""
    for path, value in leaves(parameters):
        if path in READ or path.partition(".")[0] in READ:
            continue
        if path in HARMLESS:
            allowed = HARMLESS[path]
            if allowed is None or value in allowed:
                continue
        raise unsupported(path, reason_for(path))


def reason_for(path: str) -> str:
    """The sentence that goes with a refused option."""
    for beginning, reason in REASONS.items():
        if path.startswith(beginning):
            return reason
    return "the cloud has nothing like it."


def refusals() -> tuple[str, ...]:
    """What is refused, in words for the coverage table."""
    limited = [f"{path} other than {_words(values)}" for path, values in HARMLESS.items() if values is not None]
    return (
        *limited,
        "changes of the image's own disks by BlockDeviceMapping",
        "every parameter not named here or above",
    )


def _words(values: tuple[Any, ...]) -> str:
    return " or ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)


def leaves(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values of nested parameters; a list counts as one value."""
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
