"""`@nh,72,8`: which fields stand at bits of a header (RFC 791, RFC 8200)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_operands import Constant, Numbers, Operand
from iptsim.extensions.nft.nft_words import words
from iptsim.nftables.expressions import RawPayload
from iptsim.predicate import ALWAYS, Fact, Predicate, equals

BEHIND = (
    "sport", "dport", "tcp_flags", "tcp_options", "icmp_type", "icmp_code", "spi", "cpi",
)  # fmt: skip
"""What stands behind the network header, at a place that the header's length tells."""
_Places = Mapping[str, tuple[int, int]]
_IPV4: _Places = {
    "tos": (8, 16), "length": (16, 32), "fragment": (48, 64), "ttl": (64, 72), "proto": (72, 80),
    "src": (96, 128), "dst": (128, 160),
}  # fmt: skip
_IPV6: _Places = {
    "tos": (4, 12), "length": (32, 48), "proto": (48, 56), "ext_headers": (48, 56),
    "ttl": (56, 64), "src": (64, 192), "dst": (192, 320),
}  # fmt: skip
_SHORTEST = 64
"""Bits that each transport header has."""


_READ = {"tos": 8, "ttl": 8, "src": None, "dst": None}
"""Fields that are held as they stand there, of so many bits; addresses of their family's."""


def held_at(one: RawPayload, here: Here) -> Operand | None:
    """What such bits hold, where they are of one field of the network header."""
    first, last = one.offset, one.offset + one.length
    if one.base != "nh" or one.length < 1:
        return None
    if last <= 4:
        return Constant(value=(4 if here.ipv4 else 6) >> 4 - last & (1 << one.length) - 1, width=4)
    for name, (start, stop) in (_IPV4 if here.ipv4 else _IPV6).items():
        if name in _READ and start <= first and last <= stop:
            keep = (1 << one.length) - 1 << stop - last
            size, shift = _READ[name] or here.address_width, last - stop
            return Numbers(name=name, size=size, keep=keep, shift=shift, width=one.length)
    return None


def written_to(target: RawPayload, here: Here) -> Sequence[str]:
    """The fields of which a bit may be another afterwards."""
    first, last = target.offset, target.offset + target.length
    if target.base == "th":
        return BEHIND
    if target.base != "nh":
        return ("mac_src",) if target.base == "ll" else ()
    places, end = (_IPV4, 160) if here.ipv4 else (_IPV6, 320)
    found = [name for name, (start, stop) in places.items() if first < stop and start < last]
    moved = here.ipv4 and first < 8 and last > 4  # the header's length
    return (*found, *(BEHIND if moved or last > end else ()))


def has_bits(target: RawPayload) -> Predicate:
    """Whether a packet has them; else the rule breaks (nft_payload_set_eval, `err`)."""
    end = target.offset + target.length
    if target.base == "nh" and end <= 160:
        return ALWAYS
    if target.base == "th" and end <= _SHORTEST:
        return equals("fragment", 0)
    told = f"{words(target)} is there"
    return Fact(key=told, detail=told, reads=("*",))
