"""The forms that clients of 2012 and after sent, read as the standard means them."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.bodies import early_form, read_body

CONFIG = "http://localhost:3001/cimi/machine_configurations/SERVER"
IMAGE = "http://localhost:3001/cimi/machine_images/a10f0123-ca40-4428-adac-26ac42f282dd"
WANTED = {
    "name": "cimi_machine",
    "machineTemplate": {"machineConfig": {"href": CONFIG}, "machineImage": {"href": IMAGE}},
}
INNER = f"""<name>cimi_machine</name>
  <machineTemplate>
    <machineConfig
      href="{CONFIG}"/>
    <machineImage
      href=" {IMAGE} "/>
    </machineTemplate>"""


def xml(text: str, expected: str = "MachineCreate", **more: Any) -> dict[str, Any]:
    return read_body(text.encode(), "application/xml", expected, **more)


def json(text: str, expected: str = "MachineCreate", **more: Any) -> dict[str, Any]:
    return read_body(text.encode(), "application/json", expected, **more)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("<Machine>", "</Machine>"),
        ("<MachineCreate>", "</MachineCreate>"),
        ("<machineCreate>", "</machineCreate>"),
        ('<MachineCreate xmlns="http://schemas.dmtf.org/cimi/1">', "</MachineCreate>"),
        ('<Machine xmlns="http://www.dmtf.org/cimi">', "</Machine>"),
        ('<c:MachineCreate xmlns:c="http://schemas.dmtf.org/cimi/1" xmlns="">', "</c:MachineCreate>"),
        ('<?xml version="1.0"?>\n<!-- by hand --><Machine>', "</Machine>"),
        ('\ufeff<?xml version="1.0" encoding="utf-8"?><Machine>', "</Machine>\n\n"),
    ],
)
def test_the_root_is_only_a_hint(start: str, end: str) -> None:
    assert xml(f"{start}{INNER}{end}") == WANTED


@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1", "UTF-8"])
def test_declared_encodings_are_read(charset: str) -> None:
    text = f'<?xml version="1.0" encoding="{charset}"?><Machine><name>Zoë</name></Machine>'
    assert read_body(text.encode(charset), "text/xml; charset=" + charset, "Machine") == {"name": "Zoë"}


def test_json_without_a_type_is_read() -> None:
    template = f'{{"machineConfig": "{CONFIG}", "machineImage": {{"href": "{IMAGE}"}}}}'
    text = f'{{"name": " cimi_machine ", "machineTemplate": {template}}}'
    assert json(text) == WANTED
    assert read_body(text.encode(), None, "MachineCreate") == WANTED


def test_a_create_without_a_template_element_is_put_right() -> None:
    body = "<CredentialCreate><name>c</name><username>joe</username><password> x </password></CredentialCreate>"
    assert xml(body, "CredentialCreate") == {
        "name": "c",
        "credentialTemplate": {"userName": "joe", "password": " x "},
    }
    assert json('{"machineConfig": {"href": "/cimi/machine_configurations/1"}}') == {
        "machineTemplate": {"machineConfig": {"href": "/cimi/machine_configurations/1"}}
    }


@pytest.mark.parametrize(
    "text",
    [
        '<property key="k">v</property>',
        '<property name="k"> v </property>',
        '<property name="k" content="v"/>',
        '<property key="k">\n  v\n</property>',
    ],
)
def test_properties_in_every_spelling(text: str) -> None:
    assert xml(f"<Machine>{text}</Machine>", "Machine") == {"properties": {"k": "v"}}


@pytest.mark.parametrize(
    "text",
    [
        "<imageLocation>http://h/cimi/machines/1</imageLocation>",
        '<imageLocation href="http://h/cimi/machines/1"/>',
        "<imagelocation> http://h/cimi/machines/1\n</imagelocation>",
    ],
)
def test_image_location_as_text_or_reference(text: str) -> None:
    body = f"<machineImageCreate>{text}</machineImageCreate>"
    assert xml(body, "MachineImage") == {"imageLocation": "http://h/cimi/machines/1"}


def test_image_location_in_json_as_text_or_reference() -> None:
    for value in ('"nfs://h/1.img"', '{"href": "nfs://h/1.img"}'):
        assert json(f'{{"imageLocation": {value}}}', "VolumeImage") == {"imageLocation": "nfs://h/1.img"}


@pytest.mark.parametrize(
    ("text", "kibibytes"),
    [
        ("<memory> 1024 </memory>", 1024),
        ('<memory quantity="1740.8" units="MB"/>', 1782579),
        ('<memory quantity="4" units="gigabyte"/>', 4 * 1024 * 1024),
        ('<memory quantity="1" units="gibibyte"/>', 1024 * 1024),
        ('<memory quantity="2" units="GiB"/>', 2 * 1024 * 1024),
        ('<memory quantity="4096" units="byte"/>', 4),
    ],
)
def test_memory_in_plain_numbers_and_quantities(text: str, kibibytes: int) -> None:
    assert xml(f"<MachineConfiguration>{text}</MachineConfiguration>", "MachineConfiguration") == {"memory": kibibytes}


@pytest.mark.parametrize(
    ("text", "kilobytes"),
    [('"1024"', 1024), ("1024", 1024), ("1024.0", 1024), ('{"quantity": 10, "units": "gigabytes"}', 10_000_000)],
)
def test_capacity_in_plain_numbers_and_quantities(text: str, kilobytes: int) -> None:
    assert json(f'{{"capacity": {text}}}', "Volume") == {"capacity": kilobytes}


@pytest.mark.parametrize("units", ["parsec", "gigawatt", "zb", "k k"])
def test_units_that_are_none_are_refused(units: str) -> None:
    with pytest.raises(Error) as caught:
        json(f'{{"capacity": {{"quantity": "1", "units": "{units}"}}}}', "Volume")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "capacity")


def test_a_single_entry_is_a_list_of_one_and_a_list_of_references_a_collection() -> None:
    assert json('{"disks": {"capacity": 1}}', "MachineConfiguration") == {"disks": [{"capacity": 1}]}
    assert json('{"meters": [{"href": "http://h/meters/1"}]}', "Machine") == {
        "meters": {"items": [{"id": "http://h/meters/1"}]}
    }


def test_null_erases_and_stays() -> None:
    text = '{"machineTemplate": {"href": "http://h/cimi/machine_templates/1", "userData": null}}'
    assert json(text) == {"machineTemplate": {"href": "http://h/cimi/machine_templates/1", "userData": None}}


def test_unknown_attributes_are_ignored_or_with_strict_refused() -> None:
    inside = '<Machine><realm>eu</realm><name>x</name><e:name xmlns:e="urn:e">other</e:name></Machine>'
    assert xml(inside, "Machine") == {"name": "x"}
    with pytest.raises(Error) as caught:
        xml(inside, "Machine", strict=True)
    assert caught.value.field == "realm"
    with pytest.raises(Error) as caught:
        json('{"machineTemplate": {"realm": 1}}', strict=True)
    assert caught.value.field == "machineTemplate/realm"


def test_strict_refuses_unknown_attributes_at_every_depth_in_xml() -> None:
    body = "<MachineCreate><machineTemplate><realm>eu</realm></machineTemplate></MachineCreate>"
    with pytest.raises(Error) as caught:
        xml(body, strict=True)
    assert caught.value.field == "machineTemplate/realm"


@pytest.mark.parametrize("text", ['{"created": "yesterday"}', '{"cpuSpeed": [1]}', '{"operations": 3}'])
def test_what_only_the_provider_sets_is_never_an_error(text: str) -> None:
    assert json(text, "Machine") == {}


@pytest.mark.parametrize(
    ("body", "expected", "kind", "field"),
    [
        ('{"cpu": "two"}', "Machine", ErrorKind.INVALID, "cpu"),
        ('{"cpu": 1.5}', "Machine", ErrorKind.INVALID, "cpu"),
        ('{"cpu": true}', "Machine", ErrorKind.INVALID, "cpu"),
        ('{"cpu": 9223372036854775808}', "Machine", ErrorKind.INVALID, "cpu"),
        ('{"cpu": [1, 2]}', "Machine", ErrorKind.INVALID, "cpu"),
        ('{"name": {"a": 1}}', "Machine", ErrorKind.INVALID, "name"),
        ('{"name": "a\\u0000b"}', "Machine", ErrorKind.INVALID, "name"),
        ('{"properties": {"k": {}}}', "Machine", ErrorKind.INVALID, "properties/k"),
        ('{"properties": ["k"]}', "Machine", ErrorKind.INVALID, "properties"),
        ('{"properties": {"k\\u0001": "v"}}', "Machine", ErrorKind.INVALID, "properties"),
        ('{"bootable": "maybe"}', "VolumeImage", ErrorKind.INVALID, "bootable"),
        ('{"imageLocation": "http://[x"}', "VolumeImage", ErrorKind.INVALID, "imageLocation"),
        ('{"imageLocation": "a b"}', "VolumeImage", ErrorKind.INVALID, "imageLocation"),
        ('{"imageLocation": "%zz"}', "VolumeImage", ErrorKind.INVALID, "imageLocation"),
        ('{"expiresTime": "2012-13-01T00:00:00Z"}', "Meter", ErrorKind.INVALID, "expiresTime"),
        ('{"intervalDuration": "an hour"}', "Meter", ErrorKind.INVALID, "intervalDuration"),
        ('{"disks": [{"format": "ext4"}]}', "MachineConfiguration", ErrorKind.MISSING, "disks/capacity"),
        ('{"disks": ["x"]}', "MachineConfiguration", ErrorKind.INVALID, "disks"),
        ('{"name": "x"}', "MachineCreate", ErrorKind.MISSING, "machineTemplate"),
        ('{"machineTemplate": {"machineConfig": {"cpu": "x"}}}', "MachineCreate", ErrorKind.INVALID,
         "machineTemplate/machineConfig/cpu"),
        ("{}", "Action", ErrorKind.MISSING, "action"),
        ('{"action": "stop", "force": true, "source": "x"}', "Action", ErrorKind.INVALID, "source"),
        ('{"componentDescriptors": [{"type": "x", "machineTemplate": "m", "volumeTemplate": "v"}]}', "SystemTemplate",
         ErrorKind.INVALID, "componentDescriptors/volumeTemplate"),
        ("[]", "Machine", ErrorKind.INVALID, ""),
        ('{"name": ', "Machine", ErrorKind.INVALID, ""),
        ('{"name": "\\ud800"}', "Machine", ErrorKind.INVALID, ""),
    ],
)  # fmt: skip
def test_wrong_values_name_the_attribute(body: str, expected: str, kind: ErrorKind, field: str) -> None:
    with pytest.raises(Error) as caught:
        json(body, expected)
    assert (caught.value.kind, caught.value.field) == (kind, field)


@pytest.mark.parametrize(
    ("body", "expected", "field"),
    [
        ("<Machine><cpu>Intel</cpu></Machine>", "Machine", "cpu"),
        ("<Machine><name><b>x</b></name></Machine>", "Machine", "name"),
        ("<Machine><name>a</name><name>b</name></Machine>", "Machine", "name"),
        ("<Machine><property>v</property></Machine>", "Machine", "properties"),
        ("<MachineConfiguration><disk>big</disk></MachineConfiguration>", "MachineConfiguration", "disks"),
    ],
)
def test_wrong_elements_name_the_attribute(body: str, expected: str, field: str) -> None:
    with pytest.raises(Error) as caught:
        xml(body, expected)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)


def test_the_early_form_is_a_root_without_a_namespace() -> None:
    action = b"<Action><action>http://www.dmtf.org/cimi/action/start</action></Action>"
    assert early_form(action, "application/xml")
    assert not early_form(action.replace(b"<Action>", b'<Action xmlns="http://www.dmtf.org/cimi">'), None)
    assert not early_form(b'{"action": "start"}', None)
    assert not early_form(b"", None)
