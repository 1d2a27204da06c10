"""Request headers and parameters that change an answer, over plain HTTP."""

from __future__ import annotations

import gzip
import re
import zlib
from xml.etree import ElementTree

import pytest
from cryptography import x509

from tests.sim.engine_process import API, Api, Simulator, basic, until

XML_START = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
VIEWER = "application/x-virt-viewer"


@pytest.fixture(scope="module")
def up(api: Api) -> str:
    """The id of a VM that runs."""
    found = until(lambda: api.get("vms?search=status%3Dup&max=1").get("vm"), "a running VM")
    return str(found[0]["id"])


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "json"), ("application/xml", "xml"), ("", "xml"), ("*/*", "xml"),
        ("application/json;q=0.9, text/html", "json"), ("text/html, application/xml;q=0.9", "xml"),
        ("application/xml; detail=disks", "xml"),
    ],
)  # fmt: skip
def test_accept(api: Api, accept: str, kind: str) -> None:
    answer = api.send("GET", "clusters", Accept=accept)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(f"application/{kind}")
    assert answer.body.startswith(XML_START if kind == "xml" else b"{")


def test_accept_as_a_parameter(api: Api) -> None:
    assert api.send("GET", "clusters?accept=application/json", Accept="application/xml").body.startswith(b"{")
    assert api.send("GET", "clusters?accept=application/xml", Accept="application/json").body.startswith(XML_START)


