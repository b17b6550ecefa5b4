"""`iptsim istio journey`: one request through both sidecars, hop by hop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Protocol

from iptsim import codes
from iptsim.cli.called import wrong_call
from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_dump, read_once
from iptsim.cli.options import OutputOptions, ReadOptions
from iptsim.cli.output import shown_as, tell_answer
from iptsim.dataclass import dataclass, fields

if TYPE_CHECKING:
    from iptsim.model import Dump, Note
    from iptsim.render.shared.terminal import Style
    from iptsim.sidecars import Answer

DONE = 0
_MANIFESTS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer with what it was made of."""

    answer: Answer
    files: Mapping[str, str]
    notes: tuple[Note, ...]


def _text(told: Told, shown: Style) -> str:
    from iptsim.render.outputs.request_text import request_text

    return request_text(told.answer, shown, told.files)


def _json(told: Told, shown: Style) -> object:
    from iptsim.render.outputs.request_json import request_json

    return request_json(told.answer, lang=shown.lang, notes=told.notes)


class _Output(Protocol):
    def __call__(self, told: Told, shown: Style) -> object: ...


FORMATS: Mapping[str, _Output] = {"text": _text, "json": _json}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """The request, as it was typed."""

    dst: Annotated[
        str | None,
        option(
            "-d", "--dst", metavar="ADDRESS", help="What the client asks for: a service or a pod."
        ),
    ] = None
    dport: Annotated[
        str | None, option("--dport", metavar="PORT", help="The port it asks for; 80.")
    ] = None
    target_port: Annotated[
        str | None,
        option("--target-port", metavar="PORT", help="The pod's port behind the service's."),
    ] = None
    proto: Annotated[str | None, option("-p", "--proto", metavar="PROTO", help="tcp or udp.")] = (
        None
    )
    client_ip: Annotated[
        str | None, option("--client-ip", metavar="ADDRESS", help="The client's pod.")
    ] = None
    server_ip: Annotated[
        str | None, option("--server-ip", metavar="ADDRESS", help="The pod that answers.")
    ] = None
    client_uid: Annotated[
        str | None,
        option("--client-uid", metavar="NUMBER", help="User of the client's application; 1000."),
    ] = None
    client_gid: Annotated[
        str | None,
        option("--client-gid", metavar="NUMBER", help="Group of the client's application; 1000."),
    ] = None
    app_uid: Annotated[
        str | None,
        option("--app-uid", metavar="NUMBER", help="User of the server's application; 1000."),
    ] = None
    app_gid: Annotated[
        str | None,
        option("--app-gid", metavar="NUMBER", help="Group of the server's application; 1000."),
    ] = None
    proxy_uid: Annotated[
        str | None,
        option("--proxy-uid", metavar="NUMBER", help="User of the proxies; 1337, or as they need."),
    ] = None
    proxy_gid: Annotated[
        str | None, option("--proxy-gid", metavar="NUMBER", help="Group of the proxies; 1337.")
    ] = None
    app_address: Annotated[
        str | None,
        option(
            "--app-address",
            metavar="ADDRESS",
            help="Where the server's proxy reaches its application; 127.0.0.1 up to Istio 1.9.",
        ),
    ] = None

    def given(self) -> dict[str, str | None]:
        """What was typed, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SideOptions:
    """The two pods."""

    client: Annotated[
        str | None,
        option(
            "--client",
            metavar="DUMP",
            help="Rules of the client's pod: a dump, or a manifest that stands for one.",
        ),
    ] = None
    server: Annotated[
        str | None,
        option("--server", metavar="DUMP", help="Rules of the pod that answers, likewise."),
    ] = None
    itself: Annotated[
        bool, option("--self", help="The client is the server: a pod calls itself.")
    ] = False
    probe: Annotated[
        bool, option("--probe", help="The kubelet asks the server's pod whether it is well.")
    ] = False
    istio_version: Annotated[
        str | None,
        option("--istio-version", metavar="X.Y[.Z]", help="Version of Istio, for manifests."),
    ] = None


def istio_journey(
    *,
    pods: SideOptions,
    request: RequestOptions,
    reading: ReadOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Follow one request through both sidecars, hop by hop.

    From the client's application by its Envoy to the server's, and to the application there: what
    each of them sees, and by which rule. What the rules of a pod do that has no dump here is not
    known, and stays open.
    """
    from iptsim.sidecars import journey, read_request

    if pods.client is None and pods.server is None:
        wrong_call(codes.SIDE_MISSING)
    read_once((pods.client, pods.server))
    asked = read_request(
        request.given(), itself=pods.itself, probe=pods.probe, family=reading.family
    )
    sides = _Sides(reading=reading, version=pods.istio_version, family=asked.family)
    dumps = (sides.dump(pods.client), sides.dump(pods.server))
    answer = journey(asked, client=dumps[0], server=dumps[1])
    told = {"client": pods.client, "server": pods.server}
    files = {name: file for name, file in told.items() if file is not None}
    notes = tuple(note for dump in dumps if dump is not None for note in dump.notes)
    shown = Told(answer=answer, files=files, notes=notes)
    tell_answer(FORMATS[output.form](shown, shown_as(output, tuple(files.values()))))
    return DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """How the rules of a pod are read."""

    reading: ReadOptions
    version: str | None
    family: int

    def dump(self, file: str | None) -> Dump | None:
        """The dump, or the rules that the manifest's first pod would get."""
        if file is None:
            return None
        return self._made(file) if file.endswith(_MANIFESTS) else read_dump([file], self.reading)

    def _made(self, file: str) -> Dump:
        from iptsim.dataclass import replace
        from iptsim.manifests.documents import manifests, read_text
        from iptsim.mesh.istio_versions import read_version
        from iptsim.mesh.pod_rule_sets import rule_set
        from iptsim.mesh.rules_of_pods import Mesh, notes_of, rules_of_pods

        version = None if self.version is None else read_version(self.version)
        mesh = Mesh(version=version, family=self.family)
        (pod, *_others) = rules_of_pods(manifests(read_text(file), file), mesh)
        dump = rule_set(pod.settings, pod.version, self.family)
        return replace(dump, notes=(*dump.notes, *notes_of([pod])))
