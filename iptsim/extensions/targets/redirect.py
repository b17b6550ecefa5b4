"""REDIRECT: to this host itself, with another port if asked.

Sources: iptables-extensions(8), REDIRECT; extensions/libxt_NAT.c;
net/netfilter/nf_nat_redirect.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Side, To, Translate
from iptsim.extensions.demands import FIRST, PORTED, Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.nat_ranges import NatPorts
from iptsim.extensions.wordings.wording import Either, Nothing, Part, Parts
from iptsim.model import Target
from iptsim.values import IntSet, Range

_OPTIONS = (
    Opt(name="--to-ports", aliases=("--to-port",), value=NatPorts()),
    Opt(name="--random"),
)
_PARTS = (Part("--to-ports", "redir ports {}"), Part("--random", "random"))


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    ports = target.value("--to-ports", Range)
    return (
        Translate(
            side=Side.DESTINATION,
            to=To.INCOMING,
            ports=ports.members if ports else None,
            random=target.has("--random"),
        ),
    )


def _vague(_where: Context) -> tuple[Action, ...]:
    return (Translate(side=Side.DESTINATION, to=To.INCOMING, ports=IntSet.width(16), random=True),)


EXTENSIONS = (
    TargetExtension(
        name="REDIRECT",
        demands=Demands(
            tables=("nat",), not_="always", hooks=FIRST, option_protocols={"--to-ports": PORTED}
        ),
        tracks=(),
        options=_OPTIONS,
        wording=Either((Parts(options=_OPTIONS, parts=_PARTS), Nothing())),
        lower=_lower,
        vague=_vague,
    ),
)
