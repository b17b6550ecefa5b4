"""pkttype: whether the frame was addressed to this host, to all or to a group.

Sources: iptables-extensions(8), pkttype; extensions/libxt_pkttype.c; net/netfilter/xt_pkttype.c.
"""

from __future__ import annotations

from collections.abc import Hashable

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each, value_of
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.short_lists import Name
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.packet import PACKET_TYPES
from iptsim.predicate import NEVER, Predicate, named

_TYPE = Name(
    names=(*PACKET_TYPES, "otherhost"),
    also={"host": "unicast", "bcast": "broadcast", "mcast": "multicast"},
)
_OPTIONS = (Opt(name="--pkt-type", value=_TYPE, negatable=True),)


def _is(value: Hashable) -> Predicate:
    """A frame for another host never comes so far: ip_rcv_core and ip6_rcv_core drop it before."""
    name = value_of(value, str)
    return NEVER if name == "otherhost" else named("pkttype", name)


EXTENSIONS = (
    MatchExtension(
        name="pkttype",
        independent=True,
        demands=Demands(one_of=(("--pkt-type",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--pkt-type", "PKTTYPE {!}= {}"),)),
        lower=each({"--pkt-type": _is}),
    ),
)
