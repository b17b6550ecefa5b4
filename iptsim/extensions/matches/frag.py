"""frag: the fragment header of an IPv6 packet.

Sources: iptables-extensions(8), frag; extensions/libip6t_frag.c; net/ipv6/netfilter/ip6t_frag.c.
"""

from __future__ import annotations

from iptsim.extensions.normal import dropping, unsaved
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.types import Number, NumberRange
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact
from iptsim.values import Range

_OPTIONS = (
    Opt(name="--fragid", value=NumberRange(bits=32), negatable=True),
    Opt(name="--fraglen", value=Number(), negatable=True),
    Opt(name="--fragres"),
    Opt(name="--fragfirst"),
    Opt(name="--fragmore"),
    Opt(name="--fraglast"),
)
_PARTS = (
    Part("--fragid", "ids?:{!}{}"),
    Part("--fraglen", "length:{!}{}"),
    Part("--fragres", "reserved"),
    Part("--fragfirst", "first"),
    Part("--fragmore", "more"),
    Part("--fraglast", "last"),
)

EXTENSIONS = (
    MatchExtension(
        name="frag",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="frag", parts=_PARTS),
        families=(6,),
        unsaved=unsaved("--fragid", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--fragid": Range(low=0, high=(1 << 32) - 1), "--fraglen": 0}),
        opaque=Fact(key="", code="IPT0423", reads=("fragment",)),
    ),
)
