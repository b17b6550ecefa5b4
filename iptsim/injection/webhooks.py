"""The webhooks of injectors, and whether the API server calls one for a pod.

Source: k8s.io/apiserver, pkg/admission/plugin/webhook/generic/webhook.go (ShouldCallHook) and
predicates/rules/rules.go; istio/istio, manifests/charts/istio-control/istio-discovery/templates/
mutatingwebhook.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iptsim.dataclass import dataclass
from iptsim.injection.cel import evaluated
from iptsim.injection.cel_objects import Failure, Value
from iptsim.injection.checklist import Called, Evidence, Sign, Step, evidence
from iptsim.injection.label_selectors import Requirement, requirements
from iptsim.manifests.documents import Manifest
from iptsim.manifests.nodes import Node
from iptsim.regex import regex

CONFIGURATION = "MutatingWebhookConfiguration"
REVISION = "istio.io/rev"
_INJECTOR = regex(r"(?:.*\.)?sidecar-injector\.istio\.io|.*istio.*inject.*")
_SWITCHED_OFF = "istio.io/deactivated"
_NO_CERTIFICATE = ("", "Cg==", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook that injects sidecars, and the configuration that it stands in."""

    manifest: Manifest
    root: Node

    @property
    def name(self) -> str:
        """`rev.namespace.sidecar-injector.istio.io`."""
        return self.root.need("name").text()

    @property
    def revision(self) -> str:
        """The revision of the injector that it calls, as its configuration's label says."""
        told = self.manifest.root.find("metadata", "labels", REVISION)
        return "" if told is None else told.text()

    def asks(self, selector: str) -> tuple[Requirement, ...]:
        """What its `namespaceSelector` or `objectSelector` asks."""
        return requirements(self.root.find(selector))

    @property
    def is_off(self) -> bool:
        """Whether istioctl has switched it off: another configuration has its place."""
        both = (*self.asks("namespaceSelector"), *self.asks("objectSelector"))
        return any(one.key == _SWITCHED_OFF for one in both)


def webhooks_of(objects: tuple[Manifest, ...]) -> tuple[Webhook, ...]:
    """The webhooks that inject, of all configurations."""
    return tuple(
        Webhook(manifest=one, root=each)
        for one in objects
        if one.kind == CONFIGURATION
        for each in _listed(one.root, "webhooks")
        if _injects(each)
    )


def _listed(root: Node, *path: str) -> tuple[Node, ...]:
    found = root.find(*path)
    return () if found is None else found.each()


