"""What a log shows of the packet on its way, beside what our steps make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim.dataclass import dataclass
from iptsim.kernel.logs.log_rows import LogRow
from iptsim.packet import Packet
from iptsim.values import format_address, parse_address
from iptsim.worlds.outcome import Outcome

_ADDRESSES = ("src", "dst")
_NUMBERS = ("sport", "dport", "mark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """A field that the log's packet has otherwise than ours; the row where it shows first.

    Values are as an outcome has them: addresses as text.
    """

    field: str
    ours: int | str
    logged: int | str
    row: LogRow


def altered(rows: Sequence[LogRow], outcome: Outcome, packet: Packet) -> Altered | None:
    """The first field that the log has otherwise, where every step so far is ours.

    What a connection's translation does has no step: then nothing is compared.
    """
    if outcome.carried:
        return None
    ours = _fields(packet)
    for row in rows:
        theirs = dict(_logged(row.seen.given)) if row.seen is not None else {}
        before = dict(ours)
        for rewrite in row.ours.rewrites if row.ours is not None else ():
            ours[rewrite.field] = _certain(rewrite.field, rewrite.after)
        # Where the kernel tells an id, the packet is that behind the step (nf_tables_trace.c), but
        # what nat translates it does behind its chains.
        if row.seen is not None and row.seen.told.trace:
            late = {"mark": theirs.pop("mark")} if "mark" in theirs else {}
            theirs = {n: own for n, own in theirs.items() if ours.get(n) not in (None, own)}
        else:
            late = {}
        if other := _other(before, theirs, row) or _other(ours, late, row):
            return other
    return None


def _other(
    ours: Mapping[str, int | str | None], theirs: Mapping[str, int | str], row: LogRow
) -> Altered | None:
    for name, logged in theirs.items():
        own = ours.get(name)
        if own is not None and own != logged:
            return Altered(field=name, ours=own, logged=logged, row=row)
    return None


def _fields(packet: Packet) -> dict[str, int | str | None]:
    """What the packet tells: no sets, whose values nobody knows."""
    width = 32 if packet.family == 4 else 128
    given = packet.given()
    found: dict[str, int | str | None] = {}
    for name in (*_ADDRESSES, *_NUMBERS):
        value = given.get(name)
        if isinstance(value, int):
            found[name] = format_address(value, width) if name in _ADDRESSES else value
    return found


def _certain(name: str, value: int | str) -> int | str | None:
    """None for the words of a value that nobody knows."""
    if isinstance(value, int):
        return value
    try:
        return _address(value) if name in _ADDRESSES else int(value)
    except ValueError:
        return None


def _logged(given: Mapping[str, str]) -> Iterator[tuple[str, int | str]]:
    for name in _ADDRESSES:
        if name in given:
            yield name, _address(given[name])
    for name in _NUMBERS:
        if name in given:
            yield name, int(given[name], 0)


def _address(text: str) -> str:
    return format_address(*parse_address(text))
