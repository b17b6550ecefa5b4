"""cgroup: the control group of the process whose socket sent or gets the packet.

Sources: iptables-extensions(8), cgroup; extensions/libxt_cgroup.c; net/netfilter/xt_cgroup.c.
"""

from __future__ import annotations

from collections.abc import Callable

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.connection_states import opening
from iptsim.extensions.shared.opaque import turned
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import Number, Text
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.model import Match
from iptsim.predicate import NEVER, Fact, Predicate, all_of, any_of, named, negate

_FACT = Fact(key="", code=codes.CONTROL_GROUP)
_OPTIONS = (
    Opt(name="--path", value=Text(), negatable=True),
    Opt(name="--cgroup", value=Number(), negatable=True),
)
_BY: dict[str, Callable[[Match, Context], Predicate]] = {
    option.name: turned(option.name, _FACT) for option in _OPTIONS
}


def _opaque(match: Match, where: Context) -> Predicate:
    """A packet without a socket has no group, `!` or not (xt_cgroup.c, cgroup_mt_v2).

    One that arrives gets its socket early only where it is not the first of its connection, is
    multicast, or TPROXY found it (net/ipv4/tcp_ipv4.c and udp.c, *_early_demux).
    """
    asked = _BY["--path" if match.has("--path") else "--cgroup"](match, where)
    assert isinstance(asked, Fact)
    multicast = named("dst_type", "MULTICAST")
    bare = all_of((named("socket", "no"), opening(), negate(multicast)))
    without = replace(asked, told=NEVER, until=("the packet's socket",))
    return any_of((all_of((bare, without)), all_of((negate(bare), asked))))


def _shown(name: str) -> Parts:
    parts = (Part(name, "{!}{}", required=True),)
    return Parts(options=_OPTIONS, lead="cgroup", parts=parts)


EXTENSIONS = (
    MatchExtension(
        name="cgroup",
        demands=Demands(
            hooks=frozenset({"INPUT", "OUTPUT", "POSTROUTING"}),
            one_of=(("--path", "--cgroup"),),
            exclusive=(("--path", "--cgroup"),),
        ),
        options=_OPTIONS,
        # A listing prints both alike: digits alone are taken for a class, anything else is a path.
        wording=Either((_shown("--cgroup"), _shown("--path"))),
        opaque_of=_opaque,
    ),
)
