"""Classic BPF programs: which of them the kernel takes, and for which packets they return not 0.

Sources: net/core/filter.c (bpf_check_classic, bpf_convert_filter); linux/bpf_common.h, filter.h;
net/netfilter/xt_bpf.c.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from iptsim.dataclass import dataclass, field, replace
from iptsim.extensions.packet_bytes.layout import Layout
from iptsim.extensions.packet_bytes.symbolic_bits import (
    NO,
    OPEN,
    YES,
    Answer,
    Source,
    Word,
    both_bits,
    constant,
    contrary,
    either_bit,
    nobody,
    plus,
    shifted,
    unlike_bits,
    value_of,
    whole,
    within,
)
from iptsim.predicate import NEVER, Fact, Predicate, all_of, any_of, atoms, negate
from iptsim.values import IntSet

Instruction = tuple[int, int, int, int]
Program = tuple[Instruction, ...]
"""Instructions as code, jt, jf, k."""

MOST_INSTRUCTIONS = 64
"""XT_BPF_MAX_NUM_INSTR (linux/netfilter/xt_bpf.h)."""
_MOST_STEPS = 2048
_MOST_ATOMS = 256
_CELLS = 16
_FULL = 0xFFFFFFFF
_ZERO = constant(0, 32)

_LD, _LDX, _ST, _STX, _ALU, _JMP, _RET, _MISC = range(8)
_IMM, _ABS, _IND, _MEM, _LEN, _MSH = (mode << 5 for mode in range(6))
_WORD, _HALF, _BYTE = 0x00, 0x08, 0x10
_SIZES = {_WORD: 4, _HALF: 2, _BYTE: 1}
_X = 0x08
_ADD, _SUB, _MUL, _DIV, _OR, _AND, _LSH, _RSH, _NEG, _MOD, _XOR = (op << 4 for op in range(11))
_JA, _JEQ, _JGT, _JGE, _JSET = (op << 4 for op in range(5))
_RET_A, _TXA = 0x10, 0x80

# Offsets that stand for something else than the packet's bytes (linux/filter.h).
_ANCILLARY = (-0x1000) & _FULL
_LINK_LAYER = (-0x200000) & _FULL
_AD_PROTOCOL, _AD_MARK, _AD_XOR_X, _AD_LAST = 0, 20, 40, 60
_MARK = Source(field="mark", width=32, domain=IntSet.width(32))
_ETHERTYPES = {4: 0x0800, 6: 0x86DD}


def _allowed_codes() -> frozenset[int]:
    operations = (_ADD, _SUB, _MUL, _DIV, _OR, _AND, _LSH, _RSH, _MOD, _XOR)
    codes = {_ALU | op | source for op in operations for source in (0, _X)}
    codes |= {_JMP | op | source for op in (_JEQ, _JGT, _JGE, _JSET) for source in (0, _X)}
    codes |= {_LD | mode | size for mode in (_ABS, _IND) for size in _SIZES}
    codes |= {load | mode for load in (_LD, _LDX) for mode in (_IMM, _MEM, _LEN)}
    return frozenset(
        codes
        | {_ALU | _NEG, _JMP | _JA, _LDX | _MSH | _BYTE, _ST, _STX}
        | {_RET, _RET | _RET_A, _MISC, _MISC | _TXA}
    )


_ALLOWED = _allowed_codes()


def is_valid(program: Program) -> bool:
    """Whether the kernel takes the program (bpf_check_classic)."""
    return (
        0 < len(program) <= MOST_INSTRUCTIONS
        and program[-1][0] in (_RET, _RET | _RET_A)
        and all(_is_allowed(each, len(program) - at - 1) for at, each in enumerate(program))
        and _reads_what_is_stored(program)
    )


def _is_allowed(instruction: Instruction, left: int) -> bool:
    """`left` instructions follow."""
    code, if_true, if_false, k = instruction
    if code not in _ALLOWED or k > _FULL:
        return False
    if code in (_ALU | _DIV, _ALU | _MOD):
        return k != 0
    if code in (_ALU | _LSH, _ALU | _RSH):
        return k < 32
    if code in (_ST, _STX, _LD | _MEM, _LDX | _MEM):
        return k < _CELLS
    if code == _JMP | _JA:
        return k < left
    if code & 7 == _JMP:
        return max(if_true, if_false) < min(left, 256)
    return code & 0xE7 != _LD | _ABS or k < _ANCILLARY or _is_ancillary(k)


def _is_ancillary(k: int) -> bool:
    return (k - _ANCILLARY) % 4 == 0 and k - _ANCILLARY <= _AD_LAST


def _reads_what_is_stored(program: Program) -> bool:
    """No cell is read that was not written on every way there (check_load_and_stores)."""
    masks = [0xFFFF] * (len(program) + 1)
    stored = 0
    for at, (code, if_true, if_false, k) in enumerate(program):
        stored &= masks[at]
        if code in (_ST, _STX):
            stored |= 1 << k
        elif code in (_LD | _MEM, _LDX | _MEM) and not stored >> k & 1:
            return False
        elif code & 7 == _JMP:
            for jump in (k,) if code == _JMP | _JA else (if_true, if_false):
                masks[at + 1 + jump] &= stored
            stored = 0xFFFF
    return True


class TooMuch(Exception):  # noqa: N818  # not an error: the program is left undecided
    """The program has more ways, or its meaning more conditions, than are worth telling."""


def returns_nonzero(program: Program, layout: Layout, fact: Fact) -> Predicate:
    """When a valid program returns something else than 0; `fact` says it where nobody knows.

    `fact` is that of the whole match, so it may stand for any unknown on the way: the answer grows
    with each of them. Raises `TooMuch`.
    """
    return _Machine(program=program, layout=layout, fact=fact).run(_State())


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    at: int = 0
    a: Word = _ZERO
    x: Word = _ZERO
    cells: tuple[tuple[int, Word], ...] = ()


@dataclass(slots=True, kw_only=True)
class _Machine:
    program: Program
    layout: Layout
    fact: Fact
    steps: int = 0
    _done: dict[_State, Predicate] = field(default_factory=dict)

    def run(self, state: _State) -> Predicate:
        """When the program, from here on, returns something else than 0."""
        if state not in self._done:
            self.steps += 1
            if self.steps > _MOST_STEPS:
                raise TooMuch
            self._done[state] = self._step(state, *self.program[state.at])
        return self._done[state]

    def _step(self, state: _State, code: int, if_true: int, if_false: int, k: int) -> Predicate:
        kind, here = code & 7, replace(state, at=state.at + 1)
        if kind == _RET:
            returned = state.a if code & _RET_A else constant(k, 32)
            return contrary(within(returned, IntSet.single(0))).settled(self.fact)
        if kind == _JMP:
            return self._jump(here, code, (if_true, if_false), k)
        if kind in (_LD, _LDX):
            return self._load(here, code, k)
        if kind == _ALU:
            return self._compute(here, code, k)
        if kind in (_ST, _STX):
            cells = {**dict(state.cells), k: state.a if kind == _ST else state.x}
            return self.run(replace(here, cells=tuple(sorted(cells.items()))))
        return self.run(replace(here, a=state.x) if code & _TXA else replace(here, x=state.a))

    def _jump(self, here: _State, code: int, ways: tuple[int, int], k: int) -> Predicate:
        operation = code & 0xF0
        if operation == _JA:
            return self.run(replace(here, at=here.at + k))
        other = here.x if code & _X else constant(k, 32)
        answer = _compared(operation, here.a, other)
        yes, no = (replace(here, at=here.at + way) for way in ways)
        return self._parted(answer, lambda: self.run(yes), lambda: self.run(no))

    def _parted(
        self, answer: Answer, yes: Callable[[], Predicate], no: Callable[[], Predicate]
    ) -> Predicate:
        if answer.may == NEVER:
            return no()
        if negate(answer.sure) == NEVER:
            return yes()
        return self._small(self._either_way(answer, yes(), no()))

    def _either_way(self, answer: Answer, yes: Predicate, no: Predicate) -> Predicate:
        """`yes` where the answer holds, `no` where it does not."""
        if yes == no:
            return yes
        certain = (all_of((answer.sure, yes)), all_of((negate(answer.may), no)))
        if answer.sure != answer.may:
            both = all_of((yes, no))
            unknown = any_of((both, all_of((self.fact, any_of((yes, no))))))
            return any_of((*certain, all_of((answer.may, negate(answer.sure), unknown))))
        if negate(yes) == NEVER:
            return any_of((answer.sure, no))
        return any_of((negate(answer.sure), yes)) if negate(no) == NEVER else any_of(certain)

    def _small(self, condition: Predicate) -> Predicate:
        if next(islice(atoms(condition), _MOST_ATOMS, None), None) is not None:
            raise TooMuch
        return condition

    def _load(self, here: _State, code: int, k: int) -> Predicate:
        mode, to_x = code & 0xE0, code & 7 == _LDX
        if mode == _IMM:
            return self._go_on(here, constant(k, 32), to_x)
        if mode == _MEM:
            return self._go_on(here, dict(here.cells)[k], to_x)
        if mode == _LEN:
            return self._go_on(here, self.layout.length, to_x)
        if mode == _ABS and k >= _ANCILLARY:
            return self._ancillary(here, k - _ANCILLARY)
        return self._from_packet(here, code, k)

    def _go_on(self, here: _State, word: Word, to_x: bool) -> Predicate:
        return self.run(replace(here, x=word) if to_x else replace(here, a=word))

    def _ancillary(self, here: _State, which: int) -> Predicate:
        if which == _AD_PROTOCOL:
            return self._go_on(here, constant(_ETHERTYPES[self.layout.family], 32), False)
        if which == _AD_MARK:
            return self._go_on(here, whole(_MARK), False)
        if which == _AD_XOR_X:
            word = tuple(map(unlike_bits, here.a, here.x))
            return self._go_on(here, word, False)
        return self.fact

    def _from_packet(self, here: _State, code: int, k: int) -> Predicate:
        """A load behind the packet's end makes the program return 0."""
        base = here.x if code & 0xE0 == _IND else _ZERO
        position = value_of(plus(base, constant(k, 32)))
        if position is None:
            return self.fact
        if position >> 31:
            return NEVER if position < _LINK_LAYER else self.fact
        size = _SIZES[code & 0x18]
        there = self.layout.has(position + size)
        if there == NEVER:
            return NEVER
        bits = self.layout.load(position, size)
        word = (*constant(0, 32 - len(bits)), *bits)
        if code & 7 == _LDX:
            low = tuple(map(both_bits, word, constant(0xF, 32)))
            return self._small(all_of((there, self._go_on(here, shifted(low, 2), True))))
        return self._small(all_of((there, self._go_on(here, word, False))))

    def _compute(self, here: _State, code: int, k: int) -> Predicate:
        other = here.x if code & _X and code & 0xF0 != _NEG else constant(k, 32)
        operation = code & 0xF0
        if operation not in (_DIV, _MOD):
            return self.run(replace(here, a=_computed(operation, here.a, other)))
        zero = within(other, IntSet.single(0))
        result = replace(here, a=_divided(operation, here.a, other))
        return self._parted(zero, lambda: NEVER, lambda: self.run(result))


