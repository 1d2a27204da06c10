"""Customers who use machines, a volume and an address all day, and keep books of what they believe to own."""

from __future__ import annotations

import random
import threading
import traceback
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.e2e.customer import Customer, Owned
from tests.e2e.site import launch
from tests.openstack.support.diary import Diary
from tests.openstack.support.gateway import Site
from tests.support.processes import until

#: What a request that was done already is told when it is repeated: as AWS does it, the client looks.
DONE = {
    "attach_volume": {"VolumeInUse"},
    "detach_volume": {"IncorrectState", "InvalidAttachment.NotFound"},
    "delete_volume": {"InvalidVolume.NotFound"},
    # A request whose answer was lost with its gateway may be carried out after the look that shows the association.
    "disassociate_address": {"InvalidAssociationID.NotFound"},
}


class Tenant(Customer):
    """One thread of mixed traffic; besides machines it has a volume and an address, each at one machine or none."""

    #: A frozen service holds everybody up, and a dead gateway too.
    patience = 240.0
    every = 0.3

    def __init__(self, site: Site, number: int, closing: threading.Event, seed: int = 0) -> None:
        super().__init__(site.gateway, number, closing)
        self._random = random.Random(f"{seed}/{number}")
        self._diary = Diary(self._client, lambda: self.doing)
        self.volume = self.address = ""
        self.plugged = self.led = ""
        self._image = f"ami-{site.tenant.image_id.replace('-', '')[:17]}"

    @property
    def story(self) -> str:
        """What it believes, what it asked last, and what ended it: nothing secret."""
        books = f"machines {self.machines}, volume {self.volume} at {self.plugged!r}, {self.address} to {self.led!r}"
        end = "".join(traceback.format_exception(self.failure)) if self.failure else "not ended by a failure"
        return f"customer {self._number}, at {self.doing!r}: {books}\n{self._diary}\n{end}"

    def furnish(self) -> None:
        """Get volume and address; addresses can't be asked for twice without getting two."""
        self.address = self._client.allocate_address(Domain="vpc")["AllocationId"]
        self._new_volume()

    def _verbs(self) -> dict[Callable[[], None], int]:
        return {
            self._launch: 4,
            self._look: 2,
            self._tag: 2,
            self._stop: 2,
            self._start: 2,
            self._give_back: 2,
            self._plug: 3,
            self._lead: 2,
            self._renew: 1,
        }

    def _do(self, verb: str, **arguments: Any) -> None:
        """Insist on a verb that is refused where it is done already."""
        try:
            self._insist(lambda: getattr(self._client, verb)(**arguments))
        except ClientError as error:
            if error.response["Error"]["Code"] not in DONE[verb]:
                raise

    def _launch(self) -> None:
        if len(self.machines) >= 2:
            return
        name, token = f"soak-{self._number}-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        options = {"ImageId": self._image, "InstanceType": "m1.tiny"}
        machine = self._insist(lambda: launch(self._client, name, token, **options))
        assert machine not in self.machines
        self.machines[machine] = Owned(name, tags={"Name": name})
        if self._random.random() < 0.7:
            self._reaches(machine, "running")

    def _give_back(self) -> None:
        machine = self._any()
        if not machine:
            return
        self._insist(lambda: self._client.terminate_instances(InstanceIds=[machine]))
        del self.machines[machine]
        self.given_back.add(machine)
        if self.plugged == machine:
            self.plugged = ""
            self._volume_is("available")
        if self.led == machine:
            self.led = ""

    def _plug(self) -> None:
        if self.plugged:
            until(self._lets_go, self.patience, self.every)
            self.plugged = ""
            self._volume_is("available")
        elif machine := self._any("running"):
            self._reaches(machine, "running")
            self._do("attach_volume", VolumeId=self.volume, InstanceId=machine, Device="/dev/sdx")
            assert set(self._holds()) & {"attaching", "attached"}
            self.plugged = machine
            self._volume_is("in-use")

    def _lets_go(self) -> bool:
        """Ask for the volume back. Refused is also what still waits to be attached: then it is asked again."""
        self._do("detach_volume", VolumeId=self.volume)
        return set(self._holds()) <= {"detaching"}

    def _lead(self) -> None:
        if self.led:
            self._nowhere()
            self.led = ""
        elif machine := self._any("running"):
            self._reaches(machine, "running")
            lead = {"AllocationId": self.address, "InstanceId": machine}
            self._insist(lambda: self._client.associate_address(**lead))
            self.led = machine

    def _nowhere(self) -> None:
        (shown,) = self._insist(lambda: self._client.describe_addresses(AllocationIds=[self.address]))["Addresses"]
        if "AssociationId" in shown:
            self._do("disassociate_address", AssociationId=shown["AssociationId"])

    def _renew(self) -> None:
        if not self.plugged:
            self._do("delete_volume", VolumeId=self.volume)
            self._new_volume()

    def _new_volume(self) -> None:
        zone = self._insist(self._client.describe_availability_zones)["AvailabilityZones"][0]["ZoneName"]
        asked = {"AvailabilityZone": zone, "Size": 1, "ClientToken": uuid.uuid4().hex}
        self.volume = self._insist(lambda: self._client.create_volume(**asked))["VolumeId"]
        self._volume_is("available")

    def _holds(self) -> list[str]:
        """The states of the volume's attachments."""
        (shown,) = self._insist(lambda: self._client.describe_volumes(VolumeIds=[self.volume]))["Volumes"]
        return [each["State"] for each in shown["Attachments"]]

    def _volume_is(self, state: str) -> None:
        def there() -> bool:
            shown = self._insist(lambda: self._client.describe_volumes(VolumeIds=[self.volume]))["Volumes"]
            return [one["State"] for one in shown] == [state]

        until(there, self.patience, self.every)
