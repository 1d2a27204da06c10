"""Who asks, in which data center, and until when."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime

from msgspec import Struct, field

from deltaic.model.secret import Secret


class Principal(Struct, frozen=True):
    """A cloud's user on whose behalf a request or a flow runs.

    `id` names the stored credential (`key:AKIA...` for an access key, `user:<hash>` for a login, `grant:<hash>` for
    a key that the cloud issued); `user` is the cloud's own name of the user, in the form of `Driver.account`. With
    `token` the password is a token that the cloud issued itself, good for one view of it until `expires_at`.
    """

    id: str
    user: str
    password: Secret
    token: bool = False
    expires_at: datetime | None = None

    @property
    def account(self) -> str:
        """The 12-digit account number that AWS clients expect: stable per user name."""
        return f"{int.from_bytes(hashlib.sha256(self.user.encode()).digest()[:8]) % 10**12:012d}"


class Scope(Struct, frozen=True):
    """One data center of one configured cloud: what a request can see.

    `provider` is the configured cloud's name, `data_center` an id or a name (empty: all data centers). `view` is
    what a provider string says behind the data center (whose objects, which project), in the one form in which
    the cloud's driver writes it (`Driver.view`). `chosen` tells that the request itself named the data center,
    rather than the configuration.
    """

    provider: str = ""
    data_center: str = ""
    view: str = ""
    chosen: bool = False


class Context(Struct, frozen=True):
    """Everything a verb needs to know about its caller; first argument of every service and driver verb.

    `deadline` is a `time.monotonic()` value. `request_id` is the id that clients see; drivers send it on as
    the correlation id. `job` is the id of the job that the request or flow works for, if any.
    """

    principal: Principal
    scope: Scope
    request_id: str
    deadline: float = field(default_factory=lambda: time.monotonic() + 60.0)
    job: str = ""

    @property
    def owner(self) -> str:
        """Whose records are meant in the store: a name may belong to different people on different clouds."""
        return f"{self.scope.provider}/{self.principal.user}"

    @property
    def client_token_scope(self) -> str:
        """Where a client's token stands for one request: the owner's data center and view; elsewhere for another."""
        place = f"{self.owner}/{self.scope.data_center}"
        return f"{place}/{self.scope.view}" if self.scope.view else place

    def remaining(self) -> float:
        """Seconds until the deadline; never negative."""
        return max(0.0, self.deadline - time.monotonic())
