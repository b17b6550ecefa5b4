"""ipcomp: the compression parameter index of an IPsec compression header.

Sources: iptables-extensions(8), ipcomp; extensions/libxt_ipcomp.c; net/netfilter/xt_ipcomp.c.
"""

from __future__ import annotations

from iptsim.extensions.normal import dropping, unsaved
from iptsim.extensions.opaque import of_header
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.types import NumberRange
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact
from iptsim.values import Range

_OPTIONS = (
    Opt(name="--ipcompspi", value=NumberRange(bits=32), negatable=True),
    Opt(name="--compres"),
)
_PARTS = (Part("--ipcompspi", "spis?:{!}{}"), Part("--compres", "reserved"))

EXTENSIONS = (
    MatchExtension(
        name="ipcomp",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="comp", parts=_PARTS),
        unsaved=unsaved("--ipcompspi", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--ipcompspi": Range(low=0, high=(1 << 32) - 1)}),
        opaque_of=of_header(Fact(key="", code="IPT0427")),
        implied_by=108,
    ),
)
