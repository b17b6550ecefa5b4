"""Lines that the kernel's log has of legacy tables: `TRACE: filter:INPUT:rule:3 IN=eth0 …`.

Of `rule`, `policy` and `return` the kernel knows only by how a rule looks: see `legacy_log.py`.
"""

from __future__ import annotations

from iptsim.errors import UsageError
from iptsim.kernel.logs.told_steps import NOTHING, Told
from iptsim.netfilter.reading.log_line import read_log_line
from iptsim.regex import regex

_TRACE = regex(r"TRACE: ([^:\s]+):(.+?):(rule|policy|return):(\d+) (?=IN=)")
# What no translation changes; SEQ may be shifted by a helper, and then the packet is parted.
_SAME = regex(r" (?:ID|FLOWLBL|PROTO|SEQ|TYPE|SPI)=\S*")


def kernel_line(line: str, number: int) -> Told | None:
    """A line of the log; None where it is none of a trace."""
    found = _TRACE.search(line)
    if found is None:
        return None
    table, chain, kind, rule = found.groups()
    packet, why = line[found.end() :], ""
    try:
        given = read_log_line(packet).given
    except UsageError as error:
        given, why = NOTHING, error.code
    whole = packet.partition(" [")[0]
    return Told(
        line=number,
        family=6 if ":" in given.get("src", "") else 4,
        table=table,
        chain=chain,
        kind=kind,
        number=int(rule),
        given=given,
        same=tuple(_SAME.findall(whole)),
        unread=why,
    )
