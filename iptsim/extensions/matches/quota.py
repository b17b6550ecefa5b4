"""quota: so many bytes, after which the match turns round.

A listing does not print the `!` (libxt_quota.c, quota_print).

Sources: iptables-extensions(8), quota; extensions/libxt_quota.c; net/netfilter/xt_quota.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.opaque import unless_negated
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.predicate import Fact

_OPTIONS = (Opt(name="--quota", value=Number(bits=64), negatable=True),)
_PARTS = (Part("--quota", "{!}quota: {} bytes", required=True),)

EXTENSIONS = (
    MatchExtension(
        name="quota",
        demands=Demands(one_of=(("--quota",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lossy=("! --quota",),
        opaque_of=unless_negated(
            "--quota", Fact(key="", code=codes.QUOTA_LEFT, each_time=True, usually=True)
        ),
    ),
)
