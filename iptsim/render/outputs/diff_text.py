"""A diff for people: what it does to packets, then the dumps' own lines that changed, explained.

The manner is that of a unified diff: `+` is only in the later dump, `-` only in the earlier one,
`~` is in both, but not the same.
"""

from __future__ import annotations

from iptsim.diff.counterparts import between_backends
from iptsim.diff.difference import Difference, Effect, Way
from iptsim.diff.folding import without_what_stays
from iptsim.explain.catalogue import sentence
from iptsim.explain.diff_sentences import conclusion, note_words, summary, summary_line
from iptsim.explain.effect_sentences import (
    decided_words,
    effect_example,
    new_only,
    way_words,
    where_words,
)
from iptsim.explain.rule_comments import comments_of
from iptsim.explain.set_sentences import is_sayable, some_words
from iptsim.render.shared.chains_beside import sides
from iptsim.render.shared.hunk_lines import Sources, hunks, lines_of
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.shared.told_effects import families_word, joined, told_effects
from iptsim.render.shared.value_json import placed_note
from iptsim.render.shared.written_by import written_by, written_lines

_MOST_DECIDERS = 3


def diff_text(
    difference: Difference,
    style: Style,
    *,
    sources: Sources | None = None,
    every: bool = False,
) -> str:
    """The difference in words; where `sources` has no line, iptables-save's text stands for it.

    The first effects are told, unless `every` one is asked for. Of rule sets of iptables and
    nftables chains stand side by side instead of lines that went and others that came.
    """
    beside = sides(difference, style)
    paragraphs = [] if beside else [_summary(difference, style)]
    paragraphs.append(_effects(difference, style, every=every) + _conclusion(difference, style))
    paragraphs.append(beside)
    if every or not beside:
        paragraphs += [lines_of(hunk, style) for hunk in hunks(difference, style, sources)]
    paragraphs.append(
        [printable(line) for line in written_lines(written_by(difference.after), style)]
    )
    told = [text for _code, text in note_words(difference, style.lang)]
    told += [placed_note(note, style) for note in difference.reading_notes]
    paragraphs += [wrap(printable(text), style.width) for text in told]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def diff_stat(difference: Difference, style: Style) -> str:
    """What changed, and whether it does something, in a line each."""
    changed = "" if between_backends(difference) else summary_line(difference, style.lang)
    if difference.effects:
        effects = list(joined(difference, style.lang))
        sure = sum(1 for effect in effects if effect.certain)
        counts = {"count": sure, "open": len(effects) - sure}
        key = "diff.stat.both" if all(counts.values()) else "diff.stat.one"
        effect = sentence(key if sure else "diff.stat.open", style.lang, **counts)
    else:
        effect = " ".join(text for _code, text in conclusion(difference, style.lang))
    return "\n".join(printable(line) for line in (changed, effect) if line)


def _summary(difference: Difference, style: Style) -> list[str]:
    changed = map(printable, summary(difference, style.lang))
    return [line for text in changed for line in wrap(text, style.width)]


def _conclusion(difference: Difference, style: Style) -> list[str]:
    margin = "  " if difference.effects else ""
    return [
        line
        for _code, text in conclusion(difference, style.lang)
        for line in wrap(printable(text), style.width, margin)
    ]


def _effects(difference: Difference, style: Style, *, every: bool) -> list[str]:
    if not difference.effects:
        return []
    lines: list[str] = []
    heading = ""
    told = told_effects(difference, style.lang, every=every)
    follow = len(told.groups) > 1 and all(new_only(group[0].effect) for group in told.groups)
    for one, *others in told.groups:
        effect = one.effect
        if heading != (heading := _heading(effect)):
            lines.append(sentence(heading, style.lang))
        told_of = families_word(difference, one, style.lang)
        told_sets = where_words(effect, style.lang, others=[other.effect for other in others])
        short = not every and not is_sayable(told_sets)
        if short:
            told_sets = (some_words(effect.where, effect.hook, style.lang),)
        first, *rest = (*told_sets, *([] if short else _others(effect, style)))
        for text in (f"{told_of} {first}".strip(), *rest):
            lines += wrap(printable(text), style.width, "  ")
        lines += _rows(effect, style, every=every)
        if new_only(effect) and not follow:
            lines += wrap(sentence("diff.new-only", style.lang), style.width, "    ")
        kind = "alike" if not effect.certain or all(one.certain for one in others) else "may"
        lines += _counted(kind, len(others), style, "    ")
    for kind, count in told.left:
        lines += _counted(kind, count, style, "  ")
    return lines + (wrap(sentence("diff.new-only.all", style.lang), style.width, "  ") * follow)


def _counted(kind: str, count: int, style: Style, margin: str) -> list[str]:
    """That there are so many more, where there are any."""
    number = "one" if count == 1 else "many"
    told = sentence(f"diff.effects.{kind}.{number}", style.lang, count=count)
    return wrap(told, style.width, margin) if count else []


def _others(effect: Effect, style: Style) -> list[str]:
    return [sentence("set.more.untold", style.lang)] if effect.partly else []


def _heading(effect: Effect) -> str:
    if effect.certain:
        return "diff.effect.all"
    return "diff.effect.unknown" if effect.compared else "diff.effect.left-out"


def _rows(effect: Effect, style: Style, *, every: bool) -> list[str]:
    labels = [sentence(f"diff.{label}", style.lang) for label in ("before", "after", "eg")]
    heads = [f"    {pad(label, max(map(columns_of, labels)))}  " for label in labels]
    ways = without_what_stays((effect.before, effect.after))
    told = [printable(way_words(way, style.lang)) for way in ways]
    room = max(map(columns_of, told))
    lines: list[str] = []
    for head, text, way in zip(heads, told, ways, strict=False):
        lines += _decided_row(head, pad(text, room), _decider(way, style, every), style)
        for said in comments_of(way.decided_by, style.lang):
            lines += wrap(printable(said), style.width, " " * columns_of(head))
    return lines + _row(heads[2], effect_example(effect, style.lang), style)


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


def _decider(way: Way, style: Style, every: bool) -> str:
    by = decided_words(way, style.lang, most=None if every else _MOST_DECIDERS)
    return printable(sentence("diff.decided", style.lang, by=by)) if by else ""
