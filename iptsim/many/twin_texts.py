"""The text of answers that differ in words of their sources alone, learned from some of them.

A word of the text is always the same, or it is that of one source. All that the answers seen so far
leave possible is kept; a text is told only where everything that is possible tells the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from iptsim.dataclass import dataclass, field
from iptsim.picking import Picked, picking
from iptsim.regex import regex

GAP = "\0"
"""Stands for a packet's `id` in a text; JSON has none."""
PROVED = 2
"""Answers that must have been foretold before one is told."""
_WORDS = regex(r"((?:[0-9]+\.){3}[0-9]+|[A-Za-z0-9]+)")


@dataclass(slots=True, eq=False)
class _Word:
    """What a word may be: always `same`, or that of one of `sources`, by number."""

    same: str | None
    sources: set[int]


@dataclass(slots=True, eq=False, kw_only=True)
class Form:
    """The text as it is told: `parts` with gaps at odd places, which the sources `filled` fill.

    It is told where the sources `fixed` have these values, and those of each pair `alike` the same.
    """

    parts: list[str]
    filled: tuple[int, ...]
    fixed: Mapping[int, str]
    alike: Sequence[tuple[int, int]]
    _gaps: Picked
    _fixed: Picked
    _values: tuple[str, ...]
    _alike: Picked
    _others: Picked

    def told(self, sources: Sequence[str]) -> str | None:
        """The text; None where more than one is possible."""
        if self._fixed(sources) != self._values:
            return None
        if self._alike(sources) != self._others(sources):
            return None
        parts = self.parts.copy()
        parts[1::2] = self._gaps(sources)
        return "".join(parts)


@dataclass(slots=True, eq=False)
class TwinText:
    """What is known of a text; `dead` is whether it is none that can be told so."""

    dead: bool = False
    _between: list[str] = field(default_factory=list)
    _words: list[_Word] = field(default_factory=list)
    _form: Form | None = None
    _proved: int = 0

    @property
    def form(self) -> Form | None:
        """How it is told; None where that is not sure."""
        return None if self._proved < PROVED else self._form

    def told(self, sources: Sequence[str]) -> str | None:
        """The text of an answer with these sources; None where that is not sure."""
        form = self.form
        return None if form is None else form.told(sources)

    def learn(self, text: str, sources: Sequence[str]) -> None:
        """An answer as it is."""
        foretold = None if self._form is None else self._form.told(sources)
        if foretold is not None:
            self._proved += 1
            self.dead = self.dead or foretold != text
            self._form = None if self.dead else self._form
        elif not self.dead:
            self._take(_WORDS.split(text), sources)

    def _take(self, parts: list[str], sources: Sequence[str]) -> None:
        places: dict[str, set[int]] = {}
        for number, word in enumerate(sources):
            places.setdefault(word, set()).add(number)
        if not self._words:
            self._between = parts[::2]
            self._words = [_Word(word, {*places.get(word, ())}) for word in parts[1::2]]
            return
        self.dead = self._between != parts[::2]
        if not self.dead:
            for known, word in zip(self._words, parts[1::2], strict=True):
                known.same = known.same if known.same == word else None
                known.sources &= places.get(word, set())
            self.dead = any(one.same is None and not one.sources for one in self._words)
        self._form = None if self.dead else _form(self._between, self._words)


def _form(between: Sequence[str], words: Iterable[_Word]) -> Form:
    parts, gaps = [between[0]], list[int]()
    fixed: dict[int, str] = {}
    alike: dict[tuple[int, int], None] = {}
    for word, behind in zip(words, between[1:], strict=True):
        if word.same is not None:
            fixed.update(dict.fromkeys(word.sources, word.same))
            parts[-1] += word.same + behind
        else:
            first, *others = sorted(word.sources)
            alike.update(dict.fromkeys((first, other) for other in others))
            gaps.append(first)
            parts += ("", behind)
    return Form(
        parts=parts, filled=tuple(gaps), fixed=fixed, alike=(*alike,), _gaps=picking(gaps),
        _fixed=picking([*fixed]), _values=(*fixed.values(),),
        _alike=picking([one for one, _other in alike]),
        _others=picking([other for _one, other in alike]),
    )  # fmt: skip
