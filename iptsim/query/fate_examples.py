"""An example of each answer: an ordinary packet that the tracer has followed to the fate."""

from __future__ import annotations

from collections.abc import Iterable, Set

from iptsim import codes
from iptsim.errors import IptsimError
from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.packet import IN_FIRST_FRAGMENT, Packet
from iptsim.query.fate_sets import Part
from iptsim.questions import AH, ESP, ICMP_PROTOCOLS, IPCOMP, TCP, WITH_PORTS
from iptsim.symbolic.telling.ordinary_packets import ALWAYS_TOLD, UNTOLD, Picked
from iptsim.symbolic.traces.agreement import agrees
from iptsim.tracer import Cube, Outcome, Step, Tracer
from iptsim.tracer.host.kernel_settings import LOCALNET, with_localnet
from iptsim.worlds.expectation import Expectation

MOST_WAYS = 200
"""Ways at one rule beyond which a packet is no example: nobody reads so many."""
_USUALLY_ASKED = ("in", "out", "ctstate", "mark", "ttl", "uid", "gid")
_GIVEN = frozenset(Packet.__dataclass_fields__) - {
    "family",
    "payload",
    "names",
    "socket",
    "in_",
} | {"in"}
_PORTS = ("sport", "dport")
# What only packets of these protocols have.
_ONLY_OF = {
    **dict.fromkeys(_PORTS, WITH_PORTS),
    **dict.fromkeys(("tcp_flags", "tcp_options", "tcp_mss"), frozenset({TCP})),
    **dict.fromkeys(("icmp_type", "icmp_code"), frozenset(ICMP_PROTOCOLS.values())),
    **dict.fromkeys(("ah_next", "ah_length", "ah_reserved"), frozenset({AH})),
    "spi": frozenset({AH, ESP}),
    "cpi": frozenset({IPCOMP}),
    "dccp_type": frozenset({33}),
    "mh_type": frozenset({135}),
}


class Examples:
    """Follows packets through one rule set to see that they fare as they are said to."""

    def __init__(self, ruleset: Ruleset, host: Host, asked: Packet, wanted: Expectation) -> None:
        self._tracer = Tracer.of(ruleset)
        self._host, self._asked, self._wanted = host, asked, wanted
        self._localnet = with_localnet(host)

    def of(self, part: Part, picked: Picked, where: Iterable[Cube], hook: str) -> Packet | None:
        """The picked packet told as shortly as it can be followed; None where it cannot.

        `where` is the set that it is of, in cubes.
        """
        names = {condition.field for cube in where for condition in cube.conditions}
        hidden = any(
            fact.code == codes.HIDDEN_INTERFACE for cube in where for fact, _true in cube.facts
        )
        proto = self._asked.given().get("proto", picked.get("proto"))
        told = {*ALWAYS_TOLD, *names} | (set(_PORTS) if proto in WITH_PORTS else set())
        foreign = {name for name, protos in _ONLY_OF.items() if proto not in protos}
        if picked.get("fragment") == 1 and "fragment" in told:
            foreign |= IN_FIRST_FRAGMENT
        for fields in (told, {*told, *_USUALLY_ASKED}, {*told, *_GIVEN}):
            packet = self._packet(picked, fields - UNTOLD[hook] - foreign, names)
            found = self._followed(packet, picked, hook)
            # Where rules may be limited to hidden interfaces, the ways to one fate are told as one.
            if found and all(self._fares(one, part, hidden=hidden) for one in found):
                return packet
        return None

    def _packet(self, picked: Picked, fields: Set[str], names: Set[str]) -> Packet:
        """The packet with these fields, those that were asked for besides."""
        given = self._asked.given()
        # Which addresses are of another type than unicast depends on the host.
        strange = {
            name
            for name in ("src", "dst")
            if name not in names and picked.get(f"{name}_type", "UNICAST") != "UNICAST"
        }
        unknown = strange | dict(self._asked.names).keys()
        values = {name: picked[name] for name in (fields - unknown) & _GIVEN & picked.keys()}
        renamed = {"in_" if n == "in" else n: v for n, v in {**values, **given}.items()}
        return self._asked.with_(**renamed)

    def _followed(self, packet: Packet, picked: Picked, hook: str) -> list[Outcome]:
        """The ways open to the packet, the facts being as picked; none where there are too many."""
        try:
            host = self._localnet if picked.get(f"fact {LOCALNET.key}") else self._host
            found = self._tracer.trace(packet, hook=hook, host=host, most=MOST_WAYS).outcomes
        except IptsimError:
            return []
        return [outcome for outcome in found if agrees(outcome, picked)]

    def _fares(self, outcome: Outcome, part: Part, *, hidden: bool) -> bool:
        # The trace tells the range that the kernel chooses from, and not which of it was asked.
        wanted = self._wanted if part.certain else self._wanted.anywhere
        by = part.decided_by
        met = by is None or any(_place(step) == _place(by) for step in outcome.steps)
        return (met or hidden) and wanted.met_by(outcome)


def _place(step: Step) -> tuple[str, str, int | None]:
    return (step.table, step.chain, step.rule)
