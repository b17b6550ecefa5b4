"""Packets that go the same way through chains that do alike: one text, by the chains' own words.

A first packet to a service goes as one to another service did, through chains that differ from
those in single values alone. Where every value is the same as another one if it was there, of the
same class, and all that rules ask of it otherwise comes to the same, so does the whole way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from iptsim.dataclass import dataclass, field
from iptsim.many.address_classes import AddressClasses
from iptsim.many.line_frames import Told
from iptsim.many.quick_rules import QuickRule
from iptsim.many.quick_walk import Visit
from iptsim.many.twin_chains import Asked, Twin, TwinChains
from iptsim.many.twin_texts import TwinText
from iptsim.many.ways import NotPlainError
from iptsim.model import Table
from iptsim.values import format_address

VARYING = ("src", "dst", "sport", "dport")
"""The fields in which packets that go the same way may differ."""
_OWN = ("src", "sport")
"""Those in which packets to one destination and port may differ."""
_Texts = dict[str, str]
MOST_PLANS = 16
MOST_TEXTS = 400
"""Ways of packets that are the same in other fields; beyond that none is learned."""
MOST_VALUES = 400
MOST_MET = 20_000
"""Destinations of which it is kept how packets to them go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """A chain that is come to: by that name, or as the target of a rule of an earlier one.

    `by` is the number of the turn and of the rule among those of it that have a target.
    """

    table: Table
    name: str
    by: tuple[int, int] | None
    shape: object


