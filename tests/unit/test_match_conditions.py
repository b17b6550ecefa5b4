"""matchConditions: a table of what the API server would make of them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from every_row import every_row

from iptsim.injection.cel import evaluated
from iptsim.injection.cel_objects import Failure, Untold, variables
from iptsim.manifests.documents import manifests

POD = """
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web, tier.example/front: "true"}
spec:
  serviceAccountName: teller
  containers:
  - {name: web, image: registry.example/web:2}
  - {name: istio-proxy, image: istio/proxyv2}
"""
BARE = "apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: []}\n"
TRUE = [
    'object.metadata.namespace == "shop"',
    "object.metadata.namespace != 'other'",
    'object["metadata"]["namespace"] == "shop"',
    '!("absent" in object.metadata.labels)',
    '"app" in object.metadata.labels',
    'object.metadata.labels["app"] == "web"',
    'object.metadata.labels.app.startsWith("we")',
    'object.metadata.labels["tier.example/front"].endsWith("ue")',
    "has(object.metadata.labels)",
    "has(object.metadata.labels.app)",
    "!has(object.metadata.labels.absent)",
    "!has(object.metadata.annotations)",
    '!has(object.metadata.annotations) || object.metadata.annotations["a"] == "b"',
    'object.metadata.annotations["a"] == "b" || true',
    '!(object.metadata.annotations["a"] == "b" && false)',
    'object.metadata.namespace in ["shop", "web"]',
    '!(object.metadata.namespace in ["kube-system", "istio-system"])',
    'request.namespace == "shop" && request.operation == "CREATE"',
    'request.kind.kind == "Pod" && request.resource.resource == "pods"',
    "oldObject == null",
    'object.spec.containers.exists(c, c.name == "istio-proxy")',
    'object.spec.containers.all(c, c.image.contains("/"))',
    "size(object.spec.containers) == 2",
    "size(object.metadata.labels.app) >= 3",
    'object.metadata.namespace.matches("^sh.*p$")',
    'object.metadata.namespace == "shop" ? true : false',
    "!has(object.spec.hostNetwork) || object.spec.hostNetwork == false",
    'object.metadata.name + "-x" == "web-x"',
    "1 < 2 && -1 < 0 // a note",
    r'"a\"b" == ' + "'a\"b'",
]
FAILING = [
    'object.metadata.annotations["a"] == "b"',
    'object.metadata.labels["absent"] == "b"',
    'object.metadata.labels.absent.startsWith("x")',
    'object.metadata.annotations["a"] == "b" && true',
    "!object.metadata.namespace",
    "object.metadata.namespace < 3",
    'object.metadata.namespace.absent == "x"',
]
UNDECIDED = [
    'request.userInfo.username == "system:serviceaccount:x:y"',
    "object.metadata.uid != ''",
    "has(object.spec.priorityClassName)",
    'object.spec.nodeName == "n"',
    "authorizer.group('').resource('pods').check('get').allowed()",
    "object.spec.containers.map(c, c.name) == ['web']",
    'object.metadata.namespace.matches("(a+)+$")',
    "namespaceObject.metadata.name == 'shop'",
    "1 + 2 == 3",
    "not CEL at all",
    "a == b",
    "(" * 5000 + "true" + ")" * 5000 + " && x",
    "true || " * 2000 + "false",
]


def value(expression: str, text: str = POD, *, is_made: bool = False) -> object:
    (pod,) = manifests(text, "pod.yaml")
    return evaluated(expression, variables(pod.root, pod.namespace or "default", is_made=is_made))


@every_row("expression", TRUE)
def test_what_holds(expression: str) -> None:
    assert value(expression) is True
    assert value(f"!({expression.partition(' //')[0]})") is False


@pytest.mark.parametrize("expression", FAILING)
def test_what_fails(expression: str) -> None:
    assert isinstance(value(expression), Failure)


@every_row("expression", UNDECIDED, ids=lambda text: text[:40])
def test_what_is_left_open(expression: str) -> None:
    assert isinstance(value(expression), Untold)


def test_what_is_untold_decides_nothing_that_is_decided_without_it() -> None:
    assert value('request.dryRun || object.metadata.namespace == "shop"') is True
    assert value('request.dryRun && object.metadata.namespace == "other"') is False
    assert isinstance(value("request.dryRun && true"), Untold)


def test_a_pod_without_labels() -> None:
    assert value('has(object.metadata.labels) && "a" in object.metadata.labels', BARE) is False
    assert isinstance(value('"a" in object.metadata.labels', BARE), Failure)


def test_controllers_put_labels_upon_the_pods_that_they_make() -> None:
    label = '"pod-template-hash" in object.metadata.labels'
    assert value(label) is False
    assert isinstance(value(label, is_made=True), Untold)
    assert value("has(object.metadata.labels)", BARE, is_made=True) is True
    assert value('"other" in object.metadata.labels', BARE, is_made=True) is False


TEN = str([*range(10)])
NAMES = "abc" * 99
DOUBLED = "['x'].all(a, " + "".join(f"[{v} + {v}].all({w}, " for v, w in pairwise(NAMES[:296]))


@pytest.mark.parametrize(
    "expression",
    [
        f"{TEN}.all(a, " * 9 + "true" + ")" * 9,
        f"{TEN}.exists(a, " * 9 + "false" + ")" * 9,
        DOUBLED + "true" + ")" * 296,
    ],
)  # fmt: skip
def test_what_takes_too_many_steps_is_not_told(expression: str) -> None:
    assert isinstance(evaluated(expression, {}), Untold)
    assert evaluated(f"{TEN}.all(a, {TEN}.all(b, a + b != 'x' || true))", {}) is True
