"""Callers who are not who they say, or who point elsewhere: credentials, dates, hosts, engines."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from tests.clients.gateway import ONCE, WORKSHOP_AMI, Gateway, basic
from tests.clients.hostile.asking import (
    FORM,
    MACHINE,
    SECRET_USER_DATA,
    WRONG_PASSWORD,
    check,
    left_behind,
    post,
)
from tests.clients.hostile.raw_http import exchange, message
from tests.support.processes import ACCESS_KEY, SECRET_KEY, Process


@pytest.mark.parametrize(
    "value",
    ["Basic", "Basic =", "Basic " + "A" * 40_000, "Basic AAAA", "Basic Og==", "Bearer x", "AWS4-HMAC-SHA256",
     "AWS4-HMAC-SHA256 " + "Credential=a," * 3000, "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;, Signature=",
     "AWS4-ECDSA-P256-SHA256 Credential=a", "\xff\xfe", "Negotiate " + "A" * 100,
     "AWS4-HMAC-SHA256 Credential=' or 1=1 --/20261122/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00"],
)  # fmt: skip
def test_credentials_that_are_none(target: Gateway, value: str) -> None:
    answer = post(target, "Action=DescribeRegions&Version=2016-11-15", [("Authorization", value)])
    check(answer, answer.status, answer.code)
    assert answer.status in (400, 401, 403)


def test_a_hostile_login(target: Gateway) -> None:
    for user in ("admin@internal", "admin\0@internal", "a" * 5000, "', '", "\r\nX: y", "admin@internal;x"):
        for password in (WRONG_PASSWORD, WRONG_PASSWORD + "\0", WRONG_PASSWORD * 500):
            answer = post(target, "Action=DescribeRegions&Version=2016-11-15", basic(user, password).items())
            check(answer, 401, "AuthFailure")
            assert WRONG_PASSWORD.encode() not in answer.body


@pytest.mark.parametrize(
    "date", ["99999999T999999Z", "", "0", "-1", "20261122T000000", "1e30", "٢٠٢٦", "9" * 4000, "00000000T000000Z"]
)
def test_absurd_dates(target: Gateway, date: str) -> None:
    """In the signature's date, its lifetime, and where a parameter is a time."""
    scope = f"{ACCESS_KEY}/20261122/us-east-1/ec2/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    raw = date.encode()
    headers = [("Host", target.host), ("Authorization", signed), FORM, ("Content-Length", "22")]
    answer = exchange(
        target.host, message("POST", "/", [*headers, ("X-Amz-Date", raw)], b"Action=DescribeRegions"[:22])
    )
    check(answer, answer.status, answer.code)
    assert answer.status in (400, 403)
    query = (
        f"Action=DescribeRegions&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={quote(scope, safe='')}&X-Amz-Date="
        f"20261122T000000Z&X-Amz-Expires={quote(date)}&X-Amz-SignedHeaders=host&X-Amz-Signature={'0' * 64}"
    )
    presigned = exchange(target.host, message("GET", "/?" + query, [("Host", target.host)]))
    assert presigned.status in (400, 403)
    old = (
        f"Action=DescribeRegions&AWSAccessKeyId={ACCESS_KEY}&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=x"
    )
    for name in ("Timestamp", "Expires"):
        refused = exchange(target.host, message("GET", f"/?{old}&{name}={quote(date)}", [("Host", target.host)]))
        assert refused.status in (400, 403)
        assert refused.code in ("InvalidParameterValue", "MissingParameter", "RequestExpired", "SignatureDoesNotMatch",
                                "IncompleteSignature")  # fmt: skip


@pytest.mark.parametrize("host", ['"><script>', "a b", "evil\\..", "x" * 400, "[::1", "host:99999999", "%00", ""])
def test_a_hostile_host_is_not_told_to_others(target: Gateway, host: str) -> None:
    """DescribeRegions names the gateway's own address as the client's endpoint."""
    answer = post(target, "Action=DescribeRegions&Version=2016-11-15", [("Host", host)])
    assert answer.status in (200, 400)
    if answer.status == 200:
        endpoints = re.findall(rb"<regionEndpoint>([^<]*)</regionEndpoint>", answer.body)
        assert set(endpoints) == {f"http://{target.host}/ec2".encode()}


def test_headers_are_never_echoed(target: Gateway) -> None:
    mark = "evil-mark"
    names = [
        "X-Amzn-RequestId",
        "X-Request-Id",
        "X-Forwarded-Host",
        "Referer",
        "User-Agent",
        "Cookie",
        "X-Amz-Date",
    ]
    answer = post(target, "Action=DescribeRegions&Version=2016-11-15", [(name, mark) for name in names])
    assert answer.status == 200
    assert mark.encode() not in answer.body
    elsewhere = post(target, "Action=DescribeRegions&Version=2016-11-15", [("Origin", f"https://{mark}")])
    assert (elsewhere.status, elsewhere.code) == (403, "AuthFailure")
    assert mark.encode() not in elsewhere.body
    assert mark not in str(answer.headers)


