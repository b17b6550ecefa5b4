"""The chains on a way that are not the same for each packet that goes it, as one text.

Services of one shape have the same ways but for a few chains. Those that each packet goes through
are looked at once; of the others the text alone is read here, and whoever knows the shape
compares it whole.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet

from iptsim.dataclass import dataclass, field
from iptsim.late_rules import LateRules
from iptsim.many.line_frames import Told
from iptsim.many.twin_chains import LONG, Twin
from iptsim.many.twin_drafts import Draft, Found, Gone
from iptsim.model import Rule, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A chain that is come to: by that name, or as the target of a rule of an earlier one.

    `by` is the number of the turn and of the rule among those of it that have a target.
    """

    table: Table
    name: str
    by: tuple[int, int] | None
    shape: object


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """A turn whose text differs: by a `name` that is always the same, or through another stop."""

    table: Table
    name: str | None
    by: tuple[int, int]
    hooks: frozenset[str]
    long: bool
    leads: bool


@dataclass(slots=True, eq=False, kw_only=True)
class Route:
    """The turns of a way; `stops` are the numbers of those whose text differs.

    `drafts` are what is known of texts of packets that go there, the one that was met last first.
    """

    stops: tuple[int, ...]
    _stops: tuple[_Stop, ...]
    _led: Sequence[tuple[Table, AbstractSet[str], Sequence[int]]]
    """The stops without a name, by their tables and hooks."""
    drafts: list[Draft] = field(default_factory=list)

    def gone(self, destination: str) -> Gone | None:
        """The chains on the way of a packet to that address; None where it goes another way."""
        names, texts = list[str](), list[str]()
        numbers, targets = list[Sequence[int]](), list[Sequence[str]]()
        for stop in self._stops:
            name = stop.name
            if name is None:
                by, number = stop.by
                if number >= len(targets[by]):
                    return None
                name = targets[by][number]
            rules = _late(stop, name)
            found = None if rules is None else _standing(stop, rules, destination)
            if rules is None or found is None:
                return None
            names.append(name)
            texts.append(found[0])
            numbers.append(found[1])
            targets.append(rules.led_in(found[0]) if stop.leads else ())
        return Gone(text="".join(texts), numbers=numbers) if self._same_hooks(names) else None

    def met(
        self, told: Told, destination: str, fields: Sequence[str]
    ) -> tuple[Draft, Found] | None:
        """The draft of a packet's answer, and what the packet finds on its way."""
        gone = self.gone(destination)
        if gone is None:
            return None
        for at, draft in enumerate(self.drafts):
            found = draft.found(gone, told, fields) if draft.holds else None
            if found is not None:
                if at:
                    self.drafts.insert(0, self.drafts.pop(at))
                return draft, found
        return None

    def _same_hooks(self, names: Sequence[str]) -> bool:
        """Whether the packets of the same hooks come to these chains."""
        known = (
            table.leads_alike(hooks, [names[at] for at in led]) for table, hooks, led in self._led
        )
        if all(known):
            return True
        each = zip(self._stops, names, strict=True)
        return all(
            stop.name is not None or stop.table.hooks_by(names[stop.by[0]], name) == stop.hooks
            for stop, name in each
        )


def _late(stop: _Stop, name: str) -> LateRules[Rule] | None:
    chain = stop.table.by_name.get(name)
    rules = None if chain is None else chain.rules
    return rules if isinstance(rules, LateRules) else None


def _standing(
    stop: _Stop, rules: LateRules[Rule], destination: str
) -> tuple[str, Sequence[int]] | None:
    """The text for packets to that address, and the numbers of its lines, and of its rules."""
    if not stop.long:
        return rules.standing(None)
    places = rules.facing((destination,))
    found = rules.standing(places) if len(places) < LONG <= len(rules) else None
    return None if found is None else (found[0], [*found[1], *[at + 1 for at in places]])


def route(turns: Sequence[Turn], twins: Sequence[Twin], names: Sequence[str | None]) -> Route:
    """The way of these turns; `names` are those of chains that each packet comes to, None else."""
    stops = [at for at, name in enumerate(names) if name is None or twins[at].places is not None]
    numbers = {turn: number for number, turn in enumerate(stops)}
    led = {at: turns[at].by or (0, 0) for at in stops if names[at] is None}
    leading = {turn for turn, _rule in led.values()}
    made: list[_Stop] = []
    for at in stops:
        turn, rule = led.get(at, (stops[0], 0))
        made.append(_Stop(
            table=turns[at].table, name=names[at], by=(numbers[turn], rule), hooks=twins[at].hooks,
            long=twins[at].places is not None, leads=at in leading,
        ))  # fmt: skip
    return Route(stops=tuple(stops), _stops=tuple(made), _led=_by_hooks(made))


def _by_hooks(stops: Sequence[_Stop]) -> list[tuple[Table, AbstractSet[str], Sequence[int]]]:
    found: dict[Hashable, tuple[Table, AbstractSet[str], list[int]]] = {}
    for at, stop in enumerate(stops):
        if stop.name is None:
            kind = (id(stop.table), stop.hooks)
            found.setdefault(kind, (stop.table, stop.hooks, []))[2].append(at)
    return [*found.values()]
