"""The gateway before a real OpenStack control plane: `make test-openstack`."""
