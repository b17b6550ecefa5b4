"""Many chains in groups that a page folds away: those of one table whose names begin alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from iptsim.dataclass import dataclass
from iptsim.render.shared.explained import ExplainedChain

MANY = 24
"""Chains of one kind beyond which they are folded."""
_MOST = 50


@dataclass(frozen=True, kw_only=True)
class Group:
    """Chains that are shown together; folded away below `title`, where there is one."""

    title: str
    chains: Sequence[ExplainedChain]


def chain_groups(chains: Sequence[ExplainedChain]) -> Iterator[Group]:
    """The chains in their order, but that many of one kind stand behind each other.

    A group holds few enough that it can be read once it is open.
    """
    if len(chains) <= MANY:
        yield Group(title="", chains=chains)
        return
    kinds: dict[tuple[int, str, str], list[ExplainedChain]] = {}
    for one in chains:
        kinds.setdefault(_kind(one), []).append(one)
    few = {kind for kind, held in kinds.items() if len(held) <= MANY}
    for is_few, several in groupby(kinds.items(), lambda item: item[0] in few):
        held = [chain for _, chains_of in several for chain in chains_of]
        yield from [Group(title="", chains=held)] if is_few else _cut(held)


def _kind(one: ExplainedChain) -> tuple[int, str, str]:
    head, dash, _ = one.name.rpartition("-")
    return one.family, one.table, f"{head}{dash}"


def _cut(held: Sequence[ExplainedChain]) -> Iterator[Group]:
    for start in range(0, len(held), _MOST):
        part = held[start : start + _MOST]
        first, last = part[0], part[-1]
        yield Group(title=f"{first.table} {first.name} … {last.name}", chains=part)
