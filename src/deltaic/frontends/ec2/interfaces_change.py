"""ModifyNetworkInterfaceAttribute: one attribute per call, as AWS wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deltaic.frontends.ec2.group_book import all_groups, chosen_groups, offered
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.render_interface import attachment_id
from deltaic.frontends.ec2.request import Ec2Request, unsupported
from deltaic.frontends.ec2.resolve import native_id, native_ids
from deltaic.model.nic import Nic, NicChanges
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.kinds import missing_ids

#: What is the case anyway, by member and the member in it.
HARMLESS = {"SourceDestCheck": ("Value", True), "Attachment": ("DeleteOnTermination", True)}


@action(
    "ModifyNetworkInterfaceAttribute",
    writes=True,
    unsupported=(
        *(f"{name}.{member} other than {str(value).lower()}" for name, (member, value) in HARMLESS.items()),
        "Description",
        "every other attribute",
    ),
    note="The groups change, where the cloud has security groups.",
)
async def modify_network_interface_attribute(request: Ec2Request) -> dict[str, Any]:
    """Give an interface other security groups."""
    named = {name: value for name, value in request.parameters.items() if name not in ("NetworkInterfaceId", "DryRun")}
    if len(named) != 1:
        text = f"Fields for multiple attribute types specified: {', '.join(sorted(named))}" if named else ""
        raise AwsError("InvalidParameterCombination", text or "No attributes specified.")
    name, value = named.popitem()
    instance, nic = await _interface(request)
    if name == "Groups":
        await _regroup(request, instance, nic, value)
        return {}
    _check_harmless(name, value, nic)
    request.before_acting()
    return {}


async def _interface(request: Ec2Request) -> tuple[str, Nic]:
    """The machine's id and the interface of the request. Errors: InvalidNetworkInterfaceID.NotFound."""
    text = request.require("NetworkInterfaceId")
    native = await native_id(request, "eni", text)
    for view in await request.services.instances.list(request.context):
        for nic in view.instance.nics:
            if nic.id == native:
                return view.instance.id, nic
    raise missing_ids("network_interface", [text])


async def _regroup(request: Ec2Request, instance: str, nic: Nic, texts: list[str]) -> None:
    natives = await native_ids(request, "sg", texts)
    if not natives:
        raise missing_parameter("SecurityGroupId")
    if not offered(request):
        if natives != [nic.network_id]:
            raise unsupported("SecurityGroupId", "an interface's group is that of its network.")
        request.before_acting()
        return
    groups = chosen_groups(request, await all_groups(request), natives, ())
    request.before_acting()
    changes = NicChanges(security_group_ids=tuple(group.id for group in groups))
    await request.services.interfaces.change(request.context, instance, nic.id, changes)


def _check_harmless(name: str, value: Any, nic: Nic) -> None:
    """Accept what is the case. Errors: InvalidAttachmentID.NotFound, UnsupportedOperation."""
    member, fact = HARMLESS.get(name, ("", None))
    if not member or not isinstance(value, Mapping):
        raise unsupported(name, "the cloud has nothing like it.")
    attachment = value.get("AttachmentId")
    if attachment and attachment != attachment_id(nic):
        raise AwsError("InvalidAttachmentID.NotFound", f"The attachment ID '{attachment[:100]}' does not exist")
    if value.get(member) is not fact or value.keys() - {member, "AttachmentId"}:
        raise unsupported(f"{name}.{member}", f"it is {str(fact).lower()}, always.")
