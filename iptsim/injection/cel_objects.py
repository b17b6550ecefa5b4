"""What conditions ask of: the pod as the API server has it when it calls webhooks, and the request.

A field that a text does not have is absent, or nobody knows: the API server fills in most of `spec`
and of `metadata`, and controllers put labels of their own upon the pods that they make.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from iptsim.dataclass import dataclass
from iptsim.manifests.nodes import Node, Shape


class Untold:
    """What the text does not decide."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An evaluation that fails, as of a key that is not there."""

    why: str


UNTOLD: Final = Untold()
_NO_VALUES: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fields:
    """A mapping: of a manifest (`node`), or of values. `open` are keys that somebody may add.

    `closed`: a key that is in neither is absent, else nobody knows; `absent` are those that are
    absent though others are not known.
    """

    node: Node | None = None
    values: Mapping[str, Value] = _NO_VALUES
    closed: bool = False
    open: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()


Value: TypeAlias = "str | int | float | bool | Fields | tuple[Value, ...] | Failure | Untold | None"

_BY_CONTROLLERS = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "job-name",
        "controller-uid",
    }
)
_HOSTS = frozenset({"hostNetwork", "hostPID", "hostIPC"})
"""Fields without a default: where they are not told, they are not there."""


def variables(root: Node, namespace: str, *, is_made: bool) -> dict[str, Value]:
    """`object`, `oldObject` and `request` when the pod is made; `is_made`: by a controller."""
    return {
        "object": _pod(root, namespace, is_made=is_made),
        "oldObject": None,
        "request": Fields(
            values={
                "namespace": namespace,
                "operation": "CREATE",
                "subResource": "",
                "kind": _named("kind", "Pod"),
                "resource": _named("resource", "pods"),
            }
        ),
        "authorizer": UNTOLD,
    }


def _named(name: str, value: str) -> Fields:
    return Fields(values={"group": "", "version": "v1", name: value}, closed=True)


def _pod(root: Node, namespace: str, *, is_made: bool) -> Fields:
    added = _BY_CONTROLLERS if is_made else frozenset()
    told: dict[str, Value] = {"namespace": namespace}
    labels = root.find("metadata", "labels")
    if labels is not None or is_made:
        told["labels"] = Fields(node=labels, closed=True, open=added)
    annotations = root.find("metadata", "annotations")
    if annotations is not None:
        told["annotations"] = Fields(node=annotations, closed=True)
    absent = frozenset({"labels", "annotations"} - told.keys())
    return Fields(
        values={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": Fields(node=root.find("metadata"), values=told, absent=absent),
            "spec": Fields(node=root.find("spec"), absent=_HOSTS),
        }
    )


def select(value: Value, key: str) -> Value:
    """A field of a value; a `Failure` where it is absent."""
    found = _present(value, key)
    if found is False:
        return Failure(f"no such key: {key}")
    if found is not True:
        return found
    return _field(value, key) if isinstance(value, Fields) else UNTOLD


def has(value: Value, key: str) -> Value:
    """Whether a value has a field."""
    return _present(value, key)


def _present(value: Value, key: str) -> bool | Untold | Failure:
    if isinstance(value, Untold | Failure):
        return value
    if not isinstance(value, Fields):
        return Failure("no such overload")
    if key in value.values or (value.node is not None and value.node.find(key) is not None):
        return True
    known = key in value.absent or (value.closed and key not in value.open)
    return False if known else UNTOLD


def _field(value: Fields, key: str) -> Value:
    if key in value.values:
        return value.values[key]
    node = None if value.node is None else value.node.find(key)
    return UNTOLD if node is None else of_node(node)


def of_node(node: Node) -> Value:
    """A value of a manifest."""
    if node.shape is Shape.MAPPING:
        return Fields(node=node)
    return tuple(map(of_node, node.items)) if node.shape is Shape.LIST else node.value


def plain(value: Value) -> Value:
    """The value itself; a number with a fraction is not compared here."""
    return UNTOLD if isinstance(value, float) else value
