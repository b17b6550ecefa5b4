"""Packets that go the same way through chains that do alike: one text, by the chains' own words.

A first packet to a service goes as one to another service did, through chains that differ from
those in single values alone. Where every value is the same as another one if it was there, of the
same class, and all that rules ask of it otherwise comes to the same, so does the whole way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache

from iptsim.dataclass import dataclass, field
from iptsim.many.address_classes import AddressClasses
from iptsim.many.line_frames import ADDRESSES, MOST_ADDRESSES, Told
from iptsim.many.quick_rules import QuickRule
from iptsim.many.quick_walk import Visit
from iptsim.many.twin_chains import Asked, Twin, TwinChains
from iptsim.many.twin_drafting import Example, drafted
from iptsim.many.twin_drafts import Draft, Found
from iptsim.many.twin_routes import Route, Turn, route
from iptsim.many.twin_texts import GAP, TwinText
from iptsim.many.ways import NotPlainError
from iptsim.values import format_address

VARYING = ("src", "dst", "sport", "dport")
"""The fields in which packets that go the same way may differ."""
_Texts = dict[str, str]
MOST_PLANS = 16
MOST_TEXTS = 400
"""Ways of packets that are the same in other fields; beyond that none is learned."""
MOST_VALUES = 400
MOST_ROUTES, MOST_DRAFTS = 4, 16
"""Those of one plan, beyond which the ones that were made first are told value by value."""
MOST_MET = 20_000
"""Destinations of which it is kept how packets to them go."""


@dataclass(slots=True, eq=False, kw_only=True)
class _Way:
    """What decides that packets go one way: the text of their answers.

    `names` are those of the chains that all of them came to so far, None where they are not one's.
    """

    text: TwinText
    names: list[str | None]


@dataclass(slots=True, eq=False, kw_only=True)
class _Plan:
    """The chains of a way, what their rules ask, and the texts by all that decides the way."""

    turns: tuple[Turn, ...]
    asked: Asked
    ways: dict[Hashable, _Way] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a packet's way: the text of those that go it, and its own sources."""

    plan: _Plan
    way: _Way
    twins: Sequence[Twin]
    sources: Sequence[str]


class Twins:
    """The ways of IPv4 packets, learned from answers that were told otherwise."""

    def __init__(self, classes: AddressClasses) -> None:
        self._classes, self._chains = classes, TwinChains(classes)
        self._plans: dict[Hashable, list[_Plan]] = {}
        self._met: dict[Hashable, tuple[Draft, Found]] = {}
        self._texts = 0

    def told(self, base: Hashable, told: Told, texts: _Texts, identity: str) -> str | None:
        """A packet's answer, where it is known; `texts` has its fields as answers show them.

        `base` has all that packets of one way have in common, `identity` is the JSON of its `id`.
        """
        plans = self._plans.get(base)
        if not plans:
            return None
        key, fields = (base, told["dst"], told.get("dport")), [*texts.values()]
        met = self._met.get(key)
        if met is not None and met[0].takes(told, texts, met[1].values):
            return met[0].told(identity, fields, met[1].words)
        for way in [way for plan in plans for way in plan.routes]:
            met = way.met(told, texts["dst"], fields)
            if met is not None:
                self._keep(key, met)
                return met[0].told(identity, fields, met[1].words)
        known = self._find(plans, told, texts)
        text = None if known is None else known.way.text.told(known.sources)
        if known is None or text is None:
            return None
        self._draft(known, told, texts)
        return _named(text, identity)

    def learn(
        self, base: Hashable, told: Told, visits: Iterable[Visit], text: Callable[[], str]
    ) -> None:
        """What is not known of a packet: the chains of its way, and its answer."""
        texts = texts_of(told)
        found = self._find(self._plans.get(base, ()), told, texts)
        if found is None and self._texts < MOST_TEXTS and "dst" in told:
            try:
                plan = self._planned(told, [*visits])
            except NotPlainError:
                self._texts += 1
                return
            plans = self._plans.setdefault(base, [])
            plans[:] = [plan, *plans[: MOST_PLANS - 1]]
            found = self._find(plans, told, texts)
        if found is not None and not found.way.text.dead:
            found.way.text.learn(text(), found.sources)

    def _find(self, plans: Iterable[_Plan], told: Told, texts: _Texts) -> Known | None:
        for plan in plans:
            twins = self._gone(plan, texts["dst"])
            if twins is not None:
                return self._known(plan, twins, told, texts)
        return None

    def _draft(self, known: Known, told: Told, texts: _Texts) -> None:
        """Learn of a packet whose answer is known to know others at one look."""
        plan, names = known.plan, known.way.names
        gone_to = route(plan.turns, known.twins, names)
        found = next((one for one in plan.routes if one.stops == gone_to.stops), gone_to)
        gone = found.gone(texts["dst"])
        if gone is None:
            return
        example = Example(
            twins=known.twins, stops=found.stops, told=told, texts=texts, gone=gone,
            names=[name for name in names if name is not None],
        )  # fmt: skip
        draft = drafted(example, known.way.text, plan.asked, self._classes)
        if draft is None:
            return
        found.drafts[:] = [
            draft, *[one for one in found.drafts if one.holds and one.text is not draft.text]
        ][:MOST_DRAFTS]  # fmt: skip
        if found is gone_to:
            plan.routes[:] = [found, *plan.routes[: MOST_ROUTES - 1]]

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

    def _known(self, plan: _Plan, twins: Sequence[Twin], told: Told, texts: _Texts) -> Known | None:
        values, sources = list[str](), list[str]()
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
        kind = (pattern, plan.asked.answers(addresses, ports))
        way = plan.ways.get(kind)
        if way is None:
            self._texts += 1
            if self._texts > MOST_TEXTS:
                return None
            way = plan.ways[kind] = _Way(text=TwinText(), names=[twin.name for twin in twins])
        for at, twin in enumerate(twins):
            if way.names[at] != twin.name:
                way.names[at] = None
        return Known(plan=plan, way=way, twins=twins, sources=[*texts.values(), *sources])

    def _keep(self, key: Hashable, met: tuple[Draft, Found]) -> None:
        if len(self._met) >= MOST_MET:
            self._met.clear()
        self._met[key] = met

    def _planned(self, told: Told, visits: Sequence[Visit]) -> _Plan:
        destination = texts_of(told)["dst"]
        turns: list[Turn] = []
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
            turns.append(Turn(table=visit.table, name=visit.chain.name, by=by, shape=twin.shape))
        return _Plan(turns=tuple(turns), asked=Asked.of(rules))


def _own(visit: Visit, twin: Twin) -> list[tuple[QuickRule, int]]:
    """The rules of a chain that packets may meet, each with the number that `Turn.by` has."""
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


def _named(text: str, identity: str) -> str:
    """The text with the packet's `id`, which may be none."""
    return text.replace(*((GAP, identity) if identity else (f'"id": {GAP}, ', "")), 1)


def texts_of(told: Told) -> _Texts:
    """The varying fields that a packet tells, as answers show them."""
    return {
        name: _address(told[name]) if name in ADDRESSES else str(told[name])
        for name in VARYING
        if name in told
    }


@lru_cache(maxsize=MOST_ADDRESSES)
def _address(number: int) -> str:
    return format_address(number, 32)
