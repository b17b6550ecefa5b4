"""`iptsim istio check`: mistakes of a mesh and its neighbours in a rule set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Protocol

from iptsim import codes
from iptsim.cli.called import wrong_call
from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_dump, read_once, with_host, with_names
from iptsim.cli.options import Dumps, HostOptions, OutputOptions, ReadOptions
from iptsim.cli.output import shown_as, tell_answer

if TYPE_CHECKING:
    from iptsim.injection.asked_pod import Pod
    from iptsim.lint import Report
    from iptsim.mistakes import Wanted
    from iptsim.model import Note
    from iptsim.render.shared.terminal import Style

CLEAN, FOUND = 0, 1
_OURS = "istio-proxy"
_INCLUDES = "traffic.sidecar.istio.io/includeInboundPorts"
_EXCLUDES = "traffic.sidecar.istio.io/excludeInboundPorts"


def _text(report: Report, shown: Style) -> str:
    from iptsim.render.outputs.lint_text import lint_text

    return lint_text(report, shown, every=True)


def _json(report: Report, shown: Style) -> object:
    from iptsim.render.outputs.lint_json import lint_json

    return {**lint_json(report, lang=shown.lang), "schema": "iptsim.check/1"}


def _sarif(report: Report, shown: Style) -> object:
    from iptsim import __version__
    from iptsim.lint import MESHES, Kind
    from iptsim.render.outputs.sarif import sarif

    kinds = tuple(kind for kind in Kind if kind in MESHES)
    return sarif(report, version=__version__, lang=shown.lang, kinds=kinds)


class _Output(Protocol):
    def __call__(self, report: Report, shown: Style) -> object: ...


FORMATS: Mapping[str, _Output] = {"text": _text, "json": _json, "sarif": _sarif}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def istio_check(
    dumps: Dumps,
    *,
    pod: Annotated[
        str | None,
        option("--pod", metavar="POD.yaml", help="The Pod: are its containerPorts captured?"),
    ] = None,
    reading: ReadOptions,
    host: HostOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Find mistakes of Istio and its neighbours in a rule set, each with a packet that shows it.

    Exit code 1 where there is one. What hangs on what the dump does not tell is none.
    """
    from iptsim.mistakes import check

    read_once((*dumps, pod, *host.files))
    asked = None if pod is None else _pod(pod)
    wanted = () if asked is None else tuple(_wanted(asked))
    on_pod = () if asked is None else tuple(_ignored(asked))
    dump, _names = with_names(read_dump(dumps, reading), host)
    dump, known = with_host(dump, host)
    report = check(dump, wanted=wanted, on_pod=on_pod, host=known)
    tell_answer(FORMATS[output.form](report, shown_as(output, dumps)))
    return FOUND if report.findings else CLEAN


def _pod(file: str) -> Pod:
    """The first pod of the text."""
    from iptsim.injection.asked_pod import pods_of
    from iptsim.manifests.documents import manifests, read_text

    found = pods_of(manifests(read_text(file), file))
    if not found:
        wrong_call(codes.KIND_MISSING, option="--pod", kind="Pod")
    return found[0]


def _wanted(pod: Pod) -> Iterator[Wanted]:
    """The TCP ports of the pod's own containers that are not excluded on purpose."""
    from iptsim.mistakes import Wanted

    told = pod.annotations.get(_EXCLUDES)
    excluded = set() if told is None else {one.strip() for one in told.text().split(",")}
    for name, port in _ports(pod):
        if str(port) not in excluded:
            yield Wanted(port=port, container=name)


def _ignored(pod: Pod) -> Iterator[Note]:
    """Ports to be left alone beside a list of ports: istio-iptables looks at one of the two."""
    from iptsim.model import Note

    told, listed = pod.annotations.get(_EXCLUDES), pod.annotations.get(_INCLUDES)
    if told is None or listed is None or not told.text() or listed.text() == "*":
        return
    facts = (("ports", told.text()), ("listed", listed.text() or "–"))
    yield Note(code=codes.MESH_EXCLUDE_IGNORED, place=told.place, facts=facts)


def _ports(pod: Pod) -> Iterator[tuple[str, int]]:
    listed = pod.root.find("spec", "containers")
    for each in () if listed is None else listed.each():
        name = each.need("name").text()
        ports = each.find("ports")
        for one in () if ports is None or name == _OURS else ports.each():
            proto = one.find("protocol")
            if proto is None or proto.text() == "TCP":
                yield name, one.need("containerPort").number()
