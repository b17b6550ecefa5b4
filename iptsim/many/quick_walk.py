"""Through the chains of one table, with packets that tell what is asked of them.

As `iptsim.tracer.chains` walks, rule by rule and in its order; what is not as plain is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iptsim import codes
from iptsim.actions import Action, Branch, Fate, Jump, Return, Translate, Verdict
from iptsim.dataclass import dataclass, field
from iptsim.extensions.any_target import BESIDE
from iptsim.many.indexed import Index
from iptsim.many.quick_conditions import Answer, Test, truth
from iptsim.many.quick_deeds import Deeds
from iptsim.many.quick_rules import QuickChain, QuickRule, QuickRules, Written
from iptsim.many.skeletons import Stage
from iptsim.many.ways import OWN, NotPlainError, Signature, Way
from iptsim.model import Chain, Table
from iptsim.predicate import Fact
from iptsim.tracer.rules.jumps import DEEPEST
from iptsim.tracer.rules.step_words import policy_step, word

MOST_WAYS = 40
"""Ways of one packet up to which they are followed here; the tracer joins some of more."""
MOST_TAKEN = 1000
"""Steps after which a packet is left to the tracer, which stops at some."""

Ended = list[tuple[Way, Fate]]
_By = tuple[QuickRule, tuple[str, ...]]
"""A rule, and the chains that packets are in there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """Ways came to a chain, by that rule; all go to one `destination`, or None."""

    table: Table
    chain: Chain
    by: QuickRule | None
    quick: QuickChain
    destination: int | None


