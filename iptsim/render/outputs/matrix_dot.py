"""Matrices in the DOT language of Graphviz: groups as boxes, arrows to whom they reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.query.matrix import Matrix, Reach
from iptsim.render.shared.matrix_words import group_words, service_words, ways

_STYLES = {Reach.YES: "solid", Reach.SOME: "dashed", Reach.MAYBE: "dotted"}


def matrix_dot(found: Sequence[Matrix], lang: str = "en") -> str:
    """One digraph with a cluster for each service; «some» is dashed, «maybe» dotted."""
    lines = ["digraph iptsim {", "  rankdir=LR;", "  node [shape=box];"]
    for number, one in enumerate(found):
        lines += _cluster(number, one, lang)
    return "\n".join([*lines, "}"])


def _cluster(number: int, found: Matrix, lang: str) -> Iterator[str]:
    yield f"  subgraph cluster_{number} {{"
    yield f'    label="{service_words(found, lang)}";'
    for group in found.groups:
        label = f"{group.name}: {group_words(group, found, lang)}"
        yield f'    s{number}{group.name} [label="{label}"];'
    yield f'    s{number}host [label="host", shape=ellipse];'
    for name, to, reach in ways(found):
        yield f"    s{number}{name} -> s{number}{to or 'host'} [style={_STYLES[reach]}];"
    yield "  }"
