"""srh: the IPv6 segment routing header.

Sources: iptables-extensions(8), srh; extensions/libip6t_srh.c; net/ipv6/netfilter/ip6t_srh.c.
"""

from __future__ import annotations

from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.types import NetworkValue, Number
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact

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

EXTENSIONS = (
    MatchExtension(
        name="srh",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="srh", parts=_PARTS),
        families=(6,),
        opaque=Fact(key="", code="IPT0443"),
    ),
)
