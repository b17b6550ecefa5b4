"""The answers to every packet that a form can ask for, worked out beforehand.

A form tells where a packet starts, its protocol and the state of its connection; its addresses,
ports, interface, user and mark may be given or not. For each of the former the rules are asked
once with all of the latter open: the outcomes part all such packets among them, so that whoever
holds them answers any by looking which conditions it meets.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.errors import IptsimError
from iptsim.host import Host
from iptsim.model import Dump, Ruleset
from iptsim.packet import Packet
from iptsim.tracer import Trace, Tracer
from iptsim.tracer.premises import about_text

HOOKS = ("PREROUTING", "OUTPUT")
STATES = ("NEW", "ESTABLISHED")
PROTOCOLS = {4: (6, 17, 1), 6: (6, 17, 58)}
"""Those of a form, by family: TCP, UDP, ICMP."""
FEW_WAYS, MOST_WAYS = 400, 20_000
"""Ways at one rule up to which all packets are asked for at once; of more a form says so. That are
as many as there are rules, since each endpoint of a Service is a way of its own."""
_TOO_MANY = codes.TOO_MANY_WAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers to all packets that start at a hook with a protocol, in a state.

    `aimed` is whether a destination is given, which then is not this host's own; None where the
    answers are the same either way. `trace` is None where there are too many ways to hold them,
    and where the rules have no answer: then `refused` says why.
    """

    family: int
    hook: str
    proto: int
    state: str
    aimed: bool | None
    trace: Trace | None
    refused: IptsimError | None = None


def all_answers(dump: Dump, host: Host | None = None) -> Iterator[Answers]:
    """What the rules of each family do with every packet of a form."""
    for ruleset in dump.rulesets:
        yield from _of_family(dump, ruleset, host)


def is_aimed(host: Host, family: int) -> bool:
    """Whether a form may ask for a destination: what is told of the host decides what that is."""
    width = 32 if family == 4 else 128
    return not host.tells_addresses(width)


def _of_family(dump: Dump, ruleset: Ruleset, host: Host | None) -> Iterator[Answers]:
    tracer, family, most = Tracer.of(ruleset), ruleset.family, _most_ways(ruleset)
    for hook in HOOKS:
        for proto in PROTOCOLS[family]:
            for state in STATES:
                packet = Packet(family=family, proto=proto, ctstate=state)
                for aimed in (False, True) if hook == "OUTPUT" else (None,):
                    asked = Answers(
                        family=family, hook=hook, proto=proto, state=state, aimed=aimed, trace=None
                    )
                    yield _answered(asked, tracer, packet, most, host, dump)


def _most_ways(ruleset: Ruleset) -> int:
    rules = sum(len(chain.rules) for table in ruleset.tables for chain in table.chains)
    return min(max(FEW_WAYS, rules), MOST_WAYS)


def _answered(
    asked: Answers, tracer: Tracer, packet: Packet, most: int, host: Host | None, dump: Dump
) -> Answers:
    try:
        if asked.aimed:
            found = tracer.sent_to_others(packet, host=host, most=most)
        else:
            found = tracer.trace(packet, hook=asked.hook, host=host, most=most)
    except IptsimError as error:
        return replace(asked, refused=None if error.code == _TOO_MANY else error)
    return replace(asked, trace=about_text(found, dump, asked.family))
