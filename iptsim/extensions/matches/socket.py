"""socket: whether a local socket is open for the packet.

Sources: iptables-extensions(8), socket; extensions/libxt_socket.c; net/netfilter/xt_socket.c.
"""

from __future__ import annotations

from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact

_FLAGS = ("transparent", "nowildcard", "restore-skmark")
_OPTIONS = tuple(Opt(name=f"--{flag}") for flag in _FLAGS)
_PARTS = tuple(Part(f"--{flag}", f"(?:--)?{flag}") for flag in _FLAGS)

EXTENSIONS = (
    MatchExtension(
        name="socket",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="socket", parts=_PARTS),
        opaque=Fact(key="", code="IPT0442", reads=("src", "dst", "sport", "dport")),
    ),
)
