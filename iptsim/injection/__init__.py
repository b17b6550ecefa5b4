"""Why a pod gets a sidecar, or none: what the API server and Istio's injector would do with it.

The order is that in which one looks: admission plugins, the webhook's configuration, its rules and
selectors, then what the injector itself decides.
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.dataclass import dataclass
from iptsim.errors import Place
from iptsim.injection.asked_pod import Pod, namespace_of, plain, texts_at
from iptsim.injection.besides import remarks
from iptsim.injection.cel_objects import variables
from iptsim.injection.checklist import Answer, Evidence, Sign, Step, evidence
from iptsim.injection.injector import Settings, decided
from iptsim.injection.plugins import plugin_step
from iptsim.injection.remedies import remedy
from iptsim.injection.webhooks import CONFIGURATION, Known, Webhook, called, webhooks_of
from iptsim.manifests.documents import Manifest

__all__ = ["Answer", "Flags", "Sign", "Step", "injection"]

METADATA_NAME = "kubernetes.io/metadata.name"
"""The label that the API server gives each namespace since 1.21."""
_WEBHOOKS = "kubectl get mutatingwebhookconfigurations -o yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What is told of the API server's flags, and the name of the text."""

    text: str
    file: str


def injection(
    pod: Pod,
    *,
    namespaces: tuple[Manifest, ...] = (),
    configurations: tuple[Manifest, ...] | None = None,
    flags: Flags | None = None,
    settings: Settings | None = None,
) -> Answer:
    """Whether the pod would be injected when it is made, with every step and its evidence.

    `configurations` None: nobody told which webhooks there are. Raises `DumpError` for values that
    the API server would refuse.
    """
    name, namespace = namespace_of(pod, namespaces)
    hooks = webhooks_of(configurations or ())
    known = _known(pod, name, namespace)
    step = plugin_step(flags.text if flags else None, flags.file if flags else "")
    there = _there(configurations, hooks)
    each = tuple(called(one, known) for one in hooks)
    answer = Answer(
        pod=pod.title,
        namespace=name,
        before=(step, there),
        webhooks=each,
        after=tuple(decided(pod, name, settings or Settings())),
    )
    notes = (*remedy(answer, hooks, pod, known), *remarks(answer, hooks, pod, known))
    return Answer(
        pod=answer.pod, namespace=name, before=answer.before, webhooks=each, after=answer.after,
        notes=notes,
    )  # fmt: skip


def _known(pod: Pod, name: str, namespace: Manifest | None) -> Known:
    lines = {} if namespace is None else texts_at(namespace.root, "metadata", "labels")
    labels = None if namespace is None else {METADATA_NAME: name, **plain(lines)}
    return Known(
        namespace=labels, namespace_lines=lines, pod=plain(pod.labels), pod_lines=pod.labels,
        name=name, variables=variables(pod.root, name, is_made=pod.is_made),
    )  # fmt: skip


def _there(configurations: tuple[Manifest, ...] | None, hooks: Sequence[Webhook]) -> Step:
    """The post's c): whether there is a configuration that injects."""
    if configurations is None:
        return _step(Sign.UNKNOWN, "untold", command=_WEBHOOKS)
    if not hooks:
        others = [one for one in configurations if one.kind == CONFIGURATION]
        listed = (("names", ", ".join(one.name for one in others)),)
        lines = tuple(_line(one) for one in others)
        return _step(Sign.NO, "others" if others else "none", listed, lines, "istioctl analyze -A")
    names = dict.fromkeys(one.manifest.name for one in hooks)
    facts = (("names", ", ".join(names)), ("count", str(len(hooks))))
    lines = tuple(dict.fromkeys(_line(one.manifest) for one in hooks))
    return _step(Sign.YES, "there" if len(hooks) > 1 else "there.one", facts, lines)


def _line(manifest: Manifest) -> Evidence:
    name = manifest.root.find("metadata", "name")
    found = evidence(name)
    return found[0] if found else Evidence(place=Place(file="", line=1), text="")


def _step(
    sign: Sign, said: str, facts: tuple[tuple[str, str], ...] = (),
    lines: tuple[Evidence, ...] = (), command: str = "",
) -> Step:  # fmt: skip
    return Step(
        name="webhook", sign=sign, said=f"inject.webhook.{said}", facts=facts, evidence=lines,
        command=command,
    )  # fmt: skip
