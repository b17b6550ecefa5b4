"""The packets that a command is asked about: one by options, or many in a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from iptsim import codes
from iptsim.cli.declared import STDIN
from iptsim.cli.options import PacketOptions
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.cli.lines import PacketLine
    from iptsim.extensions.values.hostnames import HostNames
    from iptsim.model import Dump
    from iptsim.questions import Question


def read_questions(
    packet: PacketOptions, packets: str | None, family: int | None, names: HostNames | None = None
) -> Iterable[Question]:
    """The packets that are asked for; options beside a file of packets hold for each of them.

    Those of a file are read one by one: it may go on for ever.

    `names` are those of the dump, by which a value may be asked for.
    """
    from iptsim.extensions.values.hostnames import NO_NAMES
    from iptsim.questions import read_packet

    if packets is None:
        return (read_packet(packet.given(), family, names or NO_NAMES),)
    from iptsim.cli.lines import read_packets

    return read_packets(_lines(packets), packets, family, packet.given(), names or NO_NAMES)


def read_lines(
    packet: PacketOptions, packets: str, family: int | None, names: HostNames
) -> Iterator[PacketLine]:
    """The lines of a file of packets, one by one; see `read_questions`."""
    from iptsim.cli.lines import packet_lines

    return packet_lines(_lines(packets), packets, family, packet.given(), names)


def _lines(file: str) -> Iterator[str]:
    """The lines of a file as they come, `-` being standard input; as `read_text_file` else."""
    try:
        with _opened(file) as lines:
            yield from lines
    except OSError as error:
        message = f"{file}: {error.strerror}"
        raise UsageError(message, code=codes.FILE_NOT_READ, file=file, why=error.strerror) from None
    except UnicodeDecodeError:
        message = f"{file}: not a text in UTF-8"
        raise UsageError(message, code=codes.FILE_NOT_UTF8, file=file) from None


@contextmanager
def _opened(file: str) -> Iterator[TextIO]:
    if file != STDIN:
        from pathlib import Path

        with Path(file).open(encoding="utf-8-sig") as opened:
            yield opened
        return
    lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig")
    try:
        yield lines
    finally:
        with suppress(ValueError):  # closed already, where an interrupt ends the program
            lines.detach()  # closing it would close standard input


def refuse_other_family(question: Question, dump: Dump) -> None:
    """`UsageError`, or `DumpError` at its line, where the dump has no rules of its family."""
    from iptsim.asked_rules import ruleset_of

    try:
        ruleset_of(dump, question.family)
    except UsageError as error:
        from iptsim.cli.lines import LineQuestion

        if isinstance(question, LineQuestion):
            raise question.at_fault(error) from None
        raise
