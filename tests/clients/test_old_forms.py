"""What old and sloppy clients send, byte by byte: SigV2, old versions, bare lists, empty strings, Python's booleans.

Each form was seen of a client that is still in use (Net::Amazon::EC2, VM::EC2, fog, Packer, libcloud, jclouds).
"""

from __future__ import annotations

import base64
import datetime
import email.utils
import gzip
import hashlib
import hmac
import re
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest

from tests.clients.gateway import WORKSHOP, WORKSHOP_AMI, Answer, Gateway, basic, fetch
from tests.clients.machines import machines, native, run, user_data_attribute
from tests.support.processes import ACCESS_KEY, SECRET_KEY

VERSIONS = ["2010-08-31", "2012-06-01", "2014-05-01", "2014-06-15", "2015-10-01", "2016-11-15"]
DIGESTS = {"HmacSHA1": hashlib.sha1, "HmacSHA256": hashlib.sha256}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MACHINE, SECOND_MACHINE = "i-8462303649fe4f22a", "i-5ee314f5a01b41f38"

Pairs = Sequence[tuple[str, str]]


def encoded(pairs: Pairs) -> str:
    """Names and values as RFC 3986 wants them, in the given order."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)


def sign_v2(
    method: str,
    host: str,
    path: str,
    pairs: Pairs,
    *,
    digest: str = "HmacSHA256",
    times: Pairs = (),
    key: str = SECRET_KEY,
) -> str:
    """The parameters with SigV2 as every client of 2008 to 2014 computed it."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    envelope = [("AWSAccessKeyId", ACCESS_KEY), ("SignatureVersion", "2"), ("SignatureMethod", digest)]
    everything = sorted([*pairs, *envelope, *(times or [("Timestamp", now)])])
    text = "\n".join([method, host, path, encoded(everything)])
    signature = base64.b64encode(hmac.new(key.encode(), text.encode(), DIGESTS[digest]).digest()).decode()
    return encoded([*everything, ("Signature", signature)])


def v2(
    gateway: Gateway, pairs: Pairs, *, method: str = "POST", path: str = "/ec2/", host: str = "", **options: Any
) -> Answer:
    """One request with SigV2."""
    signed = sign_v2(method, host or gateway.host, path, pairs, **options)
    if method == "POST":
        return fetch(f"http://{gateway.host}{path}", headers=FORM, body=signed.encode())
    return fetch(f"http://{gateway.host}{path}?{signed}")


def ask(gateway: Gateway, *pairs: tuple[str, str], version: str = "2016-11-15") -> Answer:
    """One POST with Basic, its parameters exactly as given."""
    body = encoded([*pairs, ("Version", version)]).encode()
    return fetch(gateway.url, headers={**basic(), **FORM}, body=body)


def good(answer: Answer) -> Answer:
    assert answer.status == 200, answer.text
    return answer


def shown(answer: Answer) -> list[str]:
    """The ids of the machines of a DescribeInstances answer."""
    return good(answer).values("reservationSet/item/instancesSet/item/instanceId")


@pytest.fixture
def stopped(ec2: Any) -> Iterator[str]:
    """A machine to play with."""
    with machines(ec2, state="stopped") as (machine,):
        yield machine


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_version_is_answered_in_its_own_namespace(demo: Gateway, version: str, method: str) -> None:
    answer = v2(demo, [("Action", "DescribeInstances"), ("Version", version)], method=method)
    assert {MACHINE, SECOND_MACHINE} <= set(shown(answer))
    root = ElementTree.fromstring(answer.text)
    assert root.tag == f"{{http://ec2.amazonaws.com/doc/{version}/}}DescribeInstancesResponse"


@pytest.mark.parametrize("digest", sorted(DIGESTS))
def test_signature_version_2(demo: Gateway, digest: str) -> None:
    zones = [("Action", "DescribeAvailabilityZones"), ("Version", "2010-08-31")]
    without_port = demo.host.partition(":")[0]
    later = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for options in (
        {"host": demo.host},
        {"host": without_port},
        {"times": [("Expires", later)]},
        {"path": "/"},
        {"path": "/services/Eucalyptus"},
    ):
        for method in ("GET", "POST"):
            answer = v2(demo, zones, method=method, digest=digest, **options)
            assert good(answer).values("availabilityZoneInfo/item/zoneName") == ["Defaulta", "barcelonaa"], options
    refused = v2(demo, zones, digest=digest, key=SECRET_KEY[:-1])
    assert refused.error == (403, "SignatureDoesNotMatch")


