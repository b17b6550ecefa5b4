"""A trace log beside our traces, for people: the answer, then the steps in two columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from iptsim.dataclass import replace
from iptsim.explain.catalogue import sentence
from iptsim.explain.error_words import error_words
from iptsim.explain.unions import Parts
from iptsim.kernel.logs.log_beside import Lined, LogComparison, Unjudged
from iptsim.kernel.logs.log_rows import DIFFERS, SAME, LogRow
from iptsim.model import Note
from iptsim.render.shared.columns import Layout, Row, layout, lines_of, untied
from iptsim.render.shared.conditions import rule_names, union_words
from iptsim.render.shared.headline import hang, told_fate
from iptsim.render.shared.journey_rows import deed_of
from iptsim.render.shared.kernels_words import kernels_deed
from iptsim.render.shared.log_words import difference_words, other_counts, remarks
from iptsim.render.shared.terminal import Style, printable, wrap
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.render.shared.value_json import note_text, placed_note

_GOOD, _BAD, _OPEN = ("✔", "good"), ("✘", "bad"), ("?", "unsure")
_FEW = 10
"""Packets of which each has a line of its own; of more, those that go another way."""
_MOST_SHOWN = 3
"""Packets whose steps are shown, unless all are asked for."""


def log_text(
    found: Lined, style: Style, *, notes: Iterable[Note] = (), verbose: bool = False
) -> str:
    """The answer in words; with `verbose` the steps of every packet, also where they agree."""
    several = len(found.packets) > 1
    lines = _summary(found, style) if several else _only_headline(found, style)
    for text in other_counts(found.compared, style.lang):
        lines += [*([""] if lines[-1] else []), *wrap(text, style.width, "  ")]
    wrong = [each for each in found.compared if not each.agrees]
    shown = found.compared if verbose or not several else wrong[:_MOST_SHOWN]
    for each in shown:
        if several:
            lines += ["", *_titled(found, each, style)]
        lines += _body(each, found.file, style)
    if len(wrong) > len(shown):
        more = sentence("verify.log.more_shown", style.lang, count=len(wrong) - len(shown))
        lines += ["", *wrap(more, style.width, "  ")]
    if several and not shown and not verbose:
        lines += ["", *wrap(sentence("verify.log.verbose", style.lang), style.width, "  ")]
    told = list(dict.fromkeys([*(n for each in shown for n in each.trace.notes), *notes]))
    for note in told:
        lines += ["", *wrap(printable(placed_note(note, style)), style.width, "  ")]
    return untied("\n".join(lines))


def _only_headline(found: Lined, style: Style) -> list[str]:
    (only,) = found.packets
    mark, text = _told(only, style)
    word = {"✔": "verify.log.agrees", "✘": "verify.log.differs", "?": "verify.log.unjudged"}[
        mark[0]
    ]
    return hang(mark[0], sentence(word, style.lang, told=text), mark[1], style)


def _told(packet: LogComparison | Unjudged, style: Style) -> tuple[tuple[str, str], str]:
    if isinstance(packet, Unjudged):
        return _OPEN, printable(error_words(packet.error, style.lang))
    if packet.agrees:
        return _GOOD, told_fate(_answer(packet, style))
    return _BAD, printable(difference_words(packet, style.lang))


def _answer(packet: LogComparison, style: Style) -> TraceAnswer:
    trace = replace(packet.trace, outcomes=(packet.outcome,))
    return TraceAnswer(trace=trace, ruleset=packet.ruleset, style=style)


def _summary(found: Lined, style: Style) -> list[str]:
    agree = sum(each.agrees for each in found.compared)
    counts = {
        "all": len(found.packets),
        "agree": agree,
        "differ": len(found.compared) - agree,
        "open": len(found.packets) - len(found.compared),
    }
    mark = _BAD if counts["differ"] else _OPEN if counts["open"] else _GOOD
    parts = [
        sentence(f"verify.log.count_{name}", style.lang, count=counts[name])
        for name in ("agree", "differ", "open")
        if counts[name]
    ]
    told = sentence("trace.comma", style.lang).join(parts)
    head = sentence("verify.log.count", style.lang, count=counts["all"], told=told)
    lines = [*hang(mark[0], head, mark[1], style), ""]
    few = len(found.packets) <= _FEW
    for number, packet in enumerate(found.packets, 1):
        if few or not (isinstance(packet, LogComparison) and packet.agrees):
            lines += _line(number, packet, style)
    return lines


def _line(number: int, packet: LogComparison | Unjudged, style: Style) -> list[str]:
    (mark, colour), text = _told(packet, style)
    first, last = packet.logged.lines
    whole = sentence("verify.log.line", style.lang, told=text, first=first, last=last)
    head = f"  {mark} {number:>2}  "
    told = wrap(whole, style.width - len(head))
    lines = [head + told[0], *(" " * len(head) + line for line in told[1:])]
    return [style.paint(line, colour) if colour == "bad" else line for line in lines]


def _titled(found: Lined, packet: LogComparison, style: Style) -> list[str]:
    number = found.packets.index(packet) + 1
    mark, colour = _GOOD if packet.agrees else _BAD
    fate = _told(packet, style)[1]
    text = sentence("verify.log.packet", style.lang, number=number, told=fate)
    return hang(mark, text, colour, style)


def _body(packet: LogComparison, file: str, style: Style) -> list[str]:
    rows = [(row.hook, _row(row, file, style)) for row in packet.rows]
    shape = layout([_titles(style.lang), *(row for _hook, row in rows)], style.width)
    if shape.stacked:
        rows = [(hook, _named(row, style.lang)) for hook, row in rows]
        shape = layout([row for _hook, row in rows], style.width)
    lines = [""] if shape.stacked else ["", *lines_of(_titles(style.lang), shape, style)]
    for hook, group in groupby(rows, lambda each: each[0]):
        lines += [f"  {hook}", *_group(group, shape, style)]
    for text in _paragraphs(packet, style):
        lines += ["", *wrap(printable(text), style.width, "  ")]
    return lines


def _group(group: Iterable[tuple[str, Row]], shape: Layout, style: Style) -> Iterator[str]:
    for _hook, row in group:
        yield from lines_of(row, shape, style)


def _titles(lang: str) -> Row:
    ours, logged = sentence("verify.ours", lang), sentence("verify.log.title", lang)
    return Row(number="", where="", condition=ours, did=logged, place="")


def _row(row: LogRow, file: str, style: Style) -> Row:
    lang, ours, seen = style.lang, row.ours, row.seen
    nothing = sentence(f"verify.log.no_{row.kind}", lang)
    place = style.place(ours.place) if ours is not None else ""
    if seen is not None and ours is None:
        place = f"{file}:{seen.told.line}"
    return Row(
        number={SAME: "✔", DIFFERS: "✘"}.get(row.kind, "·"),
        where=_where(row),
        condition=deed_of(ours, lang) if ours is not None else nothing,
        did=_logged(row, lang) if seen is not None else nothing,
        place=place,
        colour="bad" if row.kind == DIFFERS else None,
        dim=row.kind not in (SAME, DIFFERS),
    )


def _logged(row: LogRow, lang: str) -> str:
    """The log's own word; `same` where it tells none and matched as we say."""
    assert row.seen is not None
    if row.kind == SAME and not row.seen.step.verdict:
        return sentence("verify.same", lang)
    return kernels_deed(row.seen.step, lang)


