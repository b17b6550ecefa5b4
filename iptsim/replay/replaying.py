"""Packet by packet through a capture: what each is to its connection, and how it fares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.host import Host
from iptsim.netfilter.new_connections import ACK, first_state
from iptsim.render.shared.replayed import Fared, Replayed
from iptsim.replay.asking import Asking, First, Given, NotAskedError, unchanged
from iptsim.replay.capture import Taken
from iptsim.replay.forwarded_copies import Copies
from iptsim.replay.ip_headers import ICMP, ICMP6, TCP, Seen, Tuple, read_headers, reverse
from iptsim.replay.links import Framed
from iptsim.replay.not_read import (
    CUT,
    GATHERED,
    LEFT_AGAIN,
    NO_RULES,
    NOT_ASKED,
    WRONG_HEADER,
    NotReadError,
)
from iptsim.replay.seen_connections import Connections, Opened
from iptsim.replay.told_packets import of_packet, own, shown
from iptsim.replay.ways_in import Ways
from iptsim.values import parse_address

_SYN, _RST = 2, 4
_QUERIES = frozenset({(ICMP, 8), (ICMP, 13), (ICMP, 15), (ICMP, 17), (ICMP6, 128), (ICMP6, 139)})
FIRST, AGAIN, ANSWER, NEXT, ERROR, MIDDLE, ALONE = (
    "first", "again", "answer", "next", "error", "middle", "alone",
)  # fmt: skip
"""What a packet is to its connection: `middle` of one whose beginning was not captured, `alone` of
none (INVALID, UNTRACKED, fragments)."""


@dataclass(slots=True, eq=False, kw_only=True)
class Replay:
    """A capture on its way through a dump.

    `wanted` says of how a packet fared whether the packet itself is to be told.
    """

    asking: Asking
    host: Host
    ways: Ways
    read: Callable[[bytes], Framed]
    wanted: Callable[[Fared | None], bool]
    connections: Connections = field(default_factory=Connections)
    copies: Copies = field(default_factory=Copies)
    contradicted: int = 0
    """Connections that went on in the capture although the rules let no packet of them through."""

    def packets(self, taken: Iterable[Taken]) -> Iterator[Replayed]:
        """Each packet, as soon as it is read."""
        for one in taken:
            yield self.one(one)

    def one(self, taken: Taken) -> Replayed:
        """The next packet."""
        number, time, data, length = taken
        try:
            framed = self.read(data)
            seen = read_headers(data, framed.at, length)
            return self._seen(number, time, seen, framed)
        except NotReadError as error:
            # What is not there was not cut off where the capture has the whole packet.
            why = WRONG_HEADER if error.why == CUT and len(data) >= length else error.why
            return Replayed(number=number, time=time, why=why)

    def _seen(self, number: int, time: float, seen: Seen, framed: Framed) -> Replayed:
        if not self.asking.has(seen.family):
            raise NotReadError(NO_RULES)
        if seen.fragment and self.asking.asked(seen.family).gathers:
            raise NotReadError(GATHERED)
        try:
            kind, hook, fared = self._fared(seen, framed, time)
        except NotAskedError:
            raise NotReadError(NOT_ASKED) from None
        packet: Mapping[str, Any] = {}
        if self.wanted(fared):
            packet = shown(
                seen, framed, self.asking.asked(seen.family), self.ways.names(framed, hook)
            )
        return Replayed(number=number, time=time, packet=packet, kind=kind, hook=hook, fared=fared)

    def _fared(self, seen: Seen, framed: Framed, now: float) -> tuple[str, str, Fared]:
        if seen.is_error:
            return self._error(seen, framed, now)
        if seen.fragment:
            given = self._given(seen, framed)
            return ALONE, _hook(given), self.asking.first(given, seen.tuple_).fared
        found = self.connections.find(seen.tuple_, now)
        if found is not None and found[0].opens_anew(seen):
            self.connections.drop(found[0])
            found = None
        if framed.leaves and not framed.looped:
            self._refuse_copy(seen, found, now)
        if found is None:
            return self._first(seen, framed, now)
        if found[0].untracked:
            return self._untracked(seen, framed, now, *found)
        return self._later(seen, framed, now, *found)

    def _refuse_copy(self, seen: Seen, found: tuple[Opened, bool] | None, now: float) -> None:
        """A forwarded packet that leaves was asked as it arrived; it shows the translation."""
        arrived = self.copies.arrived(seen, now)
        if arrived is not None:
            opened, back = arrived
            if opened is not None and not back:
                self.connections.tell(opened, reverse(seen.tuple_), back=True)
                self.connections.tell(opened, seen.tuple_, back=False)
            raise NotReadError(LEFT_AGAIN)
        if found is not None and "forward" in found[0].destinations:
            raise NotReadError(LEFT_AGAIN)

    def _given(self, seen: Seen, framed: Framed) -> Given:
        return {
            **of_packet(seen, framed, self.asking.asked(seen.family)),
            **self.ways.of_first(seen, framed),
        }

    def _first(self, seen: Seen, framed: Framed, now: float) -> tuple[str, str, Fared]:
        given = self._given(seen, framed)
        opens = _opens(seen)
        state = first_state(seen.family, seen.proto, flags=seen.tcp_flags, icmp_type=seen.icmp_type)
        if not opens and state != "UNTRACKED":
            return self._middle(seen, given, framed, now)
        first = self.asking.first(given, seen.tuple_)
        hook = _hook(given)
        if not _tracked(first):
            self._arrived(seen, framed, now, None)
            self._pass_untracked(seen, given, first, now)
            return ALONE, hook, first.fared
        opened = self._opened(seen, given, first, now)
        self._arrived(seen, framed, now, opened)
        return FIRST, hook, first.fared

    def _pass_untracked(self, seen: Seen, given: Given, first: First, now: float) -> None:
        """Remember that a packet of these addresses and ports was not tracked."""
        if any(made["ctstate"] != "UNTRACKED" for made in first.made):
            return
        passed = Opened(
            tuple_=seen.tuple_, way=given.get("hook"), given=given, began=now, last=now,
            untracked=True, destinations=frozenset(e.destination for e in first.fared.outcomes),
        )  # fmt: skip
        tuples = ((seen.tuple_, False), (reverse(seen.tuple_), True))
        self.connections.add(passed, tuples, is_one=False)

    def _untracked(
        self, seen: Seen, framed: Framed, now: float, passed: Opened, back: bool
    ) -> tuple[str, str, Fared]:
        """A packet after an untracked one finds no connection: what it shows tells its state."""
        given = self._given(seen, framed)
        if back and framed.leaves is None and not self.ways.tells(seen):
            given = self._as_seen(seen, framed, passed, back=True)
        first = self.asking.first(given, seen.tuple_)
        self._arrived(seen, framed, now, None)
        if not _tracked(first):
            passed.saw(seen, now, back=back)
            return ALONE, _hook(given), first.fared
        self.connections.drop(passed)
        self._opened(seen, given, first, now)
        return FIRST, _hook(given), first.fared

    def _arrived(
        self, seen: Seen, framed: Framed, now: float, opened: Opened | None, *, back: bool = False
    ) -> None:
        if framed.leaves is False:
            self.copies.keep(seen, now, opened, back=back)

    def _opened(self, seen: Seen, given: Given, first: First, now: float) -> Opened:
        """Keep the connection that a first packet opens, by all tuples that its packets have."""
        through = first.let_through
        tuple_ = seen.tuple_
        opened = Opened(
            tuple_=tuple_, way=given.get("hook"), given=given, began=now, last=now,
            refused=not through,
            rejected={end.verdict for end in first.fared.outcomes} == {"REJECT"},
            translated=not all(unchanged(first.made[place]) for place in through),
            destinations=frozenset(first.fared.outcomes[p].destination for p in through),
        )  # fmt: skip
        tuples = [(tuple_, False), (reverse(tuple_), True)]
        for place in through:
            tuples += _after_nat(seen, first.made[place])
        self.connections.add(opened, tuples)
        opened.saw(seen, now, back=False)
        return opened

    def _middle(
        self, seen: Seen, given: Given, framed: Framed, now: float
    ) -> tuple[str, str, Fared]:
        """A packet of a connection whose beginning the capture does not show."""
        fared = self.asking.either(given, seen.tuple_, ("ESTABLISHED", None))
        destinations = frozenset(end.destination for end in fared.outcomes)
        opened = Opened(
            tuple_=seen.tuple_, way=given.get("hook"), given=given, began=now, last=now,
            middle=True, destinations=destinations,
        )  # fmt: skip
        self.connections.add(opened, [(seen.tuple_, False), (reverse(seen.tuple_), True)])
        opened.saw(seen, now, back=False)
        self._arrived(seen, framed, now, opened)
        return MIDDLE, _hook(given), fared

    def _later(
        self, seen: Seen, framed: Framed, now: float, opened: Opened, back: bool
    ) -> tuple[str, str, Fared]:
        if opened.refused and not back:
            return self._repeated(seen, framed, now, opened)
        if opened.rejected and (seen.tcp_flags or 0) & _RST:
            return self._related(seen, framed, opened, back=True)
        if opened.refused:
            if not opened.replied:
                self.contradicted += 1
            opened.replied = True
        kind = self._kind(opened, back)
        hook = self.ways.hook_of_later(opened, back=back)
        variant = tuple(own(seen, framed, self.asking.asked(seen.family)))
        key = (kind, back, seen.tuple_, variant)
        fared = opened.fared.get(key)
        if fared is None:
            fared = self._ask_later(seen, framed, opened, kind, back=back)
            if len(opened.fared) < _MOST_VARIANTS:
                opened.fared[key] = fared
        opened.saw(seen, now, back=back)
        self._arrived(seen, framed, now, opened, back=back)
        return kind, hook, fared

    def _repeated(
        self, seen: Seen, framed: Framed, now: float, opened: Opened
    ) -> tuple[str, str, Fared]:
        """Nothing is kept of a connection that was not let in: the packet is a first one again."""
        given = self._given(seen, framed)
        fared = self.asking.first(given, seen.tuple_).fared
        opened.saw(seen, now, back=False)
        self._arrived(seen, framed, now, None)
        return FIRST, _hook(given), fared

    def _related(
        self, seen: Seen, framed: Framed, opened: Opened, *, back: bool
    ) -> tuple[str, str, Fared]:
        """An error about a connection, or what REJECT makes of one (nf_conntrack_attach)."""
        given = self._given(seen, framed)
        if framed.leaves is None and not self.ways.tells(seen):
            given |= self.ways.of_later(seen, opened, back=back)
        fared = self.asking.first({**given, "ctstate": "RELATED"}, seen.tuple_).fared
        if opened.translated:
            fared = self.asking.unsure(fared)
        elif not seen.is_error:
            fared = self.asking.refusing(fared)
        return ERROR, _hook(given), fared

    @staticmethod
    def _kind(opened: Opened, back: bool) -> str:
        if opened.middle:
            return MIDDLE
        if back:
            return ANSWER
        return NEXT if opened.replied else AGAIN

    def _ask_later(
        self, seen: Seen, framed: Framed, opened: Opened, kind: str, *, back: bool
    ) -> Fared:
        asked = self.asking.asked(seen.family)
        if opened.middle or opened.refused:
            given = self._as_seen(seen, framed, opened, back=back)
            states = ("ESTABLISHED", None) if opened.middle else (None,)
            return self.asking.either(given, seen.tuple_, states)
        plain = not (opened.translated or asked.keeps or kind == AGAIN)
        if plain and self.ways.can_be_asked(opened, back=back):
            given = {**self._as_seen(seen, framed, opened, back=back), "ctstate": "ESTABLISHED"}
            found = self.asking.first(given, seen.tuple_).fared
            if found.firm is not None:
                return self.ways.known_to_be_ours(found, opened, self.asking)
        told = dict(own(seen, framed, asked))
        follows = {AGAIN: "again", ANSWER: "reply", NEXT: "next"}[kind]
        return self.asking.following((opened.given, opened.tuple_), follows, told)

    def _as_seen(self, seen: Seen, framed: Framed, opened: Opened, *, back: bool) -> Given:
        told = of_packet(seen, framed, self.asking.asked(seen.family))
        return {**told, **self.ways.of_later(seen, opened, back=back)}

    def _error(self, seen: Seen, framed: Framed, now: float) -> tuple[str, str, Fared]:
        """An ICMP error is RELATED to the connection of the packet that it quotes."""
        found = self.connections.find(seen.quoted, now) if seen.quoted else None
        given = self._given(seen, framed)
        if found is not None and found[0].untracked:
            return ERROR, _hook(given), self.asking.first(given, seen.tuple_).fared
        if found is None or not _has_errors(found[0]):
            return ERROR, _hook(given), self.asking.either(given, seen.tuple_, ("RELATED", None))
        return self._related(seen, framed, found[0], back=not found[1])


def _has_errors(opened: Opened) -> bool:
    """Whether an ICMP error about it is RELATED, as the one is that REJECT makes."""
    return not opened.middle and (opened.rejected or not opened.refused)


_MOST_VARIANTS = 64


def _opens(seen: Seen) -> bool:
    """Whether a packet is one that a connection begins with."""
    if seen.proto == TCP:
        return (seen.tcp_flags or 0) & (_SYN | ACK) == _SYN
    if seen.icmp_type is not None:
        return (seen.proto, seen.icmp_type) in _QUERIES
    return True


def _tracked(first: First) -> bool:
    """Whether it opened a connection, or would have, had it been let through."""
    return any(made["ctstate"] == "NEW" for made in first.made)


def _hook(given: Given) -> str:
    return str(
        given.get("hook") or ("OUTPUT" if "out" in given and "in" not in given else "PREROUTING")
    )


def _after_nat(seen: Seen, made: Mapping[str, Any]) -> Iterator[tuple[Tuple, bool]]:
    """The tuples that packets have behind the translation, where all of it is known."""
    family, proto, *ends = seen.tuple_
    if unchanged(made):
        return
    try:
        src, dst, sport, dport = (
            _number(made.get(name, end)) for name, end in zip(_ENDS, ends, strict=True)
        )
    except ValueError:
        return
    behind: Tuple = (family, proto, src, dst, sport, dport)
    yield reverse(behind), True
    yield behind, False


_ENDS = ("src", "dst", "sport", "dport")


def _number(value: object) -> int:
    if isinstance(value, int):
        return value
    return parse_address(str(value))[0]
