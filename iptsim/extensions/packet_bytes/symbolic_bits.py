"""Numbers of a packet of which each bit is known, is a bit of some field, or is told by nobody.

What matches on raw bytes (u32, bpf, string) compute with, and how a test of such a number becomes
a condition on the packet's fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from iptsim.dataclass import dataclass
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    InSet,
    Predicate,
    all_of,
    any_of,
    bits,
    negate,
)
from iptsim.values import IntSet, Masked, blocks

MOST_BLOCKS = 64
"""A test that falls into more prefixes than these is left undecided: it would be no help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A number of `width` bits in the packet: the value of `field` plus `delta`, modulo 2^width.

    `domain` is what the field's value can be. With `told` False no condition can ask for the field
    (a fragment's offset), so only its domain may decide.
    """

    field: str
    width: int
    domain: IntSet
    delta: int = 0
    told: bool = True

    def __hash__(self) -> int:
        return hash((self.field, self.width, self.delta))


Bit = int | tuple[Source, int] | None
"""0 or 1, the nth bit of a source (0 is the lowest), or not known."""
Word = tuple[Bit, ...]
"""Bits, the most significant first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A test's outcome: it holds where `sure` does, and can only hold where `may` does."""

    sure: Predicate
    may: Predicate

    def settled(self, fact: Fact) -> Predicate:
        """The condition under which the test holds; `fact` decides where nobody can tell."""
        if self.sure == self.may:
            return self.sure
        return any_of((self.sure, all_of((self.may, fact))))


YES, NO, OPEN = Answer(ALWAYS, ALWAYS), Answer(NEVER, NEVER), Answer(NEVER, ALWAYS)


def known(condition: Predicate) -> Answer:
    """The answer that a condition on fields gives."""
    return Answer(condition, condition)


def every(answers: Iterable[Answer]) -> Answer:
    """All of them hold."""
    given = tuple(answers)
    if NO in given:
        return NO
    return Answer(all_of(each.sure for each in given), all_of(each.may for each in given))


def either(answers: Iterable[Answer]) -> Answer:
    """One of them holds."""
    given = tuple(answers)
    return Answer(any_of(each.sure for each in given), any_of(each.may for each in given))


def contrary(answer: Answer) -> Answer:
    """It does not hold."""
    return Answer(negate(answer.may), negate(answer.sure))


def constant(value: int, width: int) -> Word:
    """A known number."""
    return tuple(value >> place & 1 for place in reversed(range(width)))


def whole(source: Source) -> Word:
    """All bits of a source."""
    return tuple((source, place) for place in reversed(range(source.width)))


def nobody(width: int) -> Word:
    """A number of which nothing is known."""
    return (None,) * width


def value_of(word: Word) -> int | None:
    """The number, where every bit is known."""
    value = 0
    for bit in word:
        if not isinstance(bit, int):
            return None
        value = value << 1 | bit
    return value


def shifted(word: Word, places: int) -> Word:
    """Shifted left (negative: right) in its width; what leaves it is lost."""
    zeros = (0,) * min(abs(places), len(word))
    if places >= 0:
        return (*word[len(zeros) :], *zeros)
    return (*zeros, *word[: len(word) - len(zeros)])


def both_bits(left: Bit, right: Bit) -> Bit:
    """`left & right`."""
    if 0 in (left, right):
        return 0
    if left == 1:
        return right
    return left if right in (1, left) else None


def either_bit(left: Bit, right: Bit) -> Bit:
    """`left | right`."""
    if 1 in (left, right):
        return 1
    if left == 0:
        return right
    return left if right in (0, left) else None


def unlike_bits(left: Bit, right: Bit) -> Bit:
    """`left ^ right`."""
    if left == 0:
        return right
    if right == 0:
        return left
    return 0 if left == right and left is not None else None


def plus(word: Word, addend: Word) -> Word:
    """The sum in the width of `word`; known where one side is, and the other a whole source."""
    left, right, width = value_of(word), value_of(addend), len(word)
    if left is not None and right is not None:
        return constant(left + right, width)
    if left is not None:
        return plus(addend, word)
    return nobody(width) if right is None else _moved(word, right)


def _moved(word: Word, by: int) -> Word:
    if by == 0:
        return word
    run, width = _run(word), len(word)
    if run is None or (run.low, run.shift, run.base) != (0, 0, 0) or run.size < run.source.width:
        return nobody(width)
    source = run.source
    # In more bits than before the sum must not have wrapped round already.
    if source.width < width and _wraps(source):
        return nobody(width)
    return whole(
        Source(
            field=source.field,
            width=width,
            domain=source.domain,
            delta=source.delta + by,
            told=source.told,
        )
    )


def _wraps(source: Source) -> bool:
    low, high = source.domain.ranges[0][0], source.domain.ranges[-1][1]
    return low + source.delta < 0 or (high + source.delta) >> source.width > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """`base + (part << shift)`; `part` is the `size` bits of `source` from its bit `low` on."""

    source: Source
    low: int
    size: int
    shift: int
    base: int


def _run(word: Word) -> _Run | None:
    """The word as bits of one source in order among known ones; None where it is not such."""
    places = [place for place, bit in enumerate(word) if not isinstance(bit, int)]
    first, size = places[0], len(places)
    top = word[first]
    if not isinstance(top, tuple) or places[-1] - first + 1 != size:
        return None
    source, high = top
    if any(word[first + step] != (source, high - step) for step in range(size)):
        return None
    base = value_of(tuple(bit if isinstance(bit, int) else 0 for bit in word)) or 0
    shift = len(word) - 1 - places[-1]
    return _Run(source=source, low=high - size + 1, size=size, shift=shift, base=base)


def within(word: Word, values: IntSet) -> Answer:
    """Whether the number is one of `values`."""
    every_value = IntSet.width(len(word))
    inside = values & every_value
    if inside == every_value:
        return YES
    number = value_of(word)
    if not inside or number is not None:
        return YES if number in inside else NO
    if word.count(None) == len(word):
        return OPEN
    run = _run(word)
    if run is not None:
        return _run_within(run, inside)
    few = _few_blocks(inside, len(word))
    if few is not None:
        return either(_fits(word, block) for block in few)
    few = _few_blocks(every_value - inside, len(word))
    return OPEN if few is None else contrary(either(_fits(word, block) for block in few))


def _few_blocks(values: IntSet, width: int) -> list[Masked] | None:
    found = list(islice(blocks(values, width), MOST_BLOCKS + 1))
    return found if len(found) <= MOST_BLOCKS else None


def _run_within(run: _Run, values: IntSet) -> Answer:
    last = (1 << run.size) - 1
    ranges = (
        (max(0, -(-(low - run.base) >> run.shift)), min(last, (high - run.base) >> run.shift))
        for low, high in values.ranges
    )
    parts, low, source = IntSet.of(ranges), run.low, run.source
    if not parts or parts == IntSet.width(run.size):
        return YES if parts else NO
    if low + run.size == source.width:
        whole_values = (((a << low), (b + 1 << low) - 1) for a, b in parts.ranges)
        return _source_within(source, IntSet.of(whole_values))
    few = _few_blocks(parts, run.size)
    if few is None:
        return OPEN
    return either(_source_fits(source, block.value << low, block.mask << low) for block in few)


def _source_within(source: Source, values: IntSet) -> Answer:
    fitting = IntSet.of(_unmoved(source, values)) & source.domain
    if not fitting or fitting == source.domain:
        return YES if fitting else NO
    if not source.told:
        return OPEN
    return known(InSet(field=source.field, values=fitting))


def _unmoved(source: Source, values: IntSet) -> Iterator[tuple[int, int]]:
    """The ranges of the field's values of which the moved ones are in `values`."""
    low, high = source.domain.ranges[0][0], source.domain.ranges[-1][1]
    turns = range(low + source.delta >> source.width, (high + source.delta >> source.width) + 1)
    for turn in turns:
        back = (turn << source.width) - source.delta
        yield from ((max(0, first + back), last + back) for first, last in values.ranges)


def _fits(word: Word, block: Masked) -> Answer:
    """Whether the word, masked, is the block's value."""
    asked: dict[Source, tuple[int, int]] = {}
    unknown = False
    for place, bit in zip(reversed(range(len(word))), word, strict=True):
        if not block.mask >> place & 1:
            continue
        wanted = block.value >> place & 1
        if bit is None:
            unknown = True
        elif isinstance(bit, int):
            if bit != wanted:
                return NO
        elif not _ask(asked, bit, wanted):
            return NO
    answers = [_source_fits(source, *test) for source, test in asked.items()]
    return every((*answers, OPEN) if unknown else answers)


def _ask(asked: dict[Source, tuple[int, int]], bit: tuple[Source, int], wanted: int) -> bool:
    """Note that a bit must be as wanted; False where it must also be otherwise."""
    source, place = bit
    value, mask = asked.get(source, (0, 0))
    if mask >> place & 1 and value >> place & 1 != wanted:
        return False
    asked[source] = (value | wanted << place, mask | 1 << place)
    return True


def _source_fits(source: Source, value: int, mask: int) -> Answer:
    """Whether the source, masked, is `value`."""
    full = (1 << source.width) - 1
    free = full ^ mask
    if free & (free + 1) == 0:
        return _source_within(source, IntSet.between(value, value | free))
    if source.width <= 8 and len(source.domain.ranges) <= MOST_BLOCKS and not _any_value(source):
        return _source_within(source, _masked_values(full, value, mask))
    # Of a moved number the low bits alone tell those of the field.
    if not source.told or (source.delta and mask & (mask + 1)):
        return OPEN
    return known(bits(source.field, value - source.delta & mask, mask))


def _any_value(source: Source) -> bool:
    return source.domain == IntSet.width(source.width)


def _masked_values(full: int, value: int, mask: int) -> IntSet:
    return IntSet.of((each, each) for each in range(full + 1) if each & mask == value)
