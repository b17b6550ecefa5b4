"""What u32, bpf and string mean, against plain arithmetic on the bytes of a packet.

A fact of such a match stands for what the kernel finds, so with that put in for it the condition
must be what the kernel finds; where no fact is asked, it is so by itself.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

import pytest
import random_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import examples

from iptsim.extensions.lowering import lower_match
from iptsim.extensions.matches.bpf import EXTENSIONS as BPF
from iptsim.extensions.matches.string import EXTENSIONS as STRING
from iptsim.extensions.matches.u32 import EXTENSIONS as U32
from iptsim.extensions.packet_bytes.classic_bpf import Program
from iptsim.extensions.spec import Context, MatchExtension
from iptsim.model import Match, Option
from iptsim.packet import FIELDS
from iptsim.predicate import And, Bits, Fact, InSet, Interface, Not, OneOf, Or, Predicate

FULL = 0xFFFFFFFF
TCP, UDP, UDPLITE, SCTP, GRE = 6, 17, 136, 132, 47
many = settings(
    max_examples=examples(120, at_length=1200),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
chance = given(st.integers(0, 1 << 32).map(Random))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A packet: its bytes, its fields, and its payload where that is told."""

    family: int
    text: bytes
    fields: Mapping[str, int]
    payload: bytes | None


def make(random: Random) -> Sent:
    family = random.choice((4, 4, 6))
    icmp = 1 if family == 4 else 58
    proto = random.choice((TCP, TCP, UDP, UDPLITE, SCTP, icmp, GRE))
    fields = {
        "proto": proto, "tos": random.getrandbits(8), "ttl": random.getrandbits(8),
        "src": _address(random, family), "dst": _address(random, family),
        "sport": random.choice((40000, random.getrandbits(16))), "dport": random.choice((80, 443)),
        "tcp_flags": random.getrandbits(8), "icmp_type": 8, "icmp_code": 0, "tcp_options": 0,
        "mark": random.choice((0, 1, random.getrandbits(32))), "ext_headers": 0, "fragment": 0,
    }  # fmt: skip
    payload = random_bytes.payload(random)
    body, told = _body(random, proto, icmp, fields), random.random() < 0.7
    if len(body) > 20 or proto == GRE:
        told = False
    text = _ip(random, family, fields, body + payload)
    fields["length"] = len(text)
    return Sent(family=family, text=text, fields=fields, payload=payload if told else None)


def _address(random: Random, family: int) -> int:
    return (
        10 << 24 | random.randrange(1, 3) if family == 4 else 0xFD << 120 | random.getrandbits(64)
    )


def _body(random: Random, proto: int, icmp: int, fields: dict[str, int]) -> bytes:
    ports = struct.pack("!HH", fields["sport"], fields["dport"])
    if proto == TCP:
        words = random.choice((0, 0, 0, 1, 3))
        fields["tcp_options"] = 0x2 if words else 0
        offset = (5 + words) << 4 | random.getrandbits(4)
        middle = random.randbytes(8) + bytes((offset, fields["tcp_flags"]))
        return ports + middle + random.randbytes(6) + b"\1" * 4 * words
    if proto in (UDP, UDPLITE):
        return ports + random.randbytes(4)
    if proto == icmp:
        return bytes((fields["icmp_type"], fields["icmp_code"])) + random.randbytes(6)
    return ports + random.randbytes(8) if proto == SCTP else random.randbytes(12)


def _ip(random: Random, family: int, fields: dict[str, int], body: bytes) -> bytes:
    if random.random() < 0.15:
        fields["ext_headers" if family == 6 else "fragment"] = 0x40 if family == 6 else 1
        body = random.randbytes(random.choice((8, 24, 48)))
    elif fields["proto"] == UDP:
        body = body[:4] + struct.pack("!H", len(body)) + body[6:]
    if family == 6:
        following = 60 if fields["ext_headers"] else fields["proto"]
        first = 6 << 28 | fields["tos"] << 20 | random.getrandbits(20)
        head = struct.pack("!IHBB", first, len(body), following, fields["ttl"])
        return head + _two_addresses(fields, 16) + body
    offset = random.randrange(1, 0x2000) if fields["fragment"] else 0
    head = struct.pack("!BBHH", 0x45, fields["tos"], 20 + len(body), random.getrandbits(16))
    head += struct.pack(
        "!HBB", random.getrandbits(3) << 13 | offset, fields["ttl"], fields["proto"]
    )
    return head + random.randbytes(2) + _two_addresses(fields, 4) + body