def _injects(webhook: Node) -> bool:
    path = webhook.find("clientConfig", "service", "path")
    if path is not None and path.text().startswith("/inject"):
        return True
    return _INJECTOR.fullmatch(webhook.need("name").text()) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the API server compares: labels of the namespace (None: nobody told) and of the pod.

    `lines` are the lines on which labels stand; `variables` are what conditions ask of.
    """

    namespace: Mapping[str, str] | None
    namespace_lines: Mapping[str, Node]
    pod: Mapping[str, str]
    pod_lines: Mapping[str, Node]
    name: str
    variables: Mapping[str, Value]


def called(webhook: Webhook, known: Known) -> Called:
    """The steps of one webhook."""
    steps = (
        _rules(webhook),
        *_compared(webhook, known),
        *_conditions(webhook, known),
        *_certificate(webhook),
    )
    return Called(name=webhook.name, configuration=webhook.manifest.name, steps=steps)


def _rules(webhook: Webhook) -> Step:
    """Whether its rules speak of pods that are made."""
    rules = _listed(webhook.root, "rules")
    met = next((rule for rule in rules if _covers(rule)), None)
    at = webhook.root.key("rules") if met is None else met
    return Step(
        name="rules", webhook=webhook.name, sign=Sign.NO if met is None else Sign.YES,
        said="inject.rules.no" if met is None else "inject.rules.yes",
        evidence=evidence(at) or evidence(webhook.root),
    )  # fmt: skip


def _covers(rule: Node) -> bool:
    asked = {"operations": "CREATE", "apiGroups": "", "apiVersions": "v1", "resources": "pods"}
    scope = rule.find("scope")
    scoped = scope is None or scope.text() in ("*", "Namespaced")
    return scoped and all(
        {word, "*"} & {one.text() for one in _listed(rule, name)} for name, word in asked.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """One selector of a webhook, and the labels that it is held against; None: nobody told."""

    webhook: Webhook
    selector: str
    labels: Mapping[str, str] | None
    lines: Mapping[str, Node]
    name: str

    def step(self) -> Step:
        """Whether the labels meet all that the selector asks."""
        asks = self.webhook.asks(self.selector)
        if self.labels is None and asks:
            command = f"kubectl get namespace {self.name} -o yaml"
            return self._step(Sign.UNKNOWN, "untold", asks, command=command)
        missed = tuple(one for one in asks if not one.holds(self.labels or {}))
        if not missed:
            return self._step(Sign.YES, "met" if asks else "all", asks)
        has = (self.labels or {}).get(missed[0].key)
        facts = (("key", missed[0].key), ("value", has or ""))
        return self._step(Sign.NO, "absent" if has is None else "other", missed, *facts)

    def _step(
        self, sign: Sign, said: str, asks: tuple[Requirement, ...], *facts: tuple[str, str],
        command: str = "",
    ) -> Step:  # fmt: skip
        told: list[Evidence] = []
        for one in asks:
            told += (*evidence(one.node), *evidence(self.lines.get(one.key)))
        whose = "namespace" if self.selector == "namespaceSelector" else "pod"
        listed = ", ".join(one.text for one in asks)
        return Step(
            name=self.selector,
            webhook=self.webhook.name,
            sign=sign,
            said=f"inject.{whose}.{said}",
            facts=(("asks", listed), ("namespace", self.name), *facts),
            evidence=tuple(dict.fromkeys(told)),
            command=command,
        )


def _compared(webhook: Webhook, known: Known) -> Iterator[Step]:
    for selector, labels, lines in (
        ("namespaceSelector", known.namespace, known.namespace_lines),
        ("objectSelector", known.pod, known.pod_lines),
    ):
        yield _Compared(
            webhook=webhook, selector=selector, labels=labels, lines=lines, name=known.name
        ).step()


def _conditions(webhook: Webhook, known: Known) -> Iterator[Step]:
    """All must hold; one that fails counts as the failure policy says."""
    for one in _listed(webhook.root, "matchConditions"):
        expression = one.need("expression")
        sign, said = _condition(evaluated(expression.text(), known.variables), webhook)
        yield Step(
            name="matchConditions", webhook=webhook.name, sign=sign,
            said=f"inject.condition.{said}", facts=(("expression", expression.text().strip()),),
            evidence=evidence(expression),
        )  # fmt: skip


def _condition(value: Value, webhook: Webhook) -> tuple[Sign, str]:
    if isinstance(value, Failure):
        return Sign.NO, f"error.{failure_policy(webhook).lower()}"
    if isinstance(value, bool):
        return (Sign.YES, "met") if value else (Sign.NO, "missed")
    return Sign.UNKNOWN, "untold"


def _certificate(webhook: Webhook) -> Iterator[Step]:
    """Without the certificate that istiod writes into it, each call fails."""
    client = webhook.root.find("clientConfig")
    bundle = client.find("caBundle") if client is not None else None
    if client is None or client.find("url") is not None:
        return
    if bundle is None or bundle.text() in _NO_CERTIFICATE:
        fails = failure_policy(webhook)
        key = client.key("caBundle") or webhook.root.key("clientConfig")
        yield Step(
            name="caBundle", webhook=webhook.name, sign=Sign.NO,
            said=f"inject.certificate.{fails.lower()}", evidence=evidence(key),
            command="kubectl -n istio-system logs deploy/istiod | grep -i webhook",
        )  # fmt: skip


def failure_policy(webhook: Webhook) -> str:
    """`Fail`, which is the default of admissionregistration.k8s.io/v1, or `Ignore`."""
    told = webhook.root.find("failurePolicy")
    if told is not None:
        return "Ignore" if told.text() == "Ignore" else "Fail"
    version = webhook.manifest.root.find("apiVersion")
    old = version is not None and version.text().endswith("v1beta1")
    return "Ignore" if old else "Fail"
