"""A dump's rules in words: each chain with what its rules ask and do."""

from __future__ import annotations

from iptsim.model import Dump
from iptsim.render.shared.columns import layout, lines_of
from iptsim.render.shared.rule_rows import dump_rows, left_out
from iptsim.render.shared.terminal import Style, printable, wrap
from iptsim.render.shared.value_json import placed_note


def dump_text(dump: Dump, style: Style) -> str:
    """The tables, chains and rules in the order of the dump, then the notes on its reading."""
    chains = list(dump_rows(dump, style))
    shape = layout([row for chain in chains for row in chain.rows], style.width)
    lines: list[str] = []
    for chain in chains:
        if chain.table:
            lines += ["", printable(chain.table)]
        lines += wrap(printable(chain.title), style.width, "  ")
        lines += [line for row in chain.rows for line in lines_of(row, shape, style)]
    rest = left_out(dump, style.lang)
    for text in (*([rest] if rest else []), *(placed_note(note, style) for note in dump.notes)):
        lines += ["", *wrap(printable(text), style.width)]
    return "\n".join(lines[1:])
