"""Manifests of pods, namespaces and webhooks, made for the tests of injection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from iptsim.injection import Answer, Flags, injection
from iptsim.injection.asked_pod import pods_of
from iptsim.injection.injector import settings_of
from iptsim.manifests.documents import documents, manifests

INJECT = "sidecar.istio.io/inject"
Labels = Mapping[str, str]
_NO: Labels = MappingProxyType({})
Asked = tuple[str, str, Sequence[str]]
IN, NOT_IN, HERE, NOT_HERE = "In", "NotIn", "Exists", "DoesNotExist"


def quoted(labels: Labels) -> str:
    return "{" + ", ".join(f'"{key}": "{value}"' for key, value in labels.items()) + "}"


def pod(labels: Labels = _NO, annotations: Labels = _NO, spec: str = "{}", space: str = "a") -> str:
    return (
        f"kind: Pod\nmetadata:\n  name: p\n  namespace: {space}\n  labels: {quoted(labels)}\n"
        f"  annotations: {quoted(annotations)}\nspec: {spec}\n"
    )


def namespace(labels: Labels = _NO, name: str = "a") -> str:
    return f"kind: Namespace\nmetadata:\n  name: {name}\n  labels: {quoted(labels)}\n"


def asked(*expressions: Asked) -> str:
    each = (
        f"{{key: {key}, operator: {operator}, values: [{', '.join(map(repr, values))}]}}"
        for key, operator, values in expressions
    )
    return "{matchExpressions: [" + ", ".join(each) + "]}"


RULES = "[{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}]"


def webhook(  # what a webhook says
    of_namespace: str = "{}", of_pod: str = "{}", *, name: str = "sidecar-injector.istio.io",
    rules: str = RULES, more: str = "", bundle: str = "LS0t",
) -> str:  # fmt: skip
    return (
        f"- name: {name}\n  clientConfig: {{service: {{name: istiod, path: /inject}}, "
        f"caBundle: '{bundle}'}}\n  rules: {rules}\n  namespaceSelector: {of_namespace}\n"
        f"  objectSelector: {of_pod}\n{more}"
    )


def configuration(*webhooks: str, name: str = "istio-sidecar-injector") -> str:
    listed = "".join(webhooks) if webhooks else "[]\n"
    head = f"kind: MutatingWebhookConfiguration\nmetadata:\n  name: {name}\nwebhooks:"
    return f"{head}\n{listed}" if webhooks else f"{head} {listed}"


OLD = configuration(webhook("{matchLabels: {istio-injection: enabled}}"))
"""One webhook, as up to Istio 1.9."""


def revision(name: str = "default") -> str:
    """The four webhooks of a revision, as since Istio 1.10."""
    rev, space = "istio.io/rev", "istio-injection"
    wanted = (INJECT, NOT_IN, ["false"])
    return configuration(
        webhook(
            asked((rev, IN, [name]), (space, NOT_HERE, [])), asked(wanted),
            name="rev.namespace.sidecar-injector.istio.io",
        ),
        webhook(
            asked((rev, NOT_HERE, []), (space, NOT_HERE, [])), asked(wanted, (rev, IN, [name])),
            name="rev.object.sidecar-injector.istio.io",
        ),
        webhook(
            asked((space, IN, ["enabled"])), asked(wanted),
            name="namespace.sidecar-injector.istio.io",
        ),
        webhook(
            asked((space, NOT_HERE, []), (rev, NOT_HERE, [])),
            asked((INJECT, IN, ["true"]), (rev, NOT_HERE, [])),
            name="object.sidecar-injector.istio.io",
        ),
    )  # fmt: skip


NEW = revision()


def answer(
    of_pod: str, of_namespace: str | None, hooks: str | None, *, flags: str | None = None,
    settings: str | None = None,
) -> Answer:  # fmt: skip
    told = None if settings is None else settings_of(documents(settings, "values.yaml"))
    return injection(
        pods_of(manifests(of_pod, "pod.yaml"))[0],
        namespaces=() if of_namespace is None else manifests(of_namespace, "ns.yaml"),
        configurations=None if hooks is None else manifests(hooks, "mwc.yaml"),
        flags=None if flags is None else Flags(text=flags, file="flags.txt"),
        settings=told,
    )


def caller(found: Answer) -> str:
    """The first label of the webhook that is called."""
    called = (one.name for one in found.webhooks if one.sign.value in ("yes", "presumed"))
    return next(called, "").removesuffix("sidecar-injector.istio.io").rstrip(".")
