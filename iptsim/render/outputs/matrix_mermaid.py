"""Matrices as a Mermaid flowchart (mermaid.js.org, «Flowcharts»)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.query.matrix import Matrix, Reach
from iptsim.render.shared.matrix_words import group_words, reach_word, service_words, ways


def matrix_mermaid(found: Sequence[Matrix], lang: str = "en") -> str:
    """One flowchart with a subgraph for each service; what is not sure of all is dotted."""
    lines = ["flowchart LR"]
    for number, one in enumerate(found):
        lines += _subgraph(number, one, lang)
    return "\n".join(lines)


def _subgraph(number: int, found: Matrix, lang: str) -> Iterator[str]:
    yield f'  subgraph s{number}["{service_words(found, lang)}"]'
    for group in found.groups:
        yield f'    s{number}{group.name}["{group.name}: {group_words(group, found, lang)}"]'
    yield f'    s{number}host(["host"])'
    yield "  end"
    for name, to, reach in ways(found):
        label = "" if reach is Reach.YES else f"|{reach_word(reach, lang)}|"
        arrow = "-->" if reach is Reach.YES else "-.->"
        yield f"  s{number}{name} {arrow}{label} s{number}{to or 'host'}"
