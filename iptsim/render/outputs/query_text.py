"""A query for people: the packets that meet the fate, each set with who decides and an example."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.explain.catalogue import sentence
from iptsim.explain.query_sentences import answered
from iptsim.model import Note
from iptsim.query import Query
from iptsim.render.shared.query_parts import Met, late_words, remarks, told
from iptsim.render.shared.terminal import USUAL, Style, columns_of, pad, printable, wrap


def query_text(
    found: Query, style: Style, *, notes: Iterable[Note] = (), every: bool = False
) -> str:
    """The answer in words; `notes` are those on the dump's reading, `every` leaves none out."""
    first, *parts = told(found, style, every=every)
    paragraphs = [wrap(printable(str(first)), style.width)]
    paragraphs += [_met(p, style) if isinstance(p, Met) else _wrapped(p, style) for p in parts]
    last = [line for text in remarks(found, notes, style) for line in _wrapped(text, style)]
    return "\n\n".join("\n".join(lines) for lines in [*paragraphs, last] if lines)


def query_stat(found: Query, style: Style) -> str:
    """The answer, and how many sets of packets it is, in a line each."""
    sure = sum(1 for answer in found.answers if answer.certain)
    counts = {"count": sure, "open": len(found.answers) - sure}
    key = "query.stat" if counts["open"] == 0 else "query.stat.open"
    lines = [answered(found, style.lang), sentence(key, style.lang, **counts)]
    lines = [*lines[: 1 + bool(found.answers)], *late_words(found, style.lang)]
    return "\n".join(map(printable, lines))


def _wrapped(text: str, style: Style) -> list[str]:
    return wrap(printable(text), style.width, "  ")


def _met(met: Met, style: Style) -> list[str]:
    lines = [line for text in met.packets for line in _wrapped(text, style)]
    room = max(columns_of(label) for label, *_ in met.rows)
    for label, text, aside in met.rows:
        lines += _row(f"    {pad(label, room)}  ", text, aside, style)
    return lines


def _row(head: str, text: str, aside: str, style: Style) -> list[str]:
    text, aside = printable(text), printable(aside)
    room = style.width - columns_of(head)
    lines = wrap(text, room) if columns_of(text) > room else [text]
    shown = [head + lines[0], *(" " * columns_of(head) + line for line in lines[1:])]
    if not aside:
        return shown
    beside = style.width - columns_of(aside)
    if columns_of(shown[-1]) + 2 <= beside:
        near = min(beside, USUAL - columns_of(aside))
        return [*shown[:-1], pad(f"{shown[-1]}  ", near) + aside]
    return [*shown, *wrap(aside, style.width, " " * columns_of(head))]
