"""SECMARK: give the packet a security mark of SELinux.

Sources: iptables-extensions(8), SECMARK; extensions/libxt_SECMARK.c; net/netfilter/xt_SECMARK.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.wordings.wording import Part, Parts

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
