"""esp: the security parameter index of an IPsec encapsulation header.

Sources: iptables-extensions(8), esp; extensions/libxt_esp.c; net/netfilter/xt_esp.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.ipv6_headers import in_range
from iptsim.extensions.shared.layer4 import first_fragment
from iptsim.extensions.shared.normal_options import dropping, unsaved
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import NumberRange
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Predicate, all_of, equals
from iptsim.values import Range

_OPTIONS = (Opt(name="--espspi", value=NumberRange(bits=32), negatable=True),)


def _lower(match: Match, _where: Context) -> Predicate:
    spis = (in_range("spi", option) for option in match.options)
    return all_of((equals("proto", 50), first_fragment(), *spis))


EXTENSIONS = (
    MatchExtension(
        name="esp",
        independent=True,
        demands=Demands(protocols=(50,)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="esp", parts=(Part("--espspi", "spis?:{!}{}"),)),
        unsaved=unsaved("--espspi", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--espspi": Range(low=0, high=(1 << 32) - 1)}),
        lower=_lower,
        implied_by=50,
    ),
)
