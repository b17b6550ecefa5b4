"""length: the length of the whole packet.

Sources: iptables-extensions(8), length; extensions/libxt_length.c; net/netfilter/xt_length.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each, within
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.value_types import NumberRange
from iptsim.extensions.wordings.wording import Part, Parts

_OPTIONS = (Opt(name="--length", value=NumberRange(bits=16), negatable=True),)

EXTENSIONS = (
    MatchExtension(
        name="length",
        independent=True,
        demands=Demands(one_of=(("--length",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--length", "length {!}{}"),)),
        lower=each({"--length": within("length")}),
    ),
)
