"""Answers as HTML for notebooks: one `<div>` each, its styles in it, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from iptsim.dataclass import replace
from iptsim.diff.difference import Difference, Effect, Way
from iptsim.diff.folding import folded_effects, left, without_what_stays
from iptsim.diff.folding import shown as shown_groups
from iptsim.explain.catalogue import sentence
from iptsim.explain.cause_sentences import cause_reason, cause_rest, cause_rules, marked_message
from iptsim.explain.diff_sentences import conclusion, note_words, summary
from iptsim.explain.effect_sentences import (
    decided_words,
    effect_example,
    new_only,
    way_words,
    where_words,
)
from iptsim.explain.lint_sentences import certified, example
from iptsim.explain.rule_comments import comments_of
from iptsim.lint import Kind, Other, Report
from iptsim.lint.causes import Cause
from iptsim.model import Dump, Note
from iptsim.query import Query
from iptsim.render.shared import html_parts as html
from iptsim.render.shared.chains_beside import cells_beside
from iptsim.render.shared.columns import Row
from iptsim.render.shared.conditions import counted as more_words
from iptsim.render.shared.fates import ToldFate
from iptsim.render.shared.headline import headline
from iptsim.render.shared.hunk_lines import Line, Sources, hunks
from iptsim.render.shared.journey_rows import Entry, journeys, untold
from iptsim.render.shared.journey_rows import remarks as said
from iptsim.render.shared.query_parts import Met, remarks, told
from iptsim.render.shared.replies import sections
from iptsim.render.shared.rule_rows import ChainRows, dump_rows, left_out
from iptsim.render.shared.shown_findings import COLOURS, MOST_RULES, findings_told
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.trace_answer import TraceAnswer, comments
from iptsim.render.shared.value_json import notes_text, placed_note
from iptsim.render.shared.written_by import written_by, written_lines

# Wide enough that nothing wraps: that is the browser's work.
_UNWRAPPED = 1_000_000

_MARKED = {"+": "added", "-": "removed", "~": "changed"}
_VERDICTS = {"✔": "good", "✘": "bad", "?": "unsure"}


def trace_html(answer: TraceAnswer, *, notes: Iterable[Note] = ()) -> str:
    """A trace: the verdict, each way as a table of its steps, what was assumed."""
    answer = replace(answer, style=_unwrapped(answer.style))
    parts = [*_trace(answer, notes)]
    for section in sections(answer):
        parts.append(html.paragraph(section.title, "title"))
        parts += _trace(section.answer, (), section.carried)
    return html.page(parts)


def _trace(answer: TraceAnswer, notes: Iterable[Note], carried: str = "") -> Iterator[str]:
    yield html.lines(notes_text(answer.leading, answer.style), "head")
    yield _headline(answer)
    if len(answer.told) > 1:
        yield html.table(_fates(answer.told))
    yield html.lines(comments(answer))
    ways = journeys(answer)
    yield html.table(row for title, entries in ways for row in _journey(title, entries))
    yield html.paragraph(untold(answer))
    yield html.paragraph(carried)
    yield from (html.lines(texts, "notes") for texts in said(answer, notes))


def diff_html(difference: Difference, style: Style, *, sources: Sources | None = None) -> str:
    """A difference: its effect, then each changed chain with what changed and why it matters."""
    style = _unwrapped(style)
    beside = cells_beside(difference, style.lang)
    parts = [] if beside else [html.lines(summary(difference, style.lang), "head")]
    parts += _effects(difference, style.lang)
    ends = (text for _code, text in conclusion(difference, style.lang))
    parts.append(html.lines(ends, "head" if beside and not difference.effects else ""))
    if beside:
        parts += _beside(beside, style.lang)
    else:
        changed = hunks(difference, style, sources)
        parts.append(html.table(row for hunk in changed for row in _hunk(hunk)))
    parts.append(html.lines(written_lines(written_by(difference.after), style)))
    notes = [text for _code, text in note_words(difference, style.lang)]
    notes += [placed_note(note, style) for note in difference.reading_notes]
    parts.append(html.lines(notes, "notes"))
    return html.page(parts)


def _beside(rows: Iterable[tuple[str, str, str]], lang: str) -> list[str]:
    """Chains of iptables beside those of nftables that stand for them."""
    told = (html.row(_code(old), _code(new), html.cell(words))
            for old, new, words in rows)  # fmt: skip
    return [html.paragraph(sentence("diff.sides", lang)), html.table(told)]


def query_html(found: Query, style: Style, *, notes: Iterable[Note] = ()) -> str:
    """A query: each set of packets with its fate, who decides it and an example."""
    style = _unwrapped(style)
    first, *more = told(found, style)
    parts = [html.paragraph(str(first), "head")]
    for one in more:
        parts += _met(one) if isinstance(one, Met) else [html.paragraph(one)]
    parts.append(html.lines(remarks(found, notes, style), "notes"))
    return html.page(parts)


def lint_html(report: Report, style: Style) -> str:
    """What is wrong or idle: each cause with its rules and its reason, then how many there are."""
    style = _unwrapped(style)
    shown = findings_told(report)
    parts = [html.table(row for cause in shown.first() for row in _cause(cause, style))]
    parts.append(html.table(html.row(*_numbered(*one)) for one in shown.counted(style.lang)))
    parts.append(html.lines(certified(report.passages, style.lang)))
    parts.append(html.paragraph(shown.summed(style.lang), "" if shown.causes else "head"))
    parts.append(html.lines((placed_note(note, style) for note in report.notes), "notes"))
    return html.page(parts)


def dump_html(dump: Dump, style: Style) -> str:
    """What was read: each chain with what its rules ask and do."""
    parts = [html.table(row for chain in dump_rows(dump, style) for row in _chain(chain))]
    parts.append(html.paragraph(left_out(dump, style.lang)))
    parts.append(html.lines((placed_note(note, style) for note in dump.notes), "notes"))
    return html.page(parts)


def text_html(text: str) -> str:
    """Text whose lines and blanks are its form: a save file, a tree."""
    return html.page([html.preformatted(text)])


def _unwrapped(style: Style) -> Style:
    return replace(style, width=_UNWRAPPED, colour=False)


def _code(told: str) -> str:
    return html.raw_cell(html.code(told))


def _headline(answer: TraceAnswer) -> str:
    """The mark and the verdict, two blanks, the packet; or the mark and what it depends on."""
    text = headline(answer)
    verdict, _, rest = text.partition("  ") if "  " in text else text.partition(" ")
    return html.headline(html.strong(verdict, _VERDICTS[text[0]]), rest)


def _fates(told: Iterable[ToldFate]) -> Iterator[str]:
    """Each fate in a row: its label, what it is, who decides it, and its condition."""
    for one in told:
        yield html.row(*map(html.cell, (one.label, one.fate, one.decided, " ".join(one.when))))


def _journey(title: str, entries: Sequence[Entry]) -> Iterator[str]:
    yield html.heading(title, "title")
    for hook, group in groupby(entries, lambda entry: entry[0]):
        yield html.heading(hook, "hook")
        for _, row in group:
            yield _step(row)


def _step(row: Row) -> str:
    number, where, condition, did, place = row.cells
    cells = (html.cell(number, "mark"), _code(where), _code(condition))
    done = (html.cell(did, colour=row.colour), html.cell(place, "place"))
    return html.row(*cells, *done, kind="dim" if row.dim else "")


def _hunk(lines: Iterable[Line]) -> Iterator[str]:
    yield html.gap(3)
    for line in lines:
        if line.mark:
            cells = (html.cell(line.mark, "mark"), _code(line.text), html.cell(line.place, "place"))
            yield html.row(*cells, kind=_MARKED.get(line.mark, ""))
        else:
            yield html.row(html.cell(""), html.cell(line.text, span=2))


def _effects(difference: Difference, lang: str) -> Iterator[str]:
    if not difference.effects:
        return
    heading = ""
    groups = folded_effects(difference.effects)
    for effect, *others in shown_groups(groups):
        if heading != (heading := _effect_title(effect)):
            yield html.paragraph(sentence(heading, lang), "title")
        more = [sentence("set.more.untold", lang)] if effect.partly else []
        yield html.lines([*where_words(effect, lang), *more])
        yield html.table(_effect(effect, lang))
        if new_only(effect):
            yield html.paragraph(sentence("diff.new-only", lang))
        if others:
            kind = "alike" if not effect.certain or all(one.certain for one in others) else "may"
            yield html.paragraph(more_words(f"diff.effects.{kind}", len(others), lang))
    for kind, count in left(groups, len(shown_groups(groups))):
        yield html.paragraph(more_words(f"diff.effects.{kind}", count, lang))


def _effect_title(effect: Effect) -> str:
    if effect.certain:
        return "diff.effect.all"
    return "diff.effect.unknown" if effect.compared else "diff.effect.left-out"


def _effect(effect: Effect, lang: str) -> Iterator[str]:
    ways = without_what_stays((effect.before, effect.after))
    for name, way in zip(("before", "after"), ways, strict=True):
        told = (way_words(way, lang), _decider(way, lang))
        yield html.row(html.cell(sentence(f"diff.{name}", lang), "mark"), *map(html.cell, told))
        for said_of_it in comments_of(way.decided_by, lang):
            yield html.row(html.cell(""), html.cell(said_of_it, span=2))
    example = effect_example(effect, lang)
    yield html.row(html.cell(sentence("diff.eg", lang), "mark"), html.cell(example, span=2))


def _decider(way: Way, lang: str) -> str:
    by = decided_words(way, lang)
    return sentence("diff.decided", lang, by=by) if by else ""


def _met(met: Met) -> Iterator[str]:
    yield html.lines(met.packets)
    yield html.table(
        html.row(html.cell(label, "mark"), html.cell(text), html.cell(place, "place"))
        for label, text, place in met.rows
    )


def _cause(cause: Cause, style: Style) -> Iterator[str]:
    kind, lang = cause.lead.kind, style.lang
    head = (
        html.cell(kind.value, "mark", colour=COLOURS[kind.level]),
        html.cell(marked_message(cause, lang)),
    )
    yield html.row(*head, html.cell(style.place(cause.alike[0].at.place), "place"))
    for text in cause_rules(cause):
        yield html.row(html.cell(""), _code(text))
    proof = cause_reason(cause, lang)
    yield html.row(html.cell(""), html.cell(proof.text))
    for words, other in proof.rules[:MOST_RULES]:
        yield _other(words, other, style)
    if len(proof.rules) > MOST_RULES:
        yield html.row(html.cell(""), html.cell("…"))
    for text in filter(None, (example(cause.lead, lang), *cause_rest(cause, lang))):
        yield html.row(html.cell(""), html.cell(text))


def _other(words: str, other: Other, style: Style) -> str:
    """A rule that a finding rests on, and where it stands."""
    who = f"{html.text(words)}: " if words else ""
    rule = html.raw_cell(who + html.code(other.at.text))
    return html.row(html.cell(""), rule, html.cell(style.place(other.at.place), "place"))


def _numbered(kind: Kind, count: int, about: str, left_out: str) -> tuple[str, ...]:
    code = html.cell(kind.value, "mark", colour=COLOURS[kind.level])
    return code, html.cell(str(count), "mark"), html.cell(f"{about} {left_out}".rstrip())


def _chain(chain: ChainRows) -> Iterator[str]:
    yield html.heading(chain.table, "title")
    yield html.heading(chain.title, "hook")
    for row in chain.rows:
        number, _where, condition, did, place = row.cells
        cells = (
            html.cell(number, "mark"),
            _code(condition),
            html.cell(did),
            html.cell(place, "place"),
        )
        yield html.row(*cells)