def test_a_body_with_pluses_for_blanks(demo: Gateway) -> None:
    """The text that is signed has %20 and %2A, whatever the form looks like."""
    pairs = [
        ("Action", "DescribeImages"),
        ("Version", "2012-06-01"),
        ("Filter.1.Name", "name"),
        ("Filter.1.Value.1", "Workshop temp*"),
    ]
    signed = sign_v2("POST", demo.host, "/ec2/", pairs).replace("%20", "+").replace("%2A", "*").replace("_", "%5F")
    answer = good(fetch(demo.url, headers=FORM, body=signed.encode()))
    assert answer.values("imagesSet/item/imageId") == [WORKSHOP_AMI]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("InstanceId", MACHINE)], {MACHINE}),
        ([("InstanceId.1", MACHINE)], {MACHINE}),
        ([("InstanceId.0", MACHINE)], {MACHINE}),
        ([("InstanceId.0", MACHINE), ("InstanceId.1", SECOND_MACHINE)], {MACHINE, SECOND_MACHINE}),
        ([("InstanceId.7", MACHINE), ("InstanceId.3", SECOND_MACHINE)], {MACHINE, SECOND_MACHINE}),
        ([("InstanceId.01", MACHINE)], {MACHINE}),
        ([("Filter.0.Name", "instance-id"), ("Filter.0.Value.0", MACHINE)], {MACHINE}),
        ([("Filter.2.Value.5", MACHINE), ("Filter.2.Name", "instance-id")], {MACHINE}),
        ([("Filter.1.Name", "instance-id"), ("Filter.1.Value", MACHINE)], {MACHINE}),
        ([("Filter.Name", "instance-id"), ("Filter.Value", MACHINE)], {MACHINE}),
    ],
)
def test_lists_of_every_form(demo: Gateway, pairs: Pairs, expected: set[str]) -> None:
    """A list that was not understood would select every machine; here it selects what it names."""
    assert set(shown(ask(demo, ("Action", "DescribeInstances"), *pairs))) == expected


def test_bare_ids_act_on_that_machine_alone(demo: Gateway, stopped: str) -> None:
    """Net::Amazon::EC2 sends `InstanceId=i-...` with the verbs too."""
    started = good(ask(demo, ("Action", "StartInstances"), ("InstanceId", stopped), version="2014-06-15"))
    assert started.values("instancesSet/item/instanceId") == [stopped]
    assert started.values("instancesSet/item/previousState/name") == ["stopped"]
    assert started.values("instancesSet/item/currentState/name") == ["pending"]
    halted = good(ask(demo, ("Action", "StopInstances"), ("InstanceId", stopped), ("Force", "1"), version="2014-06-15"))
    assert halted.values("instancesSet/item/instanceId") == [stopped]


def test_zero_based_tags(demo: Gateway, ec2: Any, stopped: str) -> None:
    pairs = [
        ("ResourceId.0", stopped),
        ("Tag.0.Key", "a"),
        ("Tag.0.Value", "1"),
        ("Tag.1.Key", "b"),
        ("Tag.1.Value", ""),
    ]
    assert good(ask(demo, ("Action", "CreateTags"), *pairs)).values("return") == ["true"]
    mine = {"Filters": [{"Name": "resource-id", "Values": [stopped]}]}
    assert {tag["Key"]: tag["Value"] for tag in ec2.describe_tags(**mine)["Tags"]} == {"a": "1", "b": ""}
    good(ask(demo, ("Action", "DeleteTags"), ("ResourceId.0", stopped), ("Tag.0.Key", "a"), ("Tag.0.Value", "2")))
    good(ask(demo, ("Action", "DeleteTags"), ("ResourceId.0", stopped), ("Tag.0.Key", "b")))
    assert {tag["Key"]: tag["Value"] for tag in ec2.describe_tags(**mine)["Tags"]} == {"a": "1"}


