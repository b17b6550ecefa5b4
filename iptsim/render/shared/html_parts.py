"""Elements of HTML, each with its style in itself, for notebooks.

No `<style>` and no class: an untrusted notebook and a forge's preview drop the first and give the
second their own meaning. What they leave is still whole, for colours and widths say nothing that a
mark, a word or a cell does not say. All text goes through `text`: a dump may hold anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from types import MappingProxyType

from iptsim.regex import regex
from iptsim.render.shared.terminal import printable

# Words that no chain and no address is as long as, and the parts that they are broken into.
_LONG = regex(r"[!-~]{49,}")
_PART = regex(r".{16}(?=.)")
_MONO = "font-family:monospace;font-size:0.95em"
_CELL = "text-align:left;vertical-align:top;padding:0.15em 1em 0.15em 0;border:0"
# Jupyter's own rules for tables and code: striped rows, boxed code, cells to the right.
_PLAIN_ROW = "background-color:transparent"
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "head": "font-size:1.1em",
        "title": "margin:0.9em 0 0.2em 0;font-weight:600",
        "notes": "opacity:0.8",
    }
)
_CELLS: Mapping[str, str] = MappingProxyType(
    {
        "mark": "text-align:right;padding:0.15em 0.6em;white-space:nowrap",
        "place": "opacity:0.7;white-space:nowrap",
    }
)
_ROWS: Mapping[str, str] = MappingProxyType(
    {
        "added": "background-color:rgba(46,160,67,0.18)",
        "removed": "background-color:rgba(248,81,73,0.18)",
        "changed": "background-color:rgba(210,153,34,0.18)",
        "dim": f"{_PLAIN_ROW};opacity:0.6",
    }
)
# Legible on light and on dark ground.
_COLOURS: Mapping[str, str] = MappingProxyType(
    {"good": "#2a8a4a", "bad": "#d2453a", "unsure": "#a8700a"}
)


def page(parts: Iterable[str]) -> str:
    """The whole of an answer."""
    return f'<div style="line-height:1.45;overflow-x:auto">{"".join(parts)}</div>'


def text(told: str) -> str:
    """Text as it is shown, whatever a dump holds; words too long for a line may be broken."""
    parts = _LONG.sub(lambda long: _PART.sub("\\g<0>\0", long[0]), printable(told)).split("\0")
    return "<wbr>".join(map(escape, parts))


def headline(first: str, rest: str) -> str:
    """The line that is read first: an element, and text behind it."""
    return f'<p style="{_joined("margin:0.5em 0", _KINDS["head"])}">{first} {text(rest)}</p>'


def paragraph(told: str, kind: str = "") -> str:
    """A paragraph; nothing for none."""
    return lines([told] if told else [], kind)


def lines(texts: Iterable[str], kind: str = "") -> str:
    """A paragraph of lines; nothing for none."""
    told = "<br>".join(text(each) for each in texts)
    told = f"<strong>{told}</strong>" if told and kind == "title" else told
    style = _joined("margin:0.5em 0", _KINDS.get(kind, ""))
    return f'<p style="{style}">{told}</p>' if told else ""


def preformatted(told: str) -> str:
    """Text whose lines and blanks are its form."""
    shown = escape("\n".join(map(printable, told.splitlines())))
    return f'<pre style="{_MONO};background-color:transparent;padding:0">{shown}</pre>'


def table(rows: Iterable[str]) -> str:
    """A table of rows; nothing for none."""
    told = "".join(rows)
    style = "border-collapse:collapse;border:0;margin:0.2em 0 0.4em 0;font-size:1em"
    return f'<table style="{style}"><tbody>{told}</tbody></table>' if told else ""


def row(*cells: str, kind: str = "") -> str:
    """A row; what its kind says in colour, a mark in it says, too."""
    return f'<tr style="{_ROWS.get(kind, _PLAIN_ROW)}">{"".join(cells)}</tr>'


def cell(told: str, kind: str = "", *, colour: str | None = None, span: int = 1) -> str:
    """A cell of text."""
    inner = text(told)
    return raw_cell(coloured(inner, colour) if colour else inner, kind, span=span)


def raw_cell(inner: str, kind: str = "", *, span: int = 1) -> str:
    """A cell of elements."""
    across = f' colspan="{span}"' if span > 1 else ""
    return f'<td style="{_joined(_CELL, _CELLS.get(kind, ""))}"{across}>{inner}</td>'


def code(told: str) -> str:
    """Words of a dump in a line."""
    style = f"{_MONO};background-color:transparent;padding:0;white-space:pre-wrap"
    return f'<code style="{style}">{text(told)}</code>' if told else ""


def heading(told: str, kind: str, *, span: int = 5) -> str:
    """A row that is the title of those below it; nothing for no title."""
    weight = "600" if kind == "title" else "500"
    style = _joined(_CELL, f"font-weight:{weight};padding:0.5em 1em 0.15em 0")
    return row(f'<th colspan="{span}" style="{style}">{text(told)}</th>') if told else ""


def gap(span: int) -> str:
    """A row of nothing."""
    return row(raw_cell("", span=span))


def coloured(inner: str, colour: str) -> str:
    """Elements in the colour of that name."""
    return f'<span style="color:{_COLOURS.get(colour, "inherit")}">{inner}</span>'


def strong(told: str, colour: str) -> str:
    """Text that is seen first."""
    return f'<strong style="color:{_COLOURS[colour]}">{text(told)}</strong>'


def folded(summary: str, inner: str, *, group: str = "", opened: bool = False) -> str:
    """Elements below a line that shows and hides them; of one group, one is open at a time."""
    name = f' name="{escape(group)}"' if group else ""
    state = " open" if opened else ""
    style = "margin:0.15em 0"
    top = f'<summary style="cursor:pointer">{summary}</summary>'
    box = f'<div style="padding:0.2em 0 0.4em 1.6em">{inner}</div>'
    return f'<details style="{style}"{name}{state}>{top}{box}</details>'


def _joined(first: str, more: str) -> str:
    """Both styles; a property of the second in place of the first's."""
    told = dict(part.split(":", 1) for part in f"{first};{more}".split(";") if part)
    return ";".join(f"{name}:{value}" for name, value in told.items())
