"""How sessions of people at browsers are kept: as records."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

KIND: Final = "Session"
#: A session ends so long after its login, used or not.
LONGEST: Final = timedelta(hours=12)
