"""cpu: the processor that handles the packet.

Sources: iptables-extensions(8), cpu; extensions/libxt_cpu.c; net/netfilter/xt_cpu.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.opaque import unless_negated
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.predicate import Fact

_OPTIONS = (Opt(name="--cpu", value=Number(), negatable=True),)

EXTENSIONS = (
    MatchExtension(
        name="cpu",
        demands=Demands(one_of=(("--cpu",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="cpu", parts=(Part("--cpu", "{!}{}", required=True),)),
        opaque_of=unless_negated("--cpu", Fact(key="", code=codes.CPU)),
    ),
)
