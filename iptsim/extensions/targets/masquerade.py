"""MASQUERADE: the source becomes the address of the interface that the packet leaves by.

Sources: iptables-extensions(8), MASQUERADE; extensions/libxt_NAT.c;
net/netfilter/nf_nat_masquerade.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Side, To, Translate
from iptsim.extensions.demands import PORTED, Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.nat_ranges import NatPorts
from iptsim.extensions.wordings.wording import Either, Nothing, Part, Parts
from iptsim.model import Target
from iptsim.values import IntSet, Range

_OPTIONS = (
    Opt(name="--to-ports", value=NatPorts()),
    Opt(name="--random"),
    Opt(name="--random-fully"),
)
_PARTS = (
    Part("--to-ports", "masq ports: {}"),
    Part("--random", "random"),
    Part("--random-fully", "random-fully"),
)


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    ports = target.value("--to-ports", Range)
    return (
        Translate(
            side=Side.SOURCE,
            to=To.OUTGOING,
            ports=ports.members if ports else None,
            random=target.has("--random") or target.has("--random-fully"),
        ),
    )


def _vague(_where: Context) -> tuple[Action, ...]:
    return (Translate(side=Side.SOURCE, to=To.OUTGOING, ports=IntSet.width(16), random=True),)


EXTENSIONS = (
    TargetExtension(
        name="MASQUERADE",
        demands=Demands(
            tables=("nat",),
            not_="always",
            hooks=frozenset({"POSTROUTING"}),
            option_protocols={"--to-ports": PORTED},
        ),
        tracks=(),
        options=_OPTIONS,
        wording=Either((Parts(options=_OPTIONS, parts=_PARTS), Nothing())),
        lower=_lower,
        vague=_vague,
    ),
)