def _compared(operation: int, a: Word, other: Word) -> Answer:
    number = value_of(other)
    if operation == _JSET:
        return contrary(within(tuple(map(both_bits, a, other)), IntSet.single(0)))
    if number is None:
        return _compared_with_unknown(operation, a, other)
    if operation == _JEQ:
        return within(a, IntSet.single(number))
    return within(a, IntSet.between(number + (operation == _JGT), _FULL))


def _compared_with_unknown(operation: int, a: Word, other: Word) -> Answer:
    """The sides change places where only the left one is known; else nothing is."""
    number = value_of(a)
    if number is None:
        if a != other or None in a:
            return OPEN
        return NO if operation == _JGT else YES
    if operation == _JEQ:
        return within(other, IntSet.single(number))
    return within(other, IntSet.between(0, number - (operation == _JGT)))


def _computed(operation: int, a: Word, other: Word) -> Word:
    bitwise = {_OR: either_bit, _AND: both_bits, _XOR: unlike_bits}
    if operation in bitwise:
        return tuple(map(bitwise[operation], a, other))
    if operation == _ADD:
        return plus(a, other)
    if operation in (_SUB, _NEG):
        return _subtracted(*((a, other) if operation == _SUB else (_ZERO, a)))
    number = value_of(other)
    if operation in (_LSH, _RSH):
        # A shift by a register takes its low five bits (Documentation/bpf/standardization).
        if number is None:
            return nobody(32)
        return shifted(a, number % 32 if operation == _LSH else -(number % 32))
    return _multiplied(a, other)


def _subtracted(left: Word, right: Word) -> Word:
    number = value_of(right)
    if number is not None:
        return plus(left, constant(-number, 32))
    return _ZERO if left == right and None not in left else nobody(32)


def _multiplied(left: Word, right: Word) -> Word:
    a, b = value_of(left), value_of(right)
    if a is not None and b is not None:
        return constant(a * b, 32)
    for word, number in ((left, b), (right, a)):
        if number is not None and number & (number - 1) == 0:
            return shifted(word, number.bit_length() - 1) if number else _ZERO
    return nobody(32)


def _divided(operation: int, left: Word, right: Word) -> Word:
    """`right` is not 0."""
    a, b = value_of(left), value_of(right)
    if not b:
        return nobody(32)
    if a is not None:
        return constant(a // b if operation == _DIV else a % b, 32)
    if b & (b - 1):
        return nobody(32)
    if operation == _DIV:
        return shifted(left, 1 - b.bit_length())
    return tuple(map(both_bits, left, constant(b - 1, 32)))
