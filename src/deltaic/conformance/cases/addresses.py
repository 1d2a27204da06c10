"""Public addresses."""

from __future__ import annotations

from deltaic.conformance.case import case
from deltaic.conformance.checks import ensure, equal, only, refused
from deltaic.conformance.machines import machine
from deltaic.conformance.trial import Trial
from deltaic.model.address import Address, AddressChanges, AddressSpec
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState

NEEDS = ("addresses_list", "addresses_create", "addresses_delete")


async def address(trial: Trial) -> Address:
    """A new address."""
    spec = AddressSpec(description=trial.name("address"), marker=trial.marker())
    return await trial.driver.addresses.create(trial.context(), spec)


async def listed(trial: Trial, address_id: str) -> Address:
    """An address as the list has it."""
    return only("the address by its id", await trial.driver.addresses.list(trial.context(), ids=[address_id]))


@case(*NEEDS, "addresses_update")
async def life(trial: Trial) -> None:
    """An address is allocated once per marker, described, listed and given back."""
    pools = await trial.driver.addresses.pools(trial.context())
    ensure("there is a pool", pools)
    spec = AddressSpec(pools[0].id, description=trial.name("address"), tags={"a": "b"}, marker=trial.marker())
    made = await trial.driver.addresses.create(trial.context(), spec)
    try:
        equal(
            "pool, description, tags",
            (made.pool_id, made.description, made.tags),
            (pools[0].id, spec.description, {"a": "b"}),
        )
        equal("where it leads", (made.nic_id, made.instance_id, made.private_ip), ("", "", ""))
        equal("the repeated allocation's", (await trial.driver.addresses.create(trial.context(), spec)).id, made.id)
        await trial.driver.addresses.update(trial.context(), made.id, AddressChanges(tags={"c": "d"}))
        found = await listed(trial, made.id)
        equal(
            "address, description, tags",
            (found.ip, found.description, found.tags),
            (made.ip, spec.description, {"c": "d"}),
        )
    finally:
        await trial.driver.addresses.delete(trial.context(), made.id)
    ids = [made.id, trial.site.unknown_id, "no/such id"]
    equal("addresses by ids", await trial.driver.addresses.list(trial.context(), ids=ids), [])
    async with refused("a second return", ErrorKind.NOT_FOUND):
        await trial.driver.addresses.delete(trial.context(), made.id)


@case(*NEEDS)
async def an_unknown_pool_is_refused(trial: Trial) -> None:
    """An address of a pool that there is not is refused."""
    async with refused("an unknown pool", ErrorKind.NOT_FOUND, ErrorKind.INVALID):
        await trial.driver.addresses.create(trial.context(), AddressSpec(trial.site.unknown_id, marker=trial.marker()))


@case(*NEEDS, "addresses_associate", "instances_create", "instances_delete")
async def an_address_leads_to_a_machine(trial: Trial) -> None:
    """An address is led to an interface, to another one, and nowhere; machine and address show it."""
    first, second = await machine(trial, InstanceState.RUNNING), await machine(trial, InstanceState.RUNNING)
    made = await address(trial)
    try:
        for host in (first, second):
            await trial.driver.addresses.associate(trial.context(), made.id, host.nics[0].id)
            found = await listed(trial, made.id)
            wanted = (host.nics[0].id, host.id, host.nics[0].ipv4[0])
            equal("where it leads", (found.nic_id, found.instance_id, found.private_ip), wanted)
            await _shown(trial, host.id, (made.ip,))
        await _shown(trial, first.id, ())
        for _ in range(2):
            await trial.driver.addresses.disassociate(trial.context(), made.id)
        equal("where it leads", (await listed(trial, made.id)).nic_id, "")
        async with refused("leading it to nothing", ErrorKind.NOT_FOUND, ErrorKind.INVALID):
            await trial.driver.addresses.associate(trial.context(), made.id, trial.site.unknown_id)
    finally:
        await trial.driver.addresses.delete(trial.context(), made.id)


async def _shown(trial: Trial, instance_id: str, wanted: tuple[str, ...]) -> None:
    async def probe() -> bool:
        found = await trial.driver.instances.get(trial.context(), instance_id)
        return tuple(ip for nic in found.nics for ip in nic.public_ipv4) == wanted

    await trial.until(f"the machine shows the public addresses {wanted}", probe)
