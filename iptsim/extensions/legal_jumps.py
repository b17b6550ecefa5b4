"""Whether the kernel takes a jump from a built-in chain to a chain, by all that this leads to."""

from __future__ import annotations

from iptsim.extensions.registry import targets
from iptsim.model import Table


def reached(table: Table, name: str) -> frozenset[str]:
    """A chain and all that rules of it lead to: chains, targets and what the table has not."""
    waiting, been = [name], {name}
    while waiting:
        chain = table.chain(waiting.pop())
        used = set(chain.aims) if chain else set[str]()
        waiting += used - been
        been |= used
    return frozenset(been)


def may_lead(table: Table, hook: str, chain: str) -> bool:
    """Whether every target that stands in the chain, or below it, works at that hook."""
    return all(_works_at(name, hook) for name in reached(table, chain) - table.by_name.keys())


def _works_at(name: str, hook: str) -> bool:
    extension = targets().get(name)
    return extension is None or not extension.demands.hooks or hook in extension.demands.hooks
