"""SNAT: the source of a connection becomes another one.

Sources: iptables-extensions(8), SNAT; extensions/libxt_NAT.c; net/netfilter/nf_nat_core.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Side
from iptsim.extensions.nat import NatRanges, translate
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Target

_OPTIONS = (
    Opt(name="--to-source", value=NatRanges()),
    Opt(name="--random"),
    Opt(name="--random-fully"),
    Opt(name="--persistent"),
)
_PARTS = (
    Part("--to-source", "to:{}", required=True),
    *(Part(option.name, option.name[2:]) for option in _OPTIONS[1:]),
)


def _lower(target: Target, where: Context) -> tuple[Action, ...]:
    return (translate(Side.SOURCE, target, "--to-source", where.family),)


EXTENSIONS = (
    TargetExtension(
        name="SNAT",
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=_lower,
    ),
)
