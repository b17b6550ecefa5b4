"""udplite: ports of a UDP-Lite header.

Sources: net/netfilter/xt_tcpudp.c, which gives udp and udplite one and the same match.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.layer4 import PORT_OPTIONS, PORT_PARTS, transport, without_any_port
from iptsim.extensions.spec import Context, MatchExtension
from iptsim.extensions.wordings.wording import Parts
from iptsim.model import Match
from iptsim.predicate import Predicate


def _lower(match: Match, _where: Context) -> Predicate:
    return transport(136, match)


EXTENSIONS = (
    MatchExtension(
        name="udplite",
        independent=True,
        demands=Demands(protocols=(136,)),
        options=PORT_OPTIONS,
        wording=Parts(options=PORT_OPTIONS, lead="udplite", parts=PORT_PARTS),
        normalize=without_any_port,
        lower=_lower,
        implied_by=136,
    ),
)
