"""ipcomp: the compression parameter index of an IPsec compression header.

Sources: iptables-extensions(8), ipcomp; extensions/libxt_ipcomp.c; net/netfilter/xt_ipcomp.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.ipv6_headers import in_range
from iptsim.extensions.shared.layer4 import first_fragment
from iptsim.extensions.shared.normal_options import dropping, unsaved
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import NumberRange
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Predicate, all_of, equals
from iptsim.values import Range

_OPTIONS = (
    Opt(name="--ipcompspi", value=NumberRange(bits=32), negatable=True),
    Opt(name="--compres"),
)
_PARTS = (Part("--ipcompspi", "spis?:{!}{}"), Part("--compres", "reserved"))


def _lower(match: Match, _where: Context) -> Predicate:
    """The kernel has `hdrres` of --compres in its struct, and never looks at it (comp_mt)."""
    cpis = (in_range("cpi", option) for option in match.options if option.name == "--ipcompspi")
    return all_of((equals("proto", 108), first_fragment(), *cpis))


EXTENSIONS = (
    MatchExtension(
        name="ipcomp",
        demands=Demands(protocols=(108,)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="comp", parts=_PARTS),
        unsaved=unsaved("--ipcompspi", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--ipcompspi": Range(low=0, high=(1 << 32) - 1)}),
        lower=_lower,
        implied_by=108,
    ),
)
