"""What the mesh is told: its configuration, and the injector's values.

Each is taken as it stands in a file of its own, in the ConfigMap that holds it, or in the
IstioOperator that made it.
"""

from __future__ import annotations

from collections.abc import Mapping

from iptsim.dataclass import dataclass
from iptsim.manifests.documents import documents
from iptsim.manifests.nodes import Node, Shape
from iptsim.mesh.pods import scalar_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A tree of settings, or none: what is not there is the default."""

    roots: tuple[Node, ...] = ()

    def text(self, *path: str) -> str | None:
        """The scalar at a place, as it is written; None where nothing is told."""
        for root in reversed(self.roots):
            found = root.find(*path)
            if found is not None:
                return scalar_text(found)
        return None

    def texts(self, *path: str) -> Mapping[str, str]:
        """The scalars below a place, by their keys."""
        found: dict[str, str] = {}
        for root in self.roots:
            below = root.find(*path)
            pairs = () if below is None else below.pairs()
            found |= {key.written: scalar_text(value) for key, value in pairs}
        return found

    def is_true(self, *path: str) -> bool:
        """Whether a flag is set."""
        return self.text(*path) == "true"

    def with_text(self, text: str, file: str) -> Told:
        """These, and what a further text tells, which goes before."""
        return Told(roots=(*self.roots, *documents(text, file))) if text.strip() else self


def read_mesh_config(text: str, file: str) -> Told:
    """The mesh's configuration."""
    return _of(text, file, "mesh", "meshConfig")


def read_values(text: str, file: str) -> Told:
    """The injector's values, as Helm takes them."""
    return _of(text, file, "values", "values")


def _of(text: str, file: str, data: str, key: str) -> Told:
    roots: list[Node] = []
    for root in documents(text, file):
        held = root.find("data", data) if root.find("kind") is not None else None
        if held is not None:
            roots += documents(held.text(), file)
            continue
        found = root.find("spec", key) if root.find("kind") is not None else root.find(key)
        is_tree = found is not None and found.shape is Shape.MAPPING
        roots.append(found if found is not None and is_tree else root)
    return Told(roots=tuple(roots))
