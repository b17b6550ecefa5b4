"""ttl: IPv4's time to live.

Sources: iptables-extensions(8), ttl; extensions/libipt_ttl.c; net/netfilter/xt_hl.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each, value_of
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.predicate import between, equals

_BYTE = Number(bits=8)
_OPTIONS = (
    Opt(name="--ttl-eq", aliases=("--ttl",), value=_BYTE, negatable=True),
    Opt(name="--ttl-lt", value=_BYTE),
    Opt(name="--ttl-gt", value=_BYTE),
)
_PARTS = (
    # `!=` is a negation, `==` is none.
    Part("--ttl-eq", "TTL match TTL (?:==|{!}=) {}", required=True),
    Part("--ttl-lt", "TTL match TTL < {}", required=True),
    Part("--ttl-gt", "TTL match TTL > {}", required=True),
)
_MEANINGS = {
    "--ttl-eq": lambda value: equals("ttl", value_of(value, int)),
    "--ttl-lt": lambda value: between("ttl", 0, value_of(value, int) - 1),
    "--ttl-gt": lambda value: between("ttl", value_of(value, int) + 1, 255),
}

EXTENSIONS = (
    MatchExtension(
        name="ttl",
        independent=True,
        demands=Demands(
            one_of=(("--ttl-eq", "--ttl-lt", "--ttl-gt"),),
            exclusive=(("--ttl-eq", "--ttl-lt", "--ttl-gt"),),
        ),
        options=_OPTIONS,
        wording=Either(tuple(Parts(options=_OPTIONS, parts=(part,)) for part in _PARTS)),
        families=(4,),
        lower=each(_MEANINGS),
    ),
)
