"""rt: the routing header of an IPv6 packet.

Sources: iptables-extensions(8), rt; extensions/libip6t_rt.c; net/ipv6/netfilter/ip6t_rt.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.ipv6_headers import (
    alone,
    asked,
    has_length,
    in_range,
    is_number,
    there,
)
from iptsim.extensions.shared.normal_options import dropping, unsaved
from iptsim.extensions.shared.opaque import about
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import ADDRESS, Number, NumberRange
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import ALWAYS, Fact, InSet, Predicate, all_of
from iptsim.values import IntSet, Range, format_address, parse_address

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
_FACT = Fact(key="", code=codes.ROUTING_HEADER)


def _lower(match: Match, where: Context) -> Predicate:
    def asks(option: Option) -> Predicate:
        if option.name == "--rt-type":
            return is_number("rt_type", option)
        if option.name == "--rt-segsleft":
            return in_range("rt_segsleft", option)
        if option.name == "--rt-len":
            return has_length("rt_length", option)
        if option.name == "--rt-0-res":
            return about(alone(match, option.name), where, _FACT)
        # Without addresses there is nothing to be strict about (rt_mt6: IP6T_RT_FST).
        return _addresses(match, where) if option.name == "--rt-0-addrs" else ALWAYS

    return asked(there("route"), match, asks)


def _addresses(match: Match, where: Context) -> Predicate:
    """Which addresses there are nobody tells; but without room for so many they are others."""
    count = len(match.value("--rt-0-addrs", tuple) or ())
    strict = not match.has("--rt-0-not-strict")
    least = 8 + 16 * count
    # (hdrlen - 8) / 16 rounds down.
    room = IntSet.between(least, least + 8 if strict else 2048)
    fact = about(alone(match, "--rt-0-addrs", "--rt-0-not-strict"), where, _FACT)
    return all_of((InSet(field="rt_length", values=room), fact))


EXTENSIONS = (
    MatchExtension(
        name="rt",
        demands=Demands(
            with_=(
                ("--rt-0-res", ("--rt-type 0",)),
                ("--rt-0-addrs", ("--rt-type 0",)),
                ("--rt-0-not-strict", ("--rt-0-addrs",)),
            )
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="rt", parts=_PARTS),
        families=(6,),
        unsaved=unsaved("--rt-segsleft", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--rt-segsleft": Range(low=0, high=(1 << 32) - 1)}),
        lower=_lower,
    ),
)
