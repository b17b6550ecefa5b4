"""`ct KEY`: what tracking knows of a packet's connection (net/netfilter/nft_ct.c).

Without a connection only `ct state` has a value; everything else breaks the rule. Before priority
-200 no packet has one, and what `ct zone set` gives it there is none.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_operands import Asked, Constant, Names, Numbers, Opaque, Operand
from iptsim.extensions.nft.nft_words import words
from iptsim.extensions.shared.connection_states import connected
from iptsim.nftables.expressions import Ct
from iptsim.predicate import (
    NEVER,
    Fact,
    Predicate,
    all_of,
    any_of,
    bits,
    equals,
    named,
    negate,
)
from iptsim.values import IntSet

STATES = {1: "INVALID", 2: "ESTABLISHED", 4: "RELATED", 8: "NEW", 64: "UNTRACKED"}
_STATUS = {"expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8}
_SNAT, _DNAT = 0x10, 0x20
_TRANSLATED = {_SNAT: "ct_snat", _DNAT: "ct_dnat"}
_KNOWN = 0xF
_WORD = 0xFFFFFFFF
_ENDS = {
    ("saddr", "original"): "ctorigsrc",
    ("daddr", "original"): "ctorigdst",
    ("saddr", "reply"): "ctreplsrc",
    ("daddr", "reply"): "ctrepldst",
    ("proto-src", "original"): "ctorigsrcport",
    ("proto-dst", "original"): "ctorigdstport",
    ("proto-src", "reply"): "ctreplsrcport",
    ("proto-dst", "reply"): "ctrepldstport",
}
_CODES = {"helper": codes.UNKNOWN_MATCH, "count": codes.OPEN_CONNECTIONS}


def connection(one: Ct, here: Here) -> Operand:
    """What `ct KEY` holds."""
    if one.key == "state":
        return Names(name="ctstate", numbers=STATES, width=8)
    needs = connected()
    if one.key == "mark":
        return Numbers(name="connmark", size=32, keep=_WORD, needs=needs)
    if one.key == "direction":
        return Names(name="ctdir", numbers={0: "ORIGINAL", 1: "REPLY"}, width=8, needs=needs)
    if one.key == "status":
        return Status(needs=needs)
    return _of_tuple(one, here, needs) or _opaque(one, needs)


def _opaque(one: Ct, needs: Predicate) -> Operand:
    code = _CODES.get(one.key, codes.UNKNOWN_MATCH)
    return Opaque(words=words(one), reads=_reads(one), needs=needs, code=code)


def _reads(one: Ct) -> tuple[str, ...]:
    return () if one.key in ("helper", "zone") else ("*",)


def _of_tuple(one: Ct, here: Here, needs: Predicate) -> Operand | None:
    name = _ENDS.get((one.key, one.direction or "original"))
    if name is not None:
        address = one.key.endswith("addr")
        size = here.address_width if address else 16
        if one.family is not None and (one.family == "ip") != here.ipv4:
            needs = NEVER  # no such address is there (nft_ct.c, NFT_CT_SRC_IP)
        return Numbers(name=name, size=size, keep=(1 << size) - 1, width=size, needs=needs)
    if one.key == "protocol":
        return Numbers(name="ctproto", size=8, keep=0xFF, width=8, needs=needs)
    if one.key == "l3proto":
        return Constant(value=2 if here.ipv4 else 10, width=8, needs=needs)
    return None


class Status(Asked):
    """`ct status`: bits, of which some are told (`IPS_…`, nf_conntrack_common.h).

    Those of the sequence and of what was done for nat are not: a translated connection has other
    bits besides, so it is never exactly `dnat`.
    """

    def __init__(self, *, needs: Predicate) -> None:
        super().__init__(
            tell=_exactly, width=16, reads=("ctstatus", *_TRANSLATED.values()), needs=needs
        )

    def any_bit(self, mask: int) -> Predicate:
        """See `Operand`."""
        parts = [negate(bits("ctstatus", 0, mask & _KNOWN))] if mask & _KNOWN else []
        parts += [named(name, "yes") for bit, name in _TRANSLATED.items() if mask & bit]
        others = mask & ~(_KNOWN | _SNAT | _DNAT)
        if others:
            text = f"ct status {others:#x}"
            parts.append(Fact(key=text, detail="ct status", reads=("*",)))
        return any_of(parts)


def _exactly(values: IntSet) -> Predicate:
    """Of a connection that nat looked at, bits are set that are not told; of others none is."""
    if values == IntSet.single(0):
        none = (equals("ctstatus", 0), named("ct_snat", "no"), named("ct_dnat", "no"))
        text = "ct status 0: nothing was done for nat"
        return all_of((*none, Fact(key=text, detail="ct status", reads=("*",))))
    text = f"ct status == {values.ranges[:4]}"
    return Fact(key=text, detail="ct status", reads=("*",))
