"""bpf: a classic BPF program, or one pinned in the BPF file system, decides.

Sources: iptables-extensions(8), bpf; extensions/libxt_bpf.c; net/netfilter/xt_bpf.c.
"""

from __future__ import annotations

import re

from iptsim.extensions.codec import WORD, Codec
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.wording import Either, Part, Parts
from iptsim.predicate import Fact

Program = tuple[tuple[int, int, int, int], ...]
_INSTRUCTION = r"\d+ \d+ \d+ \d+"


def _instructions(text: str, _family: int) -> Program:
    return tuple(_instruction(part) for part in text.rstrip(",").split(","))


def _instruction(text: str) -> tuple[int, int, int, int]:
    if not re.fullmatch(_INSTRUCTION, text.strip()):
        raise ValueError(f"{text!r} is not an instruction of four numbers")
    code, if_true, if_false, operand = map(int, text.split())
    return code, if_true, if_false, operand


def _read(text: str, family: int) -> Program:
    count, _, rest = text.partition(",")
    program = _instructions(rest, family)
    if not count.strip().isdigit() or int(count) != len(program):
        raise ValueError(f"{count!r} is not the number of instructions, {len(program)}")
    return program


def _write(program: Program, _family: int) -> str:
    lines = (" ".join(map(str, instruction)) for instruction in program)
    return f'"{",".join((str(len(program)), *lines))}"'


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
        opaque=Fact(key="", code="IPT0411", reads=("*",)),
    ),
)
