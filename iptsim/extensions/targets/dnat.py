"""DNAT: the destination of a connection becomes another one.

Sources: iptables-extensions(8), DNAT; extensions/libxt_NAT.c; net/netfilter/nf_nat_core.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Side
from iptsim.extensions.nat import NatRanges, translate
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Target

_OPTIONS = (
    Opt(name="--to-destination", value=NatRanges()),
    Opt(name="--random"),
    Opt(name="--persistent"),
)
_PARTS = (
    Part("--to-destination", "to:{}", required=True),
    *(Part(option.name, option.name[2:]) for option in _OPTIONS[1:]),
)


def _lower(target: Target, where: Context) -> tuple[Action, ...]:
    return (translate(Side.DESTINATION, target, "--to-destination", where.family),)


EXTENSIONS = (
    TargetExtension(
        name="DNAT",
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=_lower,
    ),
)
