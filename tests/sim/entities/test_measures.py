"""Statistics, graphics consoles, labels, quotas and MAC pools."""

import pytest

from tests.sim.core.support import BARCELONA, DEFAULT_CENTER, DOWN_VM, UP_VM, Api

VNC = "766e63"
DEFAULT_POOL = "58ca604b-017d-0374-0220-00000000014e"


async def figures(api: Api, path: str) -> dict[str, list[object]]:
    """Values of all statistics below a path, by name."""
    rows = (await api.read(f"{path}/statistics"))["statistic"]
    return {
        row["name"]: [value.get("datum", value.get("detail")) for value in row.get("values", {}).get("value", [])]
        for row in rows
    }


async def test_statistics_of_a_running_vm(api: Api) -> None:
    found = await figures(api, f"vms/{UP_VM}")
    assert found["memory.installed"] == [1 << 30]
    assert 0.2 * (1 << 30) <= found["memory.used"][0] <= 0.6 * (1 << 30)  # type: ignore[operator]
    guest, overhead = found["cpu.current.guest"][0], found["cpu.current.hypervisor"][0]
    assert found["cpu.current.total"][0] == pytest.approx(guest + overhead)  # type: ignore[operator]
    assert len(found["cpu.usage.history"]) == 10
    assert '"path": "/"' in str(found["disks.usage"][0])


async def test_statistics_keep_within_a_sampling_interval_and_change_after_it(api: Api) -> None:
    api.advance(15 - api.engine.now() % 15_000 / 1000)
    first = await figures(api, f"vms/{UP_VM}")
    api.advance(14)
    assert (await figures(api, f"vms/{UP_VM}"))["cpu.current.guest"] == first["cpu.current.guest"]
    api.advance(2)
    assert (await figures(api, f"vms/{UP_VM}"))["cpu.current.guest"] != first["cpu.current.guest"]


async def test_a_vm_that_is_down_uses_nothing(api: Api) -> None:
    found = await figures(api, f"vms/{DOWN_VM}")
    assert found.pop("memory.installed") == [1 << 30]
    assert found.pop("disks.usage") == ["[]"]
    assert {tuple(values) for values in found.values()} <= {(0,), (0.0,), ()}


async def test_statistics_of_hosts_disks_and_nics(api: Api) -> None:
    vm = await api.read(f"vms/{UP_VM}?follow=nics,disk_attachments")
    host = await figures(api, f"hosts/{vm['host']['id']}")
    assert host["memory.total"][0] == host["memory.used"][0] + host["memory.free"][0]  # type: ignore[operator]
    disk = vm["disk_attachments"]["disk_attachment"][0]["disk"]["id"]
    assert "data.current.read" in await figures(api, f"disks/{disk}")
    nic = vm["nics"]["nic"][0]["id"]
    api.advance(100)
    traffic = await figures(api, f"vms/{UP_VM}/nics/{nic}")
    assert traffic["data.total.rx"][0] > 0  # type: ignore[operator]
    assert traffic["errors.total.rx"] == [0]


async def test_a_statistic_has_the_id_of_its_name(api: Api) -> None:
    rows = (await api.read("hosts"))["host"]
    found = await api.read(f"hosts/{rows[0]['id']}/statistics/7816602b-c05c-3db7-a4da-3769f7ad8896")
    assert (found["name"], found["kind"], found["type"], found["unit"]) == ("memory.total", "gauge", "integer", "bytes")
    assert (await api.get(f"hosts/{rows[0]['id']}/statistics/{UP_VM}")).status == 404


async def test_consoles_show_their_port_only_while_running(api: Api) -> None:
    plain = (await api.read(f"vms/{UP_VM}/graphicsconsoles"))["graphics_console"]
    assert [(one["id"], one["protocol"], "port" in one) for one in plain] == [(VNC, "vnc", False)]
    live = (await api.read(f"vms/{UP_VM}/graphicsconsoles?current=true"))["graphics_console"][0]
    assert (live["address"], 5900 <= int(live["port"]) < 7900) == ("bcn-host1.example.com", True)
    assert await api.read(f"vms/{DOWN_VM}/graphicsconsoles?current=true") == {}
    assert len((await api.read(f"vms/{DOWN_VM}/graphicsconsoles"))["graphics_console"]) == 1


async def test_the_viewer_file_carries_the_ticket(api: Api) -> None:
    answer = await api.post(f"vms/{UP_VM}/ticket", {"ticket": {"value": "open", "expiry": 60}})
    assert answer.status == 200
    action = await api.post(f"vms/{UP_VM}/graphicsconsoles/{VNC}/remoteviewerconnectionfile")
    assert action.status == 200
    text = action.json["remote_viewer_connection_file"]
    assert text.startswith("[virt-viewer]\ntype=vnc\nhost=bcn-host1.example.com\n")
    assert "password=open\n" in text
    direct = await api.get(f"vms/{UP_VM}/graphicsconsoles/{VNC}", Accept="application/x-virt-viewer")
    assert (direct.status, direct.body.decode()) == (200, text)
    assert direct.headers["Content-Type"].startswith("application/x-virt-viewer")
    api.advance(61)
    action = await api.post(f"vms/{UP_VM}/graphicsconsoles/{VNC}/remoteviewerconnectionfile")
    assert "password=open" not in action.json["remote_viewer_connection_file"]
    ticket = await api.post(f"vms/{UP_VM}/graphicsconsoles/{VNC}/proxyticket")
    assert len(ticket.json["proxy_ticket"]["value"]) > 20


