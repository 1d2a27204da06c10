"""Users, roles and permissions, and what they let a user see and do."""

from tests.sim.core.support import BARCELONA, DOWN_VM, UP_VM, WORKSHOP, Api

SUPER_USER = "00000000-0000-0000-0000-000000000001"
USER_ROLE = "00000000-0000-0000-0001-000000000001"
CIMI_VM = "7434e6e3-a85d-4bfb-b952-b191288c2aa2"


async def user_id(api: Api, login: str) -> str:
    name = login.partition("@")[0]
    users = (await api.read("users"))["user"]
    return next(str(one["id"]) for one in users if one["principal"] == name)


async def test_users_and_their_search(api: Api) -> None:
    users = {one["user_name"]: one for one in (await api.read("users"))["user"]}
    assert set(users) == {"admin@internal-authz", "user@internal-authz"}
    assert users["admin@internal-authz"]["domain"]["href"].startswith("/ovirt-engine/api/domains/")
    found = await api.read("users?search=usrname%3Duser%40internal-authz")
    assert [one["principal"] for one in found["user"]] == ["user"]


async def test_adding_a_user_takes_one_that_can_log_in(api: Api) -> None:
    answer = await api.post("users", {"user_name": "nobody@internal", "domain": {"name": "internal-authz"}})
    assert (answer.status, "nobody@internal" in answer.detail) == (404, True)
    answer = await api.post("users", {"user_name": "user@internal-authz"})
    assert (answer.status, answer.json["id"]) == (201, await user_id(api, "user@internal"))
    assert (await api.post("users", {"name": "x"})).status == 400


async def test_removing_a_user_removes_the_permissions(api: Api) -> None:
    user = await user_id(api, "user@internal")
    assert len((await api.read(f"users/{user}/permissions"))["permission"]) == 1
    assert (await api.delete(f"users/{user}")).status == 200
    assert await api.read(f"clusters/{BARCELONA}/permissions") == {}
    assert (await api.delete(f"users/{await user_id(api, 'admin@internal')}")).status == 409


async def test_a_permission_on_a_vm_makes_it_visible_and_startable(api: Api) -> None:
    user = await user_id(api, "user@internal")
    answer = await api.post(f"vms/{CIMI_VM}/permissions", {"role": {"name": "UserRole"}, "user": {"id": user}})
    assert answer.status == 201
    assert (answer.json["vm"]["id"], answer.json["role"]["id"]) == (CIMI_VM, USER_ROLE)
    permission = answer.json["id"]
    again = await api.post(f"vms/{CIMI_VM}/permissions", {"role": {"id": USER_ROLE}, "user": {"id": user}})
    assert again.status == 409
    await api.login("user@internal")
    assert {vm["id"] for vm in (await api.read("vms"))["vm"]} == {UP_VM, DOWN_VM, CIMI_VM}
    assert (await api.post(f"vms/{CIMI_VM}/start")).status == 200
    assert (await api.delete(f"vms/{CIMI_VM}/permissions/{permission}")).status == 403
    await api.login()
    assert (await api.delete(f"vms/{CIMI_VM}/permissions/{permission}")).status == 200
    await api.login("user@internal")
    assert {vm["id"] for vm in (await api.read("vms"))["vm"]} == {UP_VM, DOWN_VM}


async def test_permissions_of_a_user_name_their_object(api: Api) -> None:
    user = await user_id(api, "user@internal")
    body = {"role": {"name": "UserVmManager"}, "vm": {"id": CIMI_VM}}
    assert (await api.post(f"users/{user}/permissions", body)).status == 201
    listed = (await api.read(f"users/{user}/permissions"))["permission"]
    assert {(one.get("cluster") or one.get("vm"))["id"] for one in listed} == {BARCELONA, CIMI_VM}
    assert len((await api.read(f"vms/{CIMI_VM}/permissions"))["permission"]) == 1


async def test_the_last_super_user_stays(api: Api) -> None:
    permission = next(one for one in (await api.read("permissions"))["permission"] if one["role"]["id"] == SUPER_USER)
    answer = await api.delete(f"permissions/{permission['id']}")
    assert (answer.status, "last user" in answer.detail) == (409, True)
    user = await user_id(api, "user@internal")
    assert (await api.post("permissions", {"role": {"id": SUPER_USER}, "user": {"id": user}})).status == 201
    assert (await api.delete(f"permissions/{permission['id']}")).status == 200
    # Nothing is left that would let the former administrator in.
    assert (await api.post("tags", {"name": "x"})).status == 401


