"""DMTF CIMI 1.1 in front of the services.

`site` lists everything that is served, `tree` finds the place of a path in it, `methods` do what HTTP asks there.
The folders are the families of the standard: what they read, make and change are documents, which the codec writes
as XML or JSON.
"""

from __future__ import annotations

from deltaic.frontends.cimi.frontend import CimiFrontend
from deltaic.frontends.cimi.settings import CimiSettings

__all__ = ["CimiFrontend", "CimiSettings"]
