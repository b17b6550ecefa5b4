"""tcpmss: the maximum segment size that a TCP SYN announces.

Sources: iptables-extensions(8), tcpmss; extensions/libxt_tcpmss.c; net/netfilter/xt_tcpmss.c.
"""

from __future__ import annotations

from iptsim.extensions.opaque import turned
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.types import NumberRange
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact

_OPTIONS = (Opt(name="--mss", value=NumberRange(), negatable=True),)
_PARTS = (Part("--mss", "{!}{}", required=True),)

EXTENSIONS = (
    MatchExtension(
        name="tcpmss",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="tcpmss match", parts=_PARTS),
        opaque_of=turned("--mss", Fact(key="", code="IPT0446", reads=("tcp_mss", "tcp_flags"))),
    ),
)
