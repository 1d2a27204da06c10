"""How a layer sees a driver: every verb of every noun as one `Call` that it may pass on, answer or refuse."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, cast

from msgspec import Struct

from deltaic import driver as port
from deltaic.driver import ABSENT, Alone, Driver, Locks
from deltaic.model.context import Context

#: Attribute of the driver -> its protocol: the nouns.
NOUNS: dict[str, type] = {
    "zones": port.Zones,
    "images": port.Images,
    "instance_types": port.InstanceTypes,
    "instances": port.Instances,
    "instance_snapshots": port.InstanceSnapshots,
    "volumes": port.Volumes,
    "snapshots": port.Snapshots,
    "networks": port.Networks,
    "interfaces": port.Interfaces,
    "metrics": port.Metrics,
    "events": port.Events,
    "key_pairs": port.KeyPairs,
    "security_groups": port.SecurityGroups,
    "addresses": port.Addresses,
    "consoles": port.Consoles,
}

#: Verbs that change nothing.
READS = frozenset(
    {
        "list",
        "read",
        "read_volume",
        "storage_domains",
        "data_centers",
        "interfaces",
        "get",
        "find_launch",
        "find_marked",
        "user_data",
        "creation_failure",
        "screenshot",
        "pools",
        "output",
        "url",
        "verify",
        "login",
        "doctor",
    }
)

#: Verbs that change something, but twice is as good as once.
SAFE = frozenset(
    {
        "instances.stop",
        "instances.console_file",
        "instances.annotate",
        "images.annotate",
        "images.update",
        "volumes.finish",
        "volumes.update",
        "volumes.attach",
        "volumes.detach",
        "snapshots.finish",
        "snapshots.withdraw",
        "snapshots.update",
        "networks.update",
        "networks.annotate",
        "interfaces.update",
        "security_groups.update",
        "addresses.update",
        "addresses.disassociate",
    }
)


class Call(Struct, frozen=True):
    """One use of a verb. `verb` is `noun.verb`, or the driver's own verb alone; `arguments` leave out the context."""

    verb: str
    context: Context
    arguments: Mapping[str, Any]

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.verb.rpartition(".")[2] in READS

    @property
    def is_safe(self) -> bool:
        """Whether it may be repeated without anybody noticing."""
        return self.is_read or self.verb in SAFE


#: Carries the call on to the next layer, in the end to the driver.
Next = Callable[[], Awaitable[Any]]


class Layer(Protocol):
    """One layer."""

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Answer the call, usually by `await proceed()`."""


def layered(driver: Driver, layers: Sequence[Layer], alone: Alone | None = None) -> Driver:
    """The driver with `layers` around it, outermost first; `alone` is for edits that take several of its verbs."""
    return cast("Driver", _Layered(driver, layers, alone or Locks().alone))


class _Layered:
    """Looks like the driver; `alone` lets one caller at a time edit a thing."""

    def __init__(self, driver: Driver, layers: Sequence[Layer], alone: Alone) -> None:
        self.alone = alone
        self.name = driver.name
        self.capability = driver.capability
        self._driver = driver
        for name, protocol in NOUNS.items():
            setattr(self, name, _Noun(name, getattr(driver, name), protocol, layers))
        self.view = driver.view
        self.account = driver.account
        self.verify = _wrapped("verify", getattr(driver, "verify", ABSENT.verify), layers)
        self.login = _wrapped("login", driver.login, layers)
        self.doctor = _wrapped("doctor", driver.doctor, layers)

    async def close(self) -> None:
        await self._driver.close()


class _Noun:
    """Looks like one noun of the driver."""

    def __init__(self, name: str, inner: object, protocol: type, layers: Sequence[Layer]) -> None:
        for verb, member in vars(protocol).items():
            if inspect.iscoroutinefunction(member):
                # Drivers leave out what their capability does.
                method = getattr(inner, verb, None) or getattr(ABSENT, verb)
                setattr(self, verb, _wrapped(f"{name}.{verb}", method, layers))


def _wrapped(
    verb: str, method: Callable[..., Awaitable[Any]], layers: Sequence[Layer]
) -> Callable[..., Awaitable[Any]]:
    signature = inspect.signature(method)

    async def run(*positional: Any, **named: Any) -> Any:
        bound = signature.bind(*positional, **named)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        call = Call(verb, arguments.pop("context"), arguments)
        proceed: Next = partial(method, *positional, **named)
        for layer in reversed(layers):
            proceed = partial(layer, call, proceed)
        return await proceed()

    return run
