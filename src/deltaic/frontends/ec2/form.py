"""The two ways in which EC2 answers are written: today's, and that of the 2012 gateway.

A plain request (without `Version`, or with 2012-04-01) is answered as the classic gateway did: native UUIDs,
cluster ids as zone names, data center names as region names, its fixed reservation and group ids. So one
machine has one id in curl, CIMI and Deltacloud.
"""

from __future__ import annotations

from typing import Final

from deltaic.model.context import Principal
from deltaic.model.image import ImageState
from deltaic.protocols.aws.ids import ec2_id
from deltaic.services.zones import Region, ZoneView

CLASSIC_VERSION: Final = "2012-04-01"

_IMAGE_STATES = {ImageState.PENDING: "pending", ImageState.AVAILABLE: "available", ImageState.ERROR: "failed"}


class ModernForm:
    """Short ids with prefixes, `<region><letter>` zones, 12-digit accounts."""

    name = "modern"
    classic = False
    namespace: str | None = None
    zone_states = {True: "available", False: "unavailable"}

    def id(self, prefix: str, native: str) -> str:
        """The id of an object that shares its digits with no other."""
        return ec2_id(prefix, native)

    def zone(self, view: ZoneView | None) -> str:
        """The name of a zone; empty when it is not known."""
        return view.name if view else ""

    def zone_names(self, *views: ZoneView | None) -> list[str]:
        """Every name that a filter may call zones by: theirs, and their clusters' names and ids."""
        return [name for view in views if view for name in (view.name, view.zone.name, view.zone.id)]

    def region(self, region: Region) -> str:
        """The name of a region."""
        return region.name

    def instance_owner(self, principal: Principal) -> str:
        """Whose reservations are."""
        return principal.account

    def image_owner(self, principal: Principal) -> str:
        """Whose images are."""
        return principal.account

    def reservation(self, reservation: str) -> str:
        """The id of a reservation."""
        return reservation

    def reservation_groups(self) -> list[dict[str, str]]:
        """The groups of a reservation: none, for in a VPC they belong to the interfaces."""
        return []

    def image_state(self, state: ImageState) -> str:
        """An image's state in words."""
        return _IMAGE_STATES[state]


class ClassicForm(ModernForm):
    """The 2012 gateway's names and values."""

    name = "classic"
    classic = True
    namespace = CLASSIC_VERSION
    zone_states = {True: "AVAILABLE", False: "UNAVAILABLE"}

    def id(self, prefix: str, native: str) -> str:
        """The native id itself."""
        return native

    def zone(self, view: ZoneView | None) -> str:
        """The cluster's id."""
        return view.zone.id if view else ""

    def region(self, region: Region) -> str:
        """The data center's name."""
        return region.data_center.name

    def instance_owner(self, principal: Principal) -> str:
        """The gateway owned every instance."""
        return "deltacloud"

    def image_owner(self, principal: Principal) -> str:
        """Images belonged to whoever asked."""
        return principal.user

    def reservation(self, reservation: str) -> str:
        """There was one reservation."""
        return "r-11111111"

    def reservation_groups(self) -> list[dict[str, str]]:
        """There was one group."""
        return [{"GroupId": "sg-11111111", "GroupName": "default"}]

    def image_state(self, state: ImageState) -> str:
        """The engine's own words."""
        return {ImageState.PENDING: "locked", ImageState.AVAILABLE: "ok", ImageState.ERROR: "illegal"}[state]


MODERN: Final = ModernForm()
CLASSIC: Final = ClassicForm()


def is_classic(version: str | None) -> bool:
    """Whether a request of this version is answered in the classic form."""
    return version is None or version == CLASSIC_VERSION


def form_of(version: str | None) -> ModernForm:
    """The form in which a request of this version is answered."""
    return CLASSIC if is_classic(version) else MODERN
