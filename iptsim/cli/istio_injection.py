"""`iptsim istio injection`: whether this pod would get a sidecar, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

from iptsim import codes
from iptsim.cli.called import wrong_call
from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_once
from iptsim.cli.options import OutputOptions
from iptsim.cli.output import shown_as, tell_answer

if TYPE_CHECKING:
    from iptsim.injection import Answer, Flags
    from iptsim.injection.asked_pod import Pod
    from iptsim.injection.injector import Settings
    from iptsim.manifests.documents import Manifest
    from iptsim.render.shared.terminal import Style

INJECTED, NOT_INJECTED = 0, 1


def _text(answer: Answer, shown: Style) -> str:
    from iptsim.render.outputs.injection_text import injection_text

    return injection_text(answer, shown)


def _json(answer: Answer, shown: Style) -> object:
    from iptsim.render.outputs.injection_json import injection_json

    return injection_json(answer, lang=shown.lang)


class _Output(Protocol):
    def __call__(self, answer: Answer, shown: Style) -> object: ...


FORMATS: Mapping[str, _Output] = {"text": _text, "json": _json}
"""The outputs of `--format`: a text, or data that is printed as JSON."""
Files = list[str] | None


def istio_injection(
    *,
    pod: Annotated[
        str, option("--pod", metavar="POD.yaml", help="The Pod, or the Deployment that makes it.")
    ],
    namespace: Annotated[
        Files, option("--namespace", metavar="NS.yaml", help="Its Namespace, with its labels.")
    ] = None,
    webhook: Annotated[
        Files,
        option(
            "--webhook",
            metavar="MWC.yaml",
            help="Output of `kubectl get mutatingwebhookconfigurations -o yaml`.",
        ),
    ] = None,
    flags: Annotated[
        str | None,
        option(
            "--apiserver-flags",
            metavar="TEXT",
            help="Flags of kube-apiserver, a line of its help, its manifest, or a file with such.",
        ),
    ] = None,
    config: Annotated[
        Files,
        option(
            "--injector-config",
            "--values",
            metavar="FILE",
            help="Settings of the injector: its ConfigMap, values of Helm, or IstioOperator.",
        ),
    ] = None,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Tell whether a pod gets an Istio sidecar, and what stands in the way.

    Looks in the order of an engineer: admission plugins, webhook, selectors, then what the injector
    itself decides. Exit code 0 where it gets one, 1 where it does not or no text tells.
    """
    from iptsim.injection import Sign, injection

    files = (pod, *(namespace or ()), *(webhook or ()), *(config or ()))
    read_once(files)
    answer = injection(
        _pod(pod),
        namespaces=_kind(namespace, "Namespace", "--namespace") or (),
        configurations=_objects(webhook) if webhook else None,
        flags=_flags(flags),
        settings=_settings(config),
    )
    tell_answer(FORMATS[output.form](answer, shown_as(output, files)))
    return INJECTED if answer.sign in (Sign.YES, Sign.PRESUMED) else NOT_INJECTED


def _objects(files: Files) -> tuple[Manifest, ...]:
    from iptsim.manifests.documents import manifests, read_text

    return tuple(one for file in files or () for one in manifests(read_text(file), file))


def _kind(files: Files, kind: str, name: str) -> tuple[Manifest, ...]:
    found = tuple(one for one in _objects(files) if one.kind == kind)
    if files and not found:
        wrong_call(codes.KIND_MISSING, option=name, kind=kind)
    return found


def _pod(file: str) -> Pod:
    """The first pod of the text."""
    from iptsim.injection.asked_pod import pods_of

    found = pods_of(_objects([file]))
    if not found:
        wrong_call(codes.KIND_MISSING, option="--pod", kind="Pod")
    return found[0]


def _flags(told: str | None) -> Flags | None:
    """The text itself, or that of the file which it names."""
    from iptsim.injection import Flags
    from iptsim.manifests.documents import read_text

    if told is None:
        return None
    word = told.strip()
    named = word == "-" or (word[:2] != "--" and "\n" not in word and Path(word).is_file())
    return (
        Flags(text=read_text(word), file=word)
        if named
        else Flags(text=told, file="--apiserver-flags")
    )


def _settings(files: Files) -> Settings | None:
    from iptsim.injection.injector import settings_of
    from iptsim.manifests.documents import documents, read_text

    if not files:
        return None
    return settings_of(tuple(root for file in files for root in documents(read_text(file), file)))
