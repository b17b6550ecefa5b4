"""TCPMSS: lower the maximum segment size that a SYN packet announces.

Sources: iptables-extensions(8), TCPMSS; extensions/libxt_TCPMSS.c; net/netfilter/xt_TCPMSS.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.actions import Action, Add, Branch, Continue, Forget, SetBits
from iptsim.extensions.demands import LEAVING, TCP, Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Target
from iptsim.predicate import Fact, between, bits

_OPTIONS = (
    Opt(name="--set-mss", value=Number(bits=16)),
    Opt(name="--clamp-mss-to-pmtu"),
)
_PARTS = (Part("--set-mss", "set {}"), Part("--clamp-mss-to-pmtu", "clamp to PMTU"))


_HAS = bits("tcp_options", 1 << 2, 1 << 2)
# Of options other than these nobody knows whether they leave 4 of the header's 40 bytes.
_FEW = bits("tcp_options", 0, ((1 << 256) - 1) ^ sum(1 << number for number in (0, 1, 3, 4, 8)))
_BARE = Fact(
    key="the TCP segment carries no data and its header has room",
    code=codes.SEGMENT_HAS_ROOM,
    reads=("tcp_flags", "tcp_options"),
    usually=True,
)
_DEFAULT = {4: 536, 6: 1220}
_ON: tuple[Action, ...] = (Continue(),)


def _lower(target: Target, where: Context) -> tuple[Action, ...]:
    """The smaller of the present and the new size (tcpmss_mangle_packet)."""
    size = target.value("--set-mss", int)
    lost = _forget(target, "tcp_mss", "tcp_options", "length")
    announced = _forget(target, "tcp_mss") if size is None else _lowered(size, target)
    return (Branch(when=_HAS, then=announced, otherwise=_added(target, where), undecided=lost),)


def _forget(target: Target, *fields: str) -> tuple[Action, ...]:
    return (*(Forget(field=field, detail=target.name) for field in fields), *_ON)


def _lowered(size: int, target: Target) -> tuple[Action, ...]:
    more = between("tcp_mss", size + 1, 0xFFFF)
    less = (SetBits(field="tcp_mss", value=size, mask=0xFFFF), *_ON)
    return (Branch(when=more, then=less, otherwise=_ON, undecided=_forget(target, "tcp_mss")),)


def _added(target: Target, where: Context) -> tuple[Action, ...]:
    """A segment that announces no size gets the option, unless data follows its header."""
    if where.payload:
        return _ON
    size = target.value("--set-mss", int)
    announced: Action = Forget(field="tcp_mss", detail=target.name)
    if size is not None:
        least = min(size, _DEFAULT[where.family])
        announced = SetBits(field="tcp_mss", value=least, mask=0xFFFF)
    option = SetBits(field="tcp_options", value=1 << 2, mask=1 << 2)
    done = (option, announced, Add(field="length", delta=4), *_ON)
    perhaps: tuple[Action, ...] = (Branch(when=_BARE, then=done, otherwise=_ON),)
    if where.payload is None:
        return perhaps
    return (Branch(when=_FEW, then=done, otherwise=perhaps, undecided=perhaps),)


EXTENSIONS = (
    TargetExtension(
        name="TCPMSS",
        demands=Demands(
            protocols=TCP,
            older_needs_syn=True,
            one_of=(("--set-mss", "--clamp-mss-to-pmtu"),),
            exclusive=(("--set-mss", "--clamp-mss-to-pmtu"),),
            option_hooks={"--clamp-mss-to-pmtu": LEAVING},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="TCPMSS", parts=_PARTS),
        lower=_lower,
    ),
)
