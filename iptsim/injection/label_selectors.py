"""Selectors of labels, as Kubernetes evaluates them.

Source: k8s.io/apimachinery, pkg/apis/meta/v1/helpers.go (LabelSelectorAsSelector) and
pkg/labels/selector.go (Requirement.Matches); pkg/apis/meta/v1/validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.manifests.nodes import Node

_WITH_VALUES = ("In", "NotIn")
_WITHOUT = ("Exists", "DoesNotExist")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that a selector asks: all that it asks must hold. `node` is where it stands."""

    key: str
    operator: str
    values: tuple[str, ...] = ()
    node: Node

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it; a label that is absent is in no set, and so not in one."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
        return value is None

    @property
    def text(self) -> str:
        """As kubectl writes it: `a=b`, `a in (b, c)`, `a`, `!a`."""
        listed = ", ".join(self.values)
        if self.operator in _WITH_VALUES:
            sign = "=" if self.operator == "In" else "!="
            word = "in" if self.operator == "In" else "notin"
            single = len(self.values) == 1
            return f"{self.key}{sign}{listed}" if single else f"{self.key} {word} ({listed})"
        return self.key if self.operator == "Exists" else f"!{self.key}"


def requirements(selector: Node | None) -> tuple[Requirement, ...]:
    """What a selector asks; nothing at all, which everything meets, where it is empty or absent.

    Raises `DumpError` for one that the API server refuses.
    """
    if selector is None:
        return ()
    return (*_labels(selector), *_expressions(selector))


def _labels(selector: Node) -> Iterator[Requirement]:
    labels = selector.find("matchLabels")
    for key, value in () if labels is None else labels.pairs():
        yield Requirement(key=key.written, operator="In", values=(value.text(),), node=key)


def _expressions(selector: Node) -> Iterator[Requirement]:
    listed = selector.find("matchExpressions")
    for each in () if listed is None else listed.each():
        key, operator = each.need("key"), each.need("operator")
        told = each.find("values")
        values = tuple(one.text() for one in told.each()) if told is not None else ()
        _refuse_wrong(operator, values, told or each)
        yield Requirement(key=key.text(), operator=operator.text(), values=values, node=key)


def _refuse_wrong(operator: Node, values: tuple[str, ...], at: Node) -> None:
    word = operator.text()
    if word not in (*_WITH_VALUES, *_WITHOUT):
        raise operator.error(
            f"{word} can be no operator", code=codes.WRONG_VALUE_IN_MANIFEST,
            expected="In, NotIn, Exists or DoesNotExist", value=word, name="operator",
        )  # fmt: skip
    if bool(values) != (word in _WITH_VALUES):
        text = f"[{', '.join(values)}]"
        expected = "one value or more" if word in _WITH_VALUES else "no values"
        raise at.error(
            f"{text} can be no values", code=codes.WRONG_VALUE_IN_MANIFEST,
            expected=expected, value=text, name="values",
        )  # fmt: skip
