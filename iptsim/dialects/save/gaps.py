"""Which chains of a save lack rules where lines are left out, or where the text ends too early.

iptables-save prints chain after chain, in the order in which it declares them: what is missing
between two rules is of their chains or of those between. Text in another order may lack rules of
any chain.
"""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.dataclass import replace
from iptsim.dialects.parts import BUILTINS
from iptsim.dialects.save.table_so_far import ChainState, TableState
from iptsim.dialects.signs.elided import is_bar
from iptsim.errors import Place
from iptsim.model import BUILTIN_CHAINS, Rule, Unread


def fill_gap(state: TableState, following: str | None) -> None:
    """Put what was left out before a rule of the chain `following` (None: the end) in its place."""
    left_out, state.left_out = state.left_out, []
    if following is None:
        left_out = [rule for rule in left_out if not _is_bar(rule)]
    del left_out[1:]
    if left_out and following is not None:
        state.chain(following, left_out[0].place or state.place)
    chains = _between(state, following)
    for rule in left_out:
        state.elided = True
        for chain in chains:
            _add(chain, rule if len(chains) == 1 else _uncounted(rule))


def leave_out_anywhere(state: TableState, rule: Rule) -> None:
    """Commands come in any order: those that are left out may be of any chain."""
    state.elided = True
    for chain in state.chains.values():
        _add(chain, _uncounted(rule))


def cut_off(state: TableState, place: Place) -> None:
    """The text ends before its COMMIT: the chains from that of its last rule on may lack rules."""
    for chain in _between(state, None):
        _add(chain, Rule(place=chain.place or place, unread=Unread(why="cut")))


def begins_late(state: TableState, place: Place, *, declares: bool) -> bool:
    """Put what stands before the first rule of a table whose beginning is missing in its place.

    iptables-save prints chain after chain, the built-in ones first: only the first chain of the
    text lacks rules, and it none where chains are declared above it (`declares`). False, and
    nothing done, where the rules stand in another order.
    """
    order = state.order
    builtin = [name in BUILTINS for name in order]
    if len(set(order)) != len(order) or builtin != sorted(builtin, reverse=True):
        return False
    if order and not declares:
        state.chains[order[0]].rules.insert(0, Rule(place=place, unread=Unread(why="elided")))
    return True


def builtin_first(state: TableState) -> None:
    """Put the built-in chains in front, as iptables-save does: some are declared above the text."""
    hooks = BUILTIN_CHAINS["mangle"]
    place = {name: number for number, name in enumerate(hooks)}
    names = sorted(state.chains, key=lambda name: place.get(name, len(hooks)))
    state.chains = {name: state.chains[name] for name in names}


def _between(state: TableState, following: str | None) -> list[ChainState]:
    """From the chain of the last rule read to `following`, both included."""
    names = list(state.chains)
    place = {name: number for number, name in enumerate(names)}
    places = [place[name] for name in state.order if name in place]
    first = places[-1] if places else 0
    end = place.get(following, len(names) - 1) if following else len(names) - 1
    if places != sorted(set(places)) or end < first:
        return list(state.chains.values())
    return list(state.chains.values())[first : end + 1]


def _add(chain: ChainState, rule: Rule) -> None:
    """Two such places with nothing between them are one."""
    if not chain.rules or chain.rules[-1].unread is None or chain.rules[-1].unread.count:
        chain.rules.append(rule)


def _is_bar(rule: Rule) -> bool:
    return rule.unread is not None and is_bar(rule.unread.text)


def _uncounted(rule: Rule) -> Rule:
    return rule if rule.unread is None else replace(rule, unread=replace(rule.unread, count=None))


def declared_only(states: Iterable[TableState]) -> None:
    """Dots among the declarations of chains stand for chains."""
    for state in states:
        if not state.order:
            state.elided = state.elided or bool(state.left_out)
            state.left_out = []
