"""The tombstone: an instance that is gone but still shown."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from deltaic.model.instance import Instance

#: How long a deleted instance stays visible, seconds (AWS shows them for about an hour).
TOMBSTONE_SECONDS = 3600


class Tombstone(Struct, frozen=True):
    """The last known look of a deleted instance and why it went.

    `reason_code` and `reason` follow AWS's StateReason: `Client.UserInitiatedShutdown`,
    `Server.InternalError` ... `owner` is the user who launched it, `removed_by` the one who asked for its removal.
    Both are users of the cloud `provider`, which showed the instance in `view`: elsewhere others have their names.
    """

    instance: Instance
    deleted_at: datetime
    reason_code: str = "Client.UserInitiatedShutdown"
    reason: str = ""
    owner: str = ""
    removed_by: str = ""
    provider: str = ""
    view: str = ""
