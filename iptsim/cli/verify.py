"""`iptsim verify`: the same trace by the real kernel, beside ours."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
from iptsim.cli.declared import STDIN, option
from iptsim.cli.dump_files import (
    read_dump,
    read_known_host,
    read_once,
    read_text_file,
    with_names,
)
from iptsim.cli.options import (
    Dumps,
    HostOptions,
    OutputOptions,
    PacketOptions,
    ReadOptions,
)
from iptsim.cli.output import complain, shown_as, tell_answer, tell_json
from iptsim.cli.packets_asked import read_questions, refuse_other_family
from iptsim.dataclass import dataclass, replace
from iptsim.errors import DumpError, IptsimError, UsageError

if TYPE_CHECKING:
    from iptsim.host import Host
    from iptsim.kernel.verifying import Verified, Verifier
    from iptsim.model import Dump, Note
    from iptsim.questions import Question
    from iptsim.render.shared.terminal import Style

AGREE, DISAGREE, CANNOT = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """What is asked besides one packet's way."""

    packets: Annotated[str | None, option(metavar="FILE", help="Packets as JSON, one a line.")] = (
        None
    )
    log: Annotated[
        str | None,
        option(
            "--log",
            metavar="FILE",
            help="A trace log, set beside our steps: TRACE, nft monitor trace, xtables-monitor.",
        ),
    ] = None
    legacy: Annotated[bool, option("--legacy", help="Load the rules with iptables-legacy.")] = False
    verbose: Annotated[
        bool, option("-v", "--verbose", help="Show the host and rules that did not match.")
    ] = False


def _text(
    found: Verified, shown: Style, _question: Question, notes: Sequence[Note], verbose: bool
) -> str:
    from iptsim.render.outputs.verify_text import verify_text

    return verify_text(found, shown, notes=notes, verbose=verbose)


def _json(
    found: Verified, shown: Style, question: Question, notes: Sequence[Note], _verbose: bool
) -> object:
    from iptsim.render.outputs.verify_json import verify_json

    return verify_json(found, lang=shown.lang, identity=question.id, notes=notes)


