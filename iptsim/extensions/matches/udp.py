"""udp: ports of a UDP header.

Sources: iptables-extensions(8), udp; extensions/libxt_udp.c; net/netfilter/xt_tcpudp.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import UDP, Demands
from iptsim.extensions.layer4 import PORT_OPTIONS, PORT_PARTS, transport, without_any_port
from iptsim.extensions.spec import Context, MatchExtension
from iptsim.extensions.wording import Parts
from iptsim.model import Match
from iptsim.predicate import Predicate


def _lower(match: Match, _where: Context) -> Predicate:
    return transport(17, match)


EXTENSIONS = (
    MatchExtension(
        name="udp",
        demands=Demands(protocols=UDP, not_="nft"),
        options=PORT_OPTIONS,
        wording=Parts(options=PORT_OPTIONS, lead="udp", parts=PORT_PARTS),
        normalize=without_any_port,
        lower=_lower,
        implied_by=17,
    ),
)
