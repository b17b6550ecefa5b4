"""Which packets come to each rule of a table, and which of them meet it.

Chains are walked once each, callers before those they call. All that is not certain counts as
possible: whoever is never met here is never met.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any

from iptsim.actions import Action, Jump, Return, Translate, Verdict, ways_of
from iptsim.chain_graph import Leap
from iptsim.dataclass import dataclass, field
from iptsim.lint.rule_sets import Ask, Sets
from iptsim.model import BUILTIN_CHAINS, Chain, Table
from iptsim.tracer.rules.untold_chains import leads_away

# Kernels before 2.6.36 have no INPUT in nat, those before 2.4.18 only these two in mangle.
_OPTIONAL = {"nat": {"INPUT"}, "mangle": {"INPUT", "FORWARD", "POSTROUTING"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The packets that met a rule, and those of them that the rules after it never see."""

    ask: Ask
    met: Any
    taken: Any


@dataclass(slots=True, kw_only=True)
class Flow:
    """The way of all packets through one table."""

    sets: Sets
    leaps: tuple[Leap, ...]
    entry: dict[str, Any] = field(default_factory=dict)
    passed: dict[str, list[Passed]] = field(default_factory=dict)
    left: dict[str, Any] = field(default_factory=dict)
    order: list[Chain] = field(default_factory=list)
    hooks: dict[str, list[str]] = field(default_factory=dict)
    _returns: dict[str, Any] = field(default_factory=dict)
    _fresh: dict[str, frozenset[int]] = field(default_factory=dict)
    _led: dict[str, list[Leap]] = field(default_factory=dict)
    _whole: bool | None = None

    def walk(self) -> None:
        """Fill everything in. Precondition: the table has no jump loop."""
        self.order = _callers_first(self.sets.table, self.leaps)
        nothing = self.sets.universe.manager.false
        self.entry = {chain.name: nothing for chain in self.order}
        self.hooks = {chain.name: [] for chain in self.order}
        for chain in reversed(self.order):
            self._summarise(chain)
        for chain in self.order:
            self._begin(chain)
            self._chain(chain)

    def known(self, chain: Chain) -> bool:
        """Whether the dump has all of its rules, as far as that can be seen."""
        return chain.declared and chain.whole

    def all_callers_known(self, chain: Chain) -> bool:
        """Whether no rule that the dump does not show may lead to the chain."""
        if chain.references is not None:
            return chain.references == len(self.led(chain.name))
        if self._whole is None:
            self._whole = is_whole(self.sets.table)
        return self._whole

    def led(self, name: str) -> Sequence[Leap]:
        """The rules that lead to a chain; each chain asks, so they are sorted once."""
        if not self._led:
            for leap in self.leaps:
                self._led.setdefault(leap.to, []).append(leap)
        return self._led.get(name, ())

    def is_here(self, name: str) -> bool:
        """Whether the dump has the chain that a rule leads to."""
        chain = self.sets.table.chain(name)
        return chain is not None and (chain.declared or bool(chain.rules))

    def live(self, name: str) -> list[Leap]:
        """The rules by which packets come to a chain. Precondition: the flow was walked."""
        nothing = self.sets.universe.manager.false
        return [one for one in self.led(name) if self.passed[one.chain][one.at - 1].met != nothing]

    def returns(self, name: str) -> Any:
        """The packets that may come back from a chain, if they enter it."""
        return self._returns.get(name, self.sets.universe.manager.true)

    def goes_on(self, ask: Ask, met: Any) -> tuple[Any, Any, Any]:
        """Of packets that meet a rule: those that go on in its chain, come back, and jump."""
        nothing = self.sets.universe.manager.false
        if ask.ready.rule.nft is None:
            return self._goes_on(ask.ready.actions[-1], met)
        found = [self._goes_on(ending, met) for ending in endings(ask.ready.actions)]
        onward, returned, jumped = (reduce(or_, sets, nothing) for sets in zip(*found, strict=True))
        return onward, returned, jumped

    def _goes_on(self, ending: Action, met: Any) -> tuple[Any, Any, Any]:
        nothing = self.sets.universe.manager.false
        match ending:
            case Verdict() | Translate():
                return nothing, nothing, nothing
            case Return():
                return nothing, met, nothing
            case Jump(chain=name, goto=goto):
                back = met & self.returns(name) if self.is_here(name) else met
                return (nothing, back, met) if goto else (back, nothing, met)
            case _:
                return met, nothing, nothing

    def _begin(self, chain: Chain) -> None:
        if chain.name in self.sets.table.builtin:
            hook = chain.name if chain.base is None else chain.base.hook.upper()
            self.entry[chain.name] |= self.sets.start(hook)
            self.hooks[chain.name].append(hook)
        elif not self.all_callers_known(chain):
            self.entry[chain.name] = self.sets.base

    def _chain(self, chain: Chain) -> None:
        here, back = self.entry[chain.name], self.sets.universe.manager.false
        self.passed[chain.name] = []
        for ask in self.sets.asks(chain):
            met = here & ask.held
            onward, returned, jumped = self.goes_on(ask, met)
            for ending in endings(ask.ready.actions):
                self._enter(chain, ending, jumped)
            self.passed[chain.name].append(Passed(ask=ask, met=met, taken=met & ~onward))
            here = (here & ~ask.held) | onward
            back |= returned
        self.left[chain.name] = here | back

    def _enter(self, chain: Chain, ending: Action, jumped: Any) -> None:
        if not isinstance(ending, Jump) or not self.is_here(ending.chain):
            return
        if jumped != self.sets.universe.manager.false:
            self.entry[ending.chain] |= jumped
            told = dict.fromkeys((*self.hooks[ending.chain], *self.hooks[chain.name]))
            self.hooks[ending.chain] = list(told)

    def _summarise(self, chain: Chain) -> None:
        """What comes back from a chain, whatever the looks at its unknowns answer."""
        manager = self.sets.universe.manager
        here, back = manager.true, manager.false
        fresh: set[int] = set()
        for ask in self.sets.asks(chain):
            met = here & ask.held
            onward, returned, _jumped = self.goes_on(ask, met)
            here = (here & ~ask.held) | onward
            back |= returned
            fresh |= ask.fresh
        found = here | back
        if not self.known(chain):
            found = manager.true
        self._returns[chain.name] = manager.without(found, fresh) if fresh else found


