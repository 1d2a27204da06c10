"""The EC2 codec beside moto's, in one process: `python -m bench.codec [instances]`.

Both serializers are given the same plain dict for one DescribeInstances answer; botocore parses both
answers and they must be equal before anything is timed. Times are medians of several runs, interleaved so
that a busy machine slows both alike. The goal is a ratio of 30 at 1,000 instances.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from botocore.parsers import create_parser
from moto.core.serialize import EC2Serializer
from moto.core.utils import get_service_model

from deltaic.protocols.aws.ids import ec2_id
from deltaic.protocols.aws.query import decode_pairs, parse_request
from deltaic.protocols.aws.xml import serialize_item, serialize_response

ACTION = "DescribeInstances"
GOAL = 30
ROUNDS = 7
START = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def native(number: int, salt: int) -> str:
    """A UUID of version 4 that depends on nothing else."""
    return str(UUID(int=(number * 2654435761 + salt) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128), version=4))


def instance(number: int) -> dict[str, Any]:
    """One running instance as the gateway describes it, about 3.5 kB of XML."""
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    name = f"ip-{address.replace('.', '-')}.internal"
    launched = START + timedelta(seconds=number)
    groups = [{"GroupId": ec2_id("sg", native(1, 6)), "GroupName": "default"}]
    vpc, subnet = ec2_id("vpc", native(1, 4)), ec2_id("subnet", native(1, 5))
    attachment = {"AttachTime": launched, "DeleteOnTermination": True}
    return {
        "InstanceId": ec2_id("i", native(number, 1)),
        "ImageId": ec2_id("ami", native(number % 20, 2)),
        "State": {"Code": 16, "Name": "running"},
        "PrivateDnsName": name,
        "PublicDnsName": "",
        "StateTransitionReason": "",
        "KeyName": "demo",
        "AmiLaunchIndex": 0,
        "ProductCodes": [],
        "InstanceType": "m5.large",
        "LaunchTime": launched,
        "Placement": {"AvailabilityZone": "default-a", "GroupName": "", "Tenancy": "default"},
        "Monitoring": {"State": "disabled"},
        "SubnetId": subnet,
        "VpcId": vpc,
        "PrivateIpAddress": address,
        "SourceDestCheck": True,
        "SecurityGroups": groups,
        "Architecture": "x86_64",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/sda1",
        "BlockDeviceMappings": [
            {
                "DeviceName": f"/dev/sd{letter}",
                "Ebs": {"VolumeId": ec2_id("vol", native(number, salt)), "Status": "attached", **attachment},
            }
            for letter, salt in (("a1", 7), ("b", 8))
        ],
        "VirtualizationType": "hvm",
        "ClientToken": native(number, 9),
        "Tags": [
            {"Key": "Name", "Value": f"web & app <{number}>"},
            {"Key": "Owner", "Value": "operations"},
            {"Key": "Stage", "Value": "production"},
        ],
        "Hypervisor": "xen",
        "NetworkInterfaces": [
            {
                "NetworkInterfaceId": ec2_id("eni", native(number, 10)),
                "SubnetId": subnet,
                "VpcId": vpc,
                "Description": "nic1",
                "OwnerId": "000000000000",
                "Status": "in-use",
                "MacAddress": "56:6f:1a:2b:00:01",
                "PrivateIpAddress": address,
                "PrivateDnsName": name,
                "SourceDestCheck": True,
                "Groups": groups,
                "Attachment": {
                    "AttachmentId": ec2_id("eni-attach", native(number, 11)),
                    "DeviceIndex": 0,
                    "Status": "attached",
                    **attachment,
                },
                "PrivateIpAddresses": [{"PrivateIpAddress": address, "PrivateDnsName": name, "Primary": True}],
                "Ipv6Addresses": [],
                "InterfaceType": "interface",
            }
        ],
        "EbsOptimized": False,
        "EnaSupport": True,
        "CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 1},
        "HibernationOptions": {"Configured": False},
        "MetadataOptions": {
            "State": "applied",
            "HttpTokens": "optional",
            "HttpPutResponseHopLimit": 1,
            "HttpEndpoint": "enabled",
        },
        "EnclaveOptions": {"Enabled": False},
        "MaintenanceOptions": {"AutoRecovery": "default"},
    }


def answer(count: int) -> dict[str, Any]:
    """A whole DescribeInstances result, one reservation per instance."""
    return {
        "Reservations": [
            {
                "ReservationId": ec2_id("r", native(number, 3)),
                "OwnerId": "000000000000",
                "Groups": [],
                "Instances": [instance(number)],
            }
            for number in range(count)
        ]
    }


def interleaved(*subjects: Callable[[], object]) -> list[float]:
    """Median seconds of each subject, measured in turns."""
    times: list[list[float]] = [[] for _ in subjects]
    for _ in range(ROUNDS):
        for subject, series in zip(subjects, times, strict=True):
            gc.collect()
            start = perf_counter()
            subject()
            series.append(perf_counter() - start)
    return [median(series) for series in times]


def compare(count: int) -> float:
    """Print the times for `count` instances; return moto's time divided by ours."""
    operation = get_service_model("ec2").operation_model(ACTION)
    result = answer(count)

    def ours() -> bytes:
        return serialize_response(ACTION, result, "req")

    def motos() -> bytes:
        return EC2Serializer(operation).serialize(result)["body"].encode()

    start = perf_counter()
    body = ours()
    first = perf_counter() - start
    views = [
        create_parser("ec2").parse({"status_code": 200, "headers": {}, "body": text}, operation.output_shape)
        for text in (body, motos())
    ]
    if views[0]["Reservations"] != result["Reservations"] or views[0]["Reservations"] != views[1]["Reservations"]:
        raise SystemExit("the two answers are not equal")
    pieces = [serialize_item(ACTION, "Reservations", entry) for entry in result["Reservations"]]

    def cached() -> bytes:
        return serialize_response(ACTION, {"Reservations": pieces}, "req")

    mine, theirs, joined = interleaved(ours, motos, cached)
    print(f"{ACTION}, {count} instances, {len(body) / 1e6:.2f} MB, answers equal")
    print(f"  first call, compiling        {first * 1e3:9.2f} ms")
    print(f"  moto                         {theirs * 1e3:9.2f} ms")
    print(f"  deltaic                      {mine * 1e3:9.2f} ms   ratio {theirs / mine:7.1f} (goal {GOAL})")
    print(f"  deltaic, fragments cached    {joined * 1e3:9.2f} ms   ratio {theirs / joined:7.1f}")
    return theirs / mine


def parsing() -> None:
    """Print what it costs to parse a describe of 100 ids and two filters."""
    names = {f"InstanceId.{n}": f"i-0123456789abc{n:04}" for n in range(1, 101)}
    filters = {"Filter.1.Name": "instance-state-name", "Filter.1.Value.1": "running", "Filter.2.Name": "tag:Name"}
    query = urlencode({"Action": ACTION, "Version": "2016-11-15", **names, **filters, "Filter.2.Value.1": "web*"})

    def decode() -> None:
        for _ in range(100):
            decode_pairs(query)

    def parse() -> None:
        for _ in range(100):
            parse_request(decode_pairs(query))

    bare, whole = interleaved(decode, parse)
    print("parsing 100 ids and 2 filters")
    print(f"  form decoding alone          {bare * 1e4:9.1f} µs")
    print(f"  typed request                {whole * 1e4:9.1f} µs")


def main() -> None:
    """Measure and print."""
    compare(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    parsing()


if __name__ == "__main__":
    main()
