"""What would become of the packets of a rule without it: a walk from the ends of chains back.

All that is not certain counts as unknown: what a set here says of its packets holds for all of
them. A packet that would meet a rule with an effect besides its fate (a log line, a mark, a limit)
is in no set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from iptsim.actions import Branch, Jump, Return, Translate, Verdict
from iptsim.dataclass import dataclass, field
from iptsim.lint.flow import Flow, Passed
from iptsim.lint.rule_sets import Ask, rewrites
from iptsim.model import Chain

BACK = "back"
"""The fate of a packet that comes to the end of its chain."""
_MOST_FATES = 8

Fated = dict[object, Any]
"""Packets by what certainly becomes of them: a verdict with its options, or `BACK`."""


@dataclass(slots=True, kw_only=True)
class Tails:
    """The certain fates of one table's packets; `idle` are the rules that change none."""

    flow: Flow
    idle: list[tuple[Chain, Passed]] = field(default_factory=list)
    _told: frozenset[object] = frozenset()
    _whole: dict[str, Fated] = field(default_factory=dict)
    _exits: dict[str, Fated] = field(default_factory=dict)

    def walk(self) -> None:
        """Fill everything in. Precondition: the flow was walked."""
        self._told = frozenset(self._common())
        for chain in reversed(self.flow.order):
            whole = self._nothing_more()
            for ask in reversed(self.flow.sets.asks(chain)):
                whole = self._before(ask, whole)
            self._whole[chain.name] = whole if self.flow.known(chain) else {}
        for chain in self.flow.order:
            if chain.whole:
                self._check(chain)

    def fates(self, name: str) -> Fated:
        """The certain fates of packets that enter a chain."""
        return self._whole.get(name, {})

    def possible(self, name: str) -> frozenset[object] | None:
        """Every fate that a chain, and those it leads to, may give; None where that is open."""
        found: set[object] = set()
        seen, waiting = {name}, [name]
        while waiting:
            chain = self.flow.sets.table.chain(waiting.pop())
            if chain is None or not self.flow.is_here(chain.name) or not self.flow.known(chain):
                return None
            for ask in self.flow.sets.asks(chain):
                match ask.ready.actions[-1]:
                    case Verdict() | Translate() | Branch():
                        found.add(fate_of(ask))
                    case Jump(chain=to) if to not in seen:
                        seen.add(to)
                        waiting.append(to)
        return None if None in found else frozenset(found)

    def _common(self) -> Iterator[object]:
        """Fates that more than one rule has; to tell of each of a thousand would take long."""
        asks = (a for chain in self.flow.order for a in self.flow.sets.asks(chain))
        counts = Counter(key for ask in asks if (key := fate_of(ask)) is not None)
        yield from ("ACCEPT", "DROP")
        yield from (key for key, count in counts.most_common(_MOST_FATES) if count > 1)

    def _nothing_more(self) -> Fated:
        return {BACK: self.flow.sets.universe.manager.true}

    def _before(self, ask: Ask, after: Fated) -> Fated:
        """The fates of packets that come to a rule, by those of packets that come after it."""
        if not ask.clean:
            return {}
        met = self._of(ask, _within(after, ask.held), ask.held)
        return _joined(_within(after, ~ask.held), met)

    def _of(self, ask: Ask, after: Fated, met: Any) -> Fated:
        """The fates of packets that meet a rule; `after` tells those of the same packets alone."""
        key = fate_of(ask)
        if key is not None:
            return {key: met} if key in self._told else {}
        if any(rewrites(ask.ready.actions)):
            return {}
        match ask.ready.actions[-1]:
            case Return():
                return {BACK: met}
            case Jump(chain=name, goto=goto) if self.flow.is_here(name):
                inner = _within(self._whole.get(name, {}), met)
                return inner if goto else _followed(inner, after)
            case _:
                return {}

    def _check(self, chain: Chain) -> None:
        """Look for idle rules from the last one up, and hand on what follows each jump."""
        exits = self._exit(chain)
        after = self._nothing_more()
        nothing = self.flow.sets.universe.manager.false
        dead: Any = nothing
        for passed in reversed(self.flow.passed[chain.name]):
            # Of two rules that make each other superfluous only the one is told.
            if passed.met == nothing:
                dead |= passed.ask.held
            elif passed.met & dead == nothing and self._is_idle(passed, after, exits):
                self.idle.append((chain, passed))
            if passed.met != nothing:
                self._hand_on(passed, after, exits)
            after = self._before(passed.ask, after)

    def _is_idle(self, passed: Passed, after: Fated, exits: Fated) -> bool:
        nothing = self.flow.sets.universe.manager.false
        if not passed.ask.clean:
            return False
        # Within the packets that meet it, for those are few.
        after = _within(after, passed.met)
        own = self._of(passed.ask, after, passed.met)
        left = passed.met & ~_same(own, after, nothing)
        if left == nothing:
            return True
        own, full = (_followed(_within(fated, left), exits) for fated in (own, after))
        return bool(left & ~_same(own, full, nothing) == nothing)

    def _exit(self, chain: Chain) -> Fated:
        """What becomes of packets that come back from a chain, wherever they came from."""
        if chain.policy is not None:
            return {chain.policy: self.flow.sets.universe.manager.true}
        known = self.flow.all_callers_known(chain) and self.flow.known(chain)
        return self._exits.get(chain.name, {}) if known else {}

    def _hand_on(self, passed: Passed, after: Fated, exits: Fated) -> None:
        """A packet that returns from a chain goes on after the jump that it came by."""
        ending = passed.ask.ready.actions[-1]
        if not isinstance(ending, Jump):
            return
        here = _within({BACK: passed.met} if ending.goto else after, passed.met)
        told = {key: held | ~passed.met for key, held in _followed(here, exits).items()}
        before = self._exits.get(ending.chain)
        if before is not None:
            # A caller that tells nothing of a fate tells it of none of the packets that enter.
            none = ~self.flow.entry.get(ending.chain, self.flow.sets.universe.manager.true)
            keys = {**before, **told}
            told = {key: before.get(key, none) & told.get(key, none) for key in keys}
        self._exits[ending.chain] = told


def fate_of(ask: Ask) -> object | None:
    """The verdict of a rule that ends the table and does nothing else; two that are equal are one.

    None where the rule does something else, or more.
    """
    actions = ask.ready.actions
    match actions:
        case (Verdict(fate=fate),):
            target = ask.ready.rule.target
            plain = target is None or not target.options
            return fate.value if plain else (fate.value, target)
        case (Translate(),):
            return actions
        case _:
            return None


def _within(fated: Fated, some: Any) -> Fated:
    return {key: held & some for key, held in fated.items()}


def _followed(first: Fated, then: Fated) -> Fated:
    """What comes back goes on."""
    rest = {key: held for key, held in first.items() if key != BACK}
    if BACK not in first:
        return rest
    back = first[BACK]
    return _joined(rest, {key: held & back for key, held in then.items()})


def _joined(one: Fated, other: Fated) -> Fated:
    found = dict(one)
    for key, held in other.items():
        found[key] = found[key] | held if key in found else held
    return found


def _same(one: Fated, other: Fated, nothing: Any) -> Any:
    """The packets that certainly fare equally."""
    same: Any = nothing
    for key, held in one.items():
        if key in other:
            same |= held & other[key]
    return same
