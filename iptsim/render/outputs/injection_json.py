"""Why a pod gets a sidecar or none, as JSON, schema `iptsim.injection/1`."""

from __future__ import annotations

from iptsim.explain.catalogue import sentence
from iptsim.injection import Answer, Sign, Step
from iptsim.injection.checklist import Called

SCHEMA = "iptsim.injection/1"
Json = dict[str, object]
_INJECTED = {Sign.YES: True, Sign.PRESUMED: True, Sign.NO: False, Sign.UNKNOWN: None}
_PASSES = {**_INJECTED, Sign.PRESUMED: None}


def injection_json(answer: Answer, *, lang: str = "en") -> Json:
    """The answer as data of JSON's types; `injected` is null where the texts do not tell."""
    return {
        "schema": SCHEMA,
        "pod": answer.pod,
        "namespace": answer.namespace,
        "injected": _INJECTED[answer.sign],
        "webhooks": [_webhook(one) for one in answer.webhooks],
        "steps": [_step(one, lang) for one in answer.steps],
        "assumed": [_words(one, lang) for one in answer.steps if one.sign is Sign.PRESUMED],
        "notes": [_step(one, lang) for one in answer.notes],
    }


def _webhook(one: Called) -> Json:
    return {"name": one.name, "configuration": one.configuration, "called": _INJECTED[one.sign]}


def _step(step: Step, lang: str) -> Json:
    return {
        "step": step.name,
        "webhook": step.webhook or None,
        "passes": _PASSES[step.sign],
        "presumed": step.sign is Sign.PRESUMED,
        "reason": step.said.removeprefix("inject."),
        "text": _words(step, lang),
        "facts": dict(step.facts),
        "evidence": [
            {"file": e.place.file, "line": e.place.line, "column": e.place.column, "text": e.text}
            for e in step.evidence
        ],
        "command": step.command or None,
    }


def _words(step: Step, lang: str) -> str:
    return sentence(step.said, lang, **dict(step.facts))
