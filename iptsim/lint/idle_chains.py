"""Chains that nothing reaches, policies that nobody meets, jumps to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.chain_graph import Leap, jump_loops
from iptsim.lint.finding import Finding, Kind
from iptsim.lint.finding_places import at_chain, at_policy, at_rule, others_of
from iptsim.lint.flow import Flow
from iptsim.lint.rule_sets import Sets
from iptsim.model import Chain
from iptsim.tracer.rules.ready import Ready
from iptsim.tracer.rules.untold_chains import shown_in_part


def unreached(flow: Flow) -> Iterator[Finding]:
    """User chains that no packet enters."""
    for chain in flow.order:
        built_in = chain.name in flow.sets.table.builtin
        if built_in or flow.entry[chain.name] != flow.sets.universe.manager.false:
            continue
        at = at_chain(flow.sets.ruleset, flow.sets.table.name, chain)
        leaps = flow.led(chain.name)
        others = others_of(flow, leaps)
        kind = Kind.UNREACHED if leaps else Kind.UNREFERENCED
        facts = (("rules", str(len(chain.rules))),)
        yield Finding(kind=kind, at=at, others=others, facts=facts)


def policies(flow: Flow, idle_last: frozenset[str]) -> Iterator[Finding]:
    """Policies that no packet meets; not where a last rule is told to do the same already."""
    nothing = flow.sets.universe.manager.false
    for chain in flow.order:
        met = chain.policy is None or flow.left[chain.name] != nothing
        if not met and chain.name not in idle_last:
            at = at_policy(flow.sets.ruleset, flow.sets.table.name, chain)
            yield Finding(kind=Kind.POLICY, at=at)


def loops(sets: Sets, leaps: tuple[Leap, ...]) -> Iterator[Finding]:
    """Chains that lead back to themselves."""
    for way in jump_loops(leaps):
        names = " → ".join([*(leap.chain for leap in way), way[0].chain])
        ready = _ready(sets, way[0])
        yield Finding(kind=Kind.LOOP, at=at_rule(ready), facts=(("loop", names),))


def absent(sets: Sets, leaps: tuple[Leap, ...]) -> Iterator[Finding]:
    """Rules that lead to a chain that the dump does not have; not of a part of a table."""
    if shown_in_part(sets.table):
        return
    for leap in leaps:
        chain = sets.table.chain(leap.to)
        if chain is None or not (chain.declared or chain.rules):
            at = at_rule(_ready(sets, leap))
            yield Finding(kind=Kind.ABSENT, at=at, facts=(("to", leap.to),))


def empty(flow: Flow) -> Iterator[Finding]:
    """Jumps to a chain without rules; a goto there ends the chain and does something."""
    for leap in flow.leaps:
        chain = flow.sets.table.chain(leap.to)
        passed = flow.passed[leap.chain][leap.at - 1]
        if chain is None or passed.met == flow.sets.universe.manager.false or leap.goto:
            continue
        if is_empty(chain):
            at = at_rule(_ready(flow.sets, leap))
            yield Finding(kind=Kind.EMPTY, at=at, facts=(("to", leap.to),))


def is_empty(chain: Chain) -> bool:
    """Whether the chain certainly has no rules."""
    return chain.declared and chain.whole and not chain.rules and chain.policy is None


def _ready(sets: Sets, leap: Leap) -> Ready:
    chain = sets.table.by_name[leap.chain]
    return sets.library.chain(sets.table, chain)[leap.at - 1]
