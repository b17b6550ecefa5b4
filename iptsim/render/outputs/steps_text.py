"""A packet's way step by step, as text."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.explain.catalogue import sentence
from iptsim.render.shared.columns import untied
from iptsim.render.shared.step_cards import Card
from iptsim.render.shared.terminal import Style, columns_of, pad, wrap


def steps_text(cards: Sequence[Card], style: Style) -> str:
    """Each step with the packet as it comes to it, its chains and its rule."""
    return "\n\n".join("\n".join(_card(card, len(cards), style)) for card in cards)


def _card(card: Card, count: int, style: Style) -> list[str]:
    number, where, _condition, did, place = card.row.cells
    title = sentence("view.step.title", style.lang, number=number, count=count)
    told = [wrap(f"{title}  {card.hook}  {where}  {untied(did)}  {place}", style.width)]
    told += [_passed(row.cells, style) for row in card.passed]
    label = max(columns_of(name) for name, _ in card.lines)
    for name, text in card.lines:
        first, *more = wrap(text, style.width - label - 6) or [""]
        told.append([f"    {pad(name, label)}  {first}", *(" " * (label + 6) + m for m in more)])
    return [line for lines in told for line in lines]


def _passed(cells: Sequence[str], style: Style) -> list[str]:
    _number, where, condition, did, place = map(untied, cells)
    return wrap(f"·  {where}  {condition}  {did}  {place}".rstrip(), style.width, "    ")