def _two_addresses(fields: Mapping[str, int], size: int) -> bytes:
    return fields["src"].to_bytes(size, "big") + fields["dst"].to_bytes(size, "big")


def evaluate(predicate: Predicate, fields: Mapping[str, int], fact: bool) -> bool:
    match predicate:
        case And(parts=parts):
            return all(evaluate(part, fields, fact) for part in parts)
        case Or(parts=parts):
            return any(evaluate(part, fields, fact) for part in parts)
        case Not(part=part):
            return not evaluate(part, fields, fact)
        case Fact(told=told):
            return fact if told is None else evaluate(told, fields, fact)
        case InSet(field=field, values=values) | Bits(field=field, test=values):
            return fields[field] in values
        case OneOf() | Interface():
            raise AssertionError(predicate)


def meaning(extension: MatchExtension, words: str, sent: Sent) -> Predicate:
    """What a match means that is told in the words of a save file, but without any `!`."""
    options, rest = [], words.split(" ")
    while rest:
        known = extension.find(rest.pop(0))
        assert known is not None
        value = True if known.value is None else known.value.read([rest.pop(0)], sent.family)
        options.append(Option(name=known.name, value=value))
    match = Match(name=extension.name, options=extension.canonical(options, sent.family))
    told = frozenset(FIELDS) if sent.payload is not None else frozenset()
    return lower_match(match, Context(family=sent.family, payload=sent.payload, told=told))


def agrees(condition: Predicate, sent: Sent, found: bool) -> None:
    assert evaluate(condition, sent.fields, found) is found


def u32_holds(words: str, text: bytes) -> bool:
    return all(_u32_test(test, text) for test in words.split("&&"))


def _u32_test(test: str, text: bytes) -> bool:
    location, _, ranges = test.partition("=")
    value = base = 0
    for operation, digits in re.findall(r"(&|<<|>>|@)(0x[0-9a-f]+|\d+)", f"@{location.lower()}"):
        number = int(digits, 0)
        if operation == "@":
            base += value
            if base + number + 4 > len(text):
                return False
            value = int.from_bytes(text[base + number : base + number + 4])
        elif operation == "&":
            value &= number
        else:
            value = (value << number if operation == "<<" else value >> number) & FULL
    ends = (part.partition(":") for part in ranges.split(","))
    return any(int(low, 0) <= value <= int(high or low, 0) for low, _, high in ends)


class Ended(Exception):  # noqa: N818
    """A program that returned."""


@dataclass(slots=True)
class Machine:
    """Classic BPF, one instruction after the other (Documentation/networking/filter.rst)."""

    sent: Sent
    a: int = 0
    x: int = 0
    at: int = 0

    def run(self, program: Program) -> bool:
        cells: dict[int, int] = {}
        try:
            while True:
                code, if_true, if_false, k = program[self.at]
                self.at += 1
                self._one(code, if_true, if_false, k, cells)
        except Ended as end:
            return bool(end.args[0])

    def _one(self, code: int, if_true: int, if_false: int, k: int, cells: dict[int, int]) -> None:
        operand = self.x if code & 8 else k
        match code & 7:
            case 0 | 1:
                value = cells[k] if code & 0xE0 == 0x60 else self._load(code, k)
                self.a, self.x = (value, self.x) if code & 7 == 0 else (self.a, value)
            case 2 | 3:
                cells[k] = self.a if code & 7 == 2 else self.x
            case 4:
                self.a = self._alu(code & 0xF0, operand) & FULL
            case 5:
                self.at += k if code == 5 else if_true if self._test(code, operand) else if_false
            case 6:
                raise Ended(self.a if code & 0x10 else k)
            case _:
                self.a, self.x = (self.x, self.x) if code & 0x80 else (self.a, self.a)

    def _load(self, code: int, k: int) -> int:
        mode = code & 0xE0
        if mode == 0:
            return k
        if mode == 0x80:
            return len(self.sent.text)
        if mode == 0x20 and k >= 0xFFFFF000:
            return self._ancillary(k - 0xFFFFF000)
        size = {0: 4, 8: 2, 0x10: 1}[code & 0x18]
        start = (self.x + k if mode == 0x40 else k) & FULL
        if start + size > len(self.sent.text):
            raise Ended(0)
        value = int.from_bytes(self.sent.text[start : start + size])
        return (value & 15) * 4 if mode == 0xA0 else value

    def _ancillary(self, which: int) -> int:
        values = {
            0: 0x800 if self.sent.family == 4 else 0x86DD,
            8: 7,  # the interface's number
            20: self.sent.fields["mark"],
            40: self.a ^ self.x,
        }
        return values[which]

    def _alu(self, operation: int, operand: int) -> int:
        if operation in (0x30, 0x90) and not operand:
            raise Ended(0)
        operations: dict[int, Callable[[], int]] = {
            0x00: lambda: self.a + operand, 0x10: lambda: self.a - operand,
            0x20: lambda: self.a * operand, 0x30: lambda: self.a // operand,
            0x40: lambda: self.a | operand, 0x50: lambda: self.a & operand,
            0x60: lambda: self.a << operand % 32, 0x70: lambda: self.a >> operand % 32,
            0x80: lambda: -self.a, 0x90: lambda: self.a % operand,
            0xA0: lambda: self.a ^ operand,
        }  # fmt: skip
        return operations[operation]()

    def _test(self, code: int, operand: int) -> bool:
        tests = {
            0x10: self.a == operand, 0x20: self.a > operand, 0x30: self.a >= operand,
            0x40: bool(self.a & operand),
        }  # fmt: skip
        return tests[code & 0xF0]


