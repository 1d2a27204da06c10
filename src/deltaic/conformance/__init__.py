"""The conformance suite: what every driver must do, tried on a real or simulated cloud.

A driver's author writes a `Harness`; `deltaic conformance` or a test run picks the cases whose capabilities the driver
claims. See docs/drivers.md.
"""

from __future__ import annotations

from deltaic.conformance.case import CASES, Case, Provision, case
from deltaic.conformance.harness import GROUP, NOWHERE, Harness, Login, Site
from deltaic.conformance.runner import Outcome, Result, Run, running, select
from deltaic.conformance.schedule import Schedule, run
from deltaic.conformance.trial import Trial

__all__ = [
    "CASES",
    "GROUP",
    "NOWHERE",
    "Case",
    "Harness",
    "Login",
    "Outcome",
    "Provision",
    "Result",
    "Run",
    "Schedule",
    "Site",
    "Trial",
    "case",
    "run",
    "running",
    "select",
]