def _where(row: LogRow) -> str:
    """Of rows with two rules both: `filter INPUT 2 / 3`."""
    ours, seen = row.ours, row.seen
    step = ours or (seen.step if seen else None)
    assert step is not None
    number = str(step.rule or "")
    if row.why == "other_rule" and seen is not None and seen.step.rule is not None:
        number += f" / {seen.step.rule}"
    return f"{step.table} {step.chain} {number}".strip()


def _named(row: Row, lang: str) -> Row:
    """Without columns every cell says whose it is."""
    if row.condition == row.did:
        return replace(row, condition="", did=row.did)
    ours = sentence("verify.by_ours", lang, did=row.condition)
    return replace(row, condition=ours, did=sentence("verify.log.by_log", lang, did=row.did))


def _paragraphs(packet: LogComparison, style: Style) -> Iterator[str]:
    lang = style.lang
    yield from remarks(packet, lang)
    if packet.implied:
        names = rule_names(packet.implied, packet.ruleset)
        parts: list[Parts] = [(*cube.conditions, *cube.facts) for cube in packet.implied]
        when = sentence("trace.comma", lang).join(union_words(parts, lang, names))
        yield sentence("verify.log.implied", lang, when=when)
    given = [note_text(note, lang) for note in packet.trace.assumed]
    if given:
        yield sentence("trace.assumed", lang, given=sentence("trace.comma", lang).join(given))
