"""esp: the security parameter index of an IPsec encapsulation header.

Sources: iptables-extensions(8), esp; extensions/libxt_esp.c; net/netfilter/xt_esp.c.
"""

from __future__ import annotations

from iptsim.extensions.normal import dropping, unsaved
from iptsim.extensions.opaque import of_header
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.types import NumberRange
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact
from iptsim.values import Range

_OPTIONS = (Opt(name="--espspi", value=NumberRange(bits=32), negatable=True),)

EXTENSIONS = (
    MatchExtension(
        name="esp",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="esp", parts=(Part("--espspi", "spis?:{!}{}"),)),
        unsaved=unsaved("--espspi", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--espspi": Range(low=0, high=(1 << 32) - 1)}),
        opaque_of=of_header(Fact(key="", code="IPT0421")),
        implied_by=50,
    ),
)
