"""TEE: send a copy of the packet to another host on a local network.

The copy meets the rules of its own way out, but no TEE again (net/netfilter/xt_TEE.c).
Sources: iptables-extensions(8), TEE; extensions/libxt_TEE.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.one_word import Address, Word
from iptsim.extensions.wordings.wording import Part, Parts

_OPTIONS = (
    Opt(name="--gateway", value=Address()),
    Opt(name="--oif", value=Word(expected="an interface name")),
)
_PARTS = (Part("--gateway", "gw:{}"), Part("--oif", "oif={}"))

EXTENSIONS = (
    TargetExtension(
        name="TEE",
        demands=Demands(one_of=(("--gateway",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="TEE", parts=_PARTS),
        lower=go_on,
    ),
)
