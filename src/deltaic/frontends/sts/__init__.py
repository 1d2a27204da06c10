"""STS on the EC2 port: who am I."""

from __future__ import annotations

from deltaic.frontends.sts.frontend import StsFrontend

__all__ = ["StsFrontend"]
