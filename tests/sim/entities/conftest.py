"""The administrator's client of an engine with the seed's world and a clock that tests step."""

from tests.sim.core.conftest import anonymous, api

__all__ = ["anonymous", "api"]
