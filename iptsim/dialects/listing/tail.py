"""The end of a listing's row: the texts of its matches and of its target, run together.

iptables prints each extension's text with nothing between them, matches in `-m` order and the
target last (iptables/iptables.c, print_firewall). So every known wording is tried at each word;
of all readings the one that leaves the least text unread is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from iptsim.dataclass import dataclass, replace
from iptsim.extensions.addons import is_vague
from iptsim.extensions.registry import listed_targets, matches, targets
from iptsim.extensions.spec import Extension, MatchExtension, TargetExtension
from iptsim.extensions.wordings.beginnings import names_at
from iptsim.model import VERDICTS, Match, Option, Target
from iptsim.regex import regex

_WORD = regex(r"\S+")
_BLANKS = regex(r"\s*")
_OPERAND = regex(r"0[xX][0-9a-fA-F]+|\d+")
_COMMENT = regex(r"/\* (?:(?!\*/|/\*).){0,256} \*/", re.DOTALL)
MOST_WORDS = 1000
"""A tail of more words is no iptables' text; it is kept whole, unread."""
_MEMO = 65536
# libxt_bpf.c, bpf_print: no blank goes before its text, and a zero byte ends it.
_BPF = regex(r"(match bpf [0-9 ,]+)\0")
_HEADERS = (0, 43, 44, 51, 60)
"""IPv6 extension headers: their matches need no -p (ip6t_ah.c and its like name no protocol)."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One piece of a reading: whose wording, its options, where it ends; without one, a word."""

    extension: Extension | None
    options: tuple[Option, ...]
    start: int
    end: int
    choice: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """The cheapest way to read the text from a word on; `unread` counts words nobody knows."""

    unread: int
    step: _Step | None
    rest: _Reading | None

    def __iter__(self) -> Iterator[_Step]:
        reading: _Reading | None = self
        while reading is not None:
            if reading.step is not None:
                yield reading.step
            reading = reading.rest


_END = _Reading(0, None, None)


