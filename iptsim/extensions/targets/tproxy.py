"""TPROXY: hand the packet, as it is, to a local socket.

Sources: iptables-extensions(8), TPROXY; extensions/libxt_TPROXY.c; net/netfilter/xt_TPROXY.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iptsim import codes
from iptsim.actions import Action, Branch, Deliver, Fate, Touch, Verdict
from iptsim.dataclass import replace
from iptsim.errors import LoweringError
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.mark_operations import set_bits
from iptsim.extensions.shared.transparent_sockets import transparent_takes
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.nat_ranges import NatPorts
from iptsim.extensions.values.one_word import MASKED, Address, masked
from iptsim.extensions.values.value_types import MaskedNumber
from iptsim.extensions.wordings.phrase import Phrase
from iptsim.model import Option, Target
from iptsim.values import Masked, Range, parse_address

_OPTIONS = (
    Opt(name="--on-port", value=NatPorts()),
    Opt(name="--on-ip", value=Address()),
    Opt(name="--tproxy-mark", value=MaskedNumber(always_mask=True)),
)
_DEFAULTS = {"--on-ip": 0, "--tproxy-mark": Masked(value=0, mask=0)}


def _shown(found: re.Match[str], family: int) -> Iterator[Option]:
    port = int(found["port"])
    yield Option(name="--on-port", value=Range(low=port, high=port))
    address, _width = parse_address(found["address"], 32 if family == 4 else 128)
    yield Option(name="--on-ip", value=address)
    yield Option(name="--tproxy-mark", value=masked(found["mark"]))


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    given = {option.name for option in options}
    added = (Option(name=n, value=value) for n, value in _DEFAULTS.items() if n not in given)
    return (*options, *added)


def _lower(target: Target, where: Context) -> tuple[Action, ...]:
    """Dropped without a transparent socket: `return NF_DROP` at the end of tproxy_tg4."""
    port = target.value("--on-port", Range)
    if port is None:
        raise LoweringError(
            "TPROXY without --on-port", code=codes.TPROXY_WITHOUT_PORT, target=target.name
        )
    mark = tuple(a for a in set_bits(target, "--tproxy-mark", "mark") if a.value or a.mask)
    address = target.value("--on-ip", int) or 0
    told = None if where.host.sockets is None else True
    deliver = Deliver(port=port.low, address=address, listens=told)
    # The packet has that socket from now on (nf_tproxy_assign_sock).
    touch = Touch(name="the packet's socket")
    taken: tuple[Action, ...] = (*mark, touch, deliver, Verdict(fate=Fate.ACCEPT))
    if told is None:
        return taken
    takes = transparent_takes(where.host, where.family, port.low, address)
    lost = (replace(deliver, listens=False), Verdict(fate=Fate.DROP))
    return (Branch(when=takes, then=taken, otherwise=lost),)


EXTENSIONS = (
    TargetExtension(
        name="TPROXY",
        demands=Demands(
            tables=("mangle",),
            hooks=frozenset({"PREROUTING"}),
            protocols=(6, 17),
            one_of=(("--on-port",),),
        ),
        gathers=True,
        options=_OPTIONS,
        # An IPv6 address has no brackets here: `:::15006`.
        wording=Phrase(
            pattern=rf"TPROXY redirect (?P<address>[0-9a-fA-F:.]+):(?P<port>\d{{1,5}})"
            rf" mark (?P<mark>{MASKED})",
            says=_shown,
        ),
        normalize=_normalize,
        lower=_lower,
    ),
)
