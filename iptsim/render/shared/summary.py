"""The fates of a packet that is not fully given, each in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from iptsim.explain.catalogue import sentence
from iptsim.render.shared.conditions import Names, union_words
from iptsim.render.shared.fate_words import deciders, fate_words
from iptsim.render.shared.fates import Fate, ToldFate, as_listed
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap


def told_fates(found: Sequence[Fate], names: Names, style: Style) -> Iterator[ToldFate]:
    """Every fate, in order; the first is that of an ordinary packet on the dump as it stands."""
    words = _fate_words(found, style.lang)
    for number, fate in enumerate(found):
        yield ToldFate(
            label=printable(_label(found, number, style.lang)),
            fate=printable(words[number]),
            decided=deciders(fate.outcomes[:1] if fate.likely else fate.outcomes, style),
            when=tuple(map(printable, _when(found, number, names, style.lang))),
            outcomes=len(fate.outcomes),
        )


def _fate_words(found: Sequence[Fate], lang: str) -> list[str]:
    """Fates that only differ in who gets the packet say who."""
    plain = [fate_words(fate.outcomes[0], lang) for fate in found]
    counts = Counter(plain)
    return [
        words if counts[words] == 1 else f"{words}{_destination(fate, lang)}"
        for words, fate in zip(plain, found, strict=True)
    ]


def _destination(fate: Fate, lang: str) -> str:
    destination = fate.outcomes[0].destination
    return sentence(f"fate.at_{destination}", lang) if destination else ""


def _label(found: Sequence[Fate], number: int, lang: str) -> str:
    if not as_listed(found):
        return str(number + 1)
    fate = found[number]
    kind = "likely" if fate.likely else "as_listed" if fate.is_listed else "otherwise"
    return sentence(f"trace.{kind}", lang)


def _when(found: Sequence[Fate], number: int, names: Names, lang: str) -> list[str]:
    if as_listed(found) and found[number].is_listed:
        return []
    if found[number].rest:
        return [sentence("when.rest", lang)]
    fate = found[number]
    return union_words(fate.when, lang, names, partly=fate.partly)


def summary(told: Sequence[ToldFate], style: Style) -> Iterator[str]:
    """The lines of the fates, in columns."""
    margin = max(columns_of(one.label) for one in told)
    room = max(columns_of(one.fate) for one in told)
    for one in told:
        head = f"  {pad(one.label, margin)}  "
        yield from _row(head, f"{pad(one.fate, room)}  {one.decided}", one, style)
        for text in one.when:
            yield from wrap(text, style.width, " " * columns_of(head))


def _row(head: str, line: str, told: ToldFate, style: Style) -> list[str]:
    if columns_of(head + line) <= style.width:
        return [(head + line).rstrip()]
    indent = " " * columns_of(head)
    first, *more = wrap(told.fate, style.width - columns_of(head))
    below = wrap(told.decided, style.width, indent)
    return [head + first, *(indent + part for part in more), *below]
