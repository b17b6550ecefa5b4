"""tos: the TOS byte or traffic class, masked.

Sources: iptables-extensions(8), tos; extensions/libxt_tos.c; net/netfilter/xt_dscp.c (tos_mt).
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each, masked
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.traffic_class import Tos
from iptsim.extensions.wordings.wording import Part, Parts

_OPTIONS = (Opt(name="--tos", value=Tos(), negatable=True),)

EXTENSIONS = (
    MatchExtension(
        name="tos",
        independent=True,
        demands=Demands(one_of=(("--tos",),)),
        options=_OPTIONS,
        # A number stands close to the words: `tos match0x10/0x3f`, `tos match! Minimize-Delay`.
        wording=Parts(options=_OPTIONS, parts=(Part("--tos", "tos match ?{!}{}"),)),
        lower=each({"--tos": masked("tos")}),
    ),
)
