"""CONNSECMARK: copy SELinux's security mark between packet and connection.

Sources: iptables-extensions(8), CONNSECMARK; extensions/libxt_CONNSECMARK.c;
net/netfilter/xt_CONNSECMARK.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.wordings.wording import Part, Parts

_OPTIONS = (Opt(name="--save"), Opt(name="--restore"))
_PARTS = (Part("--save", "save"), Part("--restore", "restore"))

EXTENSIONS = (
    TargetExtension(
        name="CONNSECMARK",
        demands=Demands(
            tables=("mangle", "security"),
            one_of=(("--save", "--restore"),),
            exclusive=(("--save", "--restore"),),
        ),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="CONNSECMARK", parts=_PARTS),
        lower=go_on,
    ),
)
