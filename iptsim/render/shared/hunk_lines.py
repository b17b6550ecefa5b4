"""Lines of a hunk: a mark, a dump's own line in columns that line up, its place at the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from iptsim.dataclass import dataclass
from iptsim.diff.changed_sets import changed_elements
from iptsim.diff.difference import Change, Difference, Kind, RuleAt, find_table
from iptsim.diff.texts import rule_text
from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.explain.changed_elements import element_text
from iptsim.explain.diff_sentences import explain_change, explain_uncompared
from iptsim.model import Chain
from iptsim.regex import regex
from iptsim.render.shared.hunk_uses import Uses
from iptsim.render.shared.terminal import USUAL, Style, columns_of, pad, printable, wrap

_COLOURS = {"+": "added", "-": "removed"}
_MOST_ELEMENTS = 12
_BLANKS = regex(r"\s{2,}|\t")
# Counters are printed to the right, with one blank between.
_COUNTERS = regex(r"(\d+[KMGT]?)\s+(\d+[KMGT]?)\s+")
_ADDED = (Kind.RULE_ADDED, Kind.CHAIN_ADDED, Kind.TABLE_ADDED)
_REMOVED = (Kind.RULE_REMOVED, Kind.CHAIN_REMOVED, Kind.TABLE_REMOVED)

Sources = Mapping[str, Sequence[str]]
"""The lines of each dump by the name of its file, to be shown as they stand there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a hunk: a header or a rule with its mark, or, without one, an explanation.

    The cells of lines with `columns` line up.
    """

    mark: str
    text: str
    place: str = ""
    columns: bool = False


def tidy(text: str) -> str:
    """A line of a dump with each run of blanks as two: its cells stay told apart."""
    text = text.strip()
    counters = _COUNTERS.match(text)
    if counters is not None:
        text = "  ".join((*counters.groups(), text[counters.end() :]))
    return _BLANKS.sub("  ", text)


def lines_of(lines: Iterable[Line], style: Style) -> list[str]:
    """The lines as they are printed, none wider than the style."""
    listed = [_safe(line) for line in lines]
    widths = _widths([line for line in listed if line.columns])
    return [shown for line in listed for shown in _shown(line, widths, style)]


def _safe(line: Line) -> Line:
    return Line(
        mark=line.mark,
        text=printable(line.text),
        place=printable(line.place),
        columns=line.columns,
    )


def _widths(lines: list[Line]) -> list[int]:
    # A rule in iptables-save's words is one cell, and lines up with nothing.
    rows = [row for line in lines if len(row := line.text.split("  ")) > 1]
    count = max(map(len, rows), default=0)
    return [max(columns_of(row[i]) for row in rows if i < len(row)) for i in range(count)]


def _shown(line: Line, widths: list[int], style: Style) -> list[str]:
    if not line.mark:
        return wrap(line.text, style.width, "    ")
    text = _aligned(line.text, widths) if line.columns else line.text
    colour = _COLOURS.get(line.mark)
    return [style.paint(row, colour) if colour else row for row in _placed(line, text, style)]


def _aligned(text: str, widths: list[int]) -> str:
    cells = text.split("  ")
    if len(cells) == 1:
        return text
    return "  ".join(pad(cell, width) for cell, width in zip(cells, widths, strict=False)).rstrip()


def _placed(line: Line, text: str, style: Style) -> list[str]:
    """The place ends at the edge, on a line of its own where there is no room.

    On a wide terminal it stays near, behind lines that go beyond the edge.
    """
    room, edge = style.width - 2, min(style.width, USUAL) - 2
    told = columns_of(text) + columns_of(line.place)
    if line.place and room - told >= 2:
        return [f"{line.mark} {text}{' ' * max(2, edge - told)}{line.place}"]
    first, *more = wrap(text, room - 4)
    rows = [first, *("    " + row for row in more)]
    marked = [f"{line.mark} {row}" for row in rows]
    below = " " * max(4, edge + 2 - columns_of(line.place)) + line.place
    return [*marked, below] if line.place else marked


def hunks(
    difference: Difference, style: Style, sources: Sources | None = None
) -> Iterator[list[Line]]:
    """The lines of each chain that changed; iptables-save's text for what `sources` lacks."""
    uses = Uses(difference, style.lang)
    for changes in _by_chain(difference):
        yield list(_Hunk(difference, list(changes), sources or {}, style, uses).lines())


def _by_chain(difference: Difference) -> Iterator[list[Change]]:
    """The changes chain by chain, with what could not be compared behind them."""
    found = [list(each) for _key, each in groupby(difference.changes, key=_home)]
    places = {_home(changes[0]): changes for changes in found}
    for key, more in groupby(difference.uncompared, key=_home):
        if key in places:
            places[key].extend(more)
        else:
            found.append(list(more))
    yield from found


