"""From the files that a user named to what they hold."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iptsim.cli.options import HostOptions, ReadOptions
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.model import Dump, Ruleset
    from iptsim.netfilter.host import Host

STDIN = "-"


def read_dump(files: Sequence[str], options: ReadOptions) -> Dump:
    """The dump that the files are together; `-`, once, is standard input."""
    from iptsim.dialects import read_files

    return read_files(files, table=options.table, family=options.family)


def read_known_host(options: HostOptions) -> Host:
    """What the user told of the host."""
    from iptsim.netfilter.host import read_host

    return read_host(_text_of(options.addr), _text_of(options.route))


def _text_of(file: str | None) -> str | None:
    return None if file is None else read_text_file(file)


def read_text_file(file: str) -> str:
    """The text of a file, `-` being standard input; `UsageError` where there is none."""
    try:
        if file == STDIN:
            return sys.stdin.read()
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", code="IPT0011", file=file) from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: not a text in UTF-8", code="IPT0012", file=file) from None


def source_lines(files: Sequence[str]) -> dict[str, list[str]]:
    """The lines of the files that can be read once more; standard input and pipes cannot."""
    regular = (file for file in files if file != STDIN and Path(file).is_file())
    return {file: _decoded(Path(file).read_bytes()).split("\n") for file in regular}


def _decoded(data: bytes) -> str:
    """As the dump itself was read: UTF-16 where it is marked so, else UTF-8."""
    marked = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return data.decode("utf-16" if marked else "utf-8", "replace")


def ruleset_of(dump: Dump, family: int | None) -> Ruleset:
    """The rule set of a packet: of its family where it told one, else the only one, else IPv4's.

    Raises `UsageError` where the dump has no rules of that family.
    """
    if family is None:
        return dump.family(4) or dump.rulesets[0]
    found = dump.family(family)
    if found is None:
        raise UsageError(
            f"the packet is IPv{family}, and the dump holds no IPv{family} rules",
            code="IPT0013",
            family=family,
        )
    return found