@dataclass(slots=True, eq=False, kw_only=True)
class QuickWalk:
    """Walks one table at one hook; `presumed` are the fields that nobody gave, with a usual value.

    What it meets it says to `signature`.
    """

    rules: QuickRules
    table: Table
    hook: str
    presumed: frozenset[str]
    deeds: Deeds
    signature: Signature
    written: Written
    ended: Ended = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    """The fields that were asked for on the way."""
    visits: list[Visit] = field(default_factory=list)

    def run(self, ways: list[Way]) -> Ended:
        """As `Walker.run`."""
        chain = self.table.chain(self.hook)
        if chain is None:
            return [(way, Fate.ACCEPT) for way in ways]
        if self.table.name == BESIDE:
            raise NotPlainError
        back = self._chain(chain, ways, (chain.name,), None)
        fate = Fate(chain.policy or "ACCEPT")
        text = self.written(policy_step(self.table, self.hook, chain)) if back else ""
        for way in back:
            way.steps = (*way.steps, text)
            self.ended.append((way, fate))
        self.signature.said.append(len(back))
        return self.ended

    def _chain(
        self, chain: Chain, ways: list[Way], path: tuple[str, ...], by: QuickRule | None
    ) -> list[Way]:
        """The ways that come back from a chain."""
        if not ways:
            return []
        back, here = list[Way](), ways
        destination = _destination(ways)
        quick = self.rules.chain(self.table, chain, destination)
        self.visits.append(
            Visit(table=self.table, chain=chain, by=by, quick=quick, destination=destination)
        )
        if not quick.sorts.isdisjoint(OWN):
            self.signature.guards = None
        self.reads |= quick.sorts
        for place in self._places(quick.index, here):
            here = self._rule(quick.rules[place], here, back, path)
            if not here:
                break
        return [*back, *here]

    @staticmethod
    def _places(index: Index, ways: list[Way]) -> Sequence[int]:
        """The places of the rules that one of the ways may match."""
        first, *others = [index.places(way.held) for way in ways]
        if all(one == first for one in others):
            return first
        return sorted({place for one in (first, *others) for place in one})

    def _rule(
        self, rule: QuickRule, ways: list[Way], back: list[Way], path: tuple[str, ...]
    ) -> list[Way]:
        matched: list[Way] = []
        onward: list[Way] = []
        for number, way in enumerate(ways):
            self._part(rule, number, way, matched, onward)
        if not matched:
            return onward
        self._meet(rule, matched)
        return [*self._act(rule, rule.ready.actions, matched, back, path), *onward]

    def _part(
        self, rule: QuickRule, number: int, way: Way, matched: list[Way], onward: list[Way]
    ) -> None:
        found = rule.condition.of_packet(way.held, way.gone)
        self.reads |= rule.fields
        if rule.own is None:
            self.signature.guards = None
        elif rule.own:
            self._guard(rule.own, way)
        if rule.ready.asks and not rule.ready.asks.isdisjoint(self.presumed):
            self._presume(rule, way, found)
        if found is None:
            raise NotPlainError
        if found is True:
            self.signature.said += ("yes", number)
            matched.append(way)
        elif found is False:
            onward.append(way)
        else:
            self._fork(number, way, found, (matched, onward))

    def _guard(self, tests: Sequence[tuple[str, Test]], way: Way) -> None:
        guards = self.signature.guards
        if guards is not None:
            own = ((name, test) for name, test in tests if name in way.own)
            guards += ((name, test, test(way.held[name])) for name, test in own)

    def _fork(
        self, number: int, way: Way, found: tuple[Fact, bool], sides: tuple[list[Way], list[Way]]
    ) -> None:
        fact, wanted = found
        if (way.vague and fact.reads) or fact.code == codes.HIDDEN_INTERFACE:
            raise NotPlainError  # ways that differ only in what a listing hides are joined
        self.signature.said += ("fact", number, fact.code, fact.usually, wanted)
        self.signature.value(fact.key)
        known = way.facts.get(fact.key)
        for side, value in zip(sides, (wanted, not wanted), strict=True):
            if known is None:
                side.append(way.forked(fact, value))
            elif known[1] is value:
                side.append(way)

    def _presume(self, rule: QuickRule, way: Way, found: Answer) -> None:
        """As `Walker._presume`: whether a presumed value decides."""
        for name in sorted((rule.ready.asks & self.presumed) - way.gone.keys() - way.noted):
            held = {field: value for field, value in way.held.items() if field != name}
            if rule.condition.of_packet(held, way.gone) != found:
                way.noted |= {name}
                self.signature.said += ("presumed", name)

    def _meet(self, rule: QuickRule, matched: list[Way]) -> None:
        if rule.ready.untold is not None or not rule.ready.number:
            raise NotPlainError
        self.signature.said += (rule.shape, len(matched))
        self.signature.value(rule)
        if len(matched) + len(self.ended) > MOST_WAYS:
            raise NotPlainError

    def _act(
        self,
        rule: QuickRule,
        actions: tuple[Action, ...],
        ways: list[Way],
        back: list[Way],
        path: tuple[str, ...],
    ) -> list[Way]:
        ending = actions[-1]
        for way in ways:
            for action in actions:
                self.deeds.do(way, action, rule)
        if isinstance(ending, Branch):
            yes, no = self._branched(ending, ways)
            onward = self._act(rule, ending.then, yes, back, path) if yes else []
            rest = self._act(rule, ending.otherwise, no, back, path) if no else []
            return [*onward, *rest]
        text = rule.text(self.hook, word(ending), self.written)
        for way in ways:
            way.steps = (*way.steps, text)
            if len(way.steps) > MOST_TAKEN:
                raise NotPlainError
        return self._finish(ending, ways, back, (rule, path))

    def _branched(self, branch: Branch, ways: list[Way]) -> tuple[list[Way], list[Way]]:
        sides: tuple[list[Way], list[Way]] = ([], [])
        for way in ways:
            found = truth(branch.when, way.held, way.gone)
            if found is None:
                raise NotPlainError
            self.signature.said.append(found)
            sides[0 if found else 1].append(way)
        return sides

    def _finish(
        self,
        ending: Action,
        ways: list[Way],
        back: list[Way],
        by: _By,
    ) -> list[Way]:
        match ending:
            case Verdict(bypassed=True):
                raise NotPlainError
            case Verdict(fate=fate):
                self.ended += [(way, fate) for way in ways]
            case Translate():
                self.ended += [(way, Fate.ACCEPT) for way in ways]
            case Return():
                back += ways
            case Jump():
                return self._jump(ending, ways, back, by)
            case _:
                return ways
        return []

    def _jump(self, jump: Jump, ways: list[Way], back: list[Way], by: _By) -> list[Way]:
        rule, path = by
        chain = self.table.by_name.get(jump.chain)
        if chain is None or jump.chain in path or len(path) >= DEEPEST:
            raise NotPlainError
        inner = self._chain(chain, ways, (*path, jump.chain), rule)
        if jump.goto:
            back += inner
            return []
        return inner


def _destination(ways: list[Way]) -> int | None:
    """The one address that all ways go to."""
    first, *others = {way.held.get("dst") for way in ways}
    return first if isinstance(first, int) and not others else None


Walker = Callable[[Stage, Signature], QuickWalk]
