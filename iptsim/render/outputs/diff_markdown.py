"""A diff as Markdown: what it does to packets, then the lines that changed in a fence of `diff`."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.diff.difference import Difference, Effect, Way
from iptsim.diff.folding import without_what_stays
from iptsim.explain.catalogue import sentence
from iptsim.explain.diff_sentences import conclusion, note_words, summary_line
from iptsim.explain.effect_sentences import (
    decided_words,
    effect_example,
    new_only,
    way_words,
    where_words,
)
from iptsim.render.shared.chains_beside import sides
from iptsim.render.shared.conditions import counted
from iptsim.render.shared.hunk_lines import Sources, hunks, lines_of
from iptsim.render.shared.markdown import fence, items, page, strong, table, unwrapped, words
from iptsim.render.shared.terminal import USUAL, Style
from iptsim.render.shared.told_effects import families_word, told_effects
from iptsim.render.shared.value_json import placed_note


def diff_markdown(
    difference: Difference, style: Style, *, sources: Sources | None = None, every: bool = False
) -> str:
    """The difference; where `sources` has no line, iptables-save's text stands for it."""
    style = unwrapped(style)
    narrow = Style(width=USUAL, lang=style.lang, folders=style.folders)
    beside = sides(difference, narrow)
    parts = [] if beside else [strong(summary_line(difference, style.lang))]
    parts += _effects(difference, style.lang, every=every)
    parts += [words(text) for _code, text in conclusion(difference, style.lang)]
    parts.append(fence(beside) if beside else _lines(difference, narrow, sources))
    told = [text for _code, text in note_words(difference, style.lang)]
    told += [placed_note(note, style) for note in difference.reading_notes]
    return page([*parts, items(told)])


def _lines(difference: Difference, narrow: Style, sources: Sources | None) -> str:
    """A fence is not wrapped by who shows it."""
    found = [line for hunk in hunks(difference, narrow, sources) for line in lines_of(hunk, narrow)]
    return fence(found, "diff") if found else ""


def _effects(difference: Difference, lang: str, *, every: bool) -> Iterator[str]:
    told = told_effects(difference, lang, every=every)
    heading = ""
    for one, *others in told.groups:
        effect, told_of = one.effect, families_word(difference, one, lang)
        if heading != (heading := _heading(effect)):
            yield words(sentence(heading, lang))
        untold = [sentence("set.more.untold", lang)] if effect.partly else []
        first, *rest = (*where_words(effect, lang), *untold)
        yield "  \n".join(map(words, (f"{told_of} {first}".strip(), *rest)))
        yield _ways(effect, lang)
        yield words(sentence("diff.new-only", lang)) if new_only(effect) else ""
        kind = "alike" if not effect.certain or all(one.certain for one in others) else "may"
        yield words(counted(f"diff.effects.{kind}", len(others), lang)) if others else ""
    for kind, count in told.left:
        yield words(counted(f"diff.effects.{kind}", count, lang))


def _heading(effect: Effect) -> str:
    if effect.certain:
        return "diff.effect.all"
    return "diff.effect.unknown" if effect.compared else "diff.effect.left-out"


def _ways(effect: Effect, lang: str) -> str:
    ways = without_what_stays((effect.before, effect.after))
    names = [sentence(f"diff.{name}", lang) for name in ("before", "after")]
    rows = [(words(name), *_way(way, lang)) for name, way in zip(names, ways, strict=True)]
    rows.append((words(sentence("diff.eg", lang)), words(effect_example(effect, lang)), ""))
    return table(["", sentence("markdown.fate", lang), sentence("markdown.by", lang)], rows)


def _way(way: Way, lang: str) -> tuple[str, str]:
    return words(way_words(way, lang)), words(decided_words(way, lang))
