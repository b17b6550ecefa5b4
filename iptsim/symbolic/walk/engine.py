"""All packets of a question at once, from the hook where they start to their fates.

The walk is the tracer's own (`iptsim.tracer.journey`): only the sets are diagrams, and worlds that
hold the same are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iptsim.actions import Action, questions_of, ways_of
from iptsim.dataclass import dataclass, replace
from iptsim.host import NOBODY, Host
from iptsim.model import Ruleset, Table
from iptsim.packet import Packet
from iptsim.predicate import Fact, Interface, Predicate, atoms
from iptsim.symbolic.sets.diagrams import Manager
from iptsim.symbolic.sets.universe import Universe, classes
from iptsim.symbolic.walk.earlier_walks import EarlierWalks
from iptsim.symbolic.walk.equal_worlds import Merging, Record
from iptsim.symbolic.walk.hidden_interfaces import limited
from iptsim.symbolic.walk.localnet import speaking_of_loopback
from iptsim.symbolic.walk.rules_ahead import Ahead
from iptsim.symbolic.walk.shared_walks import Walks
from iptsim.symbolic.walk.starts import begin_all
from iptsim.symbolic.walk.variable_order import order_of
from iptsim.tracer.host.arrival import Question
from iptsim.tracer.host.kernel_settings import settles_localnet
from iptsim.tracer.journey import End, Journey
from iptsim.tracer.rules.kinds import each_kind, interfaces_of
from iptsim.tracer.rules.ready import Library, Ready
from iptsim.tracer.rules.untold_chains import completed
from iptsim.values import InterfacePattern
from iptsim.worlds.world import Setting

_STATUSES = ("ct_snat", "ct_dnat")


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

    `interfaces` are names that questions will speak of besides those of the rules. With `as_read`
    the rule sets are not completed: what they do not tell is then the asker's business.
    """

    def __init__(
        self,
        manager: Manager,
        rulesets: Iterable[Ruleset],
        *,
        host: Host = NOBODY,
        interfaces: Iterable[str] = (),
        as_read: bool = False,
    ) -> None:
        whole = tuple(rulesets) if as_read else tuple(map(completed, rulesets))
        host = host.for_width(whole[0].width) if whole else host
        self.host = host
        listed = [Library(ruleset=r, host=host, limited=frozenset()) for r in whole]
        asked = [c for library in listed for c in conditions_of(library)]
        bound = [name for library in listed for name in interfaces_of(library)]
        native = [one.field for part in asked for one in atoms(part) if not isinstance(one, Fact)]
        self._asks = frozenset(name for library in listed for name in asked_by(library))
        self._statuses = any(name in _STATUSES for name in native)
        patterns = dict(patterns_in(asked))
        for name in ("lo", *_interfaces(host), *interfaces, *bound):
            patterns[name] = InterfacePattern(text=name)
        self.universe = Universe(manager, classes(patterns.values()), order_of(listed))
        names = limited(listed, self.universe)
        self._loopback: dict[str, frozenset[str]] = {}
        self.states: list[tuple[str, ...]] | None = None  # see `state_groups`, which looks once
        self.libraries = tuple(library.limiting(names) for library in listed)
        self._walks, self._ahead = Walks(self.libraries), Ahead()
        # Two sides share the walks of one question instead.
        self.earlier = EarlierWalks() if len(self.libraries) == 1 else None

    def _localnet(self, hook: str) -> frozenset[str]:
        """The fields of which route_localnet decides, where nobody told whether it is on."""
        if settles_localnet(self.host):
            return frozenset()
        if hook not in self._loopback:
            self._loopback[hook] = speaking_of_loopback(self.libraries, hook)
        return self._loopback[hook]

    def fates(
        self,
        which: int,
        packet: Packet,
        hook: str,
        within: Predicate | None = None,
        *,
        here: bool = True,
    ) -> Fates:
        """The fates of all packets that the question leaves open, in rule set number `which`.

        `here` is whether packets that arrive are for this host, where nothing tells.
        """
        question = Question(packet=packet, hook=hook, host=self.host)
        setting, worlds = begin_all(
            question,
            self.universe,
            within,
            here=here,
            named=self._asks,
            localnet=self._localnet(hook),
        )
        setting = replace(setting, statuses=self._statuses)
        self._walks.begin(which)
        merging = Merging(
            side=which, walks=self._walks, rules_ahead=self._ahead, earlier=self.earlier
        )
        journey = Journey(
            library=self.libraries[which], setting=setting, question=question, keeping=merging
        )
        ends = journey.go(*worlds) if worlds else []
        self._walks.end(which)
        return Fates(ends=tuple(ends), setting=setting, records=tuple(merging.records))


def _interfaces(host: Host) -> Iterator[str]:
    for width in (32, 128):
        yield from (address.interface for address in host.of(None, width))
        yield from host.devices_with_routes(width)
    yield from (each.name for each in host.devices or () if each.kind not in (None, "ether"))
    yield from (each.interface for each in host.sources)


def conditions_of(library: Library) -> Iterator[Predicate]:
    """The condition of every rule; of many one of each kind (`each_kind`).

    And what a rule of nftables asks once it has done something.
    """
    for ready in each_kind(library):
        yield ready.condition
        if ready.rule.nft is not None:
            yield from _branches(ready.actions)


def branches_of(library: Library) -> Iterator[Predicate]:
    """What targets ask before they do one thing or another; see `conditions_of`."""
    return (when for ready in each_kind(library) for when in _branches(ready.actions))


def _branches(actions: Iterable[Action]) -> Iterator[Predicate]:
    for action in actions:
        yield from questions_of(action)
        for way in ways_of(action):
            yield from _branches(way)


def read_by(library: Library) -> Iterator[str]:
    """The fields that the conditions of rules ask for, each as often as rules do."""
    return (name for ready in _every(library) for name in ready.reads)


def asked_by(library: Library) -> Iterator[str]:
    """The fields that rules ask for, but for what is not worth telling (`Ready.asks`)."""
    return (name for ready in each_kind(library) for name in ready.asks)


def _every(library: Library) -> Iterator[Ready]:
    return (ready for table in library.ruleset.tables for ready in _of(library, table))


def _of(library: Library, table: Table) -> Iterator[Ready]:
    return (ready for chain in table.chains for ready in library.chain(table, chain))


def patterns_in(predicates: Iterable[Predicate]) -> Mapping[str, InterfacePattern]:
    """The interface patterns that conditions ask for, also in what is told of facts, by text."""
    asked = (atom for predicate in predicates for atom in atoms(predicate))
    return {atom.pattern.text: atom.pattern for atom in asked if isinstance(atom, Interface)}
