"""mark: the packet's mark, an integer that lives in the kernel only.

Sources: iptables-extensions(8), mark; extensions/libxt_mark.c; net/netfilter/xt_mark.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each, masked
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.value_types import MaskedNumber
from iptsim.extensions.wordings.wording import Part, Parts

_OPTIONS = (Opt(name="--mark", value=MaskedNumber(), negatable=True),)

EXTENSIONS = (
    MatchExtension(
        name="mark",
        independent=True,
        demands=Demands(one_of=(("--mark",),)),
        options=_OPTIONS,
        # Up to 1.4.0 in capitals.
        wording=Parts(options=_OPTIONS, parts=(Part("--mark", "(?:mark|MARK) match {!}{}"),)),
        lower=each({"--mark": masked("mark")}),
    ),
)
