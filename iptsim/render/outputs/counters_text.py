"""What the counters show, for people: chain by chain, the rules that were met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.explain.catalogue import sentence
from iptsim.met_counts import MetChain
from iptsim.model import Note
from iptsim.render.shared.counted_rows import CountedRow, rows, said
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.shared.value_json import notes_text


def counters_text(chains: Iterable[MetChain], style: Style, *, notes: Iterable[Note] = ()) -> str:
    """The chains one below the other."""
    paragraphs: list[list[str]] = []
    table: tuple[int, str] | None = None
    for met in chains:
        if table != (table := (met.family, met.table.name)):
            facts = {"table": met.table.name, "family": met.family}
            paragraphs.append([sentence("graph.table", style.lang, **facts)])
        paragraphs.append(list(_chain(met, style)))
    paragraphs += [wrap(printable(note), style.width) for note in notes_text(notes, style)]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _chain(met: MetChain, style: Style) -> Iterator[str]:
    name = printable(met.chain.name)
    policy = met.chain.policy
    yield name if policy is None else sentence("graph.policy", style.lang, name=name, policy=policy)
    for text in said(met, style.lang):
        yield from wrap(printable(text), style.width, "  ")
    found = [*rows(met, style.lang)]
    widths = [max((columns_of(cell) for cell in column), default=0) for column in _columns(found)]
    for row in found:
        yield from _row(row, widths, style)


def _columns(found: list[CountedRow]) -> tuple[list[str], list[str], list[str]]:
    return [r.number for r in found], [r.packets for r in found], [r.grown for r in found]


def _row(row: CountedRow, widths: list[int], style: Style) -> list[str]:
    cells = [row.number.rjust(widths[0]), row.packets.rjust(widths[1])]
    cells += [pad(row.grown, widths[2])] if widths[2] else []
    head = "  " + "  ".join(cells) + "  "
    margin = " " * columns_of(head)
    text = printable(f"{row.condition}: {row.did}")
    lines = wrap(text, style.width, margin)
    return [head + lines[0].removeprefix(margin), *lines[1:]]
