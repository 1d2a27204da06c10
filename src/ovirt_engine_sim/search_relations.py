"""Which entities the cross references of the search language lead to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.search_reader import Reader

Relation = Callable[[Reader, Entity], list[Entity]]


def _referring(kind: str, member: str) -> Relation:
    return lambda read, entity: read.having(kind, member, entity.id)


def _referred(member: str) -> Relation:
    return lambda read, entity: read.refer(entity, member)


def _vms_of_template(read: Reader, template: Entity) -> list[Entity]:
    return read.having("vm", "template", template.id)


_OF_TEMPLATE: Final[dict[str, Relation]] = {
    "vms": _vms_of_template,
    "hosts": lambda read, one: [host for vm in _vms_of_template(read, one) for host in read.refer(vm, "host")],
    "events": _referring("event", "template"),
    "users": Reader.permitted_users,
    "storage": Reader.domains,
    "vnic": lambda read, one: read.engine.children("nic", one.id),
}
RELATED: Final[dict[tuple[str, str], Relation]] = {
    ("vm", "hosts"): _referred("host"),
    ("vm", "templates"): _referred("template"),
    ("vm", "events"): _referring("event", "vm"),
    ("vm", "users"): Reader.permitted_users,
    ("vm", "storage"): Reader.domains,
    ("vm", "vnic"): lambda read, vm: read.engine.children("nic", vm.id),
    **{("template", owner): relation for owner, relation in _OF_TEMPLATE.items()},
    **{("instance_type", owner): relation for owner, relation in _OF_TEMPLATE.items()},
    ("host", "vms"): _referring("vm", "host"),
    ("host", "templates"): lambda read, host: [
        template for vm in read.having("vm", "host", host.id) for template in read.refer(vm, "template")
    ],
    ("host", "events"): _referring("event", "host"),
    ("host", "users"): Reader.permitted_users,
    ("host", "storage"): lambda read, host: [
        domain for center in read.center(host) for domain in read.domains_of_center(center)
    ],
    ("cluster", "datacenter"): _referred("data_center"),
    ("cluster", "storage"): lambda read, one: [
        domain for center in read.refer(one, "data_center") for domain in read.domains_of_center(center)
    ],
    ("data_center", "clusters"): Reader.clusters_of,
    ("data_center", "storage"): Reader.domains_of_center,
    ("data_center", "networks"): _referring("network", "data_center"),
    ("storage_domain", "clusters"): lambda read, one: [
        cluster for center in read.center_of_domain(one) for cluster in read.clusters_of(center)
    ],
    ("storage_domain", "hosts"): lambda read, one: [
        host
        for center in read.center_of_domain(one)
        for cluster in read.clusters_of(center)
        for host in read.having("host", "cluster", cluster.id)
    ],
    ("storage_domain", "events"): _referring("event", "storage_domain"),
    ("disk", "storage"): Reader.domains_of_disk,
    ("disk", "datacenter"): lambda read, disk: [
        center for domain in read.domains_of_disk(disk) for center in read.center_of_domain(domain)
    ],
    ("event", "vms"): _referred("vm"),
    ("event", "hosts"): _referred("host"),
    ("event", "templates"): _referred("template"),
    ("event", "users"): _referred("user"),
    ("event", "clusters"): _referred("cluster"),
    ("user", "vms"): Reader.permitted_vms,
    ("user", "events"): _referring("event", "user"),
    ("user", "templates"): lambda read, user: [
        template for vm in read.permitted_vms(user) for template in read.refer(vm, "template")
    ],
    ("user", "hosts"): lambda read, user: [host for vm in read.permitted_vms(user) for host in read.refer(vm, "host")],
}


def _networks_of_cluster(read: Reader, cluster: Entity) -> list[str]:
    return [one.name for one in read.engine.all("network") if cluster.id in one.inner.get("clusters", {})]


def _clusters_of_network(read: Reader, network: Entity) -> list[str]:
    found = [read.engine.get("cluster", identity) for identity in network.inner.get("clusters", {})]
    return [cluster.name for cluster in found if cluster is not None]


PAIRS: Final[dict[tuple[str, str], Callable[[Reader, Entity], list[str]]]] = {
    ("cluster", "cluster_network.network_name"): _networks_of_cluster,
    ("cluster", "cluster_network.cluster_name"): lambda read, one: [one.name],
    ("network", "cluster_network.cluster_name"): _clusters_of_network,
    ("network", "cluster_network.network_name"): lambda read, one: [one.name],
}