async def test_incomplete_permissions(api: Api) -> None:
    answer = await api.post("permissions", {"role": {"id": USER_ROLE}})
    assert (answer.status, answer.detail) == (400, "Permission [user|group.id] required for add")
    answer = await api.post(f"vms/{UP_VM}/permissions", {"user": {"name": "user@internal"}})
    assert (answer.status, answer.detail) == (400, "Permission [role.id|name] required for add")
    answer = await api.post("permissions", {"role": {"name": "Nope"}, "user": {"user_name": "user@internal"}})
    assert (answer.status, answer.detail) == (404, "Entity not found: Nope")


async def test_the_group_everyone_can_hold_a_permission(api: Api) -> None:
    groups = (await api.read("groups"))["group"]
    assert [one["name"] for one in groups] == ["Everyone"]
    body = {"role": {"id": USER_ROLE}, "group": {"id": groups[0]["id"]}}
    answer = await api.post(f"templates/{WORKSHOP}/permissions", body)
    assert (answer.status, answer.json["group"]["id"]) == (201, groups[0]["id"])
    assert (await api.delete(f"groups/{groups[0]['id']}")).status == 409
    await api.login("user@internal")
    assert WORKSHOP in {one["id"] for one in (await api.read("templates"))["template"]}


async def test_roles_with_their_permits(api: Api) -> None:
    body = {"name": "starter", "administrative": False, "permits": {"permit": [{"name": "login"}]}}
    answer = await api.post("roles", body)
    assert (answer.status, answer.json["mutable"]) == (201, "true")
    role = answer.json["id"]
    assert (await api.post(f"roles/{role}/permits", {"name": "run_vm"})).status == 201
    permits = (await api.read(f"roles/{role}/permits"))["permit"]
    assert [one["name"] for one in permits] == ["login", "run_vm"]
    assert (await api.delete(f"roles/{role}/permits/{permits[0]['id']}")).status == 200
    assert [one["name"] for one in (await api.read(f"roles/{role}/permits"))["permit"]] == ["run_vm"]
    assert (await api.post(f"roles/{role}/permits", {"name": "fly"})).status == 404
    assert (await api.put(f"roles/{role}", {"description": "d"})).json["description"] == "d"
    assert (await api.post("roles", {"name": "x"})).detail == "Role [administrative] required for add"
    assert (await api.delete(f"roles/{role}")).status == 200


async def test_predefined_roles_do_not_change(api: Api) -> None:
    assert (await api.put(f"roles/{USER_ROLE}", {"description": "d"})).status == 409
    assert (await api.delete(f"roles/{USER_ROLE}")).status == 409
    assert (await api.post(f"roles/{USER_ROLE}/permits", {"name": "create_vm"})).status == 409


async def test_a_role_of_ones_own_gives_its_permits(api: Api) -> None:
    body = {"name": "starter", "administrative": False, "permits": {"permit": [{"name": "tag_management"}]}}
    role = (await api.post("roles", body)).json["id"]
    user = await user_id(api, "user@internal")
    assert (await api.post("permissions", {"role": {"id": role}, "user": {"id": user}})).status == 201
    await api.login("user@internal")
    assert (await api.post("tags", {"name": "mine"})).status == 201


async def test_ssh_keys_belong_to_their_user(api: Api) -> None:
    user, admin = await user_id(api, "user@internal"), await user_id(api, "admin@internal")
    await api.login("user@internal")
    path = f"users/{user}/sshpublickeys"
    answer = await api.post(path, {"content": "ssh-ed25519 AAAA one"})
    assert (answer.status, answer.json["content"]) == (201, "ssh-ed25519 AAAA one")
    key = answer.json["id"]
    assert (await api.put(f"{path}/{key}", {"content": "ssh-ed25519 BBBB two"})).json[
        "content"
    ] == "ssh-ed25519 BBBB two"
    assert (await api.post(f"users/{admin}/sshpublickeys", {"content": "x"})).status == 403
    assert (await api.delete(f"{path}/{key}")).status == 200
    assert await api.read(path) == {}


async def test_roles_of_a_user(api: Api) -> None:
    admin = await user_id(api, "admin@internal")
    assert [one["name"] for one in (await api.read(f"users/{admin}/roles"))["role"]] == ["SuperUser"]
