"""User data reaches the guest byte by byte and is read back byte by byte."""

from __future__ import annotations

import gzip
import json
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.user_data import Guest, Medium, decode, encode
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.ovirt import guest


def stored(medium: Medium) -> wire.Vm:
    """The machine as the engine answers it: through JSON."""
    vm = wire.Vm(
        "v",
        initialization=wire.Initialization(custom_script=medium.custom_script),
        payloads=wire.Payloads([medium.payload] if medium.payload else []),
    )
    return msgspec.json.decode(msgspec.json.encode(vm), type=wire.Vm)


def multipart(*parts: tuple[str, str], boundary: str = "==b==") -> bytes:
    message = MIMEMultipart(boundary=boundary)
    for subtype, text in parts:
        message.attach(MIMEText(text, subtype))
    return message.as_bytes()


KEYS = st.sampled_from(["packages", "users", "runcmd", "write_files", "ssh_pwauth", "bootcmd", "x-y", "z.1"])
VALUES = st.recursive(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20) | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CONFIGS = st.dictionaries(KEYS, VALUES, max_size=4).map(
    lambda value: b"#cloud-config\n" + yaml.safe_dump(value, default_flow_style=False).encode()
)
SCRIPTS = st.binary(max_size=4000).map(lambda rest: b"#!/bin/sh\n" + rest)
ANYTHING = st.one_of(
    st.binary(max_size=3000),
    st.text(max_size=2000).map(lambda text: text.encode("utf-8", "surrogatepass")),
    CONFIGS,
    SCRIPTS,
    st.text(max_size=300).map(lambda text: multipart(("x-shellscript", "#!/bin/sh\n" + text.encode("utf-8", "replace").decode()))),  # noqa: E501
    st.binary(max_size=200).map(lambda rest: b"#cloud-config\n" + rest),
    st.binary(max_size=200).map(lambda rest: b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + rest),  # noqa: E501
)  # fmt: skip


@given(ANYTHING)
def test_read_back(data: bytes) -> None:
    assert decode(stored(encode(Guest(data)))) == data


@given(SCRIPTS)
def test_a_script_becomes_the_file_that_runs(data: bytes) -> None:
    medium = encode(Guest(data))
    assert guest.scripts(medium) == [data]
    assert guest.cloud_config(medium)["ssh_pwauth"] is True


@given(CONFIGS)
def test_a_cloud_config_keeps_its_meaning(data: bytes) -> None:
    medium = encode(Guest(data))
    wanted = yaml.safe_load(data) or {}
    if medium.payload is None:
        assert medium.custom_script == data.decode()
        config = guest.cloud_config(medium)
        assert {name: config[name] for name in wanted} == wanted
    else:
        assert guest.payload_files(medium)["openstack/latest/user_data"] == data


def test_a_plain_cloud_config_is_appended() -> None:
    data = b"#cloud-config\npackages:\n- git\n- tmux\nruncmd:\n  - [ls, -l]\n\n# the end"
    medium = encode(Guest(data))
    assert medium == Medium(custom_script=data.decode())
    config = guest.cloud_config(medium)
    assert (config["packages"], config["runcmd"], config["ssh_pwauth"]) == (["git", "tmux"], [["ls", "-l"]], True)


@pytest.mark.parametrize(
    "data",
    [
        b"#cloud-config\n{packages: [git]}\n",
        b"#cloud-config\n---\npackages: [git]\n",
        b"#cloud-config\npackages: [git]\n...\n",
        b"#cloud-config\r\npackages: [git]\r\n",
        b"#cloud-config\npackages: [a]\npackages: [b]\n",
        b"#cloud-config\n  packages: [git]\n",
        b"#cloud-config\n'packages': [git]\n",
        b"#cloud-config\nname: caf\xe9\n",
        b"#cloud-config-archive\n- type: text/cloud-config\n",
        b"## template: jinja\n#cloud-config\nhostname: {{ v1.instance_id }}\n",
        b"#include\nhttp://127.0.0.1/x\n",
        b"#cloud-boothook\n#!/bin/sh\n",
        b"plain text",
        b"\x00\xff",
        gzip.compress(b"#!/bin/sh\n", mtime=0),
    ],
)
def test_everything_else_is_a_payload(data: bytes) -> None:
    medium = encode(Guest(data, "web-1", ("ssh-ed25519 AAAA a", "ssh-rsa BBBB b")))
    assert medium.custom_script == ""
    files = guest.payload_files(medium)
    assert files["openstack/latest/user_data"] == data
    meta_data = json.loads(files["openstack/latest/meta_data.json"])
    assert len(meta_data.pop("uuid")) == 36
    assert meta_data == {
        "hostname": "web-1",
        "name": "web-1",
        "public_keys": {"key-0": "ssh-ed25519 AAAA a", "key-1": "ssh-rsa BBBB b"},
    }
    assert decode(stored(medium)) == data


