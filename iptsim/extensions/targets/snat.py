"""SNAT: the source of a connection becomes another one.

Sources: iptables-extensions(8), SNAT; extensions/libxt_NAT.c; net/netfilter/nf_nat_core.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.actions import Action, Side
from iptsim.extensions.demands import LAST, PORTED, Demands, Wrong, between
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.nat_ranges import NatRange, NatRanges, translate
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Target

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


def _vague(where: Context) -> tuple[Action, ...]:
    return _lower(Target(name="SNAT"), where)


def _base(target: Match, _family: int) -> Iterator[Wrong]:
    given = target.value("--to-source", NatRange)
    if given is not None and given.base is not None:
        yield from between("--to-source", given.base, 1, 65535)


EXTENSIONS = (
    TargetExtension(
        name="SNAT",
        demands=Demands(
            further=_base,
            tables=("nat",),
            option_protocols={"--to-source :port": PORTED},
            not_="always",
            hooks=LAST,
            one_of=(("--to-source",),),
        ),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=_lower,
        vague=_vague,
    ),
)
