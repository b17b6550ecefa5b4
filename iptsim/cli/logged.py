"""`trace --log-line`: the packet of a line that LOG wrote, and the rule that wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iptsim import codes
from iptsim.cli.options import PacketOptions
from iptsim.dataclass import dataclass, fields, replace
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iptsim.host import Host
    from iptsim.log_writers import Writer
    from iptsim.model import Dump
    from iptsim.netfilter.reading.log_line import LogLine
    from iptsim.tracer import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """The packet of a line of the log, and those who may have written it."""

    packet: PacketOptions
    line: LogLine
    found: tuple[Writer, ...]
    typed: Mapping[str, str]

    def told(self, answer: Trace, host: Host) -> Trace:
        """The answer, with the rule that wrote the line, and first what speaks against the line."""
        from iptsim.cli.logged_otherwise import logged_otherwise
        from iptsim.log_writers import with_writers

        told = with_writers(answer, self.found, self.line)
        against = logged_otherwise(self.line, self.typed, host)
        return replace(told, notes=(*against, *told.notes))


def logged(text: str, packet: PacketOptions, packets: str | None, dump: Dump) -> Logged:
    """The packet of a line, at the hook where it was written; options that were given win.

    Raises `UsageError` for a text that LOG does not write.
    """
    if packets is not None:
        raise UsageError("trace takes --log-line or --packets, not both", code=codes.WRONG_CALL)
    from iptsim.log_writers import where_written, writers
    from iptsim.netfilter.reading.log_line import read_log_line

    line = read_log_line(text)
    ruleset = dump.family(6 if ":" in line.given["src"] else 4)
    found = writers(ruleset, line) if ruleset is not None else ()
    given = {**line.given, "hook": where_written(found, line), **packet.given()}
    names: dict[str, Any] = {f.name: given.get(f.name.rstrip("_")) for f in fields(PacketOptions)}
    came = [given["in"]] if given.get("in") else []
    asked = replace(packet, **{**names, "in_": [*packet.sources, *came]})
    return Logged(packet=asked, line=line, found=found, typed=packet.given())
