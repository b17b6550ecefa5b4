"""udp: ports of a UDP header.

Sources: iptables-extensions(8), udp; extensions/libxt_udp.c; net/netfilter/xt_tcpudp.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import UDP, Demands
from iptsim.extensions.shared.layer4 import (
    PORT_OPTIONS,
    PORT_PARTS,
    READ_BARE,
    transport_of,
    without_any_port,
)
from iptsim.extensions.spec import Context, MatchExtension
from iptsim.extensions.wordings.wording import Parts
from iptsim.model import Match
from iptsim.predicate import Predicate


def _lower(match: Match, where: Context) -> Predicate:
    return transport_of(17, match, where)


EXTENSIONS = (
    MatchExtension(
        name="udp",
        independent=True,
        demands=Demands(protocols=UDP, not_="nft", not_for=READ_BARE),
        options=PORT_OPTIONS,
        wording=Parts(options=PORT_OPTIONS, lead="udp", parts=PORT_PARTS),
        normalize=without_any_port,
        lower=_lower,
        implied_by=17,
    ),
)
