"""Collections that exist on every engine and have no members on this one."""

from __future__ import annotations

from typing import Final

from ovirt_engine_sim.entities.vm_parts import empty

# (type, path, kind of the parent)
_EMPTY: Final = (
    ("katello_erratum", "katelloerrata", ""),
    ("external_host_provider", "externalhostproviders", ""),
    ("external_vm_import", "externalvmimports", ""),
    ("external_template_import", "externaltemplateimports", ""),
    ("open_stack_image_provider", "openstackimageproviders", ""),
    ("open_stack_volume_provider", "openstackvolumeproviders", ""),
    ("scheduling_policy_unit", "schedulingpolicyunits", ""),
    ("cluster_feature", "enabledfeatures", "cluster"),
    ("external_provider", "externalnetworkproviders", "cluster"),
    ("gluster_hook", "glusterhooks", "cluster"),
    ("gluster_volume", "glustervolumes", "cluster"),
    ("network_filter", "networkfilters", "cluster"),
    ("group", "groups", "domain"),
    ("user", "users", "domain"),
    ("role", "roles", "group"),
    ("agent", "fenceagents", "host"),
    ("external_network_provider_configuration", "externalnetworkproviderconfigurations", "host"),
    ("hook", "hooks", "host"),
    ("katello_erratum", "katelloerrata", "host"),
    ("host_storage", "storage", "host"),
    ("storage_connection_extension", "storageconnectionextensions", "host"),
    ("unmanaged_network", "unmanagednetworks", "host"),
    ("link_layer_discovery_protocol_element", "linklayerdiscoveryprotocolelements", "host_nic"),
    ("network_attachment", "networkattachments", "host_nic"),
    ("network_label", "networklabels", "host_nic"),
    ("balance", "balances", "scheduling_policy"),
    ("filter", "filters", "scheduling_policy"),
    ("weight", "weights", "scheduling_policy"),
    ("vm_mediated_device", "mediateddevices", "template"),
    ("vm_mediated_device", "mediateddevices", "vm"),
    ("backup", "backups", "vm"),
    ("checkpoint", "checkpoints", "vm"),
    ("katello_erratum", "katelloerrata", "vm"),
)

SERVICES: Final = tuple(empty(*one) for one in _EMPTY)
