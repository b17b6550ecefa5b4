"""helper: the connection tracking helper that the connection was expected by.

Sources: iptables-extensions(8), helper; extensions/libxt_helper.c; net/netfilter/xt_helper.c.
"""

from __future__ import annotations

from iptsim.extensions.codec import Codec
from iptsim.extensions.opaque import unless_negated
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.types import Text
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact

_NAME = Codec(
    parse=lambda text, _family: text,
    heard=lambda text, _family: text[1:-1],
    show=Text().write,
    expected="the name of a helper, such as ftp",
    listing=r'"[^"]*"',
)
_OPTIONS = (Opt(name="--helper", value=_NAME, negatable=True),)
_PARTS = (Part("--helper", "{!}{}", required=True),)

EXTENSIONS = (
    MatchExtension(
        name="helper",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="helper match", parts=_PARTS),
        opaque_of=unless_negated("--helper", Fact(key="", code="IPT0426")),
    ),
)
