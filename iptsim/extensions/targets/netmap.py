"""NETMAP: the network part of an address becomes another one, the host part stays.

Sources: iptables-extensions(8), NETMAP; extensions/libipt_NETMAP.c, libip6t_NETMAP.c;
net/netfilter/xt_NETMAP.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Forget, Side, To, Translate
from iptsim.extensions.demands import Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.value_types import NetworkValue
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Target
from iptsim.values import IntSet, Network

_OPTIONS = (Opt(name="--to", value=NetworkValue(bare=False)),)
# xt_NETMAP.c, netmap_tg4: HOOK2MANIP. A user chain may be reached from either.
_SIDES = {
    "PREROUTING": Side.DESTINATION,
    "OUTPUT": Side.DESTINATION,
    "INPUT": Side.SOURCE,
    "POSTROUTING": Side.SOURCE,
}


def _lower(target: Target, where: Context) -> tuple[Action, ...]:
    network = target.value("--to", Network)
    side = _SIDES.get(where.chain, Side.BY_HOOK)
    if network is None:  # a listing's text that could not be read: any network
        network = Network(value=0, mask=0, width=32 if where.family == 4 else 128)
        lost = tuple(Forget(field=field, detail=target.name) for field in ("src", "dst"))
        return (*lost, _mapped(side, network))
    return (_mapped(side, network),)


def _mapped(side: Side, network: Network) -> Translate:
    first = IntSet.single(network.value)
    return Translate(
        side=side,
        to=To.MAPPED,
        addresses=first if network.prefix_length is None else network.addresses,
        mask=network.mask,
    )


EXTENSIONS = (
    TargetExtension(
        name="NETMAP",
        demands=Demands(tables=("nat",), one_of=(("--to",),)),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--to", "to:{}"),)),
        lower=_lower,
    ),
)
