"""`iptsim replay`: every packet of a capture through the rules, counted by fate."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from iptsim import codes
from iptsim.cli.declared import STDIN, Argument, option
from iptsim.cli.dump_files import read_dump, read_once, read_text_file, with_host, with_names
from iptsim.cli.options import HostOptions, OutputOptions, ReadOptions
from iptsim.cli.output import json_lines, shown_as, tell
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.host import Host
    from iptsim.model import Dump
    from iptsim.render.shared.replayed import Fared, Replayed, Totals
    from iptsim.render.shared.terminal import Style
    from iptsim.replay.replaying import Replay

DONE = 0
UNSURE = "?"
"""What `--only` calls the packets of which nothing tells how they fare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """Which packets to list, and where the capture was made."""

    only: Annotated[
        str | None,
        option(metavar="FATE", help="List the packets that fare so: DROP, REDIRECT:15001, or ?."),
    ] = None
    in_: Annotated[
        str | None,
        option("-i", "--in", metavar="NAME", help="Interface by which packets come in."),
    ] = None
    out: Annotated[
        str | None,
        option("-o", "--out", metavar="NAME", help="Interface by which packets go out."),
    ] = None


class _Text:
    """For a person: the packets that are asked for, then the table."""

    def __init__(self, shown: Style, *, every: bool) -> None:  # noqa: ARG002  # as the other form
        self._shown = shown
        self.lists_all = False

    def packet(self, one: Replayed) -> None:
        from iptsim.render.outputs.replay_text import replayed_text

        tell(replayed_text(one, self._shown))

    def totals(self, totals: Totals, dump: Dump) -> None:
        from iptsim.render.outputs.replay_text import replay_text

        tell(replay_text(totals, self._shown, dump.notes))


class _Json:
    """For a program: a line for each packet, and one of totals."""

    def __init__(self, shown: Style, *, every: bool) -> None:
        self._shown, self._encode = shown, json_lines()
        self.lists_all = every

    def packet(self, one: Replayed) -> None:
        from iptsim.render.outputs.replay_json import replayed_json

        tell(self._encode(replayed_json(one, self._shown.lang)))

    def totals(self, totals: Totals, dump: Dump) -> None:
        from iptsim.render.outputs.replay_json import totals_json
        from iptsim.render.outputs.replay_text import taken_texts

        lang = self._shown.lang
        told = taken_texts(totals, lang)
        tell(self._encode(totals_json(totals, lang, told, dump.notes)))


FORMATS: Mapping[str, Callable[..., Any]] = {"text": _Text, "json": _Json}
"""The outputs of `--format`: a text, or lines of JSON."""


def replay(
    files: Annotated[
        list[str],
        Argument(
            metavar="[DUMP]... CAPTURE", help="Dump texts of one host; a pcap or pcapng file."
        ),
    ],
    *,
    reading: ReadOptions,
    host: HostOptions,
    asked: ReplayOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Send a capture through the rules, and count what happens.

    What belongs to a connection is taken from the capture: its first packet is NEW, what follows an
    answer ESTABLISHED.
    """
    *dumps, capture = files
    dumps = dumps or [STDIN]
    read_once((*dumps, capture, *host.files))
    wanted = _wanted(asked.only)
    dump, _names = with_names(read_dump(dumps, reading), host)
    dump, known = with_host(dump, host)
    shown = shown_as(output, dumps)
    told = FORMATS[output.form](shown, every=wanted is None)
    return _go(dump, known, capture, (asked, host), (told, wanted, shown))


def _wanted(only: str | None) -> Callable[[Fared | None], bool] | None:
    """Whether a packet that fares so is asked for."""
    if only is None:
        return None
    if only == UNSURE:
        return lambda fared: fared is not None and fared.firm is None
    from iptsim.worlds.expectation import read_expectation

    fate = read_expectation(only)
    return lambda fared: fared is not None and any(map(fate.met_by, fared.outcomes))


def _go(
    dump: Dump,
    known: Host,
    capture: str,
    options: tuple[ReplayOptions, HostOptions],
    output: tuple[Any, Callable[[Fared | None], bool] | None, Style],
) -> int:
    from iptsim.cli.progress import counted
    from iptsim.render.shared.replayed import Totals
    from iptsim.replay.capture import open_capture

    told, wanted, shown = output
    opened = open_capture(capture)
    listed = wanted or (lambda _fared: bool(told.lists_all))
    going = _replay(dump, known, (opened.link, capture), options, (listed, shown.lang))
    totals = Totals(capture=capture)
    gc.freeze()
    try:
        for one in counted(going.packets(opened.packets()), shown.lang):
            totals.add(one)
            if listed(one.fared):
                told.packet(one)
    except UsageError as error:
        if error.code != codes.BROKEN_CAPTURE:
            raise
        totals.broken = error.message
        _finish(going, totals, told, dump)
        raise
    _finish(going, totals, told, dump)
    return DONE


def _replay(
    dump: Dump,
    known: Host,
    capture: tuple[int, str],
    options: tuple[ReplayOptions, HostOptions],
    how: tuple[Callable[[Fared | None], bool], str],
) -> Replay:
    from iptsim.replay.asking import Asking
    from iptsim.replay.links import LINKS
    from iptsim.replay.replaying import Replay
    from iptsim.replay.ways_in import Ways

    link, file = capture
    asked, host = options
    if link not in LINKS:
        read = "Ethernet, Linux cooked, raw IP and loopback"
        message = f"{file}: packets of link type {link}, which is none of {read}"
        raise UsageError(message, code=codes.UNKNOWN_LINK, file=file, link=link)
    names = _names_of_links(host.addr)
    return Replay(
        asking=Asking(dump, known, lang=how[1], encode=json_lines()),
        host=known,
        ways=Ways(host=known, in_=asked.in_, out=asked.out, links=names),
        read=LINKS[link],
        wanted=how[0],
    )


def _names_of_links(file: str | None) -> Mapping[int, str]:
    """The names of interfaces by their numbers, which Linux cooked captures (SLL2) have."""
    if file is None or file == STDIN:
        return {}
    from iptsim.replay.link_names import link_names

    return link_names(read_text_file(file))


def _finish(going: Replay, totals: Totals, told: Any, dump: Dump) -> None:
    totals.connections = going.connections.opened
    totals.forgotten = going.connections.forgotten
    totals.refused = going.contradicted
    totals.premises = tuple(_premises(going, totals))
    told.totals(totals, dump)


def _premises(going: Replay, totals: Totals) -> Iterator[str]:
    kinds: Sequence[str] = tuple(totals.kinds)
    if "first" in kinds:
        yield "first"
    if going.ways.guessed:
        yield "arriving"
    if going.ways.sent and going.asking.translates:
        yield "sent"
    if going.ways.tagged:
        yield "tagged"
