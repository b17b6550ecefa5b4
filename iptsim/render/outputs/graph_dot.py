"""The chain graph in the DOT language of Graphviz (graphviz.org, «DOT Language»)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.chain_graph import ChainGraph, ChainNode, Leap, Node
from iptsim.render.shared.terminal import printable


def graph_dot(graphs: Iterable[ChainGraph]) -> str:
    """One digraph with a cluster for each table of each family.

    Absent chains are dashed; an edge is labelled with the numbers of its rules.
    """
    lines = ["digraph iptsim {", "  rankdir=LR;", '  node [shape=box, fontname="monospace"];']
    for graph in graphs:
        for table in dict.fromkeys(chain.table for chain in graph.chains):
            lines += _cluster(graph, table)
        lines += _edges(graph)
    return "\n".join([*lines, "}"])


def _cluster(graph: ChainGraph, table: str) -> Iterator[str]:
    yield f"  subgraph {_quoted(f'cluster {graph.family} {table}')} {{"
    yield f"    label={_quoted(f'{table} (IPv{graph.family})')};"
    for chain in graph.chains:
        if chain.table == table:
            yield f"    {_name(graph, chain.key)} [{_attributes(chain)}];"
    yield "  }"


def _attributes(chain: ChainNode) -> str:
    label = chain.name if chain.policy is None else f"{chain.name}\npolicy {chain.policy}"
    style = "" if chain.present else ", style=dashed"
    return f"label={_quoted(label)}{style}"


def _edges(graph: ChainGraph) -> Iterator[str]:
    for (source, to), leaps in graph.edges().items():
        style = ", style=dotted" if all(leap.goto for leap in leaps) else ""
        label = _quoted(_rules(leaps))
        yield f"  {_name(graph, source)} -> {_name(graph, to)} [label={label}{style}];"


def _rules(leaps: Iterable[Leap]) -> str:
    return ", ".join(str(leap.rule) for leap in leaps)


def _name(graph: ChainGraph, node: Node) -> str:
    return _quoted(f"{graph.family} {node[0]} {node[1]}")


def _quoted(text: str) -> str:
    r"""A quoted ID. DOT knows `\"`; labels also know `\n` and `\\`, which names may hold."""
    parts = (printable(part).replace("\\", "\\\\").replace('"', '\\"') for part in text.split("\n"))
    return '"' + "\\n".join(parts) + '"'
