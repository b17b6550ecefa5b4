"""The chain graph as a Mermaid flowchart (mermaid.js.org, «Flowcharts»)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.chain_graph import ChainGraph, ChainNode, Leap, Node
from iptsim.render.shared.terminal import printable

Names = dict[tuple[int, Node], str]
_KEPT = frozenset(" -_.,:/+*()")


def graph_mermaid(graphs: Iterable[ChainGraph]) -> str:
    """One flowchart with a subgraph for each table of each family.

    Absent chains are dashed; an edge is labelled with the numbers of its rules. Nodes have names of
    our own, so that a chain called `end` or `x-->y` can do no harm.
    """
    every = tuple(graphs)
    names: Names = {}
    for graph in every:
        for chain in graph.chains:
            names[graph.family, chain.key] = f"c{len(names)}"
    lines = ["flowchart LR"]
    for graph in every:
        for table in dict.fromkeys(chain.table for chain in graph.chains):
            lines += _subgraph(graph, table, names)
        lines += _edges(graph, names)
    lines.append("  classDef absent stroke-dasharray: 5 5;")
    return "\n".join(lines)


def _subgraph(graph: ChainGraph, table: str, names: Names) -> Iterator[str]:
    yield f"  subgraph t{graph.family}{_word(table)} [{_quoted(f'{table} (IPv{graph.family})')}]"
    for chain in graph.chains:
        if chain.table == table:
            mark = "" if chain.present else ":::absent"
            yield f"    {names[graph.family, chain.key]}[{_label(chain)}]{mark}"
    yield "  end"


def _word(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}" for c in text)


def _label(chain: ChainNode) -> str:
    if chain.policy is None:
        return _quoted(chain.name)
    return _quoted(f"{chain.name} (policy {chain.policy})")


def _edges(graph: ChainGraph, names: Names) -> Iterator[str]:
    for (source, to), leaps in graph.edges().items():
        arrow = "-.->" if all(leap.goto for leap in leaps) else "-->"
        start, end = names[graph.family, source], names[graph.family, to]
        yield f"  {start} {arrow}|{_quoted(_rules(leaps))}| {end}"


def _rules(leaps: Iterable[Leap]) -> str:
    return ", ".join(str(leap.rule) for leap in leaps)


def _quoted(text: str) -> str:
    """A quoted label; whatever Markdown or HTML would read is an entity (`#35;` is `#`)."""
    shown = (c if c.isalnum() or c in _KEPT else f"#{ord(c)};" for c in printable(text))
    return '"' + "".join(shown) + '"'
