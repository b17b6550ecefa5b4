"""A query as Markdown: each set of packets with its fate, who decides it and an example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.model import Note
from iptsim.query import Query
from iptsim.render.shared.markdown import items, page, strong, unwrapped, words
from iptsim.render.shared.query_parts import Met, remarks, told
from iptsim.render.shared.terminal import Style


def query_markdown(
    found: Query, style: Style, *, notes: Iterable[Note] = (), every: bool = False
) -> str:
    """The answer; `notes` are those on the dump's reading, `every` leaves none out."""
    style = unwrapped(style)
    first, *more = told(found, style, every=every)
    parts = [strong(str(first))]
    for one in more:
        parts += _met(one) if isinstance(one, Met) else [words(one)]
    return page([*parts, items(remarks(found, notes, style))])


def _met(met: Met) -> Iterator[str]:
    yield "  \n".join(map(words, met.packets))
    yield items(" ".join(filter(None, row)) for row in met.rows)
