"""A diff for people: the dumps' own lines that changed, each with its explanation, then the effect.

The manner is that of a unified diff: `+` is only in the later dump, `-` only in the earlier one,
`~` is in both, but not the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from iptsim.diff.texts import rule_text
from iptsim.diff.values import Change, Difference, Effect, Kind, RuleAt, Way, find_table
from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.explain.diff import conclusion, explain_change, note_words, summary
from iptsim.explain.effect import (
    decided_words,
    example_words,
    new_only,
    way_words,
    where_words,
)
from iptsim.model import Chain
from iptsim.render.hunks import Line, lines_of, tidy
from iptsim.render.terminal import Style, columns_of, pad, printable, wrap

Sources = Mapping[str, Sequence[str]]
"""The lines of each dump by the name of its file, to be shown as they stand there."""

# More effects than this tell a reader nothing; JSON has them all.
_MOST = 8
_ADDED = (Kind.RULE_ADDED, Kind.CHAIN_ADDED, Kind.TABLE_ADDED)
_REMOVED = (Kind.RULE_REMOVED, Kind.CHAIN_REMOVED, Kind.TABLE_REMOVED)


def diff_text(difference: Difference, style: Style, *, sources: Sources | None = None) -> str:
    """The difference in words; where `sources` has no line, iptables-save's text stands for it."""
    paragraphs = [[printable(line) for line in summary(difference, style.lang)]]
    for _key, changes in groupby(difference.changes, key=lambda c: (c.family, c.table, c.chain)):
        hunk = _Hunk(difference, list(changes), sources or {}, style)
        paragraphs.append(lines_of(hunk.lines(), style))
    paragraphs.append(_effects(difference, style) + _conclusion(difference, style))
    told = note_words(difference, style.lang)
    paragraphs += [wrap(printable(text), style.width) for _code, text in told]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _conclusion(difference: Difference, style: Style) -> list[str]:
    margin = "  " if difference.effects else ""
    return [
        line
        for _code, text in conclusion(difference, style.lang)
        for line in wrap(printable(text), style.width, margin)
    ]


class _Hunk:
    """The changes of one chain under its header."""

    def __init__(
        self, difference: Difference, changes: list[Change], sources: Sources, style: Style
    ) -> None:
        self.difference, self.changes = difference, changes
        self.sources, self.style = sources, style

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
            yield Line(mark="", text=explain_change(self.difference, change, self.style.lang))

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
        if was is not None and change.kind is not Kind.RULE_MOVED:
            yield self._side("-", change, was)
        if now is not None:
            mark = "~" if change.kind is Kind.RULE_MOVED else "+"
            yield self._side(mark, change, now)

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


def _effects(difference: Difference, style: Style) -> list[str]:
    if not difference.effects:
        return []
    lines = [sentence("diff.effect.all" if difference.exact else "diff.effect", style.lang)]
    for effect in difference.effects[:_MOST]:
        for text in where_words(effect, style.lang):
            lines += wrap(printable(text), style.width, "  ")
        lines += _rows(effect, style)
        if new_only(effect):
            lines += wrap(sentence("diff.new-only", style.lang), style.width, "    ")
    if len(difference.effects) > _MOST:
        more = sentence("diff.effects.more", style.lang, count=len(difference.effects) - _MOST)
        lines += wrap(more, style.width, "  ")
    return lines


def _rows(effect: Effect, style: Style) -> list[str]:
    labels = [sentence(f"diff.{label}", style.lang) for label in ("before", "after", "eg")]
    heads = [f"    {pad(label, max(map(columns_of, labels)))}  " for label in labels]
    ways = (effect.before, effect.after)
    told = [printable(way_words(way, style.lang)) for way in ways]
    room = max(map(columns_of, told))
    lines: list[str] = []
    for head, text, way in zip(heads, told, ways, strict=False):
        lines += _decided_row(head, pad(text, room), _decider(way, style), style)
    return lines + _row(heads[2], example_words(effect.example, effect.hook, style.lang), style)


def _decided_row(head: str, text: str, by: str, style: Style) -> list[str]:
    """Who decides stands beside the fate where there is room, else below."""
    beside = f"{head}{text}  {by}".rstrip()
    if columns_of(beside) <= style.width:
        return [beside]
    below = _row(" " * columns_of(head), by, style) if by else []
    return _row(head, text.rstrip(), style) + below


def _row(head: str, text: str, style: Style) -> list[str]:
    first, *more = wrap(printable(text), style.width - columns_of(head)) or [""]
    if columns_of(head + text) <= style.width:
        return [(head + printable(text)).rstrip()]
    return [head + first, *(" " * columns_of(head) + line for line in more)]


def _decider(way: Way, style: Style) -> str:
    by = decided_words(way, style.lang)
    return printable(sentence("diff.decided", style.lang, by=by)) if by else ""