def _home(change: Change) -> tuple[int, str, str]:
    return change.home


class _Hunk:
    """The changes of one chain under its header."""

    def __init__(
        self,
        difference: Difference,
        changes: list[Change],
        sources: Sources,
        style: Style,
        uses: Uses,
    ) -> None:
        self.difference, self.changes = difference, changes
        self.sources, self.style, self.uses = sources, style, uses

    def lines(self) -> Iterator[Line]:
        """The header, what changed of the chain itself, then its rules."""
        first = self.changes[0]
        own = [change for change in self.changes if change.rule is None]
        mark = _mark(own[0]) if own else " "
        yield Line(
            mark=mark,
            text=self._header(first, own),
            place=_text(first, self._chain(first), self.style),
        )
        for change in self.changes:
            if change.rule is not None:
                yield from self._rule(change)
            yield Line(mark="", text=self._explained(change))
            yield from (Line(mark="", text=text) for text in self.uses.of(change))

    def _explained(self, change: Change) -> str:
        if self._is_compared(change):
            return explain_change(self.difference, change, self.style.lang)
        return explain_uncompared(change, self.style.lang)

    def _is_compared(self, change: Change) -> bool:
        return not any(change is one for one in self.difference.uncompared)

    def _chain(self, change: Change) -> Chain | None:
        gone = change.kind in _REMOVED and change.rule is None
        sides = (self.difference.after, self.difference.before)
        for dump in sides[::-1] if gone else sides:
            found = find_table(dump, change.family, change.table).chain(change.chain)
            if found is not None:
                return found
        return None

    def _header(self, change: Change, own: list[Change]) -> str:
        chain = self._chain(change)
        if chain is None:
            return change.text
        text = self._source(chain.place) or _plain_header(chain)
        for one in own:
            text = _with_change(text, one, self.style.lang)
        return text

    def _rule(self, change: Change) -> Iterator[Line]:
        was, now = change.before, change.after
        if not self._is_compared(change):
            at = now or was
            assert at is not None
            yield self._side("?", change, at)
            return
        if was is not None and now is not None and (told := [*self._elements(was, now)]):
            yield self._side("~", change, now)
            yield from told
            return
        if was is not None and change.kind is not Kind.RULE_MOVED:
            yield self._side("-", change, was)
        if now is not None:
            mark = "~" if change.kind is Kind.RULE_MOVED else "+"
            yield self._side(mark, change, now)

    def _elements(self, was: RuleAt, now: RuleAt) -> Iterator[Line]:
        """What went and what came of the sets of a rule that says the same words as before."""
        if was.rule.nft is None or was.rule != now.rule:
            return
        for one in changed_elements(was.rule, now.rule):
            for mark, elements in (("-", one.gone), ("+", one.come)):
                for each in elements[:_MOST_ELEMENTS]:
                    yield Line(mark=mark, text=f"    {one.name}  {element_text(one, each)}")
                if (more := len(elements) - _MOST_ELEMENTS) > 0:
                    text = sentence("diff.elements.more", self.style.lang, count=more)
                    yield Line(mark=mark, text=f"    {one.name}  {text}")

    def _side(self, mark: str, change: Change, at: RuleAt) -> Line:
        text = self._source(at.rule.place) or rule_text(change.chain, at.rule, change.family)
        return Line(mark=mark, text=text, place=self.style.place(at.rule.place), columns=True)

    def _source(self, place: Place | None) -> str:
        if place is None or place.line > len(self.sources.get(place.file, ())):
            return ""
        return tidy(self.sources[place.file][place.line - 1])


def _mark(change: Change) -> str:
    return "+" if change.kind in _ADDED else "-" if change.kind in _REMOVED else "~"


def _text(change: Change, chain: Chain | None, style: Style) -> str:
    place = chain.place if chain is not None else change.place
    return style.place(place)


def _plain_header(chain: Chain) -> str:
    if chain.policy is not None:
        return f"Chain {chain.name} (policy {chain.policy})"
    return f"Chain {chain.name}"


def _with_change(text: str, change: Change, lang: str) -> str:
    """`(1 → 2 references)` in place of `(2 references)`, or after a header without a number."""
    if change.kind is Kind.REFERENCES_CHANGED:
        return _put(text, f"({change.now} references)", _arrow("diff.references", change, lang))
    if change.kind is Kind.POLICY_CHANGED:
        return _put(text, f"(policy {change.now})", _arrow("diff.policy", change, lang))
    return text


def _arrow(code: str, change: Change, lang: str) -> str:
    return "(" + sentence(code, lang, was=change.was, now=change.now) + ")"


def _put(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old in text else f"{text}  {new}"
