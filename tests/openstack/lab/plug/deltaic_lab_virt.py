"""Nova's fake hypervisor, whose snapshots become images. Nova loads it only from its own package `nova.virt`."""

import io

from nova.compute import task_states
from nova.console import type as console
from nova.image import glance
from nova.virt import fake

EMPTY_DISK = bytes(65536)


class LabDriver(fake.FakeDriverWithoutFakeNodes):
    """Machines in the memory of `nova-compute`."""

    def snapshot(self, context, instance, image_id, update_task_state):
        """Upload an empty disk; the one that this one stands on uploads nothing, so images never become active."""
        update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
        images = glance.API()
        facts = {
            "name": images.get(context, image_id)["name"],
            "status": "active",
            "disk_format": "raw",
            "container_format": "bare",
            "properties": {},
        }
        update_task_state(task_state=task_states.IMAGE_UPLOADING, expected_state=task_states.IMAGE_PENDING_UPLOAD)
        images.update(context, image_id, facts, data=io.BytesIO(EMPTY_DISK), purge_props=False)

    def get_vnc_console(self, context, instance):
        """Name a display that nobody serves."""
        return console.ConsoleVNC(internal_access_path="none", host="127.0.0.1", port=5900)
