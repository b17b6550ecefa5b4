"""The hooks from which the kernel comes to a rule, by jumps alone, whatever their rules ask.

Sources: net/ipv4/netfilter/ip_tables.c, mark_source_chains (`comefrom`); nf_tables_api.c,
nft_chain_validate.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.chain_graph import Leap
from iptsim.dataclass import dataclass
from iptsim.model import ANY_HEADER, BUILTIN_CHAINS, VERDICTS, Chain, Rule, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The hooks of each chain, and the last rule of it that the kernel looks at."""

    hooks: dict[str, frozenset[str]]
    last: dict[str, int]

    def of(self, chain: str, rule: int) -> frozenset[str]:
        """The hooks that reach a rule, counted from 1."""
        if rule > self.last.get(chain, 0):
            return frozenset()
        return self.hooks.get(chain, frozenset())


def reached_hooks(table: Table, leaps: tuple[Leap, ...]) -> Reached:
    """Which hooks reach which rules; a loop ends where it began."""
    last = {chain.name: _last(table, chain) for chain in table.chains}
    found: dict[str, set[str]] = {chain.name: set() for chain in table.chains}
    below: dict[str, list[str]] = {name: [] for name in found}
    for leap in leaps:
        if leap.to in found and leap.rule <= last[leap.chain]:
            below[leap.chain].append(leap.to)
    for hook in BUILTIN_CHAINS.get(table.name, ()):
        for name in _below(hook, below):
            found[name].add(hook)
    return Reached(hooks={name: frozenset(hooks) for name, hooks in found.items()}, last=last)


def _below(hook: str, below: dict[str, list[str]]) -> Iterator[str]:
    waiting, seen = [hook] if hook in below else [], {hook}
    while waiting:
        name = waiting.pop()
        yield name
        fresh = [to for to in below[name] if to not in seen]
        seen.update(fresh)
        waiting += fresh


def _last(table: Table, chain: Chain) -> int:
    """The older tables do not follow a chain behind a verdict without condition."""
    if table.nft is True:
        return len(chain.rules)
    ends = (n for n, rule in enumerate(chain.rules, 1) if _ends(table, rule))
    return next(ends, len(chain.rules))


def _ends(table: Table, rule: Rule) -> bool:
    target = rule.target
    verdict = target is not None and target.name in VERDICTS and not target.goto
    free = rule.header == ANY_HEADER and not rule.matches and not rule.address_names
    return verdict and free and target is not None and table.chain(target.name) is None
