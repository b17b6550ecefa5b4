"""The rules of a dump in words for people: chain by chain, a sentence for each rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.explain.catalogue import sentence
from iptsim.model import Note
from iptsim.render.shared.explained import ExplainedChain, ExplainedRule
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.shared.value_json import notes_text
from iptsim.render.shared.written_by import Written, written_lines


def explain_text(
    chains: Iterable[ExplainedChain],
    style: Style,
    *,
    written: Written,
    notes: Iterable[Note] = (),
    alone: bool,
) -> str:
    """The chains one below the other; with `alone` a rule is shown as it is written, too."""
    paragraphs: list[list[str]] = [[printable(line) for line in written_lines(written, style)]]
    table: tuple[int, str] | None = None
    every = list(chains)
    alike = _of_both(every)
    for chain in every:
        if chain.table in alike and chain.family != 4:
            continue
        if table != (table := (chain.family, chain.table)):
            told = sentence("graph.table", style.lang, table=chain.table, family=chain.family)
            if chain.table in alike:
                told = sentence("graph.table.both", style.lang, table=chain.table)
            paragraphs.append([told])
        paragraphs.append(list(_chain(chain, style, alone=alone)))
    paragraphs += [wrap(printable(note), style.width) for note in notes_text(notes, style)]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _of_both(chains: Sequence[ExplainedChain]) -> frozenset[str]:
    """The tables of nftables that say the same to packets of IPv4 and of IPv6."""
    told: dict[str, dict[int, list[ExplainedChain]]] = {}
    for chain in chains:
        if chain.table.startswith(("inet ", "netdev ")):
            alike = replace(chain, family=0)
            told.setdefault(chain.table, {}).setdefault(chain.family, []).append(alike)
    return frozenset(
        name for name, each in told.items() if 4 in each and each[4] == each.get(6, ())
    )


def _chain(chain: ExplainedChain, style: Style, *, alone: bool) -> Iterator[str]:
    title = printable(chain.name)
    if chain.policy is not None:
        title = sentence("graph.policy", style.lang, name=title, policy=chain.policy)
    yield from _placed(title, style.place(chain.place), style)
    if chain.said:
        yield from wrap(
            printable(("" if style.lang == "zh" else " ").join(chain.said)), style.width, "  "
        )
    width = max((len(str(rule.number)) for rule in chain.rules), default=0)
    for rule in chain.rules:
        yield from _rule(rule, width, style, alone=alone)


def _rule(rule: ExplainedRule, width: int, style: Style, *, alone: bool) -> Iterator[str]:
    head = f"  {str(rule.number).rjust(width)}  "
    margin = " " * columns_of(head)
    said = wrap(printable(rule.said), style.width, margin)
    first = head + said[0].removeprefix(margin)
    place = style.place(rule.place)
    yield from (
        [*_placed(first, place, style), *said[1:]]
        if len(said) == 1
        else [
            first,
            *said[1:-1],
            *_placed(said[-1], place, style),
        ]
    )
    if alone:
        yield from wrap(printable(rule.text), style.width, margin)
    if rule.use:
        yield from wrap(printable(rule.use), style.width, margin)
    if rule.comment:
        told = sentence("explain.comment", style.lang, comment=rule.comment)
        yield from wrap(printable(told), style.width, margin)


def _placed(text: str, place: str, style: Style) -> list[str]:
    """A line with its place at the right edge, where there is room."""
    place = printable(place)
    room = style.width - columns_of(place)
    if not place or columns_of(text) + 2 > room:
        return [text]
    return [pad(text, room) + style.paint(place, "dim")]
