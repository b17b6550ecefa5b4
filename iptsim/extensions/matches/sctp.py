"""sctp: ports of an SCTP header, and the chunks of the packet.

Sources: iptables-extensions(8), sctp; extensions/libxt_sctp.c; net/netfilter/xt_sctp.c.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Hashable, Iterator, Mapping, Sequence
from types import MappingProxyType

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.shared.layer4 import PORT_OPTIONS, PORT_PARTS, transport
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.short_lists import alternatives
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import ALWAYS, NEVER, Fact, Predicate, negate_if

_CHUNKS: Mapping[str, int] = MappingProxyType(
    {
        "DATA": 0, "INIT": 1, "INIT_ACK": 2, "SACK": 3, "HEARTBEAT": 4, "HEARTBEAT_ACK": 5,
        "ABORT": 6, "SHUTDOWN": 7, "SHUTDOWN_ACK": 8, "ERROR": 9, "COOKIE_ECHO": 10,
        "COOKIE_ACK": 11, "ECN_ECNE": 12, "ECN_CWR": 13, "SHUTDOWN_COMPLETE": 14, "I_DATA": 64,
        "ASCONF_ACK": 128, "RE_CONFIG": 130, "PAD": 132, "FORWARD_TSN": 192, "ASCONF": 193,
        "I_FORWARD_TSN": 194,
    }
)  # fmt: skip
_NAMES = MappingProxyType({number: name for name, number in _CHUNKS.items()})
# Highest bit first, as iptables prints them. A capital asks for a set bit, a small one for a clear.
_FLAGS = MappingProxyType({"DATA": "IUBE", "ABORT": "T", "SHUTDOWN_COMPLETE": "T"})
_MODES = ("any", "all", "only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """Which of the chunks must be there, and with which flags."""

    mode: str
    chunks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTypes:
    """`any DATA:UbE,INIT`, `all NONE`; with -n a listing has numbers. A `Chunks`."""

    words: tuple[int, int] = (2, 2)
    expected: str = "all, any or only, and chunk types such as DATA:UbE,INIT"

    @property
    def listing(self) -> str:
        """See `ValueType`."""
        one = rf"(?:0x[0-9A-Fa-f]+|{alternatives(tuple(_CHUNKS))})(?::[A-Za-z]+)?"
        return rf"{alternatives(_MODES)}\s+(?:ALL|NONE|{one}(?:,{one})*)"

    def read(self, words: Sequence[str], family: int) -> Chunks:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        mode = words[0].lower()
        if mode not in _MODES:
            raise ValueError(f"{words[0]!r} is none of {', '.join(_MODES)}")
        if words[1].upper() in ("ALL", "NONE"):
            return Chunks(mode=mode, chunks=(words[1].upper(),))
        # By number: the kernel keeps one bit for each type, and one set of flags.
        asked = dict(_chunk(text) for text in words[1].split(","))
        return Chunks(mode=mode, chunks=tuple(asked[number] for number in sorted(asked)))

    def read_listing(self, text: str, family: int) -> Chunks:
        """See `ValueType`."""
        return self.read(text.split(), family)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, Chunks)
        return f"{value.mode} {','.join(value.chunks)}"


def _chunk(text: str) -> tuple[int, str]:
    name, colon, flags = text.partition(":")
    number = int(name, 16) if re.fullmatch(r"0x[0-9A-Fa-f]+", name) else _CHUNKS.get(name.upper())
    if number is None or number not in _NAMES:
        raise ValueError(f"{name!r} is not an SCTP chunk type")
    known = _NAMES[number]
    return number, f"{known}:{_flags(known, flags)}" if colon else known


def _flags(chunk: str, flags: str) -> str:
    allowed = _FLAGS.get(chunk, "")
    asked = {flag.upper(): flag for flag in flags}
    if not flags or not set(asked) <= set(allowed):
        raise ValueError(f"{flags!r} are not flags of the chunk type {chunk}")
    return "".join(asked[flag] for flag in allowed if flag in asked)


def _chunks(match: Match, payload: bytes | None) -> Iterator[Predicate]:
    option = match.option("--chunk-types")
    if option is not None:
        wanted = value_of(option.value, Chunks)
        text = f"--chunk-types {ChunkTypes().write(wanted, 4)}"
        there = None if payload is None else _read_chunks(payload)
        fact = Fact(key=text, detail=text)
        asked = fact if there is None else (ALWAYS if _hold(wanted, there) else NEVER)
        yield negate_if(option.negate, asked)


def _read_chunks(payload: bytes) -> list[tuple[int, int]] | None:
    """Type and flags of each chunk; None where they are broken: the kernel drops the packet then.

    That is neither a match nor none (xt_sctp.c, match_packet: hotdrop).
    """
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(payload) or not found:
        if len(payload) - start < 4:
            return None
        kind, flags, length = struct.unpack_from("!BBH", payload, start)
        if not length:
            return None
        found.append((kind, flags))
        start += (length + 3) & ~3
    return found


def _hold(wanted: Chunks, there: list[tuple[int, int]]) -> bool:
    """Whether the packet has the chunks that are asked for (match_packet)."""
    asked = dict(_asked(wanted))
    fits = {kind for kind, flags in there if kind in asked and _fits(asked[kind], flags)}
    if wanted.mode == "any":
        return bool(fits)
    if wanted.mode == "all":
        return fits == asked.keys()
    return all(kind in asked and _fits(asked[kind], flags) for kind, flags in there)


def _asked(wanted: Chunks) -> Iterator[tuple[int, tuple[int, int]]]:
    """The chunk types by number, each with the mask and the value of its flags."""
    if wanted.chunks in (("ALL",), ("NONE",)):
        yield from ((kind, (0, 0)) for kind in range(256) if wanted.chunks == ("ALL",))
        return
    for text in wanted.chunks:
        name, _, flags = text.partition(":")
        # The last flag named is the lowest bit (libxt_sctp.c, sctp_chunk_names).
        bit = {flag: 1 << at for at, flag in enumerate(reversed(_FLAGS.get(name, "")))}
        mask = sum(bit[flag.upper()] for flag in flags)
        yield _CHUNKS[name], (mask, sum(bit[flag] for flag in flags if flag.isupper()))


def _fits(asked: tuple[int, int], flags: int) -> bool:
    mask, value = asked
    return flags & mask == value


def _lower(match: Match, where: Context) -> Predicate:
    return transport(132, match, *_chunks(match, where.payload))


_OPTIONS = (*PORT_OPTIONS, Opt(name="--chunk-types", value=ChunkTypes(), negatable=True))
_PARTS = (*PORT_PARTS, Part("--chunk-types", "{!}{}"))

EXTENSIONS = (
    MatchExtension(
        name="sctp",
        independent=True,
        demands=Demands(protocols=(132,)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="sctp", parts=_PARTS),
        lower=_lower,
        implied_by=132,
    ),
)
