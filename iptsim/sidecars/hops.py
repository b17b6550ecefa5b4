"""What a request's way through two pods consists of, as values."""

from __future__ import annotations

from enum import StrEnum

from iptsim.dataclass import dataclass
from iptsim.model import Note, Ruleset
from iptsim.packet import Packet
from iptsim.worlds.outcome import Outcome, Step, Trace

CLIENT, SERVER = "client", "server"


class Party(StrEnum):
    """Who sends or gets a packet of the request."""

    APPLICATION = "application"
    ENVOY = "envoy"
    ZTUNNEL = "ztunnel"
    AGENT = "agent"
    DNS = "dns"
    NETWORK = "network"
    KUBELET = "kubelet"
    OTHER = "other"
    NOBODY = "nobody"


class Ending(StrEnum):
    """How the whole request ends."""

    APPLICATION = "application"
    PROXY = "proxy"
    NETWORK = "network"
    LOOP = "loop"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Both ends of a connection as one of its parties sees them; a text where they are not known.

    Addresses are integers of the packet's family.
    """

    src: int | str
    sport: int | str
    dst: int | str
    dport: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something called by its name: a code with its facts, and the rule or policy that does it."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()
    step: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One packet from one party to the next, in one pod.

    `hook` is where it starts there, `port` the local port that a rule hands it to, if one does.
    `trace` is None where the pod's rules are not told; `outcome` is the way of it that is taken, by
    whoever wrote the rules the likely one, else the dump read as it stands. `seen` is what the
    receiver sees then, and `original` the destination that it gets by SO_ORIGINAL_DST, None where
    no rule handed it on.
    """

    number: int
    side: str
    hook: str
    sender: Party
    receiver: Party
    packet: Packet
    port: int | None = None
    trace: Trace | None = None
    outcome: Outcome | None = None
    ruleset: Ruleset | None = None
    seen: Ends | None = None
    original: tuple[int, int] | None = None
    cause: Cause | None = None

    @property
    def others(self) -> tuple[Outcome, ...]:
        """The other ways that the dump leaves open."""
        every = () if self.trace is None else self.trace.outcomes
        return tuple(each for each in every if each is not self.outcome)

    @property
    def is_open(self) -> bool:
        """Whether other ways are open, because the dump does not tell."""
        return self.trace is not None and len(self.trace.outcomes) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A request's way, hop by hop.

    `through` says of each side whether its proxy took the request; None where its rules are not
    told. `proxies` names them. `assumed` are notes on what was taken as given.
    """

    ending: Ending
    hops: tuple[Hop, ...]
    through: tuple[bool | None, bool | None]
    proxies: tuple[Party, Party]
    assumed: tuple[Note, ...]
    itself: bool = False
    probe: bool = False

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Everything that is called by name, in the order of the way."""
        return tuple(hop.cause for hop in self.hops if hop.cause is not None)

    @property
    def is_open(self) -> bool:
        """Whether it hangs on what a dump does not tell."""
        return any(hop.is_open for hop in self.hops)