def test_parts_are_merged_in_order() -> None:
    data = multipart(
        ("x-shellscript", "#!/bin/sh\necho 1\n"),
        ("cloud-config", "#cloud-config\npackages: [git]\n"),
        ("plain", "#!/bin/sh\necho 2\n"),
        ("cloud-config", "#cloud-config\ntimezone: UTC"),
    )
    medium = encode(Guest(data))
    assert guest.scripts(medium) == [b"#!/bin/sh\necho 1\n", b"#!/bin/sh\necho 2\n"]
    config = guest.cloud_config(medium)
    assert (config["packages"], config["timezone"]) == (["git"], "UTC")
    assert decode(stored(medium)) == data


@pytest.mark.parametrize(
    "data",
    [
        multipart(("x-shellscript", "#!/bin/sh\n"), ("cloud-config", "#cloud-config\nruncmd: [ls]\n")),
        multipart(("cloud-config", "#cloud-config\na: 1\n"), ("cloud-config", "#cloud-config\na: 2\n")),
        multipart(("cloud-boothook", "#!/bin/sh\n")),
        multipart(("cloud-config", "#cloud-config\n{a: 1}\n")),
        multipart(("x-include-url", "http://127.0.0.1/\n")),
        multipart(("plain", "words")),
        multipart(("x-shellscript", "#!/bin/sh\n")).replace(b"MIME-Version: 1.0\n", b""),
        multipart(("cloud-config", "#cloud-config\na: 1\n")).replace(b"--==b==\n", b"--==b==\nX-Merge-Type: list(append)\n"),  # noqa: E501
    ],
)  # fmt: skip
def test_parts_that_can_not_be_merged_travel_whole(data: bytes) -> None:
    medium = encode(Guest(data))
    assert guest.payload_files(medium)["openstack/latest/user_data"] == data
    assert decode(stored(medium)) == data


def test_sixteen_kib_of_script_fit() -> None:
    data = b"#!/bin/sh\n" + b"#" * (16 * 1024 - 10)
    medium = encode(Guest(data))
    assert guest.scripts(medium) == [data]


@pytest.mark.parametrize(("size", "fits"), [(6144, True), (6145, False)])
def test_the_limit_of_a_payload(size: int, fits: bool) -> None:
    data = b"\x00" * size
    if fits:
        assert guest.payload_files(encode(Guest(data)))["openstack/latest/user_data"] == data
        return
    with pytest.raises(Error) as caught:
        encode(Guest(data))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "user_data")
    assert "6144 bytes" in caught.value.message


def test_nothing_is_nothing() -> None:
    assert encode(Guest()) == Medium()
    assert decode(stored(Medium())) == b""


def test_the_same_guest_gets_the_same_medium() -> None:
    told = Guest(b"\x01", "h", ("k",))
    assert encode(told) == encode(told)


def test_a_guests_words_never_show() -> None:
    assert "hunter2" not in repr(Guest(b"hunter2", password="hunter2"))


@pytest.mark.parametrize("content", ["#!/bin/sh\n", "%%%"])
def test_payloads_of_other_tools_are_read_as_they_are(content: str) -> None:
    file = wire.PayloadFile("openstack/latest/user_data", content)
    vm = wire.Vm("v", payloads=wire.Payloads([wire.Payload("cdrom", "config-2", wire.PayloadFiles([file]))]))
    assert decode(vm) == content.encode()