@pytest.mark.parametrize("action", ["remoteviewerconnectionfile", "proxyticket"])
async def test_consoles_of_a_vm_that_is_down(api: Api, action: str) -> None:
    answer = await api.post(f"vms/{DOWN_VM}/graphicsconsoles/{VNC}/{action}")
    assert (answer.status, answer.json["status"]) == (409, "failed")


async def test_consoles_are_added_and_removed(api: Api) -> None:
    path = f"vms/{DOWN_VM}/graphicsconsoles"
    answer = await api.post(path, {"protocol": "spice"})
    assert (answer.status, answer.json["id"]) == (201, "7370696365")
    assert (await api.post(path, {"protocol": "spice"})).status == 409
    assert (await api.delete(f"{path}/{VNC}")).status == 200
    assert [one["protocol"] for one in (await api.read(path))["graphics_console"]] == ["spice"]
    assert (await api.post(path, {})).status == 400


async def test_labels_of_vms_and_hosts(api: Api) -> None:
    answer = await api.post("affinitylabels", {"name": "fast", "vms": {"vm": [{"id": UP_VM}]}})
    assert (answer.status, answer.json["vms"]["vm"][0]["id"]) == (201, UP_VM)
    label = answer.json["id"]
    assert (await api.post(f"vms/{DOWN_VM}/affinitylabels", {"id": label})).status == 201
    shown = (await api.read(f"affinitylabels/{label}"))["vms"]["vm"]
    assert [one["id"] for one in shown] == [UP_VM, DOWN_VM]
    assert [one["name"] for one in (await api.read(f"vms/{DOWN_VM}/affinitylabels"))["affinity_label"]] == ["fast"]
    host = (await api.read("hosts"))["host"][0]["id"]
    assert (await api.post(f"affinitylabels/{label}/hosts", {"id": host})).status == 201
    assert len((await api.read(f"hosts/{host}/affinitylabels"))["affinity_label"]) == 1
    assert (await api.delete(f"vms/{UP_VM}/affinitylabels/{label}")).status == 200
    assert (await api.delete(f"affinitylabels/{label}/vms/{DOWN_VM}")).status == 200
    assert "vms" not in await api.read(f"affinitylabels/{label}")
    assert (await api.post("affinitylabels", {"name": "fast"})).status == 409
    assert (await api.delete(f"affinitylabels/{label}")).status == 200
    assert await api.read(f"hosts/{host}/affinitylabels") == {}


async def test_affinity_groups_of_a_cluster(api: Api) -> None:
    path = f"clusters/{BARCELONA}/affinitygroups"
    body = {"name": "apart", "vms_rule": {"enabled": True, "positive": False, "enforcing": True}}
    answer = await api.post(path, body)
    assert (answer.status, answer.json["vms_rule"]["enforcing"]) == (201, "true")
    group = answer.json["id"]
    assert (await api.post(f"{path}/{group}/vms", {"id": UP_VM})).status == 201
    assert [one["id"] for one in (await api.read(f"{path}/{group}/vms"))["vm"]] == [UP_VM]
    assert (await api.put(f"{path}/{group}", {"description": "d"})).json["description"] == "d"
    assert (await api.delete(f"{path}/{group}/vms/{UP_VM}")).status == 200
    assert (await api.delete(f"{path}/{group}")).status == 200
    assert await api.read(path) == {}


async def test_quotas_show_their_usage(api: Api) -> None:
    path = f"datacenters/{DEFAULT_CENTER}/quotas"
    answer = await api.post(path, {"name": "small", "description": "d"})
    assert (answer.status, answer.json["cluster_hard_limit_pct"]) == (201, "20")
    quota = answer.json["id"]
    limit = await api.post(f"{path}/{quota}/quotaclusterlimits", {"vcpu_limit": 8, "memory_limit": 4.5})
    assert (limit.status, limit.json["memory_limit"], limit.json["vcpu_usage"]) == (201, 4.5, "0")
    made = await api.create("counted", quota={"id": quota})
    assert (await api.post(f"vms/{made}/start")).status == 200
    api.advance(10)
    used = (await api.read(f"{path}/{quota}/quotaclusterlimits"))["quota_cluster_limit"][0]
    assert (used["vcpu_usage"], used["memory_usage"]) == ("2", 1.0)
    assert (await api.delete(f"{path}/{quota}")).status == 409
    storage = await api.post(f"{path}/{quota}/quotastoragelimits", {"limit": 100})
    assert (storage.status, storage.json["limit"]) == (201, "100")
    assert (await api.post(f"{path}/{quota}/quotastoragelimits", {"limit": 5})).status == 409
    assert (await api.post(path, {"name": "small"})).status == 409


async def test_mac_pools(api: Api) -> None:
    ranges = {"range": [{"from": "56:6f:aa:00:00:00", "to": "56:6f:aa:00:00:ff"}]}
    answer = await api.post("macpools", {"name": "lab", "ranges": ranges})
    assert (answer.status, answer.json["default_pool"], answer.json["ranges"]) == (201, "false", ranges)
    lab = answer.json["id"]
    wrong = {"range": [{"from": "56:6f:aa:00:00:ff", "to": "56:6f:aa:00:00:00"}]}
    assert (await api.post("macpools", {"name": "bad", "ranges": wrong})).status == 400
    assert (await api.put(f"macpools/{lab}", {"allow_duplicates": True})).json["allow_duplicates"] == "true"
    assert (await api.delete(f"macpools/{lab}")).status == 200
    answer = await api.delete(f"macpools/{DEFAULT_POOL}")
    assert (answer.status, answer.detail) == (409, "[Cannot remove MAC Pool. Default MAC Pool cannot be removed.]")
