"""What a dump does not tell, and whether a packet's way hangs on it: no kernel can be asked then.

The kernel has the rules that were loaded, and nobody knows the others. So it is a judge only of
packets that do not come to where the text stops telling, which the trace of the dump says.
"""

from __future__ import annotations

from collections.abc import Callable

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.any_target import CODES
from iptsim.extensions.values.hidden_addresses import is_spoiled
from iptsim.kernel.loading.standing import settled
from iptsim.model import Chain, Header, Rule, Ruleset, Table, Target
from iptsim.tracer.rules.missing import untold_in
from iptsim.tracer.rules.untold_chains import completed, is_absent, leads_away
from iptsim.values import InterfacePattern
from iptsim.worlds.outcome import Trace

_LED_OR_POLICY = frozenset({codes.LED_TO_CHAIN, codes.UNTOLD_POLICY_DROPS})
_ADDON = codes.UNKNOWN_TARGET
_TRACKED = codes.CONNTRACK_ON
"""The premise that what is not told has connections tracked."""
_UNREADABLE = frozenset({codes.UNKNOWN_MATCH, codes.HIDDEN_ADDRESS})
"""What a rule asks that cannot be read; of a module that nobody knows no kernel loads it."""
_NEVER = Header(in_=InterfacePattern(text="+"), not_=frozenset({"in"}))
_NEVER_OUT = Header(out=InterfacePattern(text="+"), not_=frozenset({"out"}))
"""Conditions that no packet meets, and that iptables takes (xshared.c, save_iface)."""
_MOST = 3


def lacks(ruleset: Ruleset) -> bool:
    """Whether the text stops telling anywhere in the rules."""
    return completed(ruleset) is not ruleset or any(map(has_spoiled, ruleset.tables))


def has_spoiled(table: Table) -> bool:
    """Whether some rule of the table cannot be read whole."""
    return any(_is_spoiled(rule) for chain in table.chains for rule in chain.rules)


def _is_spoiled(rule: Rule) -> bool:
    return is_spoiled(rule, 32) or is_spoiled(rule, 128)


def as_dumped(ruleset: Ruleset) -> Ruleset:
    """The rules as the dump tells them and the kernel gets them, with what is not told.

    Tables that the text makes are whole, and what a listing hides is not there.
    """
    tables = (settled(t) if t.fresh and not leads_away(t) else t for t in ruleset.tables)
    return replace(ruleset, tables=tuple(_as_listed(table) for table in tables))


def _as_listed(table: Table) -> Table:
    return _each(table, lambda _chain, rule: replace(rule, hides=rule.hides - {"interfaces"}))


def stand_ins(table: Table) -> Table:
    """The table with rules that can be loaded for those that are not told whole.

    They ask what was read, so that rules have their numbers, and end the chain: a packet that
    meets one shows it, and what becomes of it is not judged. One of which a condition cannot be
    read takes no packet: those that may meet it are not judged.
    """

    def of_rule(chain: Chain, rule: Rule) -> Rule:
        if _is_spoiled(replace(rule, target=None)):
            leaves = chain.name in ("OUTPUT", "POSTROUTING")
            never = _NEVER_OUT if leaves else _NEVER
            return Rule(header=never, target=Target(name="RETURN"), place=rule.place)
        absent = rule.target is not None and is_absent(rule.target, table)
        if rule.unread is None and not absent and not _is_spoiled(rule):
            return rule
        return replace(rule, unread=None, target=Target(name="RETURN"))

    return _each(table, of_rule) if leads_away(table) or has_spoiled(table) else table


def hanging_on(trace: Trace, ruleset: Ruleset) -> tuple[str, ...]:
    """What the packet's way hangs on of all that the rules do not tell: `filter INPUT`, `nat X`."""
    spoiled = {(t.name, c.name, n) for t, c, n, rule in ruleset.rules() if _is_spoiled(rule)}
    found = (
        _facts(trace, CODES)
        or _steps(trace)
        or _met(trace, spoiled)
        or _facts(trace, _LED_OR_POLICY)
    )
    if not found and any(note.code == _TRACKED for note in trace.assumed):
        found = list(untold_in(completed(ruleset)))
    return tuple(dict.fromkeys(found))[:_MOST]


def strange(trace: Trace) -> frozenset[str]:
    """The rules that the packet meets whose target nobody here knows."""
    notes = (note for note in trace.notes if note.code == _ADDON)
    return frozenset(dict(note.facts).get("rules", "") for note in notes)


def _facts(trace: Trace, asked: frozenset[str]) -> list[str]:
    cubes = (cube for outcome in (*trace.outcomes, *trace.untold) for cube in outcome.when)
    return [fact.detail for cube in cubes for fact, _true in cube.facts if fact.code in asked]


def _steps(trace: Trace) -> list[str]:
    steps = (step for outcome in (*trace.outcomes, *trace.untold) for step in outcome.steps)
    return [step.untold for step in steps if step.untold]


def _met(trace: Trace, spoiled: set[tuple[str, str, int]]) -> list[str]:
    """What of the rules that cannot be read whole the packet may meet."""
    if not spoiled:
        return []
    steps = (step for outcome in (*trace.outcomes, *trace.untold) for step in outcome.steps)
    met = [(s.table, s.chain, s.rule or 0) for s in steps]
    return _facts(trace, _UNREADABLE) or [" ".join(map(str, one)) for one in met if one in spoiled]


def _each(table: Table, change: Callable[[Chain, Rule], Rule]) -> Table:
    def of_chain(chain: Chain) -> Chain:
        return replace(chain, rules=tuple(change(chain, rule) for rule in chain.rules))

    return replace(table, chains=tuple(map(of_chain, table.chains)))
