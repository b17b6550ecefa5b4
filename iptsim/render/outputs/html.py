"""Answers as HTML for notebooks: one `<div>` each, its style with it, nothing from outside.

All text goes through `_text`: a dump may hold anything. Colours are legible on light and on dark
ground and say nothing that a mark or a word does not say too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from iptsim.dataclass import replace
from iptsim.diff.difference import Difference, Effect, Way
from iptsim.diff.folding import folded, without_what_stays
from iptsim.explain.catalogue import sentence
from iptsim.explain.cause_sentences import cause_message, cause_reason, cause_rest, cause_rules
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
from iptsim.render.shared.columns import Row
from iptsim.render.shared.conditions import counted as more_words
from iptsim.render.shared.headline import headline
from iptsim.render.shared.hunk_lines import Line, Sources, hunks
from iptsim.render.shared.journey_rows import Entry, journeys, untold
from iptsim.render.shared.journey_rows import remarks as said
from iptsim.render.shared.query_parts import Met, remarks, told
from iptsim.render.shared.replies import sections
from iptsim.render.shared.rule_rows import ChainRows, dump_rows, left_out
from iptsim.render.shared.shown_findings import COLOURS, MOST_RULES, findings_told
from iptsim.render.shared.terminal import Style, printable
from iptsim.render.shared.told_fate import ToldFate
from iptsim.render.shared.trace_answer import TraceAnswer, comments
from iptsim.render.shared.value_json import placed_note
from iptsim.render.shared.written_by import written_by, written_lines

# As in text: more effects tell a reader nothing.
_MOST_EFFECTS = 8
# Wide enough that nothing wraps: that is the browser's work.
_UNWRAPPED = 1_000_000

_RULES = """
&{line-height:1.45;overflow-x:auto}
& p{margin:.5em 0}
& .iptsim-head{font-size:1.1em}
& .iptsim-title{margin:.9em 0 .2em;font-weight:600}
& table{border-collapse:collapse;margin:.2em 0 .4em;border:0;font-size:inherit}
& tr,& tbody tr:nth-child(odd),& tbody tr:hover{background:none}
& td,& th{text-align:left;vertical-align:top;padding:.15em 1em .15em 0;border:0;
max-width:none;white-space:normal}
& th{font-weight:600;padding-top:.5em}
& tr.iptsim-hook th{font-weight:500}
& tr.iptsim-gap td{padding-top:.5em}
& td.iptsim-mark{text-align:right;padding-left:.6em;padding-right:.6em;white-space:nowrap}
& td.iptsim-place{opacity:.7;white-space:nowrap}
& code,& pre{font-family:ui-monospace,monospace;font-size:.95em;background:none;
color:inherit;padding:0}
& td code{white-space:pre-wrap}
& .iptsim-good{color:#2a8a4a}
& .iptsim-bad{color:#d2453a}
& .iptsim-unsure{color:#a8700a}
& tbody tr.iptsim-added:nth-child(n){background:rgba(46,160,67,.18)}
& tbody tr.iptsim-removed:nth-child(n){background:rgba(248,81,73,.18)}
& tbody tr.iptsim-changed:nth-child(n){background:rgba(210,153,34,.18)}
& tr.iptsim-dim{opacity:.6}
& .iptsim-notes{opacity:.8}
"""
# Three times the class: Jupyter's own selectors for tables and code are as specific as that.
_CSS = _RULES.replace("&", ".iptsim" * 3)
_MARKED = {"+": "added", "-": "removed", "~": "changed"}
_VERDICTS = {"✔": "good", "✘": "bad", "?": "unsure"}


def trace_html(answer: TraceAnswer, *, notes: Iterable[Note] = ()) -> str:
    """A trace: the verdict, each way as a table of its steps, what was assumed."""
    answer = replace(answer, style=_unwrapped(answer.style))
    parts = [*_trace(answer, notes)]
    for section in sections(answer):
        parts.append(_paragraph(section.title, "title"))
        parts += _trace(section.answer, (), section.carried)
    return _page(parts)


def _trace(answer: TraceAnswer, notes: Iterable[Note], carried: str = "") -> Iterator[str]:
    yield _headline(answer)
    if len(answer.told) > 1:
        yield _table(_fates(answer.told))
    yield _lines(comments(answer))
    ways = journeys(answer)
    yield _table(row for title, entries in ways for row in _journey(title, entries))
    yield _paragraph(untold(answer))
    yield _paragraph(carried)
    yield from (_lines(texts, "notes") for texts in said(answer, notes))


def diff_html(difference: Difference, style: Style, *, sources: Sources | None = None) -> str:
    """A difference: its effect, then each changed chain with what changed and why it matters."""
    style = _unwrapped(style)
    parts = [_lines(summary(difference, style.lang), "head")]
    parts += _effects(difference, style.lang)
    parts.append(_table(row for hunk in hunks(difference, style, sources) for row in _hunk(hunk)))
    parts.append(_lines(written_lines(written_by(difference.after), style)))
    parts.append(_lines(text for _code, text in conclusion(difference, style.lang)))
    parts.append(_lines((text for _code, text in note_words(difference, style.lang)), "notes"))
    return _page(parts)


def query_html(found: Query, style: Style, *, notes: Iterable[Note] = ()) -> str:
    """A query: each set of packets with its fate, who decides it and an example."""
    style = _unwrapped(style)
    first, *more = told(found, style)
    parts = [_paragraph(str(first), "head")]
    for one in more:
        parts += _met(one) if isinstance(one, Met) else [_paragraph(one)]
    parts.append(_lines(remarks(found, notes, style), "notes"))
    return _page(parts)


def lint_html(report: Report, style: Style) -> str:
    """What is wrong or idle: each cause with its rules and its reason, then how many there are."""
    style = _unwrapped(style)
    shown = findings_told(report)
    parts = [_table(row for cause in shown.first() for row in _cause(cause, style))]
    parts.append(_table(_row(*_numbered(*one)) for one in shown.counted(style.lang)))
    parts.append(_lines(certified(report.passages, style.lang)))
    parts.append(_paragraph(shown.summed(style.lang), "" if shown.causes else "head"))
    parts.append(_lines((placed_note(note, style) for note in report.notes), "notes"))
    return _page(parts)


def dump_html(dump: Dump, style: Style) -> str:
    """What was read: each chain with what its rules ask and do."""
    parts = [_table(row for chain in dump_rows(dump, style) for row in _chain(chain))]
    parts.append(_paragraph(left_out(dump, style.lang)))
    parts.append(_lines((placed_note(note, style) for note in dump.notes), "notes"))
    return _page(parts)


def text_html(text: str) -> str:
    """Text whose lines and blanks are its form: a save file, a tree."""
    return _page([f"<pre>{escape(chr(10).join(map(printable, text.splitlines())))}</pre>"])


def _page(parts: Iterable[str]) -> str:
    return f'<div class="iptsim"><style>{_CSS}</style>{"".join(parts)}</div>'


def _unwrapped(style: Style) -> Style:
    return replace(style, width=_UNWRAPPED, colour=False)


def _text(text: str) -> str:
    return escape(printable(text))


def _paragraph(text: str, kind: str = "") -> str:
    return _lines([text] if text else [], kind)


def _lines(texts: Iterable[str], kind: str = "") -> str:
    """A paragraph of lines; nothing for none."""
    told = "<br>".join(_text(text) for text in texts)
    attribute = f' class="iptsim-{kind}"' if kind else ""
    return f"<p{attribute}>{told}</p>" if told else ""


def _table(rows: Iterable[str]) -> str:
    """A table of rows; nothing for none."""
    told = "".join(rows)
    return f"<table><tbody>{told}</tbody></table>" if told else ""


def _row(*cells: str, kind: str = "") -> str:
    attribute = f' class="iptsim-{kind}"' if kind else ""
    return f"<tr{attribute}>{''.join(cells)}</tr>"


def _cell(text: str, kind: str = "", *, colour: str | None = None, span: int = 1) -> str:
    inner = _text(text)
    inner = f'<span class="iptsim-{colour}">{inner}</span>' if colour else inner
    attributes = f' class="iptsim-{kind}"' if kind else ""
    attributes += f' colspan="{span}"' if span > 1 else ""
    return f"<td{attributes}>{inner}</td>"


def _code(text: str) -> str:
    return f"<td><code>{_text(text)}</code></td>"


def _headline(answer: TraceAnswer) -> str:
    """The mark and the verdict, two blanks, the packet; or the mark and what it depends on."""
    text = headline(answer)
    verdict, _, rest = text.partition("  ") if "  " in text else text.partition(" ")
    strong = f'<strong class="iptsim-{_VERDICTS[text[0]]}">{_text(verdict)}</strong>'
    return f'<p class="iptsim-head">{strong} {_text(rest)}</p>'


def _fates(told: Iterable[ToldFate]) -> Iterator[str]:
    """Each fate in a row: its label, what it is, who decides it, and its condition."""
    for one in told:
        yield _row(*map(_cell, (one.label, one.fate, one.decided, " ".join(one.when))))


def _heading(text: str, kind: str) -> str:
    return _row(f'<th colspan="5">{_text(text)}</th>', kind=kind) if text else ""


def _journey(title: str, entries: Sequence[Entry]) -> Iterator[str]:
    yield _heading(title, "title")
    for hook, group in groupby(entries, lambda entry: entry[0]):
        yield _heading(hook, "hook")
        for _, row in group:
            yield _step(row)


def _step(row: Row) -> str:
    number, where, condition, did, place = row.cells
    cells = (_cell(number, "mark"), _code(where), _code(condition))
    done = (_cell(did, colour=row.colour), _cell(place, "place"))
    return _row(*cells, *done, kind="dim" if row.dim else "")


def _hunk(lines: Iterable[Line]) -> Iterator[str]:
    yield _row('<td colspan="3"></td>', kind="gap")
    for line in lines:
        if line.mark:
            cells = (_cell(line.mark, "mark"), _code(line.text), _cell(line.place, "place"))
            yield _row(*cells, kind=_MARKED.get(line.mark, ""))
        else:
            yield _row("<td></td>", _cell(line.text, span=2))


def _effects(difference: Difference, lang: str) -> Iterator[str]:
    if not difference.effects:
        return
    title = sentence("diff.effect.all", lang)
    yield _paragraph(title, "title")
    certain = True
    groups = folded(difference.effects, lambda effect: (effect.before, effect.after))
    for effect, *others in groups[:_MOST_EFFECTS]:
        if certain and not effect.certain:
            yield _paragraph(sentence("diff.effect.unknown", lang), "title")
        certain = effect.certain
        yield _lines(where_words(effect, lang))
        yield _table(_effect(effect, lang))
        if new_only(effect):
            yield _paragraph(sentence("diff.new-only", lang))
        if others:
            kind = "alike" if not effect.certain or all(one.certain for one in others) else "may"
            yield _paragraph(more_words(f"diff.effects.{kind}", len(others), lang))
    if len(groups) > _MOST_EFFECTS:
        more = len(groups) - _MOST_EFFECTS
        yield _paragraph(more_words("diff.effects.more", more, lang))


def _effect(effect: Effect, lang: str) -> Iterator[str]:
    ways = without_what_stays((effect.before, effect.after))
    for name, way in zip(("before", "after"), ways, strict=True):
        told = (way_words(way, lang), _decider(way, lang))
        yield _row(_cell(sentence(f"diff.{name}", lang), "mark"), *map(_cell, told))
        for comment in comments_of(way.decided_by, lang):
            yield _row("<td></td>", _cell(comment, span=2))
    example = effect_example(effect, lang)
    yield _row(_cell(sentence("diff.eg", lang), "mark"), _cell(example, span=2))


def _decider(way: Way, lang: str) -> str:
    by = decided_words(way, lang)
    return sentence("diff.decided", lang, by=by) if by else ""


def _met(met: Met) -> Iterator[str]:
    yield _lines(met.packets)
    yield _table(
        _row(_cell(label, "mark"), _cell(text), _cell(place, "place"))
        for label, text, place in met.rows
    )


def _cause(cause: Cause, style: Style) -> Iterator[str]:
    kind, lang = cause.lead.kind, style.lang
    head = _cell(kind.value, "mark", colour=COLOURS[kind.level]), _cell(cause_message(cause, lang))
    yield _row(*head, _cell(style.place(cause.alike[0].at.place), "place"), kind="gap")
    for text in cause_rules(cause):
        yield _row("<td></td>", _code(text))
    proof = cause_reason(cause, lang)
    yield _row("<td></td>", _cell(proof.text))
    for words, other in proof.rules[:MOST_RULES]:
        yield _other(words, other, style)
    if len(proof.rules) > MOST_RULES:
        yield _row("<td></td>", _cell("…"))
    for text in filter(None, (example(cause.lead, lang), *cause_rest(cause, lang))):
        yield _row("<td></td>", _cell(text))


def _other(words: str, other: Other, style: Style) -> str:
    """A rule that a finding rests on, and where it stands."""
    who = f"{_text(words)}: " if words else ""
    rule = f"<td>{who}<code>{_text(other.at.text)}</code></td>"
    return _row("<td></td>", rule, _cell(style.place(other.at.place), "place"))


def _numbered(kind: Kind, count: int, about: str, left_out: str) -> tuple[str, ...]:
    code = _cell(kind.value, "mark", colour=COLOURS[kind.level])
    return code, _cell(str(count), "mark"), _cell(f"{about} {left_out}".rstrip())


def _chain(chain: ChainRows) -> Iterator[str]:
    yield _heading(chain.table, "title")
    yield _heading(chain.title, "hook")
    for row in chain.rows:
        number, _where, condition, did, place = row.cells
        cells = (_cell(number, "mark"), _code(condition), _cell(did), _cell(place, "place"))
        yield _row(*cells)