@many
@chance
def test_u32_is_its_arithmetic(random: Random) -> None:
    sent = make(random)
    words = random_bytes.u32(random, sent.text)
    agrees(meaning(U32[0], f"--u32 {words}", sent), sent, u32_holds(words, sent.text))


@many
@chance
def test_a_program_returns_what_it_computes(random: Random) -> None:
    sent = make(random)
    program = random_bytes.program(random, sent.text)
    extension, option = BPF[0], Option(name="--bytecode", value=program)
    match = Match(name=extension.name, options=(option,))
    condition = lower_match(match, Context(family=sent.family, payload=sent.payload))
    agrees(condition, sent, Machine(sent).run(program))


@many
@chance
def test_a_string_is_found_where_it_stands(random: Random) -> None:
    sent = make(random)
    words = random_bytes.string(random, sent.text).removeprefix("! ")
    pattern = bytes.fromhex(words.split("|")[1])
    first, last = (int(re.search(rf"--{name} (\d+)", words)[1]) for name in ("from", "to"))  # type: ignore[index]
    text = sent.text
    if "--icase" in words:
        pattern, text = pattern.upper(), text.upper()
    starts = [at for at in range(first, len(text)) if text.startswith(pattern, at)]
    condition = meaning(STRING[0], words, sent)
    # Before Linux 6.7 a string had only to begin before the end.
    agrees(condition, sent, any(at + len(pattern) <= last for at in starts))
    agrees(condition, sent, any(at <= last for at in starts) and first < last)


def told() -> Iterator[tuple[Random, Sent]]:
    """Packets of which the payload is told."""
    for seed in range(600):
        random = Random(seed)  # noqa: S311  # a case must come out the same again
        sent = make(random)
        if sent.payload is not None:
            yield random, sent


@pytest.mark.parametrize(("make_words", "extension", "least"), [
    (lambda random, text: f"--u32 {random_bytes.u32(random, text)}", U32[0], 0.6),
    (lambda random, text: random_bytes.string(random, text).removeprefix("! "), STRING[0], 0.45),
])  # fmt: skip
def test_most_is_decided_of_a_packet_that_is_told(
    make_words: Callable[[Random, bytes], str], extension: MatchExtension, least: float
) -> None:
    decided = []
    for random, sent in told():
        condition = meaning(extension, make_words(random, sent.text), sent)
        answers = {evaluate(condition, sent.fields, fact) for fact in (True, False)}
        decided.append(len(answers) == 1)
    assert sum(decided) > least * len(decided)


@pytest.mark.parametrize("position", [4, 12, 20])
def test_a_program_of_too_many_ways_stays_a_fact(position: int) -> None:
    """Each test of a bit is remembered in a cell, so that no two ways are alike."""
    lines = [(0x02, 0, 0, 0)]
    for bit in range(12):
        test = ((0x20, 0, 0, position), (0x45, 0, 3, 1 << bit))
        lines += [*test, (0x60, 0, 0, 0), (0x44, 0, 0, 1 << bit), (0x02, 0, 0, 0)]
    program = (*lines, (0x60, 0, 0, 0), (0x16, 0, 0, 0))
    match = Match(name="bpf", options=(Option(name="--bytecode", value=program),))
    assert isinstance(lower_match(match, Context()), Fact)
