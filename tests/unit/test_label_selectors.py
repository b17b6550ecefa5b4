"""Selectors as Kubernetes evaluates them.

The cases are of its documents («Labels and Selectors») and of apimachinery's tests
(pkg/labels/selector_test.go, pkg/apis/meta/v1/helpers_test.go), in words of our own.
"""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim import codes
from iptsim.errors import DumpError
from iptsim.injection.label_selectors import requirements
from iptsim.manifests.documents import documents

NONE: dict[str, str] = {}
CASES = [
    ("", NONE, True),
    ("matchLabels: {}", {"x": "v"}, True),
    ("matchExpressions: []", NONE, True),
    ("matchLabels: {x: v}", {"x": "v"}, True),
    ("matchLabels: {x: v}", {"x": "z"}, False),
    ("matchLabels: {x: v}", {"w": "v"}, False),
    ("matchLabels: {x: v, z: w}", {"x": "v"}, False),
    ("matchLabels: {x: v, z: w}", {"x": "v", "z": "w", "more": "1"}, True),
    ("matchLabels: {x: ''}", {"x": ""}, True),
    ("matchLabels: {x: ''}", NONE, False),
    ("matchExpressions: [{key: x, operator: In, values: [a, b]}]", {"x": "b"}, True),
    ("matchExpressions: [{key: x, operator: In, values: [a, b]}]", {"x": "c"}, False),
    ("matchExpressions: [{key: x, operator: In, values: [a, b]}]", NONE, False),
    ("matchExpressions: [{key: x, operator: In, values: ['']}]", {"x": ""}, True),
    ("matchExpressions: [{key: x, operator: NotIn, values: [a, b]}]", {"x": "a"}, False),
    ("matchExpressions: [{key: x, operator: NotIn, values: [a, b]}]", {"x": "c"}, True),
    ("matchExpressions: [{key: x, operator: NotIn, values: [a, b]}]", NONE, True),
    ("matchExpressions: [{key: x, operator: Exists}]", {"x": ""}, True),
    ("matchExpressions: [{key: x, operator: Exists}]", {"w": "x"}, False),
    ("matchExpressions: [{key: x, operator: DoesNotExist}]", {"x": ""}, False),
    ("matchExpressions: [{key: x, operator: DoesNotExist, values: []}]", {"w": "x"}, True),
    (
        "{matchLabels: {a: b}, matchExpressions: [{key: c, operator: NotIn, values: [d]}]}",
        {"a": "b"},
        True,
    ),
    (
        "{matchLabels: {a: b}, matchExpressions: [{key: c, operator: NotIn, values: [d]}]}",
        {"a": "b", "c": "d"},
        False,
    ),
    ("matchLabels: {X: v}", {"x": "v"}, False),
]


@every_row(("selector", "labels", "holds"), CASES, ids=lambda one: str(one)[:60])
def test_a_selector_holds(selector: str, labels: dict[str, str], holds: bool) -> None:
    root = documents(f"s: {{{selector}}}\n" if selector[:1] != "{" else f"s: {selector}\n", "s")[0]
    asks = requirements(root.find("s"))
    assert all(one.holds(labels) for one in asks) is holds


def test_a_selector_that_is_not_there_takes_everything() -> None:
    assert requirements(None) == ()


WRONG = {
    "an operator of nodes": ("operator: Gt, values: ['1']", 39, "In, NotIn, Exists"),
    "no values": ("operator: In", 20, "one value or more"),
    "an empty list": ("operator: NotIn, values: []", 54, "one value or more"),
    "values of Exists": ("operator: Exists, values: [a]", 55, "no values"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_api_server_refuses(name: str) -> None:
    told, column, expected = WRONG[name]
    (root,) = documents(f"matchExpressions: [{{key: x, {told}}}]\n", "s")
    with pytest.raises(DumpError) as found:
        requirements(root)
    error = found.value
    assert (error.code, error.place.column) == (codes.WRONG_VALUE_IN_MANIFEST, column)
    assert expected in error.expected


def test_a_requirement_reads_as_kubectl_writes_it() -> None:
    (root,) = documents(
        "matchLabels: {a: b}\nmatchExpressions:\n- {key: c, operator: In, values: [d, e]}\n"
        "- {key: f, operator: NotIn, values: [g]}\n- {key: h, operator: NotIn, values: [i, j]}\n"
        "- {key: k, operator: Exists}\n- {key: l, operator: DoesNotExist}\n",
        "s",
    )
    told = [one.text for one in requirements(root)]
    assert told == ["a=b", "c in (d, e)", "f!=g", "h notin (i, j)", "k", "!l"]
