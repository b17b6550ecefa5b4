"""TRACE: have the kernel report each rule that the packet meets from here on.

Sources: iptables-extensions(8), TRACE; extensions/libxt_TRACE.c; net/netfilter/xt_TRACE.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import TargetExtension
from iptsim.extensions.wordings.wording import Nothing

EXTENSIONS = (
    TargetExtension(
        name="TRACE",
        demands=Demands(older_tables=("raw",)),
        wording=Nothing(),
        lower=go_on,
    ),
)
