"""srh: the IPv6 segment routing header.

Sources: iptables-extensions(8), srh; extensions/libip6t_srh.c; net/ipv6/netfilter/ip6t_srh.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.shared.ipv6_headers import asked, there, unknown_of
from iptsim.extensions.shared.opaque import about
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import NetworkValue, Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, all_of, between, equals, negate_if

_BYTES = (
    "next-hdr", "hdr-len-eq", "hdr-len-gt", "hdr-len-lt", "segs-left-eq", "segs-left-gt",
    "segs-left-lt", "last-entry-eq", "last-entry-gt", "last-entry-lt",
)  # fmt: skip
_SEGMENTS = ("psid", "nsid", "lsid")
_OPTIONS = (
    *(Opt(name=f"--srh-{name}", value=Number(bits=8), negatable=True) for name in _BYTES),
    Opt(name="--srh-tag", value=Number(bits=16), negatable=True),
    *(Opt(name=f"--srh-{n}", value=NetworkValue(bare=False), negatable=True) for n in _SEGMENTS),
)
_PARTS = (
    *(Part(f"--srh-{name}", f"{name}:{{!}}{{}}") for name in (*_BYTES, "tag")),
    *(Part(f"--srh-{name}", f"{name} {{!}}{{}}") for name in _SEGMENTS),
)
_FACT = Fact(key="", code=codes.SEGMENT_ROUTING)
_SRH = all_of((there("route"), equals("rt_type", 4)))


def _lower(match: Match, where: Context) -> Predicate:
    """Of a routing header of type 4; one with more segments left than it has is taken for none."""

    def asks(option: Option) -> Predicate:
        name = option.name.removeprefix("--srh-")
        if name.startswith(("hdr-len", "segs-left")):
            return negate_if(option.negate, _compared(name, value_of(option.value, int)))
        if name in ("psid", "nsid"):
            # Where there is no such segment, `!` does not match either (srh1_mt6).
            return about(replace(match, options=(option,)), where, _FACT)
        return unknown_of(match, option, where, _FACT)

    return asked(_SRH, match, asks)


def _compared(name: str, value: int) -> Predicate:
    """`hdr-len` is in units of 8 bytes, without the first (ipv6_optlen)."""
    length, how = name.startswith("hdr-len"), name.rpartition("-")[2]
    low, high = {"eq": (value, value), "gt": (value + 1, 255), "lt": (0, value - 1)}[how]
    if length:
        return between("rt_length", 8 * (low + 1), 8 * (high + 1))
    return between("rt_segsleft", low, high)


EXTENSIONS = (
    MatchExtension(
        name="srh",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="srh", parts=_PARTS),
        families=(6,),
        lower=_lower,
    ),
)