@dataclass(slots=True, eq=False, kw_only=True)
class _Plan:
    """The chains of a way, what their rules ask, and the texts by all that decides the way."""

    turns: tuple[_Turn, ...]
    asked: Asked
    texts: dict[Hashable, TwinText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a packet's way: the text of those that go it, and its own sources."""

    text: TwinText
    sources: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Met:
    """How packets to one destination and port go, whose `_OWN` fields have values of their own.

    `values` and `sources` are those of the chains.
    """

    asked: Asked
    came: Hashable
    text: TwinText
    values: Sequence[str]
    sources: Sequence[str]

    def known(self, told: Told, texts: _Texts) -> Known | None:
        """What is known of another packet; None where only its chains tell."""
        own = [texts[name] for name in _OWN if name in texts]
        if not all(_is_alone(one, texts, self.values) for one in own):
            return None
        if _own_answers(self.asked, told) != self.came:
            return None
        return Known(text=self.text, sources=[*texts.values(), *self.sources])


class Twins:
    """The ways of IPv4 packets, learned from answers that were told otherwise."""

    def __init__(self, classes: AddressClasses) -> None:
        self._chains = TwinChains(classes)
        self._plans: dict[Hashable, list[_Plan]] = {}
        self._met: dict[Hashable, _Met] = {}
        self._texts = 0

    def find(self, base: Hashable, told: Told) -> Known | None:
        """What is known of a packet; `base` has all that packets of one way have in common."""
        plans = self._plans.get(base)
        if not plans:
            return None
        texts, key = _texts(told), (base, told["dst"], told.get("dport"))
        met = self._met.get(key)
        known = None if met is None else met.known(told, texts)
        if known is not None:
            return known
        for plan in plans:
            twins = self._gone(plan, texts["dst"])
            if twins is not None:
                return self._known(plan, twins, (key, told), texts)
        return None

    def learn(
        self, base: Hashable, told: Told, visits: Iterable[Visit], text: Callable[[], str]
    ) -> None:
        """What `find` does not know: the chains of a packet's way, and its answer."""
        found = self.find(base, told)
        if found is None and self._texts < MOST_TEXTS and "dst" in told:
            try:
                plan = self._planned(told, [*visits])
            except NotPlainError:
                self._texts += 1
                return
            plans = self._plans.setdefault(base, [])
            plans[:] = [plan, *plans[: MOST_PLANS - 1]]
            found = self.find(base, told)
        if found is not None and not found.text.dead:
            found.text.learn(text(), found.sources)

    def _gone(self, plan: _Plan, destination: str) -> list[Twin] | None:
        twins: list[Twin] = []
        names: list[str] = []
        for turn in plan.turns:
            name, caller = turn.name, None
            if turn.by is not None:
                name, caller = twins[turn.by[0]].parted.led[turn.by[1]], names[turn.by[0]]
            twin = self._chains.of(turn.table, name, destination, caller)
            if twin is None or twin.shape is not turn.shape:
                return None
            twins.append(twin)
            names.append(name)
        return twins

    def _known(
        self, plan: _Plan, twins: Sequence[Twin], asked: tuple[Hashable, Told], texts: _Texts
    ) -> Known | None:
        (key, told), values, sources = asked, list[str](), list[str]()
        addresses = [told[name] for name in ("src", "dst") if name in told]
        ports = [told[name] for name in ("sport", "dport") if name in told]
        for twin in twins:
            values += twin.parted.values
            sources += twin.words
            addresses += twin.addresses
            ports += twin.ports
        first: dict[str, int] = {}
        every = (*texts.values(), *values)
        pattern = tuple([first.setdefault(one, at) for at, one in enumerate(every)])
        way = (pattern, plan.asked.answers(addresses, ports))
        text = plan.texts.get(way)
        if text is None:
            self._texts += 1
            if self._texts > MOST_TEXTS:
                return None
            text = plan.texts[way] = TwinText()
        self._keep(key, _Met(
            asked=plan.asked, came=_own_answers(plan.asked, told), text=text,
            values=values, sources=sources,
        ), texts)  # fmt: skip
        return Known(text=text, sources=[*texts.values(), *sources])

    def _keep(self, key: Hashable, met: _Met, texts: _Texts) -> None:
        if all(_is_alone(texts[name], texts, met.values) for name in _OWN if name in texts):
            if len(self._met) >= MOST_MET:
                self._met.clear()
            self._met[key] = met

    def _planned(self, told: Told, visits: Sequence[Visit]) -> _Plan:
        destination = _texts(told)["dst"]
        turns: list[_Turn] = []
        rules: list[tuple[QuickRule, Twin]] = []
        places: dict[int, tuple[int, int]] = {}
        seen: set[tuple[int, str]] = set()
        for visit in visits:
            key = (id(visit.table), visit.chain.name)
            if key in seen:
                continue
            seen.add(key)
            twin = self._chains.of(visit.table, visit.chain.name, destination)
            if twin is None or (twin.places is not None and visit.destination != told["dst"]):
                raise NotPlainError
            by = None if visit.by is None else places[id(visit.by)]
            own = _own(visit, twin)
            places.update({id(rule): (len(turns), led) for rule, led in own})
            rules += [(rule, twin) for rule, _led in own]
            turns.append(_Turn(table=visit.table, name=visit.chain.name, by=by, shape=twin.shape))
        return _Plan(turns=tuple(turns), asked=Asked.of(rules))


def _own(visit: Visit, twin: Twin) -> list[tuple[QuickRule, int]]:
    """The rules of a chain that packets may meet, each with the number that `_Turn.by` has."""
    if len(twin.parted.values) > MOST_VALUES:
        raise NotPlainError
    found = []
    wanted = None if twin.places is None else set(twin.places)
    every = (one for one in visit.quick.rules if wanted is None or one.ready.at - 1 in wanted)
    for at, rule in enumerate(every):
        found.append((rule, sum(twin.parted.leads[:at])))
    if len(found) != len(twin.parted.leads):
        raise NotPlainError
    return found


def _is_alone(text: str, texts: _Texts, values: Sequence[str]) -> bool:
    """Whether no other value of a way is the same."""
    return text not in values and [*texts.values()].count(text) == 1


def _own_answers(asked: Asked, told: Told) -> Hashable:
    """What rules ask of the fields that packets to one destination have of their own."""
    found = ([told[name]] if name in told else [] for name in _OWN)
    return asked.answers(*found)


def _texts(told: Told) -> _Texts:
    """The varying fields that a packet tells, as answers show them."""
    return {
        name: format_address(told[name], 32) if name in ("src", "dst") else str(told[name])
        for name in VARYING
        if name in told
    }
