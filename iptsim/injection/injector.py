"""What the injector decides when it is called.

Source: istio/istio, pkg/kube/inject/inject.go (injectRequired) and webhook.go (IgnoredNamespaces);
1.9 and older: no label `sidecar.istio.io/inject`.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.injection.asked_pod import Pod, plain
from iptsim.injection.checklist import Sign, Step, evidence
from iptsim.injection.label_selectors import Requirement, requirements
from iptsim.manifests.documents import documents
from iptsim.manifests.nodes import Node, Shape

INJECT = "sidecar.istio.io/inject"
_YES = frozenset({"y", "yes", "true", "on"})
_IGNORED = frozenset({"kube-system", "kube-public"})
_IGNORED_LATELY = frozenset({"kube-node-lease", "local-path-storage"})
_BRINGS = "kubectl -n istio-system get configmap istio-sidecar-injector -o yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The injector's own configuration; `policy` None where nobody told it."""

    policy: Node | None = None
    never: tuple[Node, ...] = ()
    always: tuple[Node, ...] = ()
    told: bool = False


def settings_of(objects: tuple[Node, ...]) -> Settings:
    """The settings that a ConfigMap, a values file or the configuration itself tells.

    Where several texts tell one, the last counts.
    """
    found = Settings()
    for root in objects:
        found = _settings(root, found)
    return found


def _settings(root: Node, before: Settings) -> Settings:
    data = root.find("data")
    if data is not None:
        return _of_configmap(data, before)
    spec = root.find("spec", "values")  # IstioOperator
    values = spec if spec is not None else root
    own = values.find("sidecarInjectorWebhook")
    holder = root if own is None else own
    policy = values.find("global", "proxy", "autoInject") or root.find("policy")
    return Settings(
        policy=policy or before.policy,
        never=_each(holder, "neverInjectSelector") or before.never,
        always=_each(holder, "alwaysInjectSelector") or before.always,
        told=True,
    )


def _of_configmap(data: Node, before: Settings) -> Settings:
    for key, value in data.pairs():
        if key.written in ("config", "values") and value.shape is Shape.TEXT:
            text = value.text()
            name = f"{value.source.file}:{value.line} ({key.written})"
            for root in documents(text, name) if text.strip() else ():
                before = _settings(root, before)
    return before


def _each(holder: Node, name: str) -> tuple[Node, ...]:
    found = holder.find(name)
    return () if found is None else found.each()


def decided(pod: Pod, namespace: str, settings: Settings) -> Iterator[Step]:
    """What stands in the injector's own way, in its order."""
    yield _network(pod)
    yield _ignored(namespace)
    yield _asked(pod, settings)


def _network(pod: Pod) -> Step:
    node = pod.host_network
    return Step(
        name="hostNetwork",
        sign=Sign.YES if node is None else Sign.NO,
        said="inject.network.own" if node is None else "inject.network.host",
        evidence=evidence(node),
    )


def _ignored(namespace: str) -> Step:
    facts = (("namespace", namespace),)
    if namespace in _IGNORED:
        return Step(name="ignored", sign=Sign.NO, said="inject.ignored", facts=facts)
    if namespace in _IGNORED_LATELY:
        return Step(name="ignored", sign=Sign.UNKNOWN, said="inject.ignored.lately", facts=facts)
    return Step(name="ignored", sign=Sign.YES, said="inject.not-ignored", facts=facts)


def _asked(pod: Pod, settings: Settings) -> Step:
    """The label before the annotation, these before selectors, and the policy where none speaks."""
    label, annotation = pod.labels.get(INJECT), pod.annotations.get(INJECT)
    told = label if label is not None else annotation
    whose = "label" if label is not None else "annotation"
    if told is not None and told.text():
        on = told.text().lower() in _YES
        said = f"inject.{whose}.{'on' if on else 'off'}"
        facts = (("value", told.text()),)
        return _step(Sign.YES if on else Sign.NO, said, told, facts)
    return _selected(pod, settings) or _by_policy(settings)


def _selected(pod: Pod, settings: Settings) -> Step | None:
    labels = plain(pod.labels)
    for selectors, sign, said in (
        (settings.never, Sign.NO, "inject.never"),
        (settings.always, Sign.YES, "inject.always"),
    ):
        for selector in selectors:
            asks = requirements(selector)
            if asks and all(one.holds(labels) for one in asks):
                return _step(sign, said, asks[0].node, (("asks", _text(asks)),))
    return None


def _text(asks: tuple[Requirement, ...]) -> str:
    return ", ".join(one.text for one in asks)


def _by_policy(settings: Settings) -> Step:
    policy = settings.policy
    if policy is None:
        sign = Sign.YES if settings.told else Sign.PRESUMED
        said = "inject.policy.unset" if settings.told else "inject.policy.untold"
        return _step(sign, said, None, command="" if settings.told else _BRINGS)
    if policy.shape is not Shape.TEXT or policy.text() not in ("enabled", "disabled"):
        raise policy.error(
            f"{policy.written} can be no {policy.name}", code=codes.WRONG_VALUE_IN_MANIFEST,
            expected="enabled or disabled", value=policy.written, name=policy.name,
        )  # fmt: skip
    on = policy.text() == "enabled"
    return _step(Sign.YES if on else Sign.NO, f"inject.policy.{'on' if on else 'off'}", policy)


def _step(
    sign: Sign, said: str, node: Node | None, facts: tuple[tuple[str, str], ...] = (),
    *, command: str = "",
) -> Step:  # fmt: skip
    return Step(
        name="policy" if ".policy" in said else "injector", sign=sign, said=said, facts=facts,
        evidence=evidence(node), command=command,
    )  # fmt: skip
