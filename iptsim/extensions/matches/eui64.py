"""eui64: an IPv6 source address whose last 64 bits are made of the sender's MAC address.

The nf_tables build prints nothing at all of it in a listing.

Sources: iptables-extensions(8), eui64; extensions/libip6t_eui64.c; net/ipv6/netfilter/ip6t_eui64.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import ARRIVING, Demands
from iptsim.extensions.spec import MatchExtension
from iptsim.extensions.wordings.wording import Parts
from iptsim.predicate import named

EXTENSIONS = (
    MatchExtension(
        name="eui64",
        demands=Demands(hooks=ARRIVING),
        wording=Parts(options=(), lead="eui64"),
        families=(6,),
        lower=lambda _match, _where: named("eui64", "yes"),
    ),
)
