"""u32: arithmetic on any four bytes of the packet.

Sources: iptables-extensions(8), u32; extensions/libxt_u32.c; net/netfilter/xt_u32.c.
"""

from __future__ import annotations

import re
from functools import lru_cache

from iptsim import codes
from iptsim.extensions.demands import Demands
from iptsim.extensions.packet_bytes.layout import Layout, over_layouts
from iptsim.extensions.packet_bytes.symbolic_bits import (
    NO,
    OPEN,
    Answer,
    Word,
    both_bits,
    constant,
    every,
    known,
    shifted,
    value_of,
    within,
)
from iptsim.extensions.shared.all_of import value_of as option_value
from iptsim.extensions.shared.opaque import about, told_as, without_not
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import NUMBER, read_number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import NEVER, Fact, Predicate, negate_if
from iptsim.regex import regex
from iptsim.values import IntSet

_TEST = regex(rf"({NUMBER}(?:(?:&|<<|>>|@){NUMBER})*)=(.+)")
_STEP = regex(rf"(&|<<|>>|@)({NUMBER})")
# XT_U32_MAXSIZE (linux/netfilter/xt_u32.h): of tests, of a test's numbers, of its ranges.
_MOST = 10


def _read(text: str, _family: int) -> str:
    """The tests as iptables prints them: hexadecimal, without blanks, `5:5` as `5`."""
    tests = re.sub(r"\s+", "", text).split("&&")
    if len(tests) > _MOST:
        raise ValueError(f"{len(tests)} tests are more than {_MOST}")
    return "&&".join(map(_test, tests))


def _test(text: str) -> str:
    found = _TEST.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a test, such as 0x6&0xff=0x1")
    ranges = found[2].split(",")
    if max(len(ranges), len(_STEP.findall(found[1])) + 1) > _MOST:
        raise ValueError(f"{text!r} has more than {_MOST} numbers or ranges")
    location = re.sub(NUMBER, lambda number: _hex(number[0]), found[1])
    return f"{location}={','.join(map(_range, ranges))}"


def _range(text: str) -> str:
    return ":".join(dict.fromkeys(_hex(part) for part in text.split(":", 1)))


def _hex(text: str) -> str:
    return f"0x{read_number(text):x}"


def _lower(match: Match, where: Context) -> Predicate:
    option = match.option("--u32")
    if option is None:  # iptables refuses it
        return about(match, where, Fact(key="", code=codes.PACKET_BYTES, reads=("*",)))
    fact = about(
        without_not(match, "--u32"), where, Fact(key="", code=codes.PACKET_BYTES, reads=("*",))
    )
    tests = option_value(option.value, str)
    return negate_if(option.negate, _meaning(tests, where.family, where.payload, fact))


@lru_cache(maxsize=256)
def _meaning(tests: str, family: int, payload: bytes | None, fact: Fact) -> Predicate:
    """All tests hold."""

    def under(layout: Layout) -> Predicate:
        return every(_holds(test, layout) for test in tests.split("&&")).settled(fact)

    return told_as(fact, over_layouts(family, payload, under))


def _holds(test: str, layout: Layout) -> Answer:
    location, _, ranges = test.partition("=")
    steps = _STEP.findall(f"@{location}")
    answers: list[Answer] = []
    word, base = constant(0, 32), 0
    for operation, number in steps:
        if operation != "@":
            word = _computed(operation, word, int(number, 0))
            continue
        moved = value_of(word)
        if moved is None:
            return every((*answers, OPEN))
        base += moved
        position = base + int(number, 0)
        there = layout.has(position + 4)
        # Four bytes must also lie behind the base alone, in 32 bits (u32_match_it).
        if there == NEVER or base + 4 >> 32:
            return NO
        answers.append(known(there))
        word = layout.load(position, 4)
    return every((*answers, within(word, _numbers(ranges))))


def _computed(operation: str, word: Word, number: int) -> Word:
    """A shift by the whole width is undefined in C; newer kernels refuse it."""
    if operation == "&":
        return tuple(map(both_bits, word, constant(number, 32)))
    if number >= 32:
        return (None,) * 32
    return shifted(word, number if operation == "<<" else -number)


def _numbers(text: str) -> IntSet:
    ends = (part.partition(":") for part in text.split(","))
    return IntSet.of((int(low, 0), int(high or low, 0)) for low, _, high in ends)


_OPTIONS = (
    Opt(
        name="--u32",
        value=Codec(
            parse=_read,
            heard=lambda text, family: _read(text.strip('"'), family),
            show=lambda value, _family: f'"{value}"',
            expected='tests, such as "6&0xff=1&&4&0x1fff=0"',
            listing=r'"[^"]*"',
        ),
        negatable=True,
    ),
)

EXTENSIONS = (
    MatchExtension(
        name="u32",
        demands=Demands(one_of=(("--u32",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="u32", parts=(Part("--u32", "{!}{}", required=True),)),
        lower=_lower,
    ),
)
