"""A trace log as the packets that it speaks of, each with its steps in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iptsim.dataclass import dataclass, field
from iptsim.kernel.logs.kernel_lines import kernel_line
from iptsim.kernel.logs.monitor_lines import monitor_line
from iptsim.kernel.logs.nft_lines import nft_line
from iptsim.kernel.logs.told_steps import HEADER, Told
from iptsim.netfilter.hooks import TABLES_AT
from iptsim.packet import HOOKS

_GOES_ON = {
    "PREROUTING": ("PREROUTING", "INPUT", "FORWARD"),
    "INPUT": ("INPUT",),
    "FORWARD": ("FORWARD", "POSTROUTING"),
    "OUTPUT": ("OUTPUT", "POSTROUTING"),
    "POSTROUTING": ("POSTROUTING",),
}
_ENDS = ("drop", "stolen")
_NEXT = 2  # a header may stand between
_ADDRESSES = ("src", "dst", "sport", "dport")
_READERS = (
    ("TRACE: ", kernel_line), ("trace id ", nft_line), ("TRACE: ", monitor_line),
    ("PACKET: ", monitor_line),
)  # fmt: skip
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStep:
    """A rule that matched, a policy, or a user chain's end, at its hook ('' where nothing tells).

    `given` is the packet as far as the log tells: as it was there where it `is_fresh`, else as it
    came to the chain.
    """

    hook: str
    told: Told
    given: Fields
    is_fresh: bool


@dataclass(slots=True, kw_only=True)
class LoggedPacket:
    """One packet's lines. `given` is the packet as the first of them has it."""

    family: int
    same: tuple[str, ...]
    given: Fields
    steps: list[LogStep] = field(default_factory=list)
    header: Fields = field(default_factory=dict)
    unread: str = ""
    is_fresh: bool = True

    @property
    def hook(self) -> str:
        """The hook where the log begins."""
        return self.steps[0].hook

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last line of it."""
        numbers = [step.told.line for step in self.steps]
        return min(numbers), max(numbers)

    @property
    def out(self) -> str | None:
        """The interface by which it left or was to leave, as a later line tells."""
        return next((step.given["out"] for step in self.steps if step.given.get("out")), None)


def logged_packets(lines: Iterable[str]) -> list[LoggedPacket]:
    """The packets of a log, in the order of their first steps."""
    parting = _Parting()
    for number, line in enumerate(lines, 1):
        told = _told(line, number)
        if told is not None:
            parting.take(told)
    return list(_joined([each for each in parting.found if each.steps]))


def _told(line: str, number: int) -> Told | None:
    for sign, read in _READERS:
        if sign in line and (told := read(line, number)) is not None:
            return told
    return None


class _Parting:
    """Puts every line to its packet: by the kernel's id, or by what no translation changes."""

    def __init__(self) -> None:
        self.found: list[LoggedPacket] = []
        self._open: dict[tuple[object, ...], list[LoggedPacket]] = {}

    def take(self, told: Told) -> None:
        key = (told.trace,) if told.trace else (told.family, told.same)
        mates = self._open.setdefault(key, [])
        packet = self._header(told, mates) if told.kind == HEADER else self._step(told, mates)
        packet.header = told.given or packet.header
        packet.is_fresh = told.kind == HEADER

    def _header(self, told: Told, mates: list[LoggedPacket]) -> LoggedPacket:
        """The packet of a header: a new one where an id is used again for another one."""
        last = mates[-1] if mates else None
        if last is not None and last.same == told.same and (not told.chain or _may_go(last, told)):
            return last
        return self._new(told, mates)

    def _step(self, told: Told, mates: list[LoggedPacket]) -> LoggedPacket:
        fitting = [each for each in mates if _may_go(each, told)]
        near = [each for each in fitting if not told.given or _alike(each.header, told.given)]
        found = next(reversed(near or fitting), None)
        if found is None and mates and told.trace:
            # Its header, which xtables-monitor prints without a chain, went to the packet before.
            given = mates[-1].header
            found = self._new(told, mates)
            found.given = found.header = given
        found = found or self._new(told, mates)
        found.unread = found.unread or told.unread
        fresh = bool(told.given) or found.is_fresh
        given = told.given or found.header
        found.steps.append(LogStep(hook=_hook(found, told), told=told, given=given, is_fresh=fresh))
        return found

    def _new(self, told: Told, mates: list[LoggedPacket]) -> LoggedPacket:
        made = LoggedPacket(family=told.family, same=told.same, given=told.given, header=told.given)
        self.found.append(made)
        mates.append(made)
        return made


def _alike(one: Fields, other: Fields) -> bool:
    return all(one.get(name) == other.get(name) for name in _ADDRESSES)


def _hook(packet: LoggedPacket, told: Told) -> str:
    """A built-in chain's own; a user chain is where the packet was last."""
    if told.chain in HOOKS:
        return told.chain
    if packet.steps:
        return packet.steps[-1].hook
    arrives, leaves = (bool(packet.given.get(name)) for name in ("in", "out"))
    return ("FORWARD" if leaves else "PREROUTING") if arrives else "OUTPUT"


def _may_go(packet: LoggedPacket, told: Told) -> bool:
    """Whether a packet may come to a line's chain after its last step."""
    if not packet.steps:
        return True
    last = packet.steps[-1]
    if last.told.verdict in _ENDS:
        return False
    if told.chain not in HOOKS:
        return last.told.table == told.table or not told.is_iptables
    if told.chain not in _GOES_ON.get(last.hook, HOOKS):
        return False
    return told.chain != last.hook or _is_later(packet, told)


def _is_later(packet: LoggedPacket, told: Told) -> bool:
    """Whether a line of the same hook is of a later table, or of a later rule."""
    last = packet.steps[-1]
    if last.told.table != told.table:
        order = TABLES_AT[last.hook]
        known = last.told.table in order and told.table in order
        # INPUT has nat and security the other way round in nft (netfilter/hooks.py).
        late = last.hook == "INPUT" and {last.told.table, told.table} == {"nat", "security"}
        return not known or late or order.index(last.told.table) < order.index(told.table)
    if told.kind == HEADER:
        return False
    own = [
        each.told.number
        for each in packet.steps
        if (each.told.table, each.told.chain, each.hook) == (told.table, told.chain, last.hook)
    ]
    before = max((number for number in own if number is not None), default=0)
    return told.number is None or told.number > before


def _joined(found: list[LoggedPacket]) -> Iterator[LoggedPacket]:
    """A packet has another id behind lo, and where it was copied on its way; it is one packet."""
    earlier: list[LoggedPacket] = []
    for packet in found:
        mate = next((each for each in reversed(earlier) if _goes_on_as(each, packet)), None)
        if mate is None:
            yield packet
            earlier.append(packet)
        else:
            mate.steps += packet.steps
            mate.unread = mate.unread or packet.unread


def _goes_on_as(left: LoggedPacket, packet: LoggedPacket) -> bool:
    """A connection's translation may lie between its two ways; then only the next line tells."""
    last = left.steps[-1]
    if left.same != packet.same or last.told.verdict in _ENDS:
        return False
    near = packet.lines[0] - left.lines[1] <= _NEXT
    if packet.hook == "PREROUTING":
        back = packet.given.get("in") == "lo" == last.given.get("out")
        came = back and last.hook in ("OUTPUT", "POSTROUTING")
        return came and (near or _alike(last.given, packet.given))
    later = packet.hook != last.hook and packet.hook in _GOES_ON.get(last.hook, ())
    return later and _alike(last.given, packet.given)
