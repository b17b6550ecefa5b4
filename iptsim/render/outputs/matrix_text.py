"""A matrix for people: the groups with their addresses, then who reaches whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iptsim.explain.catalogue import sentence
from iptsim.model import Note
from iptsim.query.matrix import Group, Matrix, Reach
from iptsim.render.shared.matrix_words import (
    group_words,
    idle,
    kinds_of,
    reach_word,
    service_words,
    ways,
)
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.shared.value_json import note_text, notes_text

_INDENT = "  "
_GAP = 2


def matrix_text(found: Sequence[Matrix], style: Style, *, notes: Iterable[Note] = ()) -> str:
    """A paragraph for each service; the groups first, the table where it is not too wide."""
    parts = [part for one in found for part in _matrix(one, style)]
    assumed = dict.fromkeys(note for one in found for note in one.assumed)
    comma = sentence("query.comma", style.lang)
    only = dict.fromkeys(comma.join(one.interfaces) for one in found if one.interfaces)
    told = [sentence("matrix.interfaces", style.lang, interfaces=names) for names in only]
    given = comma.join([*told, *(note_text(note, style.lang) for note in assumed)])
    last = [sentence("matrix.assumed", style.lang, given=given)] if given else []
    kinds = dict.fromkeys(kind for one in found for kind in kinds_of(one))
    last += [sentence(f"matrix.{kind.value}.is", style.lang) for kind in Reach if kind in kinds]
    last += notes_text(notes, style)
    parts.append([line for text in last for line in wrap(printable(text), style.width, _INDENT)])
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _matrix(found: Matrix, style: Style) -> Iterator[list[str]]:
    title = sentence("matrix.title", style.lang, service=service_words(found, style.lang))
    yield wrap(printable(title), style.width)
    if not any(True for _ in ways(found)):
        yield wrap(sentence("matrix.nobody", style.lang), style.width, _INDENT)
        return
    left_out = idle(found)
    active = [group for group in found.groups if group not in left_out]
    yield [*_groups(active, found, style), *_idle(left_out, found, style)]
    table = list(_table(active, found, style))
    wide = max(map(columns_of, table)) > style.width
    yield list(_lists(active, found, style)) if wide else table


def _groups(groups: Sequence[Group], found: Matrix, style: Style) -> Iterator[str]:
    room = max(len(group.name) for group in groups)
    for group in groups:
        text = printable(group_words(group, found, style.lang))
        head = f"{_INDENT}{pad(group.name, room)}  "
        first, *more = wrap(text, style.width - columns_of(head))
        yield head + first
        yield from (" " * columns_of(head) + line for line in more)


def _idle(groups: Sequence[Group], found: Matrix, style: Style) -> Iterator[str]:
    for group in groups:
        told = group_words(group, found, style.lang)
        text = sentence("matrix.idle", style.lang, addresses=told)
        yield from wrap(printable(text), style.width, _INDENT)


def _table(groups: Sequence[Group], found: Matrix, style: Style) -> Iterator[str]:
    lang, names = style.lang, [group.name for group in groups]
    corner, host = (sentence(f"matrix.{key}", lang) for key in ("from", "host"))
    rows = [[corner, *names, host]]
    for name in names:
        cells = [reach_word(found.reach[name, other], lang) for other in names]
        rows.append([name, *cells, reach_word(found.host[name], lang)])
    widths = [max(columns_of(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = [pad(cell, width) for cell, width in zip(row, widths, strict=True)]
        yield (_INDENT + (" " * _GAP).join(cells)).rstrip()


def _lists(groups: Sequence[Group], found: Matrix, style: Style) -> Iterator[str]:
    """For each group whom it reaches, where a table has no room."""
    comma = sentence("query.comma", style.lang)
    for group in groups:
        told = [(to, reach) for name, to, reach in ways(found) if name == group.name]
        parts = []
        for kind in dict.fromkeys(reach for _to, reach in told):
            to = [to or sentence("matrix.host", style.lang) for to, reach in told if reach == kind]
            names = comma.join(to)
            parts.append(sentence(f"matrix.{kind.value}.to", style.lang, names=names))
        text = sentence("matrix.stop", style.lang).join(parts) or reach_word(Reach.NO, style.lang)
        head = f"{_INDENT}{group.name} → "
        first, *more = wrap(text, style.width - columns_of(head))
        yield head + first
        yield from (" " * columns_of(head) + line for line in more)
