"""connmark: the mark of the packet's connection.

Sources: iptables-extensions(8), connmark; extensions/libxt_connmark.c;
net/netfilter/xt_connmark.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each, masked
from iptsim.extensions.shared.connection_states import tracked
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import MaskedNumber
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Predicate, all_of

_OPTIONS = (Opt(name="--mark", value=MaskedNumber(), negatable=True),)
_MARK = each({"--mark": masked("connmark")})


def _lower(match: Match, where: Context) -> Predicate:
    """`if (ct == NULL) return false;`, negated or not."""
    return all_of((tracked(), _MARK(match, where)))


EXTENSIONS = (
    MatchExtension(
        name="connmark",
        independent=True,
        demands=Demands(one_of=(("--mark",),)),
        tracks=(),
        options=_OPTIONS,
        # Up to 1.4.0 in capitals.
        wording=Parts(
            options=_OPTIONS, parts=(Part("--mark", "(?:connmark|CONNMARK) match {!}{}"),)
        ),
        lower=_lower,
    ),
)
