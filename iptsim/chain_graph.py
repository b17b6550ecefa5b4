"""The chain graph of a rule set: who jumps where, and what is wrong with it.

Nodes are chains as `(table, chain)`; an edge carries the numbers of the rules that lead from one
chain to the other. Only `jump_loops` needs networkx, and imports it where there is a loop.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.actions import Jump
from iptsim.dataclass import dataclass, replace
from iptsim.errors import Place
from iptsim.extensions.addons import is_addon
from iptsim.extensions.lowering import actions
from iptsim.extensions.spec import Context
from iptsim.model import Chain, Note, Rule, Ruleset, Table
from iptsim.native_tables import dormant

if TYPE_CHECKING:
    import networkx as nx

LOOP, ABSENT, REFERENCES = codes.CHAIN_LOOP, codes.CHAIN_ABSENT, codes.REFERENCES_DIFFER

Node = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leap:
    """A rule that leads from one chain to another of its table; with `goto` it does not return.

    `rule` is its number on the host, `at` its place among the rules of the text, from 1. `keys` are
    the elements of a verdict map that lead there (`10.96.0.10 . udp . 53`).
    """

    table: str
    chain: str
    rule: int
    at: int
    to: str
    goto: bool
    place: Place | None
    keys: tuple[str, ...] = ()

    @property
    def edge(self) -> tuple[Node, Node]:
        """The chains that it connects."""
        return (self.table, self.chain), (self.table, self.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainNode:
    """A chain of the graph; `present` is False where rules lead to it and the dump has none."""

    table: str
    name: str
    policy: str | None
    rules: int
    present: bool
    place: Place | None

    @property
    def key(self) -> Node:
        """How edges name it."""
        return (self.table, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainGraph:
    """The chains of a family's tables and the rules that lead from one to another.

    `findings` are notes with the codes IPT05xx, each with its place. `untold` are the tables with a
    verdict map of which the text leaves out elements: these may lead to any chain.
    """

    family: int
    chains: tuple[ChainNode, ...]
    leaps: tuple[Leap, ...]
    findings: tuple[Note, ...]
    untold: frozenset[str] = frozenset()

    def edges(self) -> dict[tuple[Node, Node], tuple[Leap, ...]]:
        """The leaps by the chains that they connect, in the order of the dump."""
        found: defaultdict[tuple[Node, Node], list[Leap]] = defaultdict(list)
        for leap in self.leaps:
            found[leap.edge].append(leap)
        return {edge: tuple(leaps) for edge, leaps in found.items()}

    def reached(self, chain: str) -> frozenset[Node]:
        """The chains of that name, and all that these lead to."""
        waiting = [node.key for node in self.chains if node.name == chain]
        found, led = set(waiting), self.edges()
        onward: defaultdict[Node, list[Node]] = defaultdict(list)
        for source, to in led:
            onward[source].append(to)
        while waiting:
            more = {*onward[waiting.pop()]} - found
            found |= more
            waiting += more
        return frozenset(found)

    def only(self, nodes: frozenset[Node]) -> ChainGraph:
        """The graph of those chains alone; its findings are those of the whole."""
        return replace(
            self,
            chains=tuple(chain for chain in self.chains if chain.key in nodes),
            leaps=tuple(leap for leap in self.leaps if nodes.issuperset(leap.edge)),
        )


def chain_graph(ruleset: Ruleset) -> ChainGraph:
    """The chain graph of a rule set with its findings."""
    leaps = tuple(_leaps(ruleset))
    chains = tuple(_chains(ruleset, leaps))
    findings = (
        *_loop_notes(leaps),
        *_absent_notes(chains, leaps),
        *_reference_notes(ruleset, leaps),
        *_dormant_notes(ruleset),
    )
    return ChainGraph(
        family=ruleset.family,
        chains=chains,
        leaps=leaps,
        findings=findings,
        untold=untold_tables(ruleset),
    )


def untold_tables(ruleset: Ruleset) -> frozenset[str]:
    """The tables with a verdict map of which the text does not tell all elements."""
    native = [table for table in ruleset.tables if table.nft_table is not None]
    if not native:
        return frozenset()
    from iptsim.verdict_rows import is_untold  # noqa: PLC0415  # where nftables are

    rules = ((table.name, rule) for table in native for c in table.chains for rule in c.rules)
    return frozenset(name for name, rule in rules if is_untold(rule))


def _leaps(ruleset: Ruleset) -> Iterator[Leap]:
    for table in ruleset.tables:
        for chain in table.chains:
            where = Context(family=ruleset.family, table=table.name, chain=chain.name)
            for at, (number, rule) in enumerate(chain.numbered(), 1):
                for jump, keys in _jumps_of(rule, where, table):
                    yield Leap(
                        table=table.name,
                        chain=chain.name,
                        rule=number,
                        at=at,
                        to=jump.chain,
                        goto=jump.goto,
                        place=rule.place,
                        keys=keys,
                    )


def _jumps_of(rule: Rule, where: Context, table: Table) -> Iterator[tuple[Jump, tuple[str, ...]]]:
    """Where a rule leads to; out of a verdict map, for which of its elements."""
    if rule.nft is not None:
        yield from _native_jumps(rule)
    elif (jump := _jump_of(rule, where, table)) is not None:
        yield jump, ()


def _native_jumps(rule: Rule) -> Iterator[tuple[Jump, tuple[str, ...]]]:
    from iptsim.dialects.nft.printed_values import value  # noqa: PLC0415  # where nftables are
    from iptsim.native_tables import NativeRule  # noqa: PLC0415
    from iptsim.nftables.datatypes import types_of  # noqa: PLC0415
    from iptsim.verdict_rows import verdicts_of  # noqa: PLC0415

    assert isinstance(rule, NativeRule)
    for led in verdicts_of(rule):
        if led.verdict.chain is not None:
            jump = Jump(chain=led.verdict.chain, goto=led.verdict.kind == "goto")
            kinds = () if led.key is None else types_of(led.key)
            yield jump, tuple(value(one, kinds) for one in led.values)


def _jump_of(rule: Rule, where: Context, table: Table) -> Jump | None:
    """The rule's jump to a chain, be it absent; the target of an add-on leads to none."""
    if rule.target is not None and is_addon(rule.target, table):
        return None
    return next((a for a in actions(rule, where, table) if isinstance(a, Jump)), None)


