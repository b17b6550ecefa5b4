"""A packet's way to be stepped through in a notebook: a line for each step, which opens.

HTML's own `<details>`: it works without scripts, so in an untrusted notebook and on a forge too; of
those of one way one is open at a time where the page keeps their name, else as many as one likes.
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.explain.catalogue import sentence
from iptsim.render.shared import html_parts as html
from iptsim.render.shared.columns import Row
from iptsim.render.shared.step_cards import Card
from iptsim.render.shared.terminal import Style


def steps_html(cards: Sequence[Card], style: Style, *, group: str) -> str:
    """The steps, the first one open; `group` names this way among those of the page."""
    told = [_card(card, len(cards), style, group, opened=n == 0) for n, card in enumerate(cards)]
    return html.page(told)


def _card(card: Card, count: int, style: Style, group: str, *, opened: bool) -> str:
    number, where, _condition, did, place = card.row.cells
    title = sentence("view.step.title", style.lang, number=number, count=count)
    done = html.text(did)
    done = html.coloured(done, card.row.colour) if card.row.colour else done
    summary = f"{html.text(title)} · {html.text(card.hook)} · {html.code(where)} · {done}"
    rows = [html.row(html.cell(name), html.raw_cell(html.code(text))) for name, text in card.lines]
    rows += [html.row(html.cell(""), html.cell(place, "place"))] if place else []
    inner = html.table(map(_passed, card.passed)) + html.table(rows)
    return html.folded(summary, inner, group=group, opened=opened)


def _passed(row: Row) -> str:
    number, where, condition, did, place = row.cells
    codes = (html.raw_cell(html.code(where)), html.raw_cell(html.code(condition)))
    cells = (html.cell(number, "mark"), *codes, html.cell(did), html.cell(place, "place"))
    return html.row(*cells, kind="dim")
