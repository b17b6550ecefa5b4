"""SECMARK: give the packet a security mark of SELinux.

Sources: iptables-extensions(8), SECMARK; extensions/libxt_SECMARK.c; net/netfilter/xt_SECMARK.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.wording import Part, Parts
from iptsim.extensions.words import Word

_OPTIONS = (Opt(name="--selctx", value=Word(expected="a security context")),)

EXTENSIONS = (
    TargetExtension(
        name="SECMARK",
        demands=Demands(one_of=(("--selctx",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="SECMARK", parts=(Part("--selctx", "selctx {}"),)),
        lower=go_on,
    ),
)
