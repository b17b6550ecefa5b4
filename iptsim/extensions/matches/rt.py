"""rt: the routing header of an IPv6 packet.

Sources: iptables-extensions(8), rt; extensions/libip6t_rt.c; net/ipv6/netfilter/ip6t_rt.c.
"""

from __future__ import annotations

from iptsim.extensions.codec import Codec
from iptsim.extensions.normal import dropping, unsaved
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.types import ADDRESS, Number, NumberRange
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact
from iptsim.values import Range, format_address, parse_address

_ADDRESSES = Codec(
    parse=lambda text, _family: tuple(parse_address(part, 128)[0] for part in text.split(",")),
    show=lambda value, _family: ",".join(format_address(part, 128) for part in value),
    expected="IPv6 addresses with commas between",
    listing=rf"{ADDRESS}(?:,{ADDRESS})*",
)
_OPTIONS = (
    Opt(name="--rt-type", value=Number(), negatable=True),
    Opt(name="--rt-segsleft", value=NumberRange(bits=32), negatable=True),
    Opt(name="--rt-len", value=Number(), negatable=True),
    Opt(name="--rt-0-res"),
    Opt(name="--rt-0-addrs", value=_ADDRESSES),
    Opt(name="--rt-0-not-strict"),
)
_PARTS = (
    Part("--rt-type", "type:{!}{}"),
    Part("--rt-segsleft", "segslefts?:{!}{}"),
    Part("--rt-len", "length:{!}{}"),
    Part("--rt-0-res", "reserved"),
    Part("--rt-0-addrs", "0-addrs {}"),
    Part("--rt-0-not-strict", "0-not-strict"),
)

EXTENSIONS = (
    MatchExtension(
        name="rt",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="rt", parts=_PARTS),
        families=(6,),
        unsaved=unsaved("--rt-segsleft", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--rt-segsleft": Range(low=0, high=(1 << 32) - 1)}),
        opaque=Fact(key="", code="IPT0440"),
    ),
)