@pytest.fixture
def trap() -> Iterator[tuple[int, list[object]]]:
    """A listener that nobody may call."""
    calls: list[object] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            try:
                connection, address = listener.accept()
            except TimeoutError:
                continue
            calls.append(address)
            connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    yield listener.getsockname()[1], calls
    over.set()
    thread.join()
    listener.close()


@pytest.mark.parametrize(
    "form",
    [
        "http://127.0.0.1:{port}/ovirt-engine/api",
        "http://127.0.0.1:{port}/ovirt-engine/api;Default",
        "http://127.0.0.1:{port}",
        "https://127.0.0.1:{port}/api;Default;USER",
        "http://{real_host}@127.0.0.1:{port}/ovirt-engine/api",
        "http://127.0.0.1:{port}\\@{real_host}/ovirt-engine/api",
        "http://127.0.0.1:{port}#{real}",
        "http://127.0.0.1:{port}?{real}",
        "HTTP://LOCALHOST:{port}/ovirt-engine/api",
        "ftp://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "Default or name=* http://127.0.0.1:{port}",
    ],
)
def test_only_configured_engines_are_contacted(target: Gateway, trap: tuple[int, list[object]], form: str) -> None:
    port, calls = trap
    real = target.engine_url
    header = form.format(port=port, real=real, real_host=real.split("/")[2])
    for action in ("DescribeInstances", "DescribeAvailabilityZones", "RunInstances&ImageId=" + WORKSHOP_AMI):
        answer = post(target, f"Action={action}&Version=2016-11-15", [("X-Deltacloud-Provider", header)])
        check(answer, answer.status, answer.code)
        assert 400 <= answer.status < 500
    assert calls == []


@pytest.mark.parametrize("form", ["{real}@127.0.0.1:{port}/ovirt-engine/api", "{real}/../../../127.0.0.1:{port}"])
def test_of_a_configured_engine_only_its_own_url_is_contacted(
    target: Gateway, trap: tuple[int, list[object]], form: str
) -> None:
    """Host and port name the engine; whatever else the header says, the configured URL is what is used."""
    port, calls = trap
    header = form.format(port=port, real=target.engine_url)
    answer = post(target, "Action=DescribeInstances&Version=2016-11-15", [("X-Deltacloud-Provider", header)])
    assert (answer.status, MACHINE.encode() in answer.body) == (200, True)
    assert calls == []


@pytest.mark.parametrize(
    "name",
    ["*", "Def*", '"Default"', "Default or name=barcelona", "name=*", "Default\xff", "x" * 3000, "../datacenters",
     "Default\\", "Default'--", ";;", "Default;OWNER"],
)  # fmt: skip
def test_a_data_center_is_named_not_searched_for(target: Gateway, name: str) -> None:
    answer = post(target, "Action=DescribeInstances&Version=2016-11-15", [("X-Deltacloud-Provider", name)])
    check(answer, 400, "InvalidParameterValue")


@pytest.mark.parametrize("driver", ["ec2", "../../etc", "mock", "x" * 5000])
def test_only_configured_drivers_are_used(target: Gateway, driver: str) -> None:
    answer = post(target, "Action=DescribeInstances&Version=2016-11-15", [("X-Deltacloud-Driver", driver)])
    check(answer, 400, "InvalidParameterValue")


def test_secrets_are_sent_for_the_log_to_keep_out(target: Gateway) -> None:
    """A launch with user data, a made key, a signed link: all things that a careless log would show."""
    session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name="us-east-1")
    ec2: Any = session.client("ec2", endpoint_url=target.url, config=ONCE)
    made = ec2.create_key_pair(KeyName="hostile")
    (machine,) = ec2.run_instances(ImageId=WORKSHOP_AMI, MinCount=1, MaxCount=1, UserData=SECRET_USER_DATA)["Instances"]
    ec2.terminate_instances(InstanceIds=[machine["InstanceId"]])
    ec2.delete_key_pair(KeyName="hostile")
    assert made["KeyMaterial"].count("\n") > 10


def test_the_data_folder_is_as_closed_as_before(process: Process) -> None:
    folder = Path(process.arguments[-1])
    assert folder.stat().st_mode & 0o077 == 0


def test_nothing_is_left_behind(process: Process, before: int) -> None:
    left_behind(process, before)
