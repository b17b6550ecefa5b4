"""Several listings asked for by one line: which chains each of its calls printed."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.dialects.listing.listed_chains import BUILTINS, ListedChain
from iptsim.dialects.parts import Call
from iptsim.model import BUILTIN_CHAINS

_LATE = frozenset({("nat", "INPUT")})
"""Linux has it since 2.6.36."""


def answers(
    chains: Sequence[ListedChain], calls: Sequence[Call]
) -> list[tuple[list[ListedChain], Call]] | None:
    """The chains of each call, in order; None where the text does not have the answers of all."""
    if not chains or not calls:
        return None
    found: list[tuple[list[ListedChain], Call]] = []
    for chain in chains:
        if not found or _ends(*found[-1]) or _begins(found, chain, calls):
            if len(found) == len(calls):
                return None
            found.append(([], calls[len(found)]))
        found[-1][0].append(chain)
    whole = len(found) == len(calls) and all(_fits(group, call) for group, call in found)
    return found if whole else None


def _ends(group: Sequence[ListedChain], call: Call) -> bool:
    """A call for one chain prints that one alone."""
    return call.chain is not None and len(group) > 0


def _begins(
    found: Sequence[tuple[list[ListedChain], Call]], chain: ListedChain, calls: Sequence[Call]
) -> bool:
    """Whether the next call's first chain stands there, and the last call has all of its own."""
    if len(found) == len(calls):
        return False
    group, call = found[-1]
    told = {each.name for each in group}
    wanted = {n for n in _builtin(call) if (call.table, n) not in _LATE}
    following = calls[len(found)]
    first = (following.chain,) if following.chain is not None else _builtin(following)[:1]
    return wanted <= told and chain.name in first


def _builtin(call: Call) -> tuple[str, ...]:
    return BUILTIN_CHAINS.get(call.table or "", ())


def _fits(group: Sequence[ListedChain], call: Call) -> bool:
    """Whether a call can have printed these chains."""
    names = [chain.name for chain in group]
    own = set(names) & BUILTINS <= set(_builtin(call)) and len(names) == len(set(names))
    return own and call.chain in (None, names[0])
