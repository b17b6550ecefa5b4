"""nfacct: counts the packet in a named accounting object; false only below that object's quota.

Sources: iptables-extensions(8), nfacct; extensions/libxt_nfacct.c; net/netfilter/xt_nfacct.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import Demands
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import quote
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.predicate import Fact

_NAME = Codec(
    parse=lambda text, _family: text,
    # Two blanks: nfacct_print_name ends in one, xtables_save_string begins with one.
    show=lambda value, _family: " " + quote(value),
    expected="the name of an accounting object",
)
_OPTIONS = (Opt(name="--nfacct-name", value=_NAME),)

EXTENSIONS = (
    MatchExtension(
        name="nfacct",
        demands=Demands(one_of=(("--nfacct-name",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--nfacct-name", "nfacct-name {}"),)),
        opaque=Fact(key="", code=codes.ACCOUNTING_OBJECT, each_time=True, usually=True),
    ),
)
