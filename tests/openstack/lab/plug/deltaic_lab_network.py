"""A mechanism driver for Neutron that binds every port at once; nothing is plugged."""

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import constants as plugins
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api


class LabMechanism(api.MechanismDriver):
    """Does what agents would report: ports are bound, floating IPs in use are ACTIVE."""

    def initialize(self):
        """Watch floating IPs."""
        for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
            registry.subscribe(self._floating_ip, resources.FLOATING_IP, event)

    def _floating_ip(self, resource, event, trigger, payload):
        state = payload.latest_state
        status = "ACTIVE" if state.get("port_id") else "DOWN"
        routers = directory.get_plugin(plugins.L3)
        routers.update_floatingip_status(payload.context.elevated(), payload.resource_id or state["id"], status)

    @property
    def connectivity(self):
        """What ports are connected to."""
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        """Bind the port to its first segment."""
        for segment in context.segments_to_bind[:1]:
            details = {portbindings.CAP_PORT_FILTER: True}
            context.set_binding(
                segment[api.ID], portbindings.VIF_TYPE_OVS, details, status=constants.PORT_STATUS_ACTIVE
            )