@pytest.mark.parametrize(
    ("name", "wrap"),
    [
        ("VM::EC2 and fog: a line of 76 characters each", lambda text: re.sub(r"(.{76})", r"\1\n", text) + "\n"),
        ("lines of 60 with CR LF", lambda text: re.sub(r"(.{60})", "\\1\r\n", text)),
        ("no padding", lambda text: text.rstrip("=")),
    ],
)
def test_user_data_in_lenient_base64(demo: Gateway, ec2: Any, name: str, wrap: Any) -> None:
    script = b"#!/bin/sh\n" + b"echo " + name.encode() + b"\n" + b"# filler\n" * 20
    pairs = [
        ("Action", "RunInstances"),
        ("Version", "2014-05-01"),
        ("ImageId", WORKSHOP_AMI),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("UserData", wrap(base64.b64encode(script).decode())),
    ]
    (machine,) = good(v2(demo, pairs)).values("instancesSet/item/instanceId")
    try:
        assert user_data_attribute(ec2, machine) == script
    finally:
        ec2.terminate_instances(InstanceIds=[machine])


def test_empty_strings_are_absent(demo: Gateway, ec2: Any) -> None:
    """Packer sends every field of its structure, set or not."""
    empty = ["SubnetId", "IamInstanceProfile.Name", "Placement.AvailabilityZone", "KeyName", "InstanceType", "KernelId",
             "RamdiskId", "PrivateIpAddress", "ClientToken", "InstanceInitiatedShutdownBehavior", "UserData",
             "EbsOptimized"]  # fmt: skip
    sent = [(name, "") for name in empty]
    answer = good(
        ask(demo, ("Action", "RunInstances"), ("ImageId", WORKSHOP_AMI), ("MinCount", "1"), ("MaxCount", "1"), *sent)
    )
    (machine,) = answer.values("instancesSet/item/instanceId")
    try:
        (found,) = ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"]
        assert "KeyName" not in found
        assert found["Placement"]["AvailabilityZone"] == "Defaulta"
    finally:
        ec2.terminate_instances(InstanceIds=[machine])


def test_an_empty_id_selects_nothing(demo: Gateway) -> None:
    """Of a list's items an empty one is no wish for all."""
    assert ask(demo, ("Action", "DescribeInstances"), ("InstanceId.1", "")).error == (
        400,
        "InvalidInstanceID.Malformed",
    )


@pytest.mark.parametrize("yes", ["true", "True", "TRUE", "1"])
def test_booleans_of_every_form(demo: Gateway, yes: str) -> None:
    refused = ask(demo, ("Action", "StartInstances"), ("InstanceId.1", SECOND_MACHINE), ("DryRun", yes))
    assert refused.error == (412, "DryRunOperation")


def test_false_booleans(demo: Gateway, ec2: Any) -> None:
    pairs = [
        ("Monitoring.Enabled", "False"),
        ("DisableApiTermination", "FALSE"),
        ("EbsOptimized", "0"),
        ("DryRun", "false"),
    ]
    answer = good(ask(demo, ("Action", "RunInstances"), ("ImageId", WORKSHOP_AMI), *pairs))
    (machine,) = answer.values("instancesSet/item/instanceId")
    ec2.terminate_instances(InstanceIds=[machine])
    wrong = ask(demo, ("Action", "RunInstances"), ("ImageId", WORKSHOP_AMI), ("EbsOptimized", "maybe"))
    assert wrong.error == (400, "InvalidParameterValue")
    assert "EbsOptimized" in wrong.message


def test_native_ids_in_any_case(demo: Gateway, ec2: Any) -> None:
    (machine,) = run(ec2)
    try:
        uuid = native(demo.engine, machine)
        for written in (machine, machine.upper().replace("I-", "i-"), uuid, uuid.upper(), "i-" + uuid.replace("-", "")):
            assert shown(ask(demo, ("Action", "DescribeInstances"), ("InstanceId.1", written))) == [machine]
        for written in (WORKSHOP_AMI, WORKSHOP, WORKSHOP.upper()):
            found = good(ask(demo, ("Action", "DescribeImages"), ("ImageId.1", written)))
            assert found.values("imagesSet/item/imageId") == [WORKSHOP_AMI]
    finally:
        ec2.terminate_instances(InstanceIds=[machine])


def test_query_and_body_are_one_request(demo: Gateway) -> None:
    answer = fetch(
        f"{demo.url}?Action=DescribeInstances&Version=2016-11-15",
        headers={**basic(), **FORM},
        body=encoded([("InstanceId.1", MACHINE)]).encode(),
    )
    assert shown(answer) == [MACHINE]


