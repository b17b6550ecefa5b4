"""From a resolved line to rules, and the memory of lines of one shape.

A line's *shape* is what stays of it when its operands are cut out: options, `!`, the names of
protocols, matches and known targets, and the blanks. `_Walk` looks at nothing else, so lines of
one shape resolve alike, and the plan made for the first serves all. Where a cut-out word did
decide something (a quoted module name, say), the shape is not remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import Any

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.rule.build import (
    BadWordError,
    HeaderNames,
    Texts,
    build_header,
    build_match,
    build_target,
    chain_name,
    checked_name,
    numbers_of,
    read_counters,
    text_of,
)
from iptsim.dialects.rule.resolve import Module, Resolved, resolve
from iptsim.dialects.rule.words import Source, Word, read_words, unquote
from iptsim.dialects.signs.families import torn, torn_note
from iptsim.errors import DumpError, Place
from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS, Counters, Note, Rule, Target

LONGEST_SHAPED = 4096
MOST_SHAPES = 20_000
MOST_PARTS = 200_000


class ShapeMismatchError(Exception):
    """A plan does not hold for these operands after all: the line must be read plainly."""


@cache
def cutter() -> re.Pattern[str]:
    """Splits a line into literal text and operands, by turns; an operand has one blank before it.

    Words that begin with `-`, a lone `!` and the names that decide how a line is read stay.
    """
    names = sorted({*targets(), *VERDICTS}, key=len, reverse=True)
    known = "|".join(map(re.escape, names))
    double, single = r'"(?:[^"\\]++|\\.)*+"', r"'(?=[^'\n]*[ \t])(?:[^'\\\n]++|\\.)*+'"
    word = rf"""{single}|(?:[^\s"]|{double})(?:[^\s"]++|{double})*+"""
    stays = rf"(?!-|!(?!\S)|(?<=-j )(?:{known})(?!\S))(?<!-[mp] )"
    return re.compile(rf" {stays}({word})(?!\S)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one line said: its command letter, the words of its command, and the rules it spells.

    `spans` says where each of these words begins and ends in the line.
    More than one rule where `-s a,b` stands for several; none where `-4` or `-6` hides the line
    from this family.
    """

    letter: str
    operands: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    rules: tuple[Rule, ...]
    counters: Counters | None = None
    table: str | None = None
    notes: tuple[Note, ...] = ()


def read_plainly(words: Sequence[Word], source: Source, family: int, counts: str | None) -> Read:
    """Read a line from its words, without any memory.

    A rule that the other family would take is torn, and noted: iptables refuses it, so nobody
    knows what stood there. Raises `DumpError` for a line that neither takes.
    """
    try:
        return _read_plainly(words, source, family, counts)
    except DumpError as wrong:
        read = _of_the_other_family(words, source, family, counts)
        if read is None:
            raise
        return _torn(read, source, family, wrong)


def _read_plainly(words: Sequence[Word], source: Source, family: int, counts: str | None) -> Read:
    return read_resolved(resolve(words, source, family), words, source, family, counts)


def _of_the_other_family(
    words: Sequence[Word], source: Source, family: int, counts: str | None
) -> Read | None:
    try:
        read = _read_plainly(words, source, 10 - family, counts)
    except DumpError:
        return None
    return read if read.rules and read.letter in "AIRD" else None


def _torn(read: Read, source: Source, family: int, wrong: DumpError) -> Read:
    """What one family can tell of a rule of the other: its interfaces, and a common protocol."""
    note = torn_note(wrong, family)
    rules = (torn(read.rules[0], source.text.strip()),)
    return replace(read, rules=rules, notes=(note,))


def read_resolved(
    resolved: Resolved, words: Sequence[Word], source: Source, family: int, counts: str | None
) -> Read:
    """Build what a resolved line says; `counts` are counters that stood before it.

    Raises `DumpError` at the word that an option or iptables does not take.
    """
    texts = [word.text for word in words]
    place = source.place(source.text.index(counts) if counts else words[0].start)
    try:
        counters = _counters(resolved, counts, texts)
        rules = _rules(resolved, texts, family, place, counters)
        operands = tuple(chain_name(value, texts) for value in resolved.operands)
    except BadWordError as bad:
        first, last = words[bad.words[0]], words[bad.words[-1]]
        raise source.error(bad.message, first.start, last.end, bad.expected) from None
    table = text_of(resolved.table, texts) if resolved.table else None
    spans = tuple((words[v.word].start, words[v.word].end) for v in resolved.operands)
    return Read(
        letter=resolved.command,
        operands=operands,
        spans=spans,
        rules=rules,
        counters=counters,
        table=table,
    )


