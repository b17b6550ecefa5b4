"""`meta KEY`: what the kernel knows of a packet besides its bytes (net/netfilter/nft_meta.c)."""

from __future__ import annotations

from collections.abc import Mapping

from iptsim import codes
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_moments import Moment
from iptsim.extensions.nft.nft_operands import (
    NO_INTERFACE,
    Asked,
    Constant,
    Interfaces,
    Names,
    Numbers,
    Opaque,
    Operand,
)
from iptsim.extensions.nft.nft_routes import by_policy
from iptsim.packet import SKIPPED
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    InSet,
    Interface,
    Predicate,
    all_of,
    any_of,
    named,
    negate,
)
from iptsim.values import InterfacePattern, IntSet

_INTERFACES = {"iif": "in", "iifname": "in", "oif": "out", "oifname": "out"}
_PACKET_TYPES = {0: "unicast", 1: "broadcast", 2: "multicast"}
_WORD = 0xFFFFFFFF
_SOCKET = named("socket", "yes")
_NO_PROTOCOL = IntSet.of((n, n) for n in SKIPPED)
_READS: Mapping[str, tuple[str, ...]] = {
    "iifgroup": ("in",), "oifgroup": ("out",), "iifkind": ("in",), "oifkind": ("out",),
    "oiftype": ("out",), "ibrname": ("in",), "obrname": ("out",), "sdif": ("in",),
    "sdifname": ("in",), "cgroup": ("uid",), "rtclassid": ("src", "dst"),
}  # fmt: skip
_NOT_OF_DEVICE = frozenset({"iif", "iifname", "iiftype", "iifgroup", "iifkind", "length"})
_MOMENT = frozenset({"random", "cpu"})
_TIMES = frozenset({"time", "day", "hour"})
ETHERNET = 1  # ARPHRD_ETHER
IPV4, IPV6 = 2, 10  # NFPROTO_IPV4, NFPROTO_IPV6


def meta(key: str, here: Here) -> Operand:
    """What `meta KEY` holds."""
    if key in _NOT_OF_DEVICE and here.leaves_device is not False:
        return _at_egress(key, here)
    if key in _INTERFACES:
        return Interfaces(name=_INTERFACES[key])
    if key == "nfproto":
        return Constant(value=IPV4 if here.ipv4 else IPV6, width=8)
    if key == "protocol":
        return Constant(value=0x0800 if here.ipv4 else 0x86DD, width=16)
    if key == "l4proto":
        return _protocol(here)
    if key in ("skuid", "skgid"):
        return _owner("uid" if key == "skuid" else "gid", here)
    return _number(key) or _of_host(key, here) or _opaque(key, here)


def _of_host(key: str, here: Here) -> Operand | None:
    if key in _TIMES:
        return Moment(key=key, now=here.where.host.time)
    return by_policy("in", here) if key == "ipsec" else None


def _at_egress(key: str, here: Here) -> Operand:
    """There is no device that it came by, and its link's header counts for its length.

    Source: include/linux/netfilter_netdev.h, nf_hook_egress; net/core/dev.c, __dev_queue_xmit.
    """
    if key in ("iif", "iifname") and here.leaves_device:
        return Interfaces(name=NO_INTERFACE)
    return Opaque(words=f"meta {key}", reads=("in", "out", "length"))


def _number(key: str) -> Operand | None:
    if key in ("mark", "length"):
        return Numbers(name=key, size=32, keep=_WORD)
    if key == "pkttype":
        return Names(name="pkttype", numbers=_PACKET_TYPES, width=8)
    if key != "iiftype":
        return None
    return Asked(tell=_link, width=16, reads=("ethernet",), needs=by_some("in"))


def _opaque(key: str, here: Here) -> Operand:
    rule = here.label if key in _MOMENT else ""
    needs = by_some(_OF_LINK[key[:3]]) if key[3:] in ("group", "kind", "type") else ALWAYS
    reads = _READS.get(key, ())
    return Opaque(words=f"meta {key}", reads=reads, rule=rule, needs=needs)


_OF_LINK = {"iif": "in", "oif": "out"}


def by_some(name: str) -> Predicate:
    """There is an interface to ask (nft_meta.c, nft_meta_get_eval_iftype_name: NFT_BREAK)."""
    return negate(Interface(field=name, pattern=InterfacePattern(text="")))


def _protocol(here: Here) -> Operand:
    """IPv6 skips extension headers to find it, so it is none of them (nft_set_pktinfo_ipv6)."""
    if here.ipv4:
        return Numbers(name="proto", size=8, keep=0xFF, width=8)

    def tell(values: IntSet) -> Predicate:
        return InSet(field="proto", values=(values & IntSet.width(8)) - _NO_PROTOCOL)

    return Asked(tell=tell, width=8, reads=("proto",), field="proto")


def _owner(name: str, here: Here) -> Operand:
    """Without a socket the rule ends there, negated or not.

    What arrives gets one at INPUT alone, where the kernel looks for it early (ip_rcv_finish_core).
    """
    if "INPUT" not in here.where.hooks:
        return Numbers(name=name, size=32, keep=_WORD, needs=_SOCKET)

    def tell(values: IntSet) -> Predicate:
        sent = InSet(field=name, values=values)
        text = f"meta sk{name} {values.ranges[:4]}"
        found = Fact(key=text, code=codes.ARRIVES_FOR_PROGRAM, detail=f"meta sk{name}", reads=_ENDS)
        return any_of((all_of((_SOCKET, sent)), all_of((negate(_SOCKET), found))))

    early = Fact(
        key="the program's socket is found early",
        code=codes.ARRIVES_FOR_PROGRAM,
        detail=f"meta sk{name}",
        reads=_ENDS,
    )
    return Asked(tell=tell, width=32, reads=(name, *_ENDS), needs=any_of((_SOCKET, early)))


_ENDS = ("src", "dst", "sport", "dport")


def _link(values: IntSet) -> Predicate:
    """Of other links than Ethernet nobody tells the number."""
    ether = named("ethernet", "yes")
    others = values - IntSet.single(ETHERNET)
    parts = [ether] if ETHERNET in values else []
    if others:
        text = f"meta iiftype {others.ranges[:4]}"
        parts.append(all_of((negate(ether), Fact(key=text, detail="meta iiftype", reads=("in",)))))
    return any_of(parts) if parts else NEVER
