"""What reaches into machines themselves, past their cloud."""

from __future__ import annotations
