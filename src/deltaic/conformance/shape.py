"""Whether a driver has the members that the port wants, before anything is tried with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter
from typing import Any

from deltaic.driver import ABSENT, Driver
from deltaic.layers.base import NOUNS
from deltaic.layers.capability import flag_of
from deltaic.model.capability import Capability

#: What every driver has beside its nouns, and no flag turns off.
_OWN = ("view", "account", "login", "doctor", "close")
_ANYTHING = frozenset({Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD})


def misfits(driver: Driver) -> list[str]:
    """What of the port a driver lacks or has in another form, for its author; verbs that are off need not be there."""
    capability = getattr(driver, "capability", None)
    if not isinstance(capability, Capability):
        return ["it has no `capability`"]
    found = [] if isinstance(getattr(driver, "name", None), str) else ["it has no `name`"]
    for verb in _OWN:
        found += _misfit(verb, getattr(driver, verb, None), getattr(Driver, verb))
    lacking = [noun for noun in NOUNS if not hasattr(driver, noun)]
    if lacking:
        nouns = ", ".join(f"`{noun}`" for noun in lacking)
        found.append(f"it has no {nouns}: where a cloud has no such thing, that is `deltaic.driver.ABSENT`")
    for noun, protocol in NOUNS.items():
        owner = getattr(driver, noun, ABSENT)
        for verb, wanted in _verbs(protocol):
            flag = flag_of(f"{noun}.{verb}")
            if flag and getattr(capability, flag):
                there = None if owner is ABSENT else getattr(owner, verb, None)
                found += _misfit(f"{noun}.{verb}", there, wanted, f", though `{flag}` is on")
    return found


def _verbs(protocol: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, member in vars(protocol).items():
        if inspect.iscoroutinefunction(member):
            yield name, member


def _misfit(verb: str, there: Callable[..., Any] | None, wanted: Callable[..., Any], reason: str = "") -> list[str]:
    if there is None:
        return [f"`{verb}` is missing{reason}"]
    parameters = list(inspect.signature(wanted).parameters.values())[1:]
    if _takes(inspect.signature(there).parameters, parameters):
        return []
    return [f"`{verb}` does not take ({', '.join(str(one).partition(':')[0] for one in parameters)})"]


def _takes(there: Mapping[str, Parameter], wanted: list[Parameter]) -> bool:
    """Whether a verb can be called as the port says: by these names, in this order, with these left out."""
    if any(one.kind in _ANYTHING for one in there.values()):
        return True
    names = [one.name for one in wanted if one.kind is not Parameter.KEYWORD_ONLY]
    needed = {one.name for one in wanted if one.default is Parameter.empty}
    asked = {one.name for one in there.values() if one.default is Parameter.empty}
    return list(there)[: len(names)] == names and asked <= needed and there.keys() >= {one.name for one in wanted}
