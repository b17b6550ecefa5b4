"""helper: the connection tracking helper that the connection was expected by.

Only a connection that another one led to expect has been so: never one that a packet opens by
itself (NEW), whatever helper a rule gives to it (xt_helper.c, `!ct->master`).

Sources: iptables-extensions(8), helper; extensions/libxt_helper.c; net/netfilter/xt_helper.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.opaque import about, without_not
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import Text
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, Predicate, all_of, named, negate_if

_NAME = Codec(
    parse=lambda text, _family: text,
    heard=lambda text, _family: text[1:-1],
    show=Text().write,
    expected="the name of a helper, such as ftp",
    listing=r'"[^"]*"',
)
_OPTIONS = (Opt(name="--helper", value=_NAME, negatable=True),)
_PARTS = (Part("--helper", "{!}{}", required=True),)

_FACT = Fact(key="", code=codes.CONNECTION_HELPER)


def _opaque(match: Match, where: Context) -> Predicate:
    option = match.option("--helper")
    asked = about(without_not(match, "--helper"), where, _FACT)
    expected = all_of((named("ctstate", "RELATED", "ESTABLISHED"), asked))
    return negate_if(option is not None and option.negate, expected)


EXTENSIONS = (
    MatchExtension(
        name="helper",
        demands=Demands(one_of=(("--helper",),)),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="helper match", parts=_PARTS),
        opaque_of=_opaque,
    ),
)
