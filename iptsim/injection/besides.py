"""What stops nothing and explains much: revisions, ambient, pods older than their webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iptsim.injection.asked_pod import Pod, texts_at
from iptsim.injection.checklist import Answer, Sign, Step, evidence
from iptsim.injection.injector import INJECT
from iptsim.injection.webhooks import REVISION, Known, Webhook, failure_policy
from iptsim.manifests.nodes import Node

_MODE, _NAMESPACES = "istio.io/dataplane-mode", "istio-injection"
_OWN = frozenset({"istio-proxy", "istio-init", "istio-validation"})
Facts = tuple[tuple[str, str], ...]


def remarks(answer: Answer, hooks: tuple[Webhook, ...], pod: Pod, known: Known) -> Iterator[Step]:
    """The remarks on an answer, in the order of its steps."""
    yield from _misplaced(pod)
    yield from _revision(hooks, known)
    yield from _two_labels(known)
    yield from _failing(answer, hooks)
    yield from _ambient(answer, known)
    yield from _already(pod)
    yield from _older(hooks, pod)


def _step(said: str, node: Node | None = None, facts: Facts = (), command: str = "") -> Step:
    return Step(
        name="remark", sign=Sign.UNKNOWN, said=f"inject.remark.{said}", facts=facts,
        evidence=evidence(node), command=command,
    )  # fmt: skip


def _misplaced(pod: Pod) -> Iterator[Step]:
    """What stands on a Deployment itself and not in its template does not reach the pod."""
    if not pod.is_made:
        return
    for where in ("labels", "annotations"):
        own = texts_at(pod.maker.root, "metadata", where)
        below = pod.labels if where == "labels" else pod.annotations
        for key in (INJECT, REVISION):
            if key in own and key not in below:
                yield _step("misplaced", own[key], (("key", key), ("kind", pod.maker.kind)))


def _revision(hooks: tuple[Webhook, ...], known: Known) -> Iterator[Step]:
    """A revision is asked for of which there is no injector."""
    told = {**dict(known.namespace_lines), **dict(known.pod_lines)}.get(REVISION)
    there = sorted({value for one in hooks if not one.is_off for value in _revisions(one)})
    if told is None or not hooks or told.text() in there:
        return
    facts = (("revision", told.text()), ("there", ", ".join(there) or "–"))
    yield _step("revision", told, facts, "istioctl tag list")


def _revisions(webhook: Webhook) -> Iterator[str]:
    """What its selectors ask of the revision's label; else what its configuration says."""
    both = (*webhook.asks("namespaceSelector"), *webhook.asks("objectSelector"))
    asked = [value for one in both if one.key == REVISION for value in one.values]
    yield from asked
    if not asked and webhook.revision:
        yield webhook.revision


def _two_labels(known: Known) -> Iterator[Step]:
    lines = known.namespace_lines
    if REVISION in lines and _NAMESPACES in lines:
        yield _step("two-labels", lines[REVISION], (("value", lines[_NAMESPACES].text()),))


def _failing(answer: Answer, hooks: tuple[Webhook, ...]) -> Iterator[Step]:
    """What happens where the call fails, of the webhooks that are called."""
    names = [one.name for one in answer.webhooks if one.sign is not Sign.NO]
    asked = [one for one in hooks if one.name in names]
    for policy in sorted({failure_policy(one) for one in asked}):
        one = next(each for each in asked if failure_policy(each) == policy)
        yield _step(f"fails.{policy.lower()}", one.root.find("failurePolicy"))
    again = [one for one in asked if _again(one)]
    if len(asked) > 1:
        yield _step("several", None, (("names", ", ".join(one.name for one in asked)),))
    elif again:
        yield _step("again", again[0].root.find("reinvocationPolicy"))


def _again(webhook: Webhook) -> bool:
    told = webhook.root.find("reinvocationPolicy")
    return told is not None and told.text() == "IfNeeded"


def _ambient(answer: Answer, known: Known) -> Iterator[Step]:
    """The pod's label goes before the namespace's (istio/istio, cni/pkg/util/podutil.go)."""
    mode = _of(_MODE, known.pod_lines) or _of(_MODE, known.namespace_lines)
    if mode is not None and mode.text() == "ambient":
        yield _step("ambient.sidecar" if answer.sign is not Sign.NO else "ambient", mode)


def _of(key: str, lines: Mapping[str, Node]) -> Node | None:
    return lines.get(key)


def _already(pod: Pod) -> Iterator[Step]:
    name = next((one for one in pod.containers() if one.text() in _OWN), None)
    if name is not None:
        yield _step("already", name, (("container", name.text()),))


def _older(hooks: tuple[Webhook, ...], pod: Pod) -> Iterator[Step]:
    """A pod keeps what it was made with: it is older than every webhook that could be called."""
    made = pod.root.find("metadata", "creationTimestamp")
    born = [one.manifest.root.find("metadata", "creationTimestamp") for one in hooks]
    if made is None or not born or any(one is None for one in born):
        return
    first = min(one.text() for one in born if one is not None)
    if made.text() < first:
        yield _step("older", made, (("made", made.text()), ("webhook", first)))
