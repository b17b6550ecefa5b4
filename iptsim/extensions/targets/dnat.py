"""DNAT: the destination of a connection becomes another one.

Sources: iptables-extensions(8), DNAT; extensions/libxt_NAT.c; net/netfilter/nf_nat_core.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.actions import Action, Side
from iptsim.extensions.demands import FIRST, PORTED, Demands, Wrong, between
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.nat_ranges import NatRange, NatRanges, translate
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Target

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


def _vague(where: Context) -> tuple[Action, ...]:
    return _lower(Target(name="DNAT"), where)


def _base(target: Match, _family: int) -> Iterator[Wrong]:
    given = target.value("--to-destination", NatRange)
    if given is not None and given.base is not None:
        yield from between("--to-destination", given.base, 1, 65535)


EXTENSIONS = (
    TargetExtension(
        name="DNAT",
        demands=Demands(
            further=_base,
            tables=("nat",),
            option_protocols={"--to-destination :port": PORTED},
            not_="always",
            hooks=FIRST,
            one_of=(("--to-destination",),),
        ),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=_lower,
        vague=_vague,
    ),
)
