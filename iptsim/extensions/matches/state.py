"""state: the state of the packet's connection.

Sources: iptables-extensions(8), state; extensions/libxt_conntrack.c, libxt_state.c;
net/netfilter/xt_state.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each
from iptsim.extensions.shared.connection_states import STATE, in_state
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.wordings.wording import Part, Parts

_OPTIONS = (Opt(name="--state", value=STATE, negatable=True),)

EXTENSIONS = (
    MatchExtension(
        name="state",
        independent=True,
        demands=Demands(one_of=(("--state",),)),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--state", "{!}state {}"),)),
        lower=each({"--state": in_state}),
    ),
)
