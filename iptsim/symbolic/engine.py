"""All packets of a question at once, from the hook where they start to their fates.

The walk is the tracer's own (`iptsim.tracer.journey`): only the sets are diagrams, and worlds that
hold the same are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from iptsim.host import NOBODY, Host
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.predicate import Predicate
from iptsim.symbolic.diagrams import Manager
from iptsim.symbolic.merging import Merging, Record
from iptsim.symbolic.packets import Packets
from iptsim.symbolic.universe import ORDER, Universe, classes, patterns_in
from iptsim.tracer.compile import Library
from iptsim.tracer.journey import End, Journey
from iptsim.tracer.regions import Region
from iptsim.tracer.start import Question, begin
from iptsim.tracer.terms import resolve
from iptsim.tracer.world import Setting
from iptsim.values import InterfacePattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """Where the packets of a question end, and what their variables mean.

    `records` has which packets met which rule, in the order in which a packet meets rules.
    """

    ends: tuple[End, ...]
    setting: Setting
    records: tuple[Record, ...] = ()


class Engine:
    """Asks several rule sets of one family in one universe.

    `interfaces` are names that questions will speak of besides those of the rules.
    """

    def __init__(
        self,
        manager: Manager,
        rulesets: Iterable[Ruleset],
        *,
        host: Host = NOBODY,
        interfaces: Iterable[str] = (),
    ) -> None:
        self.host = host
        self.libraries = tuple(Library(ruleset=ruleset, host=host) for ruleset in rulesets)
        asked = (c for library in self.libraries for c in conditions_of(library))
        patterns = dict(patterns_in(asked))
        for name in ("lo", *interfaces):
            patterns[name] = InterfacePattern(text=name)
        self.universe = Universe(manager, classes(patterns.values()))

    def fates(
        self, which: int, packet: Packet, hook: str, within: Predicate | None = None
    ) -> Fates:
        """The fates of all packets that the question leaves open, in rule set number `which`."""
        question = Question(packet=packet, hook=hook, host=self.host)
        setting, world = begin(question)
        for name in ORDER:
            self.universe.declare(name, setting.domains[name])
        everything = Packets(universe=self.universe, held=self.universe.manager.true)
        regions: list[Region] = [everything]
        if within is not None:
            asked = resolve(within, world.fields, {})
            regions = everything.apart(asked, setting.domains)[0]
        merging = Merging(side=which)
        journey = Journey(
            library=self.libraries[which], setting=setting, question=question, keeping=merging
        )
        ends = journey.go(replace(world, regions=tuple(regions))) if regions else []
        return Fates(ends=tuple(ends), setting=setting, records=tuple(merging.records))


def conditions_of(library: Library) -> Iterator[Predicate]:
    """The condition of every rule."""
    for table in library.ruleset.tables:
        for chain in table.chains:
            for ready in library.chain(table, chain):
                yield ready.condition
