"""frag: the fragment header of an IPv6 packet.

Sources: iptables-extensions(8), frag; extensions/libip6t_frag.c; net/ipv6/netfilter/ip6t_frag.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.ipv6_headers import asked, in_range, there
from iptsim.extensions.shared.normal_options import dropping, unsaved
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import Number, NumberRange
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import ALWAYS, NEVER, Predicate, equals
from iptsim.values import Range

_OPTIONS = (
    Opt(name="--fragid", value=NumberRange(bits=32), negatable=True),
    Opt(name="--fraglen", value=Number(), negatable=True),
    Opt(name="--fragres"),
    Opt(name="--fragfirst"),
    Opt(name="--fragmore"),
    Opt(name="--fraglast"),
)
_PARTS = (
    Part("--fragid", "ids?:{!}{}"),
    Part("--fraglen", "length:{!}{}"),
    Part("--fragres", "reserved"),
    Part("--fragfirst", "first"),
    Part("--fragmore", "more"),
    Part("--fraglast", "last"),
)
_FIELDS = {
    "--fragres": ("frag_reserved", 0),
    "--fragfirst": ("fragment", 0),
    "--fragmore": ("frag_more", 1),
    "--fraglast": ("frag_more", 0),
}


def _lower(match: Match, where: Context) -> Predicate:
    """Fragments that were put together have no such header any more (nf_conntrack_reasm.c)."""
    if not where.sees_fragments:
        return NEVER
    return asked(there("frag"), match, _asks)


def _asks(option: Option) -> Predicate:
    if option.name == "--fragid":
        return in_range("frag_id", option)
    # The kernel has `hdrlen` of --fraglen in its struct, and never looks at it (frag_mt6).
    return equals(*_FIELDS[option.name]) if option.name in _FIELDS else ALWAYS


EXTENSIONS = (
    MatchExtension(
        name="frag",
        demands=Demands(exclusive=(("--fragmore", "--fraglast"),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="frag", parts=_PARTS),
        families=(6,),
        unsaved=unsaved("--fragid", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--fragid": Range(low=0, high=(1 << 32) - 1), "--fraglen": 0}),
        lower=_lower,
    ),
)
