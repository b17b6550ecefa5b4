"""Random tests of raw bytes for u32, bpf and string, that the kernel takes."""

from __future__ import annotations

from random import Random

from iptsim.extensions.packet_bytes.classic_bpf import Instruction, Program, is_valid

_MASKS = (0xFF, 0xFFFF, 0xFF00, 0xFF0000, 0xF0, 0x3F, 0x1FFF, 0xFFFFFFFF, 0xFFFF0000, 0x0F0F, 0x3C)
_NEAR = (0, 1, 4, 6, 17, 20, 40, 44, 48, 64, 80, 0x45, 0x600, 443, 40000, 0x0A000001, 0x0A000002)
_ABSOLUTE = 0xFFFFF000
_CONDITIONAL = (0x15, 0x25, 0x35, 0x45, 0x1D, 0x2D, 0x3D, 0x4D)
_ALU = (0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x94, 0xA4)
_CELLS = 3
_ANCILLARY = (0, 20, 40, 8)
_LETTERS = b"abAB"


def number(random: Random, text: bytes) -> int:
    """Of what stands in a packet somewhere, what often does, or anything."""
    at = random.randrange(max(1, len(text) - 3))
    seen = int.from_bytes(text[at : at + random.choice((1, 2, 4))])
    return random.choice((seen, seen, random.choice(_NEAR), random.getrandbits(32)))


def position(random: Random, size: int) -> int:
    """Mostly in a packet of that size, seldom just behind it."""
    return random.randrange(size + 2) if random.random() < 0.3 else random.randrange(size - 3)


def u32(random: Random, text: bytes) -> str:
    """The words of --u32, some of whose tests a packet of these bytes meets."""
    count = random.choice((1, 1, 2, 3))
    return "&&".join(_u32_test(random, text) for _ in range(count))


def _u32_test(random: Random, text: bytes) -> str:
    if random.random() < 0.2:
        # The IPv4 header's length, or the TCP header's behind it, as manuals have it.
        location = random.choice(("0>>22&0x3C@", "0>>22&0x3C@12>>26&0x3C@", "0>>24@"))
        location += str(random.randrange(12))
    else:
        location = str(position(random, len(text)))
    value = int.from_bytes(text[(at := _last_number(location)) : at + 4])
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        word, value = _u32_step(random, value)
        location += word
    ranges = (_range(random, text, value) for _ in range(random.choice((1, 1, 2))))
    return f"{location}={','.join(ranges)}"


def _last_number(location: str) -> int:
    return int(location.rpartition("@")[2])


def _u32_step(random: Random, value: int) -> tuple[str, int]:
    places = random.choice((4, 8, 16, 24, 3, 30))
    mask = random.choice((*_MASKS, random.getrandbits(32)))
    return random.choice(
        (
            (f"&{mask:#x}", value & mask),
            (f"&{mask:#x}", value & mask),
            (f">>{places}", value >> places),
            (f"<<{places}", value << places & 0xFFFFFFFF),
        )
    )


def _range(random: Random, text: bytes, value: int) -> str:
    if random.random() < 0.5:
        return f"{value:#x}"
    low, high = sorted((value, number(random, text)))
    return random.choice((f"{low:#x}:{high:#x}", f"{number(random, text):#x}"))


def program(random: Random, text: bytes) -> Program:
    """A program that the kernel takes, for packets like these bytes."""
    while True:
        size = random.randint(2, 14)
        body = [_instruction(random, text, size - at) for at in range(1, size - 1)]
        # What is stored first may be read everywhere.
        start = [(2, 0, 0, cell) for cell in range(_CELLS)]
        made = (*start, *body, (6, 0, 0, 1), random.choice(((6, 0, 0, 0), (0x16, 0, 0, 0))))
        if is_valid(made):
            return made


def _instruction(random: Random, text: bytes, left: int) -> Instruction:
    kind = random.random()
    if kind < 0.35:
        return _load(random, text)
    if kind < 0.65:
        jumps = random.randrange(left), random.randrange(left)
        return random.choice(_CONDITIONAL), *jumps, number(random, text)
    if kind < 0.85:
        return _alu(random, text)
    cell = random.randrange(_CELLS)
    return random.choice(
        (
            (0x07, 0, 0, 0), (0x87, 0, 0, 0), (0x84, 0, 0, 0), (2, 0, 0, cell), (3, 0, 0, cell),
            (0x60, 0, 0, cell), (0x61, 0, 0, cell), (5, 0, 0, random.randrange(left)),
            (0x16, 0, 0, 0), (6, 0, 0, random.randrange(2)),
        )
    )  # fmt: skip


def _load(random: Random, text: bytes) -> Instruction:
    where = position(random, len(text))
    size = random.choice((0x00, 0x08, 0x10))
    return random.choice(
        (
            (0x20 | size, 0, 0, where),
            (0x20 | size, 0, 0, where),
            (0x40 | size, 0, 0, random.randrange(24)),
            (0xB1, 0, 0, random.choice((0, 20, 32, where))),
            (random.choice((0x80, 0x81)), 0, 0, 0),
            (random.choice((0x00, 0x01)), 0, 0, number(random, text)),
            (0x20 | size, 0, 0, _ABSOLUTE + random.choice(_ANCILLARY)),
        )
    )


def _alu(random: Random, text: bytes) -> Instruction:
    operation = random.choice(_ALU)
    if random.random() < 0.25:
        return operation | 0x08, 0, 0, 0
    if operation in (0x64, 0x74):
        return operation, 0, 0, random.randrange(32)
    operand = random.choice((1, 2, 4, 0xFF, 0xF, 40, number(random, text)))
    return operation, 0, 0, operand or 1


def bytecode(made: Program) -> str:
    """The words of --bytecode."""
    lines = (" ".join(map(str, instruction)) for instruction in made)
    return ",".join((str(len(made)), *lines))


def string(random: Random, text: bytes) -> str:
    """The options of a string match that a packet of these bytes may hold."""
    first = random.choice((0, 0, 0, random.randrange(len(text))))
    last = random.choice((65535, 65535, first + 1 + random.randrange(len(text))))
    case = random.choice(("", "", " --icase"))
    words = f"--hex-string |{_pattern(random, text).hex()}| --algo {random.choice(('bm', 'kmp'))}"
    return f"{random.choice(('', '', '! '))}{words} --from {first} --to {last}{case}"


def _pattern(random: Random, text: bytes) -> bytes:
    size = random.choice((1, 2, 3, 4, 9, 12))
    if random.random() < 0.3:
        return bytes(random.choices(_LETTERS, k=size))
    at = random.randrange(max(1, len(text) - size))
    found = text[at : at + size]
    return random.choice((found, found.swapcase()))


def payload(random: Random) -> bytes:
    """Few letters, so that strings are found and nearly found."""
    return bytes(random.choices(_LETTERS, k=random.choice((0, 1, 3, 8, 20, 40))))
