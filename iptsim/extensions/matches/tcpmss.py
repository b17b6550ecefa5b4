"""tcpmss: the maximum segment size that a TCP SYN announces.

Sources: iptables-extensions(8), tcpmss; extensions/libxt_tcpmss.c; net/netfilter/xt_tcpmss.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import TCP, Demands, Limits
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import NumberRange
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import InSet, Predicate, all_of, bits, equals, negate_if
from iptsim.values import Range

_OPTIONS = (Opt(name="--mss", value=NumberRange(), negatable=True),)
_PARTS = (Part("--mss", "{!}{}", required=True),)
_MSS = bits("tcp_options", 1 << 2, 1 << 2)


def _lower(match: Match, _where: Context) -> Predicate:
    """A segment without the option meets only `!` (tcpmss_mt: `out`)."""
    option = match.option("--mss")
    parts = [] if option is None else [negate_if(option.negate, _is(value_of(option.value, Range)))]
    return all_of((equals("proto", 6), *parts))


def _is(wanted: Range) -> Predicate:
    return all_of((_MSS, InSet(field="tcp_mss", values=wanted.members)))


EXTENSIONS = (
    MatchExtension(
        name="tcpmss",
        independent=True,
        demands=Demands(
            protocols=TCP, one_of=(("--mss",),), values={"--mss": Limits(ordered=True)}
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="tcpmss match", parts=_PARTS),
        lower=_lower,
    ),
)
