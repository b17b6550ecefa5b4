"""What would have a webhook called that is not: of the nearest one, label by label."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from iptsim.injection.asked_pod import Pod
from iptsim.injection.checklist import Answer, Sign, Step
from iptsim.injection.label_selectors import Requirement
from iptsim.injection.webhooks import Known, Webhook

_POD_COSTS = 1.5
"""A label of the namespace is changed before one of a pod."""
Missed = tuple[list[Requirement], list[Requirement]]


def remedy(answer: Answer, hooks: tuple[Webhook, ...], pod: Pod, known: Known) -> Iterator[Step]:
    """The commands that set the labels which the nearest webhook asks for."""
    if answer.called is not Sign.NO or known.namespace is None:
        return
    near = min(
        (one for one in hooks if not one.is_off), key=lambda one: _cost(one, known), default=None
    )
    if near is None or _stopped_otherwise(answer, near):
        return
    of_namespace, of_pod = _missed(near, known)
    facts = (("webhook", near.name),)
    if of_namespace:
        words = " ".join(_change(one) for one in of_namespace)
        command = f"kubectl label namespace {known.name} {words} --overwrite"
        yield _step("inject.remedy.namespace", facts, command)
    if of_pod:
        yield _step("inject.remedy.pod", facts, _patch(pod, known.name, of_pod))


def _step(said: str, facts: tuple[tuple[str, str], ...], command: str) -> Step:
    return Step(name="remedy", sign=Sign.UNKNOWN, said=said, facts=facts, command=command)


def _stopped_otherwise(answer: Answer, near: Webhook) -> bool:
    """Whether something that no label mends stands in the way of the webhook."""
    steps = next(one.steps for one in answer.webhooks if one.name == near.name)
    return any(s.sign is Sign.NO for s in steps if s.name in ("rules", "caBundle"))


def _cost(webhook: Webhook, known: Known) -> float:
    of_namespace, of_pod = _missed(webhook, known)
    return len(of_namespace) + _POD_COSTS * len(of_pod)


def _missed(webhook: Webhook, known: Known) -> Missed:
    return _unmet(webhook, "namespaceSelector", known.namespace or {}), _unmet(
        webhook, "objectSelector", known.pod
    )


def _unmet(webhook: Webhook, selector: str, labels: Mapping[str, str]) -> list[Requirement]:
    return [one for one in webhook.asks(selector) if not one.holds(labels)]


def _value(asked: Requirement) -> str | None:
    """The value that a label should have; None where it should not be there."""
    if asked.operator == "In":
        return asked.values[0]
    return "true" if asked.operator == "Exists" else None


def _change(asked: Requirement) -> str:
    value = _value(asked)
    return f"{asked.key}-" if value is None else f"{asked.key}={value}"


def _patch(pod: Pod, namespace: str, asked: list[Requirement]) -> str:
    """Nothing for a bare Pod: its labels count when it is made."""
    if not pod.is_made or pod.maker.kind == "CronJob":
        return ""
    labels = {one.key: _value(one) for one in asked}
    body = json.dumps({"spec": {"template": {"metadata": {"labels": labels}}}})
    kind = pod.maker.kind.lower()
    return f"kubectl -n {namespace} patch {kind} {pod.maker.name} --type merge -p '{body}'"
