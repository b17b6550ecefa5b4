"""SYNPROXY: answer connection requests in the stead of the server, until they prove to be real.

Sources: iptables-extensions(8), SYNPROXY; extensions/libxt_SYNPROXY.c;
net/ipv4/netfilter/ipt_SYNPROXY.c (synproxy_tg4).
"""

from __future__ import annotations

from iptsim import codes
from iptsim.actions import Action, Branch, Continue, Fate, Verdict
from iptsim.extensions.demands import TCP, Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Target
from iptsim.packet import TCP_FLAGS
from iptsim.predicate import Fact, bits

_OPTIONS = (
    Opt(name="--sack-perm"),
    Opt(name="--timestamp"),
    Opt(name="--wscale", value=Number(bits=8)),
    Opt(name="--mss", value=Number(bits=16)),
    Opt(name="--ecn"),
)
_PARTS = tuple(
    Part(option.name, option.name[2:] + (" {}" if option.value else "")) for option in _OPTIONS
)
_LOOKED_AT = sum(TCP_FLAGS[name] for name in ("SYN", "ACK", "FIN", "RST"))
_COOKIE = Fact(
    key="the acknowledgement holds a valid SYN cookie",
    code=codes.SYN_COOKIE,
    reads=("src", "dst", "sport", "dport", "tcp_flags"),
    usually=True,
)


def _lower(_target: Target, _where: Context) -> tuple[Action, ...]:
    """A request is answered, an answer to that checked; all else goes on.

    Kernels before 4.14 return NF_DROP where later ones return NF_STOLEN.
    """
    stolen: tuple[Action, ...] = (Verdict(fate=Fate.STOLEN),)
    dropped: tuple[Action, ...] = (Verdict(fate=Fate.DROP),)
    checked = Branch(when=_COOKIE, then=stolen, otherwise=dropped)
    acknowledges = bits("tcp_flags", TCP_FLAGS["ACK"], _LOOKED_AT)
    second = Branch(when=acknowledges, then=(checked,), otherwise=(Continue(),))
    asks = bits("tcp_flags", TCP_FLAGS["SYN"], _LOOKED_AT)
    return (Branch(when=asks, then=stolen, otherwise=(second,)),)


EXTENSIONS = (
    TargetExtension(
        name="SYNPROXY",
        demands=Demands(hooks=frozenset({"INPUT", "FORWARD"}), protocols=TCP),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="SYNPROXY", parts=_PARTS),
        lower=_lower,
    ),
)
