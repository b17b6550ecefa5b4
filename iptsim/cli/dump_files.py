"""From the files that a user named to what they hold."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.cli.declared import STDIN
from iptsim.cli.options import HostOptions, ReadOptions
from iptsim.cli.output import asked_language, complain, language
from iptsim.cli.patience import has_read
from iptsim.dataclass import replace
from iptsim.errors import UsageError, misspelt

if TYPE_CHECKING:
    from iptsim.extensions.values.hostnames import HostNames
    from iptsim.host import Host
    from iptsim.model import Dump, Note


def read_dump(files: Sequence[str], options: ReadOptions, *, may_be_empty: bool = False) -> Dump:
    """The dump that the files are together; `-`, once, is standard input.

    With -4 or -6 only the rules of that family; `UsageError` where it holds none, unless it is
    empty and `may_be_empty` takes that for a host without rules. So it does for a table that is
    in none of several dumps, which the caller then looks for (`refuse_no_table`).
    """
    from iptsim.dialects import read_files

    read_once(files)
    dump = read_files(
        files,
        table=options.table,
        family=options.family,
        may_be_empty=may_be_empty,
        state=options.state,
        strict=options.strict,
    )
    has_read(dump)
    _warn(dump)
    if not may_be_empty:
        refuse_no_table(options.table, dump)
    return _of_family(dump, options)


def read_both(file: str, options: ReadOptions) -> tuple[Dump, Dump]:
    """The dumps before and after of one text: of a patch, or the first and last of its states."""
    from iptsim.dialects import read_states

    if options.state is not None:
        message = "diff of one text compares its states, and takes no --state"
        raise UsageError(message, code=codes.WRONG_CALL)
    dumps = [
        _of_family(dump, options)
        for dump in read_states(
            file, table=options.table, family=options.family, strict=options.strict
        )
    ]
    for dump in (dumps[0], dumps[-1]):
        has_read(dump)
        _warn(dump)
    refuse_no_table(options.table, dumps[0], dumps[-1])
    return dumps[0], dumps[-1]


def refuse_no_table(table: str | None, *dumps: Dump) -> None:
    """Raise `UsageError` for a table that neither iptables has nor any of the dumps."""
    from iptsim.model import TABLES

    if table is None or table in TABLES:
        return
    names = dict.fromkeys(t.name for dump in dumps for each in dump.rulesets for t in each.tables)
    if table in names or table in {name.partition(" ")[2] for name in names}:
        return
    from iptsim.dialects.signs.settle import no_such_table

    known = (*TABLES, *(name for name in names if name not in TABLES))
    raise misspelt("--table", table, known) or no_such_table(table, known)


def with_loops(dump: Dump) -> Dump:
    """The dump with a note first for each loop of its chains, which the kernel would refuse."""
    from iptsim.chain_graph import loop_notes

    found = [note for ruleset in dump.rulesets for note in loop_notes(ruleset)]
    return replace(dump, notes=(*dict.fromkeys(found), *dump.notes)) if found else dump


def _of_family(dump: Dump, options: ReadOptions) -> Dump:
    if options.family is None or not dump.rulesets:
        return dump
    asked = tuple(each for each in dump.rulesets if each.family == options.family)
    if not asked:
        message = f"the dump holds no IPv{options.family} rules"
        raise UsageError(message, code=codes.WRONG_CALL, family=options.family)
    return replace(dump, rulesets=asked)


def _warn(dump: Dump) -> None:
    """Tell on standard error, each with its line and a caret, which rules cannot be read whole."""
    from iptsim.dialects.parts import SPOILED

    notes = [note for note in dump.notes if note.code in SPOILED]
    if not notes:
        return
    from iptsim.dialects.rule.spoiled import error_of
    from iptsim.render.outputs.error_text import error_text
    from iptsim.render.shared.terminal import style_for

    shown = style_for(sys.stderr, language(asked_language(sys.argv[1:])))
    for note in notes:
        complain(error_text(error_of(note), shown, only_warns=True))


def read_once(files: Iterable[str | None]) -> None:
    """Raise `UsageError` where standard input is to be more than one of the files."""
    if list(files).count(STDIN) > 1:
        raise UsageError("standard input (-) can be one of the files only", code=codes.STDIN_TWICE)


def whole_host(options: HostOptions, *dumps: Dump) -> tuple[Host, tuple[Note, ...]]:
    """What the user told of the host, and what the dumps' texts tell besides, with notes on it."""
    if not any(dump.host for dump in dumps):
        return read_known_host(options), ()
    from iptsim.netfilter.reading.pasted import host_told

    return host_told(dumps, read_known_host(options))


def with_host(dump: Dump, options: HostOptions) -> tuple[Dump, Host]:
    """A dump with notes on what of its text tells of the host, and the host."""
    host, notes = whole_host(options, dump)
    return replace(dump, notes=(*dump.notes, *notes)), host


def with_sources(host: Host, told: Sequence[str]) -> Host:
    """The host with which sources come by which interface, as `--in NAME=SOURCES` tells."""
    if not told:
        return host
    from iptsim.netfilter.reading.typed_sources import read_sources

    return replace(host, sources=read_sources(told))


def read_known_host(options: HostOptions) -> Host:
    """What the user told of the host."""
    host = _addresses_and_routes(options)
    # Typer gives an empty list where an option of several was not given.
    if options.rule:
        from iptsim.netfilter.reading.ip_rules import read_rules

        host = replace(host, rules=read_rules(*map(read_text_file, options.rule)))
    if options.sysctl:
        from iptsim.netfilter.reading.sysctl_text import read_sysctls

        host = replace(host, sysctls=read_sysctls(options.sysctl, read_text_file))
    if options.ipset is not None:
        from iptsim.netfilter.reading.ipset_text import read_sets

        host = replace(host, sets=read_sets(read_text_file(options.ipset), options.ipset))
    return _moment_and_sockets(host, options)


def _addresses_and_routes(options: HostOptions) -> Host:
    from iptsim.host import Host

    if options.addr is None and not options.route:
        return Host()
    from iptsim.netfilter.reading.host_facts import read_host

    routes = [read_text_file(file) for file in options.route or ()]
    return read_host(None if options.addr is None else read_text_file(options.addr), *routes)


def _moment_and_sockets(host: Host, options: HostOptions) -> Host:
    if options.time is None and not options.socket:
        return host
    from iptsim.netfilter.reading.typed import read_sockets, read_time

    if options.time is not None:
        host = replace(host, time=read_time(options.time))
    return replace(host, sockets=read_sockets(options.socket)) if options.socket else host


def with_names(dump: Dump, options: HostOptions) -> tuple[Dump, HostNames]:
    """The dump with what its names were told to be, and the names by which it can be asked."""
    from iptsim.extensions.values.hostnames import names_of, read_hosts, read_names, resolved

    told = read_names(options.name or ())
    if options.hosts is not None:
        told = {**read_hosts(read_text_file(options.hosts)), **told}
    return resolved(dump, told), names_of(dump, told)


def read_text_file(file: str) -> str:
    """The text of a file, `-` being standard input; `UsageError` where there is none."""
    try:
        if file == STDIN:
            return sys.stdin.buffer.read().decode("utf-8-sig")
        with open(file, encoding="utf-8-sig") as handle:
            return handle.read()
    except OSError as error:
        raise UsageError(
            f"{file}: {error.strerror}", code=codes.FILE_NOT_READ, file=file, why=error.strerror
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{file}: not a text in UTF-8", code=codes.FILE_NOT_UTF8, file=file
        ) from None
