"""Rules that no packet can ever meet, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iptsim.actions import Jump, Return, Translate, Verdict
from iptsim.chain_graph import Leap
from iptsim.lint.finding import At, Finding, Kind, Other
from iptsim.lint.finding_places import at_rule, example, others_of
from iptsim.lint.flow import Flow, Passed
from iptsim.lint.rule_sets import Ask
from iptsim.lint.tails import BACK, Tails, fate_of
from iptsim.lint.taking import Taken
from iptsim.model import Chain


def unmatched(flow: Flow, tails: Tails) -> Iterator[Finding]:
    """A finding for each rule that no packet meets; not for those of chains nobody enters."""
    for chain in flow.order:
        yield from _Chain(flow, tails, chain).findings()


class _Chain:
    def __init__(self, flow: Flow, tails: Tails, chain: Chain) -> None:
        self._flow, self._tails, self._chain = flow, tails, chain
        self._passed = flow.passed[chain.name]
        self._taken = Taken(flow, self._passed)
        self._nothing = flow.sets.universe.manager.false

    def findings(self) -> Iterator[Finding]:
        for index, passed in enumerate(self._passed):
            if passed.met == self._nothing:
                found = self._finding(index, passed)
                if found is not None:
                    yield found

    def _finding(self, index: int, passed: Passed) -> Finding | None:
        at = at_rule(passed.ask.ready)
        if passed.ask.own & self._flow.sets.base == self._nothing:
            return Finding(kind=Kind.CONTRADICTION, at=at)
        entry = self._flow.entry[self._chain.name]
        if entry == self._nothing:
            return None
        if not self._fits_a_hook(passed.ask):
            hooks = ", ".join(self._flow.hooks[self._chain.name])
            return Finding(kind=Kind.NOT_AT_HOOK, at=at, facts=(("hooks", hooks),))
        if self._chain.name.startswith("?"):
            return None  # no header names it, so its rules may be of several chains
        wanted = entry & passed.ask.held
        if wanted == self._nothing:
            return self._not_asked(at, passed.ask.held)
        return self._shadowed(index, passed, wanted)

    def _not_asked(self, at: At, asked: Any) -> Finding:
        """Rules lead here, but none of them with packets that the rule asks for."""
        leaps = self._flow.live(self._chain.name)
        fitting = [leap for leap in leaps if self._leap(leap).ask.held & asked != self._nothing]
        takers = {other.at: other for leap in fitting for other in self._before(leap, asked)}
        if takers:
            names = tuple(("from", f"{leap.chain} {leap.rule}") for leap in fitting)
            return Finding(kind=Kind.NOT_ASKED, at=at, others=tuple(takers.values()), facts=names)
        facts = (("above", ""),) if fitting else ()
        others = others_of(self._flow, leaps)
        return Finding(kind=Kind.NOT_ASKED, at=at, others=others, facts=facts)

    def _leap(self, leap: Leap) -> Passed:
        return self._flow.passed[leap.chain][leap.at - 1]

    def _before(self, leap: Leap, asked: Any) -> Iterator[Other]:
        """The rules that take, before a rule that leads here, what it would lead here."""
        wanted = self._flow.entry[leap.chain] & self._leap(leap).ask.held & asked
        if wanted == self._nothing:
            return
        passed = self._flow.passed[leap.chain]
        for index in Taken(self._flow, passed).by(leap.at - 1, wanted):
            ask = passed[index].ask
            yield Other(at=at_rule(ask.ready), deed=deed(ask))

    def _fits_a_hook(self, ask: Ask) -> bool:
        """Whether packets of the hooks that lead here can be asked for at all."""
        hooks = self._flow.hooks[self._chain.name]
        built_in = self._chain.policy is not None
        if not hooks or not (built_in or self._flow.all_callers_known(self._chain)):
            return True
        return any(ask.own & self._flow.sets.start(hook) != self._nothing for hook in hooks)

    def _shadowed(self, index: int, passed: Passed, wanted: Any) -> Finding:
        rules = self._taken.by(index, wanted)
        others = tuple(self._other(self._passed[n], passed, wanted) for n in rules)
        first = next((n for n, o in zip(rules, others, strict=True) if o.otherwise), rules[0])
        packet, hook = example(self._flow, passed, wanted & self._passed[first].taken)
        return Finding(
            kind=self._kind(passed, rules, others),
            at=at_rule(passed.ask.ready),
            others=others,
            example=packet,
            hook=hook,
        )

    def _kind(self, passed: Passed, rules: list[int], others: tuple[Other, ...]) -> Kind:
        rule = passed.ask.ready.rule
        if len(rules) == 1 and self._passed[rules[0]].ask.ready.rule == rule:
            return Kind.DUPLICATE
        otherwise = any(other.otherwise for other in others)
        return Kind.SHADOWED_OTHERWISE if otherwise else Kind.SHADOWED

    def _other(self, earlier: Passed, passed: Passed, wanted: Any) -> Other:
        ready = earlier.ask.ready
        return Other(
            at=at_rule(ready),
            deed=deed(earlier.ask),
            otherwise=self._otherwise(earlier, passed, wanted),
        )

    def _otherwise(self, earlier: Passed, passed: Passed, wanted: Any) -> bool:
        """Whether some of the packets certainly fare otherwise than the later rule would have it.

        Of rules that do not decide themselves only what is certain counts.
        """
        mine, its = self._fate(passed.ask), self._fate(earlier.ask)
        if mine is None:
            return False
        if its is not None:
            return mine != its
        ending = earlier.ask.ready.actions[-1]
        to = ending.chain if isinstance(ending, Jump) else ""
        taken = wanted & earlier.taken
        possible = self._tails.possible(to)
        stays = taken & self._flow.returns(to) == self._nothing
        if stays and possible is not None and mine not in possible:
            return True
        others = (held for key, held in self._tails.fates(to).items() if key not in (mine, BACK))
        return any(held & taken != self._nothing for held in others)

    def _fate(self, ask: Ask) -> object | None:
        """The fate that a rule certainly gives; a return from a built-in chain is its policy."""
        if isinstance(ask.ready.actions[-1], Return):
            return self._chain.policy
        return fate_of(ask)


def deed(ask: Ask) -> str:
    """What a rule does, as a step of a trace calls it."""
    match ask.ready.actions[-1]:
        case Verdict(fate=fate):
            return fate.value.lower()
        case Translate():
            return "rewrite"
        case Return():
            return "return"
        case _:
            return "jump"
