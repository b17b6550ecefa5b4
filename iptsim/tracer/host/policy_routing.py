"""Which routing table sends a packet: the rules of `ip rule`, asked in turn.

Source: net/core/fib_rules.c, fib_rules_lookup.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.fib import Fib, Route
from iptsim.ipsec_policy import ENDS, GOTO, LOOKUP, RoutingRule, routed
from iptsim.model import Note
from iptsim.predicate import ALWAYS, InSet, all_of
from iptsim.selectors import Lookup, onward, selects, target
from iptsim.values import Network
from iptsim.worlds.splits import part
from iptsim.worlds.world import Setting, World


def routed_by(
    world: World, setting: Setting, *, device: str | None = None, again: bool = False
) -> Iterator[tuple[World, Fib]]:
    """The packets of a world by the routes that decide for them; none for those without any.

    By routes over `device` alone where one is named. `again` is after OUTPUT.
    """
    host, width = setting.host, setting.width
    if not host.custom_rules(width) or not host.tells_routes(width):
        yield world, host.fib(width, device)
        return
    rules, look = host.rules_of(width) or (), onward(width, again=again)
    todo: list[tuple[World, int]] = [(world, 0)]
    while todo:
        left, at = todo.pop()
        if at == len(rules):
            yield left, Fib(width=width, segments=())
            continue
        rule = rules[at]
        if rule.action == LOOKUP and not host.tells_table(rule):
            todo += [(one, at + 1) for one in _untold(left, rule, look, setting)]
            continue
        fib = _table(rule, setting, device)
        met, rest = _met(left, rule, fib, look, setting)
        if rest is not None:
            todo.append((rest, at + 1))
        if met is not None and rule.action == GOTO:
            todo.append((met, target(rule, rules)))
        elif met is not None:
            yield met, fib


def _untold(world: World, rule: RoutingRule, look: Lookup, setting: Setting) -> Iterator[World]:
    """A table that nobody told is taken to have no route."""
    asked = selects(rule, look)
    met, rest = (world, None) if asked == ALWAYS else part(world, asked, setting)
    if met is not None:
        yield met.assume(Note(code=codes.RULES_TABLE_EMPTY, facts=(("table", rule.table),)))
    if rest is not None:
        yield rest


def _table(rule: RoutingRule, setting: Setting, device: str | None) -> Fib:
    if rule.action == LOOKUP:
        return setting.host.fib_of(rule, device)
    if rule.action not in ENDS:
        return Fib(width=rule.width, segments=())
    everything = Network(value=0, mask=0, width=rule.width)
    end = Route(network=everything, interface=None, kind=rule.action, table="of the rule")
    return Fib.of_table((end,), rule.width)


def _met(
    world: World, rule: RoutingRule, fib: Fib, look: Lookup, setting: Setting
) -> tuple[World | None, World | None]:
    """The packets with which a rule ends the search, or goes on elsewhere; and the others."""
    asked = selects(rule, look)
    if rule.action != GOTO:
        asked = all_of((asked, InSet(field=look.dst, values=routed(fib))))
    return (world, None) if asked == ALWAYS else part(world, asked, setting)
