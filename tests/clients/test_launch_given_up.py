"""A machine that the engine refuses to start: its owner learns why, can repair it, and then nothing is left of it."""

from __future__ import annotations

from typing import Any

from tests.clients.gateway import Gateway
from tests.clients.machines import native, one, run, wait
from tests.support.processes import until

BLANK_AMI = "ami-00000000000000000"
WORDS = "Cannot run VM without at least one bootable disk. Please add a bootable disk or change the boot sequence."


def add_disk(demo: Gateway, machine: str) -> None:
    """Give a machine a bootable disk, in the engine."""
    domain = demo.engine.get("/storagedomains")["storage_domain"][0]["id"]
    disk = {
        "name": "late",
        "provisioned_size": str(1 << 30),
        "format": "cow",
        "storage_domains": {"storage_domain": [{"id": domain}]},
    }
    attachment = {"bootable": "true", "interface": "virtio", "active": "true", "disk": disk}
    demo.engine.post(f"/vms/{machine}/diskattachments", attachment)
    attached = f"/vms/{machine}/diskattachments?follow=disk"
    until(lambda: [each["disk"]["status"] for each in demo.engine.get(attached)["disk_attachment"]] == ["ok"], 30)


def test_a_machine_without_a_disk(demo: Gateway, ec2: Any) -> None:
    (machine,) = run(ec2, ImageId=BLANK_AMI)
    try:
        until(lambda: one(ec2, machine)["State"]["Name"] != "pending", 60)
        shown = one(ec2, machine)
        assert shown["State"]["Name"] == "stopped"
        assert shown["StateReason"] == {"Code": "Client.InternalError", "Message": f"Client.InternalError: {WORDS}"}
        assert shown["StateTransitionReason"] == "Client.InternalError"
        # The image brings no interface, so the machine got one in the default network.
        default = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        assert shown["VpcId"] in [each["VpcId"] for each in default]
        assert [each["Attachment"]["DeviceIndex"] for each in shown["NetworkInterfaces"]] == [0]

        add_disk(demo, native(demo.engine, machine))
        ec2.start_instances(InstanceIds=[machine])
        wait(ec2, "instance_running", InstanceIds=[machine])
        assert "StateReason" not in one(ec2, machine)
        ec2.stop_instances(InstanceIds=[machine], Force=True)
        wait(ec2, "instance_stopped", InstanceIds=[machine])
        stopped = one(ec2, machine)
        assert "StateReason" not in stopped
        assert stopped["StateTransitionReason"].startswith("User initiated (")
    finally:
        ec2.terminate_instances(InstanceIds=[machine])
