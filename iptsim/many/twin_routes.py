"""The chains on a way that are not the same for each packet that goes it, as one text.

Services of one shape have the same ways but for a few chains. Those that each packet goes through
are looked at once; of the others the text alone is read here, and whoever knows the shape
compares it whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from iptsim.dataclass import dataclass, field
from iptsim.late_rules import LateRules
from iptsim.many.twin_chains import LONG, Twin
from iptsim.many.twin_drafts import Draft, Gone
from iptsim.model import Table


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
    hooks: AbstractSet[str]
    long: bool
    leads: bool

    def led(self, names: Sequence[str], targets: Sequence[Sequence[str]]) -> str | None:
        """The chain's name; None where it is none of that kind."""
        if self.name is not None:
            return self.name
        stop, number = self.by
        if number >= len(targets[stop]):
            return None
        name = targets[stop][number]
        return name if self.table.hooks_by(names[stop], name) == self.hooks else None

    def stands(self, rules: LateRules[object], to: str) -> tuple[str, Sequence[int]] | None:
        """The text for packets to that address, and the numbers of its lines, and of its rules."""
        if not self.long:
            return rules.standing(None)
        places = rules.facing((to,))
        found = rules.standing(places) if len(places) < LONG <= len(rules) else None
        return None if found is None else (found[0], [*found[1], *[at + 1 for at in places]])


@dataclass(slots=True, eq=False, kw_only=True)
class Route:
    """The turns of a way; `stops` are the numbers of those whose text differs.

    `drafts` are what is known of texts of packets that go there.
    """

    stops: tuple[int, ...]
    _stops: tuple[_Stop, ...]
    drafts: list[Draft] = field(default_factory=list)

    def gone(self, destination: str) -> Gone | None:
        """The chains on the way of a packet to that address; None where it goes another way."""
        names, texts = list[str](), list[str]()
        numbers, targets = list[Sequence[int]](), list[Sequence[str]]()
        for stop in self._stops:
            name = stop.led(names, targets)
            chain = None if name is None else stop.table.by_name.get(name)
            if name is None or chain is None or not isinstance(chain.rules, LateRules):
                return None
            found = stop.stands(chain.rules, destination)
            if found is None:
                return None
            names.append(name)
            texts.append(found[0])
            numbers.append(found[1])
            targets.append(chain.rules.led_in(found[0]) if stop.leads else ())
        return Gone(text="".join(texts), numbers=numbers)


def route(turns: Sequence[Turn], twins: Sequence[Twin], names: Sequence[str | None]) -> Route:
    """The way of these turns; `names` are those of chains that each packet comes to, None else."""
    stops = [at for at, name in enumerate(names) if name is None or twins[at].places is not None]
    numbers = {turn: number for number, turn in enumerate(stops)}
    leading = {turns[at].by[0] for at in stops if names[at] is None and turns[at].by is not None}
    made: list[_Stop] = []
    for at in stops:
        turn, by = turns[at], (0, 0)
        if names[at] is None:
            assert turn.by is not None
            by = (numbers[turn.by[0]], turn.by[1])
        made.append(_Stop(
            table=turn.table, name=names[at], by=by, hooks=twins[at].hooks,
            long=twins[at].places is not None, leads=at in leading,
        ))  # fmt: skip
    return Route(stops=tuple(stops), _stops=tuple(made))