def _counters(resolved: Resolved, counts: str | None, texts: Texts) -> Counters | None:
    if resolved.counters:
        return read_counters(resolved.counters, texts)
    if counts is None:
        return None
    return _bracketed(counts)


def _rules(
    resolved: Resolved, texts: Texts, family: int, place: Place, counters: Counters | None
) -> tuple[Rule, ...]:
    if resolved.family not in (None, family):
        return ()
    matches = tuple(build_match(module, family, texts) for module in resolved.matches)
    target = build_target(resolved, family, texts)
    return tuple(
        Rule(
            header=header, matches=matches, target=target, counters=counters, place=place,
            address_names=names,
        )
        for header, names in build_header(resolved, family, texts)
    )  # fmt: skip


Part = Callable[[Sequence[str]], Any]
"""A header, match or target by the operands of a line; those once built are kept."""


Built = dict[Any, Any]


def _part(
    build: Callable[[Texts], Any],
    slots: Mapping[int, int],
    texts: Sequence[str],
    built: Built | None = None,
) -> Part:
    """A part whose words are `texts`, but for those that `slots` finds among the operands.

    `built` are those built before, where plans share them.
    """
    if not slots:
        made = build(texts)
        return lambda _operands: made
    words, numbers = tuple(slots), tuple(slots.values())
    pick = itemgetter(*numbers)
    make = partial(_put_in, build, words, list(texts), pick)
    return _kept(pick, make, {} if built is None else built)


def _kept(
    pick: Callable[[Sequence[str]], Any], make: Callable[[Sequence[str]], Any], built: Built
) -> Part:
    def part(operands: Sequence[str]) -> Any:
        key = pick(operands)
        if key in built:
            return built[key]
        if len(built) >= MOST_PARTS:
            built.clear()
        made = built[key] = make(operands)
        return made

    return part


def _put_in(
    build: Callable[[Texts], Any],
    words: tuple[int, ...],
    texts: list[str],
    pick: Callable[[Sequence[str]], Any],
    operands: Sequence[str],
) -> Any:
    """Build from operands not seen before; `texts` is overwritten each time where they stand."""
    given = pick(operands)
    if len(words) == 1:
        texts[words[0]] = unquote(given)
    else:
        for word, text in zip(words, given, strict=True):
            texts[word] = unquote(text)
    return build(texts)


class Plan:
    """How a line of one shape, of `-A`, becomes its rule."""

    def __init__(
        self,
        resolved: Resolved,
        texts: Sequence[str],
        slots: Mapping[int, int],
        family: int,
        shared: dict[Hashable, Built],
    ) -> None:
        def part(
            build: Callable[[Texts], Any], words: Sequence[int], built: Built | None = None
        ) -> Part:
            used = {word: slots[word] for word in words if word in slots}
            return _part(build, used, texts, built)

        chain = resolved.operands[0]
        self.chain = part(partial(chain_name, chain), [chain.word])
        header = [value.word for value in resolved.header.values()]
        self.header = part(partial(_one_header, resolved, family), header)
        self.matches = tuple(
            part(
                partial(build_match, module, family),
                numbers_of(module),
                shared.setdefault(_skeleton(module, texts, slots), {}),
            )
            for module in resolved.matches
        )
        self.target = self._target_part(resolved, texts, slots, family)
        counts = [value.word for value in resolved.counters]
        self.counted = bool(resolved.counters)
        self.counters = part(partial(_counters, resolved, None), counts)

    def _target_part(
        self, resolved: Resolved, texts: Sequence[str], slots: Mapping[int, int], family: int
    ) -> Part:
        module = resolved.target
        if module and module.name in slots and not module.raw:
            pick = itemgetter(slots[module.name])
            return _kept(pick, lambda operands: _chain_target(pick(operands), resolved.goto), {})
        words = numbers_of(module) if module else []
        used = {word: slots[word] for word in words if word in slots}
        return _part(partial(_shaped_target, resolved, family), used, texts)

    def read(
        self, operands: Sequence[str], place: Place, counters: Counters | None
    ) -> tuple[str, Rule]:
        """The chain and the rule; an exception means that the line is to be read plainly."""
        header, names = self.header(operands)
        rule = Rule(
            header=header,
            matches=tuple([part(operands) for part in self.matches]),
            target=self.target(operands),
            counters=self.counters(operands) if self.counted else counters,
            place=place,
            address_names=names,
        )
        return self.chain(operands), rule


