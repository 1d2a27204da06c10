"""The Deltacloud API in front of the services.

`site` lists everything that is served and what a cloud must be capable of for it, `dispatch` finds what a request
asks for, one module for each collection reads, makes and changes what it holds.
"""

from __future__ import annotations

from deltaic.frontends.deltacloud.frontend import DeltacloudFrontend
from deltaic.frontends.deltacloud.settings import DeltacloudSettings, DriverInfo

__all__ = ["DeltacloudFrontend", "DeltacloudSettings", "DriverInfo"]
