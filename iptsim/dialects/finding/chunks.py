"""A file or standard input piece by piece, as text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO

from iptsim import codes
from iptsim.dialects.finding.other_files import in_its_place, is_known
from iptsim.dialects.parts import Line
from iptsim.errors import DumpError, Place, UsageError
from iptsim.regex import regex

# A listing has zero bytes of its own (libxt_bpf.c, bpf_print).
_ZEROS = regex(rb"(?<=[0-9])\0(?= |\r?\n)")
_CHUNK = 1 << 16
# An entry of a table has at most 65,535 bytes (x_tables.h, u16 next_offset), and no extension
# prints more than three letters for each of its bytes.
LONGEST_LINE = 1 << 18
"""No rule has more letters."""
_LARGEST = 1 << 28
"""JSON stands in one line (`nft -j`)."""
_TASKS = ("iptables:", "command:", "shell:", "raw:", "argv:")
_QUOTED = ('tables"', "tables'", 'tables-legacy"', 'tables-nft"')


def longer_than_any_rule(file: str, line: Line) -> DumpError:
    """The error for such a line of a file."""
    return DumpError(
        "this line is longer than any rule can be",
        place=Place(file=file, line=line.number, column=line.column(0)),
        text=line.full,
        length=len(line.full),
        expected=f"at most {LONGEST_LINE} letters",
        code=codes.LONGER_THAN_ANY_RULE,
    )


def chunks(path: str) -> Iterator[str]:
    """A file piece by piece, each but the last ending at a line's end."""
    try:
        if path == "-":
            yield from _pieces(sys.stdin.buffer)
        else:
            with open(path, "rb") as handle:
                yield from _pieces(handle)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"cannot read {path}: {reason}", code=codes.DUMP_NOT_READ, file=path
        ) from None


def with_line_ends(text: str) -> str:
    """A text whose lines end in carriage returns alone, with line ends; others as they are."""
    head = text[:_CHUNK]
    return text.replace("\r", "\n") if _ends_in_returns(head.encode("utf-8", "replace")) else text


def _ends_in_returns(head: bytes) -> bool:
    """Whether lines end as in old files of a Mac, or as a serial console's log has them."""
    return b"\n" not in head and head.count(b"\r") > 1


def _pieces(handle: BinaryIO) -> Iterator[str]:
    first = handle.read(_CHUNK)
    if first[:2] in (b"\xff\xfe", b"\xfe\xff"):  # PowerShell's > writes UTF-16
        yield (first + handle.read()).decode("utf-16", "replace")
        return
    if is_known(first) or b"\0" in _ZEROS.sub(b"", first):
        yield in_its_place(first)
        return
    rest, chunk, old = b"", first, _ends_in_returns(first)
    longest = _LARGEST if first.lstrip()[:1] == b"{" else LONGEST_LINE
    while chunk:
        chunk = chunk.replace(b"\r", b"\n") if old else chunk
        whole, newline, after = chunk.rpartition(b"\n")
        if newline:
            yield (rest + whole + newline).decode("utf-8", "replace")
            rest = after
        elif len(rest) <= longest:  # what follows of so long a line is read by nobody
            rest += chunk
        chunk = handle.read(_CHUNK)
    if rest:
        yield rest.decode("utf-8", "replace")


def told_as_commands(chunk: str) -> str:
    """A piece of a text with the commands in the place of tasks and calls that tell them."""
    if "tables" not in chunk:
        return chunk
    if any(each in chunk for each in _QUOTED):
        from iptsim.dialects.commands.program_calls import program_calls  # noqa: PLC0415  # few

        chunk = program_calls(chunk)
    if any(each in chunk for each in _TASKS):
        from iptsim.dialects.commands.ansible_tasks import as_commands  # noqa: PLC0415  # few texts

        chunk = as_commands(chunk)
    return chunk
