"""The pod that is asked for: a Pod, or the one that a Deployment and its kin make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iptsim.dataclass import dataclass
from iptsim.manifests.documents import Manifest
from iptsim.manifests.nodes import Node, Shape

_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"),
        ("spec", "template"),
    ),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Rollout": ("spec", "template"),
}
_NOWHERE = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A pod: `root` holds its metadata and spec, `maker` is the object that makes it."""

    maker: Manifest
    root: Node

    @property
    def is_made(self) -> bool:
        """Whether it comes from another object's template."""
        return self.maker.root is not self.root

    @property
    def title(self) -> str:
        """`Deployment web`."""
        return f"{self.maker.kind} {self.maker.name}".strip()

    @property
    def namespace(self) -> str:
        """The namespace that its text tells; nothing where it tells none."""
        return self.maker.namespace

    @property
    def labels(self) -> Mapping[str, Node]:
        """Its labels."""
        return texts_at(self.root, "metadata", "labels")

    @property
    def annotations(self) -> Mapping[str, Node]:
        """Its annotations."""
        return texts_at(self.root, "metadata", "annotations")

    @property
    def host_network(self) -> Node | None:
        """Where it asks for the host's network; None where it has its own."""
        found = self.root.find("spec", "hostNetwork")
        return found if found is not None and found.flag() else None

    def containers(self) -> Iterator[Node]:
        """Its containers, those too that run before and beside them, by their names' nodes."""
        for kind in ("containers", "initContainers"):
            listed = self.root.find("spec", kind)
            for each in () if listed is None else listed.each():
                name = each.find("name")
                if name is not None:
                    yield name


def texts_at(root: Node, *path: str) -> Mapping[str, Node]:
    """A mapping of texts below those keys; empty where there is none."""
    found = root.find(*path)
    return {} if found is None else found.texts()


def plain(texts: Mapping[str, Node]) -> dict[str, str]:
    """The texts without their places."""
    return {key: str(node.value) for key, node in texts.items()}


def pods_of(objects: tuple[Manifest, ...]) -> tuple[Pod, ...]:
    """The pods that objects are or make, in their order."""
    return tuple(pod for one in objects for pod in _pod(one))


def _pod(manifest: Manifest) -> Iterator[Pod]:
    if manifest.kind == "Pod":
        yield Pod(maker=manifest, root=manifest.root)
    path = _TEMPLATES.get(manifest.kind)
    template = manifest.root.find(*path) if path else None
    if template is not None and template.shape is Shape.MAPPING:
        yield Pod(maker=manifest, root=template)


def namespace_of(pod: Pod, namespaces: tuple[Manifest, ...]) -> tuple[str, Manifest | None]:
    """The pod's namespace and what is told of it.

    A pod whose text tells none is made where its maker is told to: in the namespace that was
    given, where it is one.
    """
    if not pod.namespace and len(namespaces) == 1:
        return namespaces[0].name, namespaces[0]
    name = pod.namespace or _NOWHERE
    return name, next((one for one in namespaces if one.name == name), None)
