"""The pods that a manifest tells of: what Istio looks at, as values with their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.manifests.documents import Manifest
from iptsim.manifests.nodes import Node, Shape

_BY_TEMPLATE: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_TEMPLATE = ("spec", "template")
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container: its words are command and arguments; ports are those that it declares."""

    name: str
    image: str
    words: tuple[Node, ...]
    environment: Mapping[str, str]
    ports: tuple[str, ...]
    user: int | None
    group: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A pod, or the template of several; texts by their keys, with their places."""

    kind: str
    name: str
    namespace: str
    node: Node
    labels: Mapping[str, Node]
    annotations: Mapping[str, Node]
    containers: tuple[Container, ...]
    first_containers: tuple[Container, ...]
    on_host_network: bool
    addresses: tuple[str, ...]
    dns_servers: tuple[str, ...] | None

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}" if self.name else self.kind

    def container(self, name: str) -> Container | None:
        """The container of that name, be it one of those that run first."""
        both = (*self.containers, *self.first_containers)
        return next((each for each in both if each.name == name), None)

    def annotation(self, name: str) -> str | None:
        """An annotation's text."""
        found = self.annotations.get(name)
        return None if found is None else found.text()


def pods_of(manifests: Iterable[Manifest]) -> Iterator[Pod]:
    """The pods of objects that make some; other objects are passed over."""
    for manifest in manifests:
        root = manifest.root
        path = _BY_TEMPLATE.get(manifest.kind, _TEMPLATE)
        node = root.find(*path) if path else root
        spec = None if node is None else node.find("spec")
        if node is None or spec is None or spec.find("containers") is None:
            if manifest.kind in _BY_TEMPLATE or manifest.kind in _MAKE_PODS:
                root.need(*path, "spec", "containers")
            continue
        yield _pod(manifest, node, spec)


_MAKE_PODS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"}
)


def _pod(manifest: Manifest, node: Node, spec: Node) -> Pod:
    host = spec.find("hostNetwork")
    status = manifest.root.find("status") if node is manifest.root else None
    return Pod(
        kind=manifest.kind,
        name=manifest.name,
        namespace=manifest.namespace,
        node=node,
        labels=_texts(node, "labels"),
        annotations=_texts(node, "annotations"),
        containers=tuple(map(_container, _each(spec, "containers"))),
        first_containers=tuple(map(_container, _each(spec, "initContainers"))),
        on_host_network=host is not None and host.flag(),
        addresses=() if status is None else tuple(_addresses(status)),
        dns_servers=_dns_servers(spec),
    )


def _texts(node: Node, name: str) -> Mapping[str, Node]:
    found = node.find("metadata", name)
    return {} if found is None else found.texts()


def _each(node: Node, *path: str) -> tuple[Node, ...]:
    found = node.find(*path)
    return () if found is None else found.each()


def _text(node: Node, *path: str) -> str:
    found = node.find(*path)
    return "" if found is None else found.text()


def _addresses(status: Node) -> Iterator[str]:
    several = [_text(each, "ip") for each in _each(status, "podIPs")]
    yield from several or filter(None, [_text(status, "podIP")])


def _dns_servers(spec: Node) -> tuple[str, ...] | None:
    """What the pod's resolv.conf names; None where the cluster tells it."""
    if _text(spec, "dnsPolicy") != "None":
        return None
    return tuple(each.text() for each in _each(spec, "dnsConfig", "nameservers"))


def _container(node: Node) -> Container:
    return Container(
        name=_text(node, "name"),
        image=_text(node, "image"),
        words=(*_each(node, "command"), *_each(node, "args")),
        environment=dict(_variable(each) for each in _each(node, "env")),
        ports=tuple(_port(each) for each in _each(node, "ports")),
        user=_number(node, "securityContext", "runAsUser"),
        group=_number(node, "securityContext", "runAsGroup"),
    )


def _variable(node: Node) -> tuple[str, str]:
    value = node.find("value")
    return node.need("name").text(), "" if value is None else value.text()


def _number(node: Node, *path: str) -> int | None:
    found = node.find(*path)
    return None if found is None else found.number()


def _port(node: Node) -> str:
    found = node.need("containerPort")
    number = found.number()
    if not 0 < number <= _HIGHEST_PORT:
        raise found.error(
            f"containerPort {number} is none",
            code=codes.NO_PORT,
            expected="1 to 65535",
            value=f"{number}",
        )
    return f"{number}"


def scalar_text(node: Node) -> str:
    """A scalar as it is written: values files have numbers and flags without quotes."""
    if node.shape in (Shape.MAPPING, Shape.LIST):
        return node.text()
    return "" if node.shape is Shape.NULL else node.written
