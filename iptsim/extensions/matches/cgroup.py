"""cgroup: the control group of the process whose socket sent or gets the packet.

Sources: iptables-extensions(8), cgroup; extensions/libxt_cgroup.c; net/netfilter/xt_cgroup.c.
"""

from __future__ import annotations

from collections.abc import Callable

from iptsim.extensions.opaque import turned
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.types import Number, Text
from iptsim.extensions.wording import Either, Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, Predicate

_FACT = Fact(key="", code="IPT0412")
_OPTIONS = (
    Opt(name="--path", value=Text(), negatable=True),
    Opt(name="--cgroup", value=Number(), negatable=True),
)
_BY: dict[str, Callable[[Match, Context], Predicate]] = {
    option.name: turned(option.name, _FACT) for option in _OPTIONS
}


def _opaque(match: Match, where: Context) -> Predicate:
    return _BY["--path" if match.has("--path") else "--cgroup"](match, where)


def _shown(name: str) -> Parts:
    parts = (Part(name, "{!}{}", required=True),)
    return Parts(options=_OPTIONS, lead="cgroup", parts=parts)


EXTENSIONS = (
    MatchExtension(
        name="cgroup",
        options=_OPTIONS,
        # A listing prints both alike: digits alone are taken for a class, anything else is a path.
        wording=Either((_shown("--cgroup"), _shown("--path"))),
        opaque_of=_opaque,
    ),
)
