"""bpf: a classic BPF program, or one pinned in the BPF file system, decides.

Sources: iptables-extensions(8), bpf; extensions/libxt_bpf.c; net/netfilter/xt_bpf.c.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.opaque import about, told_as
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import WORD, Codec
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, Predicate

if TYPE_CHECKING:
    from iptsim.extensions.packet_bytes.classic_bpf import Instruction, Program
    from iptsim.extensions.packet_bytes.layout import Layout

# What carries programs out is imported where one is met: others' rows say `match`, too.
_INSTRUCTION = r"\d+ \d+ \d+ \d+"


def _instructions(text: str, _family: int) -> Program:
    return tuple(_instruction(part) for part in text.rstrip(",").split(","))


def _instruction(text: str) -> Instruction:
    if not re.fullmatch(_INSTRUCTION, text.strip()):
        raise ValueError(f"{text!r} is not an instruction of four numbers")
    code, if_true, if_false, operand = map(int, text.split())
    return code, if_true, if_false, operand


def _read(text: str, family: int) -> Program:
    from iptsim.extensions.packet_bytes.classic_bpf import MOST_INSTRUCTIONS  # noqa: PLC0415

    count, _, rest = text.partition(",")
    program = _instructions(rest, family)
    if not count.strip().isdigit() or int(count) != len(program):
        raise ValueError(f"{count!r} is not the number of instructions, {len(program)}")
    if len(program) > MOST_INSTRUCTIONS:
        raise ValueError(f"{len(program)} instructions are more than {MOST_INSTRUCTIONS}")
    return program


def _write(program: Program, _family: int) -> str:
    lines = (" ".join(map(str, instruction)) for instruction in program)
    return f'"{",".join((str(len(program)), *lines))}"'


def _lower(match: Match, where: Context) -> Predicate:
    """A program that the kernel would refuse, or that is pinned elsewhere, stays a fact."""
    from iptsim.extensions.packet_bytes.classic_bpf import is_valid  # noqa: PLC0415

    fact = about(match, where, Fact(key="", code=codes.BPF_PROGRAM, reads=("*",)))
    option = match.option("--bytecode")
    if option is None or not isinstance(option.value, tuple) or not is_valid(option.value):
        return fact
    return _meaning(option.value, where.family, where.payload, fact)


@lru_cache(maxsize=256)
def _meaning(program: Program, family: int, payload: bytes | None, fact: Fact) -> Predicate:
    from iptsim.extensions.packet_bytes.classic_bpf import TooMuch, returns_nonzero  # noqa: PLC0415
    from iptsim.extensions.packet_bytes.layout import over_layouts  # noqa: PLC0415

    def under(layout: Layout) -> Predicate:
        try:
            return returns_nonzero(program, layout, fact)
        except TooMuch:
            return fact

    return told_as(fact, over_layouts(family, payload, under))


_OPTIONS = (
    Opt(
        name="--bytecode",
        value=Codec(
            parse=_read,
            heard=_instructions,
            show=_write,
            expected="the number of instructions and the instructions: 2,48 0 0 9,6 0 0 1",
            listing=rf"{_INSTRUCTION}(?:,{_INSTRUCTION})*,?",
        ),
    ),
    Opt(name="--object-pinned", value=WORD),
)

EXTENSIONS = (
    MatchExtension(
        name="bpf",
        demands=Demands(
            one_of=(("--bytecode", "--object-pinned"),),
            exclusive=(("--bytecode", "--object-pinned"),),
        ),
        options=_OPTIONS,
        wording=Either(
            (
                Parts(
                    options=_OPTIONS,
                    lead="match bpf",
                    parts=(Part("--object-pinned", "pinned {}", required=True),),
                ),
                Parts(
                    options=_OPTIONS,
                    lead="match bpf",
                    parts=(Part("--bytecode", "{}", required=True),),
                ),
            )
        ),
        lower=_lower,
    ),
)
