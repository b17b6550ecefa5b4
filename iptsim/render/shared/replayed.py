"""How packets of a capture fared, as values that every output lays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iptsim.dataclass import dataclass, field
from iptsim.worlds.outcome import Outcome, Rewrite, Step

_TO = ("dst", "dport")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fared:
    """How a packet fares: one outcome, or several of which nothing tells which.

    Equal ones are one object. `presumed` is what was taken as given; `untold` is why several are
    possible: `state` where the capture does not show how the connection began, `text` where the
    rules hang on what no capture tells.
    """

    outcomes: tuple[Outcome, ...]
    presumed: tuple[str, ...] = ()
    untold: str = ""

    @property
    def firm(self) -> Outcome | None:
        """The only outcome."""
        return self.outcomes[0] if len(self.outcomes) == 1 and not self.untold else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A packet of the capture: its number, when it came, what was asked of it, how it fared.

    `kind` is what it is to its connection: first, again, answer, next, error, middle or none.
    `packet` has the keys of a JSON packet. Without `fared` it was not asked, because of `why`.
    """

    number: int
    time: float
    packet: Mapping[str, int | str] = field(default_factory=dict)
    kind: str = ""
    hook: str = ""
    fared: Fared | None = None
    why: str = ""


@dataclass(slots=True, kw_only=True)
class Totals:
    """What came of a capture: packets by how they fared, and those not asked by why.

    `premises` names what was taken as given of the whole capture. `refused` are connections that
    went on in it although the rules let none of their packets through.
    """

    capture: str = ""
    packets: int = 0
    first_time: float | None = None
    last_time: float | None = None
    fared: dict[Fared, int] = field(default_factory=dict)
    not_read: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    premises: tuple[str, ...] = ()
    connections: int = 0
    forgotten: int = 0
    refused: int = 0
    broken: str = ""

    def add(self, one: Replayed) -> None:
        """Count a packet."""
        self.packets += 1
        if self.first_time is None:
            self.first_time = one.time
        self.last_time = one.time
        if one.fared is None:
            self.not_read[one.why] = self.not_read.get(one.why, 0) + 1
            return
        self.fared[one.fared] = self.fared.get(one.fared, 0) + 1
        self.kinds[one.kind] = self.kinds.get(one.kind, 0) + 1

    def presumed(self) -> dict[str, int]:
        """Packets by what was taken as given of them."""
        counts: dict[str, int] = {}
        for fared, count in self.fared.items():
            for text in fared.presumed:
                counts[text] = counts.get(text, 0) + count
        return counts


def fate_name(outcome: Outcome) -> str:
    """`DROP`, `REDIRECT:15001`, `DNAT:10.0.0.9:80`, as `--fate` and `--only` take it."""
    if outcome.destination is None:
        return outcome.verdict
    for step in reversed(outcome.steps):
        if any(rewrite.chain is not None and rewrite.field in _TO for rewrite in step.rewrites):
            return _named(step, step.rewrites)
    return outcome.verdict


def _named(step: Step, rewrites: Sequence[Rewrite]) -> str:
    last = {rewrite.field: str(rewrite.after) for rewrite in rewrites}
    address = last.get("dst") if step.target in ("DNAT", "NETMAP", "DNPT") else None
    if address is not None and ":" in address:
        address = f"[{address}]"
    parts = [part for part in (step.target, address, last.get("dport")) if part]
    return ":".join(parts)


def matched(totals: Totals) -> list[tuple[Step, int]]:
    """Every rule, and how many packets matched it, of those whose way is certain."""
    counts: dict[tuple[str, str, int | None, str], int] = {}
    steps: dict[tuple[str, str, int | None, str], Step] = {}
    for fared, count in totals.fared.items():
        for step in fared.firm.steps if fared.firm else ():
            key = (step.table, step.chain, step.rule, "" if step.rule else step.target)
            steps.setdefault(key, step)
            counts[key] = counts.get(key, 0) + count
    return [
        (steps[key], counts[key]) for key in sorted(counts, key=lambda k: (k[:2], k[2] or 1 << 30))
    ]