def _chains(ruleset: Ruleset, leaps: tuple[Leap, ...]) -> Iterator[ChainNode]:
    seen: set[Node] = set()
    for table in ruleset.tables:
        for chain in table.chains:
            seen.add((table.name, chain.name))
            yield _present(table, chain)
    for leap in leaps:
        if (leap.table, leap.to) not in seen:
            seen.add((leap.table, leap.to))
            yield ChainNode(
                table=leap.table, name=leap.to, policy=None, rules=0, present=False, place=None
            )


def _present(table: Table, chain: Chain) -> ChainNode:
    return ChainNode(
        table=table.name,
        name=chain.name,
        policy=chain.policy,
        rules=len(chain.rules),
        present=chain.declared or bool(chain.rules),
        place=chain.place,
    )


_LONGEST_LOOP = 16
"""A sentence names no more chains of a loop than this; `jump_loops` gives them all."""


def jump_loops(leaps: tuple[Leap, ...]) -> tuple[tuple[Leap, ...], ...]:
    """The loops, one for each set of chains that lead to each other.

    Each is a closed way of leaps, from the earliest in the dump. The kernel refuses a table with
    such a loop (ip_tables.c, mark_source_chains; nf_tables_api.c, nft_chain_validate).
    """
    if not _leads_back(leaps):
        return ()
    import networkx as nx  # noqa: PLC0415  # only who has loops pays for it

    graph: nx.DiGraph[Node] = nx.DiGraph()
    first: dict[tuple[Node, Node], Leap] = {}
    for leap in leaps:
        first.setdefault(leap.edge, leap)
        graph.add_edge(*leap.edge)
    groups = [g for g in nx.strongly_connected_components(graph) if _cyclic(g, graph)]
    order = {edge: number for number, edge in enumerate(first)}
    ways = [_way(graph.subgraph(group), first) for group in groups]
    return tuple(sorted(ways, key=lambda way: order[way[0].edge]))


def _leads_back(leaps: tuple[Leap, ...]) -> bool:
    """Whether any chain leads to itself; the standard library tells it, but not by which ways."""
    from graphlib import CycleError, TopologicalSorter  # noqa: PLC0415  # a trace needs none

    order: TopologicalSorter[Node] = TopologicalSorter()
    for leap in leaps:
        order.add(*leap.edge)
    try:
        order.prepare()
    except CycleError:
        return True
    return False


def _cyclic(group: set[Node], graph: nx.DiGraph[Node]) -> bool:
    return len(group) > 1 or any(graph.has_edge(node, node) for node in group)


def _way(group: nx.DiGraph[Node], first: dict[tuple[Node, Node], Leap]) -> tuple[Leap, ...]:
    """One loop through a group of chains, from the first of its leaps in the dump."""
    import networkx as nx  # noqa: PLC0415  # only who asks for loops pays for it

    start = next(source for source, to in first if group.has_edge(source, to))
    return tuple(first[edge[0], edge[1]] for edge in nx.find_cycle(group, start))


def loop_notes(ruleset: Ruleset) -> tuple[Note, ...]:
    """A note for each loop of chains, with which the kernel loads none of a table."""
    return tuple(_loop_notes(tuple(_leaps(ruleset))))


def _loop_notes(leaps: tuple[Leap, ...]) -> Iterator[Note]:
    for way in jump_loops(leaps) if leaps else ():
        chains = [leap.chain for leap in way]
        if len(chains) > _LONGEST_LOOP:
            chains[_LONGEST_LOOP - 2 : -1] = ["…"]
        names = " → ".join([*chains, way[0].chain])
        facts = (("table", way[0].table), ("loop", names))
        yield Note(code=LOOP, place=way[0].place, facts=facts)


def _absent_notes(chains: tuple[ChainNode, ...], leaps: tuple[Leap, ...]) -> Iterator[Note]:
    absent = {chain.key for chain in chains if not chain.present}
    for leap in leaps:
        if (leap.table, leap.to) in absent:
            facts = (
                ("table", leap.table),
                ("chain", leap.chain),
                ("rule", str(leap.rule)),
                ("to", leap.to),
            )
            yield Note(code=ABSENT, place=leap.place, facts=facts)


def _dormant_notes(ruleset: Ruleset) -> Iterator[Note]:
    if ruleset.nft is not None and (off := dormant(ruleset)):
        yield Note(code=codes.TABLES_DORMANT, facts=(("tables", ", ".join(off)),))


def _reference_notes(ruleset: Ruleset, leaps: tuple[Leap, ...]) -> Iterator[Note]:
    """A chain whose listed references are not the rules that lead to it."""
    counted = Counter((leap.table, leap.to) for leap in leaps)
    for table in ruleset.tables:
        for chain in table.chains:
            found = counted[table.name, chain.name]
            if chain.references not in (None, found):
                facts = (
                    ("table", table.name),
                    ("chain", chain.name),
                    ("listed", str(chain.references)),
                    ("found", str(found)),
                )
                yield Note(code=REFERENCES, place=chain.place, facts=facts)
