"""The instance type: a named size."""

from __future__ import annotations

from msgspec import Struct


class InstanceType(Struct, frozen=True):
    """A named size of the cloud. Memory in bytes."""

    id: str
    name: str
    description: str = ""
    memory: int = 0
    cpu_sockets: int = 1
    cpu_cores: int = 1
    cpu_threads: int = 1

    @property
    def cpus(self) -> int:
        """Virtual CPUs the guest sees."""
        return self.cpu_sockets * self.cpu_cores * self.cpu_threads