FORMATS: Mapping[str, Callable[[Verified, Style, Question, Sequence[Note], bool], object]]
FORMATS = {"text": _text, "json": _json}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def verify(
    dumps: Dumps,
    *,
    packet: PacketOptions,
    reading: ReadOptions,
    host: HostOptions,
    asked: VerifyOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Ask the real kernel the same, and compare its way with ours.

    Exit code: 0 agree, 1 disagree, 2 cannot be judged. The rules get a network namespace of their
    own; nothing of this host is touched.
    """
    read_once((*dumps, asked.packets, asked.log, *host.files))
    if asked.log is not None:
        from iptsim.cli.verified_log import verify_log

        _refuse_besides_log(asked, packet)
        dump = read_dump(dumps, reading)
        return verify_log(dump, packet, host, asked, shown_as(output, dumps), output.form)
    texts = _texts(dumps)
    dump = read_dump(dumps, reading)
    # The text is loaded as it stands: rules with names stay as they are, and are refused.
    _resolved, names = with_names(dump, host)
    questions = list(read_questions(packet, asked.packets, reading.family, names))
    known, ipset = _known_host(host, dump)
    for question in questions:
        refuse_other_family(question, dump)
        if question.packet.sets:
            fields = ", ".join(f"--{name}" for name, _held in question.packet.sets)
            message = f"{fields}: verify sends one packet, and this is a set of them"
            raise UsageError(message, code=codes.WRONG_SET_OF_PACKETS)
    if packet.sources:
        message = "--in NAME=SOURCES: verify sends one packet, and this is about sets of them"
        raise UsageError(message, code=codes.WRONG_CALL)
    _refuse_other_systems()
    from iptsim.kernel.verifying import Verifier

    backend = "legacy" if asked.legacy else "nft"
    shown = shown_as(output, dumps)
    answers = _Answers(dump, shown, asked, form=output.form)
    with Verifier(dump, known, ipset=ipset, backend=backend, texts=texts) as verifier:
        return _worst(answers.tell(verifier, question) for question in questions)


def _refuse_besides_log(asked: VerifyOptions, packet: PacketOptions) -> None:
    if asked.packets is not None or asked.legacy:
        message = "verify takes --log, or --packets and --legacy: a log has its own packets"
        raise UsageError(message, code=codes.WRONG_CALL)
    if packet.sources:
        message = "--in NAME=SOURCES: verify sends one packet, and this is about sets of them"
        raise UsageError(message, code=codes.WRONG_CALL)


def _texts(files: Iterable[str]) -> dict[str, str]:
    """The texts of a dump's files as they stand; standard input can be read again.

    Bytes that are no UTF-8 are lone surrogates. A file that cannot be read, or not twice (a pipe),
    has no text here.
    """
    found = {file: _bytes(file) for file in files}
    return {file: _decoded(data) for file, data in found.items() if data is not None}


def _bytes(file: str) -> bytes | None:
    if file == STDIN:
        data = sys.stdin.buffer.read()
        sys.stdin = io.TextIOWrapper(io.BytesIO(data))
        return data
    try:
        return Path(file).read_bytes() if Path(file).is_file() else None
    except OSError:
        return None  # reading the dump tells why


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "surrogateescape")


def _known_host(host: HostOptions, dump: Dump) -> tuple[Host, str | None]:
    """What is told of the host by the user and by the dump, and the text of its sets, read once."""
    from iptsim.netfilter.reading.ipset_text import read_sets
    from iptsim.netfilter.reading.pasted import host_told

    told = read_known_host(replace(host, ipset=None))
    known, _notes = host_told((dump,), told)
    # The kernel's clock is now; its sockets are made for what the user tells.
    known = replace(known, time=told.time, sockets=told.sockets)
    if host.ipset is None:
        sets = [each.text for each in dump.host if each.kind == "ipset" and each.whole]
        return known, "\n".join(sets) + "\n" if known.sets else None
    text = read_text_file(host.ipset)
    return replace(known, sets=read_sets(text, host.ipset)), text


def _refuse_other_systems() -> None:
    if sys.platform != "linux":
        raise UsageError("the real kernel can be asked on Linux only", code=codes.LINUX_ONLY)


def _worst(codes: Iterable[int]) -> int:
    """A disagreement outweighs what could not be judged."""
    found = set(codes)
    return DISAGREE if DISAGREE in found else max(found, default=AGREE)


class _Answers:
    """Tells the answer to each packet in the form that was asked for."""

    def __init__(self, dump: Dump, shown: Style, asked: VerifyOptions, *, form: str) -> None:
        self._dump, self._shown = dump, shown
        self._verbose, self._many = asked.verbose, asked.packets is not None
        self._output = FORMATS["json" if self._many else form]

    def tell(self, verifier: Verifier, question: Question) -> int:
        """The exit code for a packet, its answer told.

        What no packet could get past (no kernel, a rule that it refuses) is raised.
        """
        from iptsim.kernel.verifying import PACKETS_FAULTS

        try:
            found = verifier.verify(question, skipped=self._verbose)
        except IptsimError as error:
            if not self._many or isinstance(error, DumpError) or error.code not in PACKETS_FAULTS:
                raise
            self._tell_unjudged(error, question)
            return CANNOT
        self._tell(found, question)
        return AGREE if found.comparison.agrees else DISAGREE

    def _tell(self, found: Verified, question: Question) -> None:
        notes = self._dump.notes
        answer = self._output(found, self._shown, question, notes, self._verbose)
        tell_answer(answer, indent=None if self._many else 2)

    def _tell_unjudged(self, error: IptsimError, question: Question) -> None:
        from iptsim.render.outputs.verify_json import unjudged_json

        answer = unjudged_json(error, question.packet, lang=self._shown.lang, identity=question.id)
        tell_json(answer, indent=None)
        which = "" if question.id is None else f"packet {question.id}: "
        complain(f"{which}{answer['reason']['text']}")
