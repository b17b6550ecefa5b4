"""Mistakes and leftovers in a rule set, each proved for all packets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from iptsim import codes
from iptsim.chain_graph import Leap, chain_graph, jump_loops
from iptsim.dataclass import replace
from iptsim.host import NOBODY, Host
from iptsim.lint.finding import MESHES, REFUSED, At, Finding, Kind, Level, Other, Passage, Report
from iptsim.lint.flow import Flow, leaps_of, native_leaps
from iptsim.lint.idle import idle, idle_last
from iptsim.lint.idle_chains import absent, empty, loops, policies, unreached
from iptsim.lint.refused import refused
from iptsim.lint.rule_sets import Sets, sets_of
from iptsim.lint.spoofing import passages
from iptsim.lint.tails import Tails
from iptsim.lint.unmatched import unmatched
from iptsim.model import Dump, Note, Ruleset, Table
from iptsim.stages import each
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.symbolic.walk.engine import Engine

_OF_BOTH = ("inet ", "netdev ")
"""How the names of tables begin that packets of both families meet."""

__all__ = [
    "MESHES",
    "REFUSED",
    "At",
    "Finding",
    "Kind",
    "Level",
    "Other",
    "Passage",
    "Report",
    "lint",
]


def lint(dump: Dump, *, host: Host = NOBODY) -> Report:
    """Everything found in the rules of both families, in the order of the dump.

    `host` is what is told of the host: with its sets or its time more is certain, and with what
    comes by its interfaces spoofed packets are looked for. Raises `CapacityError` where the rules
    are too many for this machine.
    """
    found = _of_both([_ruleset(ruleset, host) for ruleset in dump.rulesets])
    passing = tuple(one for ruleset in dump.rulesets for one in passages(ruleset, host))
    found += [one.finding for one in passing if one.finding is not None]
    chains = frozenset(
        (ruleset.family, table.name, chain.name)
        for ruleset in dump.rulesets
        for table in ruleset.tables
        for chain in table.chains
    )
    notes = (*dump.notes, *_unchecked(dump))
    return Report(findings=tuple(found), notes=notes, chains=chains, passages=passing)


def _of_both(found: Sequence[Sequence[Finding]]) -> list[Finding]:
    """The findings of all families; of a table of both families those that hold in each of them.

    What asks for IPv4 there no packet of IPv6 meets. They are told once.
    """
    every = [one for family in found for one in family]
    kept = [one for one in every if not one.at.table.startswith(_OF_BOTH)]
    inet: dict[tuple[object, ...], list[Finding]] = {}
    for one in every:
        if one.at.table.startswith(_OF_BOTH):
            kind = one.kind if one.at.rule is None else None
            inet.setdefault((one.at.table, one.at.chain, one.at.rule, kind), []).append(one)
    # A rule on IPv4 contradicts itself in IPv6 alone.
    kept += [
        next((one for one in same if one.kind is not Kind.CONTRADICTION), same[0])
        for same in inet.values()
        if len({one.at.family for one in same}) == len(found)
    ]
    return kept


def _unchecked(dump: Dump) -> Iterator[Note]:
    """Of tables of nftables not all is looked for, and of those of other families nothing."""
    met = {t.name for r in dump.rulesets for t in r.tables if t.nft_table is not None}
    told = dump.nft.tables if dump.nft is not None else ()
    others = [name for t in told if (name := f"{t.family} {t.name}") not in met]
    for code, names in (
        (codes.TABLES_CHECKED_IN_PART, sorted(met)),
        (codes.TABLES_NOT_CHECKED, others),
    ):
        if names:
            yield Note(code=code, facts=(("tables", ", ".join(dict.fromkeys(names))),))


def _ruleset(ruleset: Ruleset, host: Host) -> list[Finding]:
    leaps = chain_graph(ruleset).leaps

    def work(manager: Manager) -> list[Finding]:
        engine = Engine(manager, _readings(ruleset), host=host, interfaces=("lo", ""), as_read=True)
        return [
            finding
            for table in each(ruleset.tables, "checking")
            for finding in _ordered(_checks(table)(sets_of(engine, table), leaps))
        ]

    return growing(work, ruleset)


def iptables(ruleset: Ruleset) -> tuple[Table, ...]:
    """The tables of iptables: those of nftables are not looked at."""
    return tuple(table for table in ruleset.tables if table.nft_table is None)


def _readings(ruleset: Ruleset) -> tuple[Ruleset, ...]:
    """The rule set, and the same of the older tables where no text tells which they are of."""
    if all(table.nft is not None for table in ruleset.tables):
        return (ruleset,)
    return ruleset, replace(
        ruleset, tables=tuple(replace(table, nft=False) for table in ruleset.tables)
    )


def _checks(table: Table) -> Callable[[Sets, tuple[Leap, ...]], Iterator[Finding]]:
    return _table if table.nft_table is None else _native


def _native(sets: Sets, _leaps: tuple[Leap, ...]) -> Iterator[Finding]:
    """Of nftables: rules and chains that no packet meets, jumps to nothing, idle policies.

    A rule is a program, so that one is idle is not looked for; what nft refuses is never listed.
    """
    own = tuple(native_leaps(sets.table))
    if own and jump_loops(own):
        yield from loops(sets, own)
        return
    flow = Flow(sets=sets, leaps=own)
    flow.walk()
    yield from unmatched(flow, Tails(flow=flow))
    yield from unreached(flow)
    yield from empty(flow)
    yield from policies(flow, frozenset())


def _table(sets: Sets, leaps: tuple[Leap, ...]) -> Iterator[Finding]:
    own = tuple(leaps_of(leaps, sets.table.name))
    yield from absent(sets, own)
    yield from refused(sets.library, sets.table, own)
    if own and jump_loops(own):
        # The kernel loads no such table, so no packet ever meets it.
        yield from loops(sets, own)
        return
    flow = Flow(sets=sets, leaps=own)
    flow.walk()
    tails = Tails(flow=flow)
    tails.walk()
    yield from unmatched(flow, tails)
    yield from unreached(flow)
    yield from empty(flow)
    yield from idle(flow, tails)
    yield from policies(flow, idle_last(tails))


def _ordered(findings: Iterator[Finding]) -> list[Finding]:
    """By line, then by code."""

    def key(finding: Finding) -> tuple[str, int, str, int, str]:
        place, at = finding.at.place, finding.at
        line = place.line if place else 0
        return (place.file if place else "", line, at.chain, at.rule or 0, finding.kind.value)

    return sorted(findings, key=key)