def native_leaps(table: Table) -> Iterator[Leap]:
    """Where rules of nftables lead, of which one may lead to many chains."""
    for chain in table.chains:
        for at, (number, rule) in enumerate(chain.numbered(), 1):
            for to in getattr(rule, "aims", ()):
                yield Leap(
                    table=table.name, chain=chain.name, rule=number, at=at, to=to, goto=False,
                    place=rule.place,
                )  # fmt: skip


def endings(actions: tuple[Action, ...]) -> Iterator[Action]:
    """How a rule may end, whichever way it goes."""
    ways = ways_of(actions[-1])
    if not ways:
        yield actions[-1]
    for way in ways:
        yield from endings(way)


def is_whole(table: Table) -> bool:
    """Whether the dump has every rule of the table, so that all callers of a chain are in it."""
    if table.nft_table is not None:
        return table.is_whole and not table.fresh and not table.nft_table.unread
    names = set(BUILTIN_CHAINS.get(table.name, ())) - _OPTIONAL.get(table.name, set())
    told = {chain.name for chain in table.chains if chain.policy is not None}
    return bool(names) and names <= told and not leads_away(table)


def _callers_first(table: Table, leaps: tuple[Leap, ...]) -> list[Chain]:
    """The chains in an order in which whoever leads to a chain comes before it."""
    waiting = {chain.name: 0 for chain in table.chains}
    below: dict[str, list[str]] = {name: [] for name in waiting}
    for leap in leaps:
        if leap.to in waiting:
            waiting[leap.to] += 1
            below[leap.chain].append(leap.to)
    ready = [name for name in waiting if not waiting[name]]
    found: list[Chain] = []
    while ready:
        name = ready.pop()
        found.append(table.by_name[name])
        for to in below[name]:
            waiting[to] -= 1
            if not waiting[to]:
                ready.append(to)
    return found


def leaps_of(leaps: tuple[Leap, ...], table: str) -> Iterator[Leap]:
    """The leaps of one table."""
    return (leap for leap in leaps if leap.table == table)