def test_version_header_and_prefix(api: Api) -> None:
    assert api.send("GET", "clusters", Version="4").status == 200
    assert api.send("GET", "v4/clusters").json() == api.get("clusters")
    assert api.send("GET", "clusters", Version="3").status == 404
    for version in ("5", "x"):
        answer = api.send("GET", "clusters", Version=version)
        assert answer.status == 400
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["", "vms", "clusters/77d52ef6-11e3-11e2-be8c-87a6485627fe"])
def test_head_is_get_without_a_body(api: Api, path: str) -> None:
    whole, head = api.send("GET", path), api.send("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_head_of_what_is_not_there(api: Api) -> None:
    answer = api.send("HEAD", "vms/11111111-2222-4333-8444-555555555555")
    assert (answer.status, answer.body) == (404, b"")


def test_root_links_also_in_the_link_header(api: Api) -> None:
    answer = api.send("HEAD", "")
    links = dict(re.findall(r'<([^>]+)>; rel="?([^",]+)"?', answer.headers["link"]))
    rels = {rel: href for href, rel in links.items()}
    assert rels["vms"] == f"{API}/vms"
    assert rels["vms/search"] == f"{API}/vms?search={{query}}"
    assert rels["events/search"] == f"{API}/events;from={{event_id}}?search={{query}}"


def test_gzip_only_when_asked(api: Api) -> None:
    plain = api.send("GET", "vms")
    assert "content-encoding" not in plain.headers
    packed = api.send("GET", "vms", Accept_Encoding="deflate, gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    with pytest.raises(zlib.error):
        zlib.decompress(packed.body)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-DEF_123", "abc-DEF_123"), ("a b/c\td;e", "abcde"), ("x" * 50, "x" * 36)],
)
def test_correlation_id_is_cleaned_and_echoed(api: Api, sent: str, kept: str) -> None:
    assert api.send("GET", "", Correlation_Id=sent).headers["correlation-id"] == kept


def test_correlation_id_as_a_parameter_or_random(api: Api) -> None:
    assert api.send("GET", "clusters?correlation_id=from-query").headers["correlation-id"] == "from-query"
    first, second = (api.send("GET", "clusters").headers["correlation-id"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f-]{36}", first)
    assert first != second


def test_detail_size_and_main(api: Api) -> None:
    count = len(api.get("vms")["vm"])
    assert api.get("vms?detail=size")["size"] == str(count)
    assert api.get("vms;detail=size-main") == {"size": str(count)}
    root = ElementTree.fromstring(api.xml("vms;detail=size-main"))
    assert (root.findtext("size"), len(root)) == (str(count), 1)


def test_detail_statistics_and_consoles(api: Api, up: str) -> None:
    vm = api.get(f"vms/{up}?detail=statistics")
    assert "memory.installed" in [one["name"] for one in vm["statistics"]["statistic"]]
    listed = api.send(
        "GET", "vms?search=status%3Dup", Accept="application/json; detail=current_graphics_consoles"
    ).json()
    assert all(int(vm["graphics_consoles"]["graphics_console"][0]["port"]) >= 5900 for vm in listed["vm"])


def test_all_content_header_and_parameter(api: Api, up: str) -> None:
    assert "console" not in api.get(f"vms/{up}")
    assert api.get(f"vms/{up}", All_Content="true")["console"] == {"enabled": "false"}
    assert api.get(f"vms/{up}?all_content=true")["initialization"]["configuration"]["type"] == "ovf"


@pytest.mark.parametrize(
    ("value", "shown"), [("true", 1), ("t", 1), ("YES", 1), ("y", 1), ("1", 1), ("", 1), ("false", 0), ("rubbish", 0)]
)
def test_booleans_of_parameters(api: Api, up: str, value: str, shown: int) -> None:
    assert ("console" in api.get(f"vms/{up}?all_content={value}")) == bool(shown)


def test_empty_follow_is_ignored(api: Api) -> None:
    assert api.get("vms?follow=") == api.get("vms")


def test_filter_hides_host_and_placement(api: Api, up: str) -> None:
    whole, filtered = api.get(f"vms/{up}"), api.get(f"vms/{up}", Filter="true")
    assert {"host", "placement_policy"} <= set(whole)
    assert {"host", "placement_policy"}.isdisjoint(filtered)


def test_user_asking_for_everything_is_refused(simulator: Simulator) -> None:
    user = Api(simulator, simulator.token("user@internal", "deltaic"))
    answer = user.send("GET", "vms", Filter="false")
    assert answer.status == 400
    assert answer.json()["detail"] == "query execution failed due to insufficient permissions."


def test_async_action_answers_202(api: Api) -> None:
    vm = api.get("vms?search=status%3Ddown&max=1")["vm"][0]["id"]
    answer = api.send("POST", f"vms/{vm}/stop?async=true", {})
    assert answer.status == 202
    document = answer.json()
    assert (document["status"] in ("pending", "in_progress"), document["async"]) == (True, "true")
    assert document["id"]


def test_action_without_a_body(api: Api) -> None:
    vm = api.get("vms?search=status%3Ddown&max=1")["vm"][0]["id"]
    bodies: tuple[object, ...] = ({}, "<action/>", b"")
    for body in bodies:
        answer = api.send("POST", f"vms/{vm}/stop", body)
        assert (answer.status, answer.json()["status"]) == (200, "complete")
        assert answer.json()["job"]["href"] == f"{API}/jobs/{answer.json()['job']['id']}"
        assert answer.json()["vm"] == {"id": vm, "href": f"{API}/vms/{vm}"}


def test_viewer_file_by_media_type(api: Api, up: str) -> None:
    console = api.get(f"vms/{up}/graphicsconsoles")["graphics_console"][0]["id"]
    answer = api.send("GET", f"vms/{up}/graphicsconsoles/{console}", Accept=VIEWER)
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, VIEWER)
    assert answer.text.startswith("[virt-viewer]\ntype=")


def test_unauthenticated_services(simulator: Simulator) -> None:
    health = simulator.send("GET", "/ovirt-engine/services/health")
    assert (health.status, "Health" in health.text) == (200, True)
    pki = "/ovirt-engine/services/pki-resource?resource=ca-certificate&format=X509-PEM-CA"
    certificate = simulator.send("GET", pki)
    assert certificate.status == 200
    authority = x509.load_pem_x509_certificate(certificate.body)
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is True
    assert authority.issuer == authority.subject
    assert simulator.send("GET", pki).body == certificate.body
    assert simulator.send("GET", "/ovirt-engine/services/pki-resource?resource=other").status == 404


def test_guest_without_agent(api: Api, up: str) -> None:
    assert api.get(f"vms/{up}/reporteddevices") != {}
    api.simulator.control("POST", f"vms/{up}/agent/off")
    assert api.get(f"vms/{up}/reporteddevices") == {}
    assert "fqdn" not in api.get(f"vms/{up}")
    api.simulator.control("POST", f"vms/{up}/agent/on")
    assert api.get(f"vms/{up}/reporteddevices") != {}


def test_401_is_html_with_a_challenge(simulator: Simulator) -> None:
    for headers in ({}, {"Authorization": "Bearer nothing"}, {"Authorization": basic(password="wrong")}):
        answer = simulator.send("GET", API, headers=headers)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="RESTAPI"'
        assert answer.headers["content-type"].startswith("text/html")
        assert b"fault" not in answer.body


def test_basic_session_by_cookie(simulator: Simulator) -> None:
    prefer = {"Prefer": "persistent-auth"}
    answer = simulator.send("GET", API, headers={"Authorization": basic(), **prefer})
    assert answer.status == 200
    cookie = answer.headers["set-cookie"]
    assert re.match(r"JSESSIONID=[^;]+;.*Path=/ovirt-engine/api(;|$)", cookie)
    kept = {"Cookie": cookie.split(";")[0]}
    assert simulator.send("GET", f"{API}/vms", headers={**kept, **prefer}).status == 200
    assert simulator.send("GET", f"{API}/vms", headers=kept).status == 401