@dataclass(frozen=True, slots=True)
class Tail:
    """What a row's text says: its matches, its target; and which options of them it hides."""

    matches: tuple[Match, ...]
    target: Target | None
    hides: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the columns before the text say of it."""

    target: str
    proto: int | None
    goto: bool


_Key = tuple[str, int | None, str | None]
"""The text, the protocol and the target extension: all that a reading depends on."""


class TailReader:
    """Reads tails of one table; `chains` are the names that the listing declares.

    A tail whose text was met before, operands aside, is read by the same wordings in the same
    order (`plain` switches that off); when they do not fit, the search starts anew.
    """

    def __init__(self, family: int, chains: frozenset[str], *, plain: bool = False) -> None:
        self._family = family
        self._chains = chains
        self._plain = plain
        self._known: dict[_Key, Tail] = {}
        self._plans: dict[_Key, tuple[_Step, ...]] = {}

    def read(self, text: str, asked: Asked) -> Tail:
        """The matches and the target of a row."""
        text = _BPF.sub(r" \1 ", text).strip() if "\0" in text else text
        meant = () if asked.goto or asked.target in self._chains else listed_targets(asked.target)
        if self._plain:
            return self._tail(text, self._search(text, asked.proto, meant), asked, meant)
        key = (text, asked.proto, meant[0].name if meant else None)
        known = self._known.get(key)
        if known is None:
            steps = self._planned(key, meant)
            known = self._tail(text, steps, asked, meant)
            if len(self._known) < _MEMO and all(step.extension for step in steps):
                self._known[key] = known
        if meant:
            return known
        if not asked.target:
            return replace(known, target=None)
        if known.target is not None and known.target.raw:
            return known
        return replace(known, target=Target(name=asked.target, goto=asked.goto))

    def _planned(self, key: _Key, meant: tuple[TargetExtension, ...]) -> tuple[_Step, ...]:
        text, proto, target = key
        shape = (_OPERAND.sub("0", _COMMENT.sub("/* */", text)), proto, target)
        plan = self._plans.get(shape)
        steps = self._follow(plan, text) if plan is not None else None
        if steps is None:
            steps = self._search(text, proto, meant)
            if len(self._plans) < _MEMO:
                self._plans[shape] = steps
        return steps

    def _follow(self, plan: tuple[_Step, ...], text: str) -> tuple[_Step, ...] | None:
        """The same wordings in the same order; None when one does not stand where it stood."""
        place = 0
        steps = []
        for planned in plan:
            if planned.extension is None:
                return None
            found = list(self._wordings(planned.extension, text, place))
            if len(found) <= planned.choice:
                return None
            options, end = found[planned.choice]
            steps.append(_Step(planned.extension, options, place, end, planned.choice))
            place = _word_at(text, end)
        return tuple(steps) if place == len(text) else None

    def _search(
        self, text: str, proto: int | None, meant: tuple[TargetExtension, ...]
    ) -> tuple[_Step, ...]:
        words = [found.start() for found in _WORD.finditer(text)]
        if len(words) > MOST_WORDS:
            return (_Step(None, (), 0, len(text)),)
        best: dict[int, _Reading] = {len(text): _END}
        for start in reversed(words):
            found = self._candidates(text, start, proto)
            best[start] = self._best_at(text, start, best, found, meant)
        return tuple(best[words[0]]) if words else ()

    def _best_at(
        self,
        text: str,
        start: int,
        best: Mapping[int, _Reading],
        candidates: Iterable[MatchExtension],
        meant: Iterable[TargetExtension],
    ) -> _Reading:
        """Later words are read already; the first of the readings that cost the least wins."""
        found: _Reading | None = None
        for step, rest in self._steps(text, start, best, candidates, meant):
            words = 1 if step.extension is None else 0
            reading = _Reading(rest.unread + words, step, rest)
            if found is None or reading.unread < found.unread:
                found = reading
        assert found is not None
        return found

    def _steps(
        self,
        text: str,
        start: int,
        best: Mapping[int, _Reading],
        candidates: Iterable[MatchExtension],
        meant: Iterable[TargetExtension],
    ) -> Iterator[tuple[_Step, _Reading]]:
        for target in meant:
            for choice, (options, end) in enumerate(self._wordings(target, text, start)):
                if _word_at(text, end) == len(text):
                    yield _Step(target, options, start, end, choice), _END
        for extension in candidates:
            for choice, (options, end) in enumerate(self._wordings(extension, text, start)):
                rest = best.get(_word_at(text, end))
                if rest is not None and end > start:
                    yield _Step(extension, options, start, end, choice), rest
        word = _WORD.match(text, start)
        assert word is not None
        yield _Step(None, (), start, word.end()), best[_word_at(text, word.end())]

    def _candidates(self, text: str, start: int, proto: int | None) -> list[MatchExtension]:
        """Every match whose text may stand there and that the rule's protocol lets be loaded."""
        free = (None, proto) if self._family == 4 else (None, proto, *_HEADERS)
        found = (matches()[name] for name in dict.fromkeys(names_at(text, start)))
        return [e for e in found if self._family in e.families and e.implied_by in free]

    def _wordings(
        self, extension: Extension, text: str, start: int
    ) -> Iterable[tuple[tuple[Option, ...], int]]:
        return extension.wording.read(text, start, self._family) if extension.wording else ()

    def _tail(
        self,
        text: str,
        steps: tuple[_Step, ...],
        asked: Asked,
        meant: tuple[TargetExtension, ...],
    ) -> Tail:
        """Steps to matches and target; text that nobody knows at the end may be the target's."""
        found: list[Match] = []
        target = self._bare_target(asked, meant)
        for step in _kept_whole(steps):
            if step.extension is None:
                unread = text[step.start : step.end]
                if step.end == len(text) and target is not None and self._may_print(target):
                    target = Target(name=target.name, raw=("?", unread))
                    if is_vague(target) and not _is_of_target(target.name, unread):
                        target = replace(target, raw=("?",))
                        found.append(Match(name="?", raw=(unread,)))
                else:
                    found.append(Match(name="?", raw=(unread,)))
            elif isinstance(step.extension, MatchExtension):
                found.append(Match(name=step.extension.name, options=self._options(step)))
            else:
                target = Target(name=step.extension.name, options=self._options(step))
        return Tail(tuple(found), target, _hidden(steps, meant))

    def _options(self, step: _Step) -> tuple[Option, ...]:
        assert step.extension is not None
        return step.extension.canonical(step.options, self._family)

    def _bare_target(self, asked: Asked, meant: tuple[TargetExtension, ...]) -> Target | None:
        """The target as its column names it; an extension's defaults stand for what is unsaid."""
        if not asked.target:
            return None
        if not meant:
            return Target(name=asked.target, goto=asked.goto)
        return Target(name=meant[0].name, options=meant[0].canonical((), self._family))

    def _may_print(self, target: Target) -> bool:
        """Whether text that nobody knows may be the target's: a verdict and a chain print none."""
        known = targets().get(target.name)
        if target.goto or target.name in VERDICTS or target.name in self._chains:
            return False
        return known is None or bool(known.options)


_UNSUPPORTED = "[unsupported revision]"
_OF_TARGET = regex(r"(?:to:\S+|redir ports \S+|masq ports: \S+)(?: random(?:-fully)?| persistent)*")


def _is_of_target(name: str, text: str) -> bool:
    """Whether text that cannot be read is no match's, but that of a target with `vague`."""
    always = bool(targets()[name].demands.one_of)  # it cannot be without what it prints
    return _OF_TARGET.fullmatch(text) is not None or (always and text == _UNSUPPORTED)


def _kept_whole(steps: tuple[_Step, ...]) -> tuple[_Step, ...]:
    """All from the first unread word to the last is one piece: what is known amidst is chance."""
    unread = [place for place, step in enumerate(steps) if step.extension is None]
    if not unread:
        return steps
    first, last = unread[0], unread[-1]
    piece = _Step(None, (), steps[first].start, steps[last].end)
    return (*steps[:first], piece, *steps[last + 1 :])


def _hidden(steps: Iterable[_Step], meant: tuple[TargetExtension, ...]) -> frozenset[str]:
    """The options that the extensions of a row may have and no listing prints."""
    read = (step.extension for step in steps if step.extension is not None)
    return frozenset(name for extension in (*read, *meant[:1]) for name in extension.lossy)


def _word_at(text: str, place: int) -> int:
    blanks = _BLANKS.match(text, place)
    assert blanks is not None
    return blanks.end()