def test_the_region_s_endpoint_is_the_gateway_itself(demo: Gateway) -> None:
    """jclouds asks for the regions first, and sends everything else to the endpoint it is told."""
    answer = good(v2(demo, [("Action", "DescribeRegions"), ("Version", "2010-08-31")]))
    assert answer.values("regionInfo/item/regionName") == ["Default", "barcelona"]
    (endpoint,) = set(answer.values("regionInfo/item/regionEndpoint"))
    assert endpoint.startswith("http://")
    parts = urlsplit(endpoint)
    assert parts.netloc == demo.host
    zones = v2(demo, [("Action", "DescribeAvailabilityZones"), ("Version", "2010-08-31")], path=parts.path)
    assert good(zones).values("availabilityZoneInfo/item/zoneName") == ["Defaulta", "barcelonaa"]


@pytest.mark.parametrize("action", ["DescribeRegions", "DescribeNothing"])
def test_http_around_an_answer(demo: Gateway, action: str) -> None:
    answer = ask(demo, ("Action", action))
    assert answer.headers["content-type"] == "text/xml;charset=UTF-8"
    sent = email.utils.parsedate_to_datetime(answer.headers["date"])
    assert abs(datetime.datetime.now(datetime.UTC) - sent) < datetime.timedelta(minutes=5)
    inside = answer.values("requestId") + answer.values("RequestID")
    assert inside == [answer.headers["x-amzn-requestid"]]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", inside[0])
    assert ask(demo, ("Action", action)).headers["x-amzn-requestid"] != inside[0]


def test_gzip_when_asked(demo: Gateway) -> None:
    body = encoded([("Action", "DescribeInstanceTypes"), ("Version", "2016-11-15")]).encode()
    found = {}
    for wanted in ("gzip", "identity", "gzip;q=0", "br, gzip;q=0.5"):
        headers = {**basic(), **FORM, "Accept-Encoding": wanted}
        with urllib.request.urlopen(urllib.request.Request(demo.url, body, headers), timeout=30) as answer:
            packed = answer.headers.get("Content-Encoding")
            content = answer.read()
            assert int(answer.headers["Content-Length"]) == len(content)
            found[wanted] = packed
            text = gzip.decompress(content) if packed else content
            assert text.endswith(b"</DescribeInstanceTypesResponse>")
    assert found == {"gzip": "gzip", "identity": None, "gzip;q=0": None, "br, gzip;q=0.5": "gzip"}


@pytest.mark.parametrize("action", ["describeinstances", "DescribeNothing", "createVolume", "CopySnapshot"])
def test_an_unknown_action(demo: Gateway, action: str) -> None:
    """Names are case-sensitive; the text is AWS's own."""
    answer = ask(demo, ("Action", action))
    assert answer.error == (400, "InvalidAction")
    assert answer.message == f"The action {action} is not valid for this web service."
    assert re.search(r"<Response><Errors><Error><Code>", answer.text)


def test_no_action_and_no_such_version(demo: Gateway) -> None:
    assert ask(demo, ("InstanceId.1", MACHINE)).error == (400, "MissingAction")
    assert ask(demo, ("Action", "DescribeRegions"), version="1999-01-01").error == (400, "NoSuchVersion")


def test_old_sts_on_the_same_port(demo: Gateway) -> None:
    answer = v2(demo, [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")])
    assert len(good(answer).values("GetCallerIdentityResult/Account")[0]) == 12
    assert answer.values("ResponseMetadata/RequestId") == [answer.headers["x-amzn-requestid"]]


def test_old_key_pair_calls(demo: Gateway) -> None:
    made = good(v2(demo, [("Action", "CreateKeyPair"), ("Version", "2010-08-31"), ("KeyName", "old form")]))
    try:
        assert made.values("keyMaterial")[0].startswith("-----BEGIN RSA PRIVATE KEY-----\n")
        listed = v2(demo, [("Action", "DescribeKeyPairs"), ("Version", "2010-08-31"), ("KeyName.1", "old form")])
        assert good(listed).values("keySet/item/keyFingerprint") == made.values("keyFingerprint")
    finally:
        gone = v2(demo, [("Action", "DeleteKeyPair"), ("Version", "2010-08-31"), ("KeyName", "old form")])
    assert good(gone).values("return") == ["true"]
    left = good(v2(demo, [("Action", "DescribeKeyPairs"), ("Version", "2010-08-31")]))
    assert "old form" not in left.values("keySet/item/keyName")
