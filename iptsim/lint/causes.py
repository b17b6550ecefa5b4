"""Findings of one cause, folded: forty rules behind one that takes everything are one matter."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from iptsim.dataclass import dataclass
from iptsim.lint.finding import At, Finding, Kind

_BY_PROOF = frozenset({Kind.SHADOWED, Kind.SHADOWED_OTHERWISE})
"""Folded where the same rules take the packets of each."""
_BY_CHAIN = frozenset({Kind.NO_EFFECT, Kind.EMPTY, Kind.DUPLICATE, Kind.CONTRADICTION})
"""Folded where they stand in one chain."""
_OF_CHAINS = frozenset({Kind.UNREFERENCED, Kind.UNREACHED, Kind.POLICY, Kind.LOOP})
Where = tuple[int, str, str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Findings that one change would settle: `alike` are of one kind and stand in one chain.

    `behind` are chains that nothing reaches because of those. The first of `alike` leads: the
    gravest, and of these the first of the dump.
    """

    alike: tuple[Finding, ...]
    behind: tuple[Finding, ...] = ()

    @property
    def lead(self) -> Finding:
        """The finding that is told for all of them."""
        grave = (one for one in self.alike if one.kind is Kind.SHADOWED_OTHERWISE)
        return next(grave, self.alike[0])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return (*self.alike, *self.behind)


def causes(findings: Sequence[Finding]) -> tuple[Cause, ...]:
    """Each finding in one cause; the causes by the first finding of each."""
    roots = _roots(findings)
    found: dict[int, list[Finding]] = {}
    for finding, root in zip(findings, roots, strict=True):
        found.setdefault(root, []).append(finding)
    return tuple(_cause(findings[root], members) for root, members in found.items())


def numbered(findings: Sequence[Finding]) -> tuple[int, ...]:
    """For each finding the number of its cause, from 1."""
    roots = _roots(findings)
    numbers = {root: number for number, root in enumerate(dict.fromkeys(roots), 1)}
    return tuple(numbers[root] for root in roots)


def _cause(root: Finding, members: list[Finding]) -> Cause:
    alike = [one for one in members if _key(one) == _key(root)]
    behind = [one for one in members if _key(one) != _key(root)]
    return Cause(alike=tuple(alike), behind=tuple(behind))


def _roots(findings: Sequence[Finding]) -> list[int]:
    """For each finding the index of that which its cause began with."""
    first: dict[Hashable, int] = {}
    up = [first.setdefault(_key(finding), n) for n, finding in enumerate(findings)]
    own = ((n, one) for n, one in enumerate(findings) if one.kind is not Kind.POLICY)
    by_place = {_where(one.at): n for n, one in own}
    for n, finding in enumerate(findings):
        if finding.kind is Kind.UNREACHED:
            up[n] = _above(finding, by_place, n)
    return [_top(up, n) for n in range(len(findings))]


def _above(finding: Finding, by_place: dict[Where, int], own: int) -> int:
    """What keeps packets from a rule that leads to the chain: of the rule, or of its chain."""
    for other in finding.others:
        at = other.at
        for place in (_where(at), (at.family, at.table, at.chain, None)):
            if place in by_place:
                return by_place[place]
    return own


def _top(up: list[int], n: int) -> int:
    # A table with a loop has no unreached chains, so this ends.
    while up[n] != n:
        n = up[n]
    return n


def _where(at: At) -> Where:
    return (at.family, at.table, at.chain, at.rule)


def _key(finding: Finding) -> Hashable:
    at, kind = finding.at, finding.kind
    chain = (at.family, at.table, at.chain)
    if kind in _BY_PROOF:
        return (*chain, "shadowed", tuple(other.at for other in finding.others))
    if kind in _BY_CHAIN:
        return (*chain, kind)
    if kind is Kind.UNREFERENCED:
        return (at.family, at.table, kind)
    if kind in _OF_CHAINS:
        return (*chain, kind, at.rule)
    return (*chain, kind, finding.facts, tuple(other.at for other in finding.others))
