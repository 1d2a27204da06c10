"""A real OpenStack control plane on loopback; only hypervisor, wire and disk are fakes. See README.md."""
