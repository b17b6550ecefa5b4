"""hl: IPv6's hop limit.

Sources: iptables-extensions(8), hl; extensions/libip6t_hl.c; net/netfilter/xt_hl.c.
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
    Opt(name="--hl-eq", aliases=("--hl",), value=_BYTE, negatable=True),
    Opt(name="--hl-lt", value=_BYTE),
    Opt(name="--hl-gt", value=_BYTE),
)
_PARTS = (
    # `!=` is a negation, `==` is none.
    Part("--hl-eq", "HL match HL (?:==|{!}=) {}", required=True),
    Part("--hl-lt", "HL match HL < {}", required=True),
    Part("--hl-gt", "HL match HL > {}", required=True),
)
_MEANINGS = {
    "--hl-eq": lambda value: equals("ttl", value_of(value, int)),
    "--hl-lt": lambda value: between("ttl", 0, value_of(value, int) - 1),
    "--hl-gt": lambda value: between("ttl", value_of(value, int) + 1, 255),
}

EXTENSIONS = (
    MatchExtension(
        name="hl",
        independent=True,
        demands=Demands(
            one_of=(("--hl-eq", "--hl-lt", "--hl-gt"),),
            exclusive=(("--hl-eq", "--hl-lt", "--hl-gt"),),
        ),
        options=_OPTIONS,
        wording=Either(tuple(Parts(options=_OPTIONS, parts=(part,)) for part in _PARTS)),
        families=(6,),
        lower=each(_MEANINGS),
    ),
)
