"""The chain graph for people: from each built-in chain, who leads where, as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.chain_graph import ChainGraph, ChainNode, Leap, Node
from iptsim.explain.catalogue import sentence
from iptsim.model import Note
from iptsim.render.shared.terminal import Style, printable, wrap
from iptsim.render.shared.value_json import placed_note

Followed = dict[Node, list[tuple[Node, tuple[Leap, ...]]]]


def graph_text(
    graphs: Iterable[ChainGraph],
    style: Style,
    *,
    notes: Iterable[Note] = (),
    start: str | None = None,
) -> str:
    """A tree for each table, then the findings. A chain's own jumps are shown once.

    With `start` the trees begin with the chains of that name.
    """
    every = tuple(graphs)
    blocks = [block for graph in every for block in _tables(graph, style, start)]
    told = [placed_note(note, style) for g in every for note in g.findings]
    told += [placed_note(note, style) for note in notes]
    if told:
        blocks.append([line for text in told for line in wrap(printable(text), style.width)])
    return "\n\n".join("\n".join(block) for block in blocks)


def _tables(graph: ChainGraph, style: Style, start: str | None) -> Iterator[list[str]]:
    followed: Followed = {}
    for (source, to), leaps in graph.edges().items():
        followed.setdefault(source, []).append((to, leaps))
    for table in dict.fromkeys(chain.table for chain in graph.chains):
        title = sentence("graph.table", style.lang, table=table, family=graph.family)
        chains = {chain.key: chain for chain in graph.chains if chain.table == table}
        untold = table in graph.untold
        yield [printable(title), *_Tree(chains, followed, style, untold=untold).lines(start)]


# nf_tables lets jumps nest 16 deep (nf_tables.h, NFT_JUMP_STACK_SIZE); what is deeper still is
# told, without the blanks that would fill the screen.
_DEEPEST = 40
_MOST_KEYS = 3


class _Tree:
    """The chains of one table, depth first; loops end at a chain that was shown.

    `untold` is whether a verdict map of the table may lead anywhere.
    """

    def __init__(
        self, chains: dict[Node, ChainNode], followed: Followed, style: Style, *, untold: bool
    ) -> None:
        self._chains = chains
        self._unreached = "graph.unreached_here" if untold else "graph.unreached"
        self._followed = followed
        self._style = style
        self._shown: set[Node] = set()

    def lines(self, start: str | None) -> list[str]:
        """Built-in chains first, or those of that name; then what none of them leads to."""
        roots = [key for key, chain in self._chains.items() if chain.policy is not None]
        if start is not None:
            roots = [key for key in self._chains if key[1] == start]
        lines = [line for root in roots for line in self._from(root)]
        rest = [key for key in self._chains if key not in self._shown]
        if rest:
            lines.append("  " + sentence(self._unreached, self._style.lang))
            lines += [line for key in rest if key not in self._shown for line in self._from(key)]
        return lines

    def _from(self, root: Node) -> Iterator[str]:
        """Not recursive: a dump's chains may be deeper than Python's stack."""
        stack: list[tuple[Node, int, str]] = [(root, 1, "")]
        while stack:
            node, depth, how = stack.pop()
            again = node in self._shown and node in self._followed
            yield "  " * min(depth, _DEEPEST) + printable(self._name(node, again=again) + how)
            if not again:
                self._shown.add(node)
                below = self._followed.get(node, [])
                stack += [(to, depth + 1, self._how(leaps)) for to, leaps in reversed(below)]

    def _name(self, node: Node, *, again: bool) -> str:
        chain = self._chains[node]
        kind = "chain" if chain.policy is None else "policy"
        if not chain.present:
            kind = "absent"
        elif again:
            kind = "again"
        facts = {"name": chain.name, "policy": chain.policy}
        return sentence(f"graph.{kind}", self._style.lang, **facts)

    def _how(self, leaps: tuple[Leap, ...]) -> str:
        """Which rules lead there."""
        numbers = ", ".join(dict.fromkeys(_number(leap) for leap in leaps))
        kind = "graph.rule" if len({leap.rule for leap in leaps}) == 1 else "graph.rules"
        by = sentence(kind, self._style.lang, rules=numbers)
        if all(leap.goto for leap in leaps):
            by = sentence("graph.goto", self._style.lang, by=by)
        return "  " + by


def _number(leap: Leap) -> str:
    """`2`, and out of a verdict map, for whom: `2 (10.0.0.1 . tcp . 80, … +4)`."""
    if not leap.keys:
        return str(leap.rule)
    more = len(leap.keys) - _MOST_KEYS
    told = (*leap.keys[:_MOST_KEYS], *([f"… +{more}"] if more > 0 else []))
    return f"{leap.rule} ({', '.join(told)})"
