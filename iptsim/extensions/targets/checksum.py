"""CHECKSUM: fill in a checksum that was left to the hardware.

Sources: iptables-extensions(8), CHECKSUM; extensions/libxt_CHECKSUM.c;
net/netfilter/xt_CHECKSUM.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.wordings.wording import Part, Parts

_OPTIONS = (Opt(name="--checksum-fill"),)

EXTENSIONS = (
    TargetExtension(
        name="CHECKSUM",
        demands=Demands(tables=("mangle",), one_of=(("--checksum-fill",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="CHECKSUM", parts=(Part("--checksum-fill", "fill"),)),
        lower=go_on,
    ),
)