def _skeleton(module: Module, texts: Sequence[str], slots: Mapping[int, int]) -> Hashable:
    """What a match is but for its operands: matches of one skeleton are built alike."""

    def fixed(words: Sequence[int]) -> tuple[str | None, ...]:
        return tuple(None if word in slots else texts[word] for word in words)

    given = tuple((g.opt.name, g.negate, g.attached, fixed(g.values)) for g in module.given)
    return fixed((module.name,)), module.implied, given, fixed(module.raw)


def _one_header(resolved: Resolved, family: int, texts: Texts) -> HeaderNames:
    headers = build_header(resolved, family, texts)
    if len(headers) != 1:
        raise ShapeMismatchError
    return headers[0]


def _chain_target(operand: str, goto: bool) -> Target:
    """A jump to a chain; the name of a known target would be read otherwise."""
    name = unquote(operand)
    checked_name(name, 0)
    if not goto and (name in targets() or name in VERDICTS):
        raise ShapeMismatchError
    return Target(name=name, goto=goto)


def _shaped_target(resolved: Resolved, family: int, texts: Texts) -> Target | None:
    """The target; a name that was unknown when the plan was made must be unknown now."""
    module = resolved.target
    if module is not None and module.extension is None and not resolved.goto:
        name = texts[module.name] if module.implied is None else module.implied
        if module.name not in resolved.fixed and (name in targets() or name in VERDICTS):
            raise ShapeMismatchError
    return build_target(resolved, family, texts)


class Reader:
    """Reads the rule lines of one family; `remember` is off where the memory is under test."""

    def __init__(self, file: str, family: int, remember: bool = True) -> None:
        self.file, self.family, self.remember = file, family, remember
        self.plans: dict[tuple[str, ...], Plan | None] = {}
        self.shared: dict[Hashable, Built] = {}
        self.split = cutter().split

    def quick(self, text: str, place: Place) -> tuple[str, Rule] | None:
        """The chain and the rule of an `-A` line whose shape was seen before, else None."""
        head = ""
        if text[:1] == "[":
            head, _, text = text.partition("] ")
        pieces = self.split(text)
        plan = self.plans.get(tuple(pieces[::2]))
        if plan is None:
            return None
        try:
            return plan.read(pieces[1::2], place, _bracketed(head) if head else None)
        except (ValueError, BadWordError, ShapeMismatchError):
            return None

    def read(self, source: Source) -> Read:
        """Read a line by the Lark grammar, and remember its shape if it may be.

        Raises `DumpError` for a line that iptables-restore would refuse.
        """
        counts, words = read_words(source)
        if not words:
            raise source.error("this line has no command", 0, 1, "-A, -N or another command")
        try:
            resolved = resolve(words, source, self.family)
            read = read_resolved(resolved, words, source, self.family, counts)
        except DumpError:
            return read_plainly(words, source, self.family, counts)
        if self.remember and len(source.text) <= LONGEST_SHAPED and read.letter == "A":
            self._learn(source.text, resolved, words, len(read.rules) == 1)
        return read

    def _learn(self, text: str, resolved: Resolved, words: Sequence[Word], single: bool) -> None:
        shift = text.index("] ") + 2 if text.startswith("[") and "] " in text else 0
        if resolved.table or resolved.family or not single:
            return
        pieces = self.split(text[shift:])
        slots = _slots(pieces, words, shift)
        if slots is None or resolved.fixed & slots.keys():
            return
        if len(self.plans) >= MOST_SHAPES:
            self.plans.clear()
            self.shared.clear()
        texts = [word.text for word in words]
        self.plans[tuple(pieces[::2])] = Plan(resolved, texts, slots, self.family, self.shared)


def _slots(pieces: Sequence[str], words: Sequence[Word], at: int) -> dict[int, int] | None:
    """Word number to operand number; None where the cut does not fall on whole words."""
    spans = {(word.start, word.end): number for number, word in enumerate(words)}
    slots: dict[int, int] = {}
    for operand, (literal, text) in enumerate(zip(pieces[::2], pieces[1::2], strict=False)):
        start = at + len(literal) + 1
        at = start + len(text)
        number = spans.get((start, at))
        if number is None:
            return None
        slots[number] = operand
    return slots


@lru_cache(maxsize=4096)
def _bracketed(head: str) -> Counters:
    found = re.fullmatch(r"\[([0-9]{1,20}):([0-9]{1,20})\]?", head)
    if found is None:
        raise ValueError(f"{head!r} are no counters")
    return Counters(packets=int(found[1]), bytes=int(found[2]))
