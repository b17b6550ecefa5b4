"""What a packet leaves behind: its connection, which the packets after it belong to."""

from __future__ import annotations

from collections.abc import Mapping

from iptsim import codes
from iptsim.actions import Side
from iptsim.dataclass import dataclass
from iptsim.host import Host
from iptsim.model import Note
from iptsim.netfilter.new_connections import (
    ANSWERS,
    CONFIRMED,
    EXPECTED,
    SEEN_REPLY,
    WITH_PORTS,
    next_status,
)
from iptsim.packet import Packet
from iptsim.worlds.regions import Region
from iptsim.worlds.terms import Known, Mixed, Term, value_of
from iptsim.worlds.variables import ARRIVING, Variables

FOLLOWING = ("again", "reply", "next")
"""The packets that may follow: it comes again before an answer, its answer, what comes after."""

KEPT = (
    "ctproto", "ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst", "ctorigsrcport",
    "ctorigdstport", "ctreplsrcport", "ctrepldstport", "ct_snat", "ct_dnat", "connmark",
)  # fmt: skip
"""What a connection keeps, whichever packet of it is asked."""

_WITHOUT = ("INVALID", "UNTRACKED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What connection tracking gives a packet of a connection whose first packet is known.

    `fields` are those that it then has, among them the state and both directions of the
    connection; `reply` is whether it goes in the reply direction, `to_host` whether a translated
    destination is this host's, `zone` the zone where such packets are found.
    """

    reply: bool
    fields: Mapping[str, Term]
    to_host: bool
    zone: Term

    @property
    def direction(self) -> str:
        """Its direction as connection tracking calls it."""
        return "REPLY" if self.reply else "ORIGINAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How a packet went, as far as those hang on it that follow in its connection.

    `packet`, `hook` and `host` are what was asked, `destination` where it went to (None: it was
    not let through). `fields` are what its fields held in the end, in variables of which `regions`
    and `domains` say what they may be. `settled` are the sides whose translation is settled,
    `zones` the zones where packets of each direction are found, `changed` what outlasts the
    packet and a rule changed (sets), with a text of that; `taken` whether one gave it to a socket
    (TPROXY).
    """

    packet: Packet
    hook: str
    host: Host
    destination: str | None
    fields: Mapping[str, Term]
    regions: tuple[Region, ...]
    domains: Variables
    settled: frozenset[Side]
    zones: Mapping[str, Term]
    changed: Mapping[str, str]
    taken: bool = False

    @property
    def state(self) -> str:
        """The packet's own state in the end; INVALID and UNTRACKED packets have no connection."""
        return str(value_of(self.fields["ctstate"]))

    @property
    def proto(self) -> int | None:
        """The protocol's number, where it is known."""
        value = value_of(self.fields["proto"])
        return value if isinstance(value, int) else None

    @property
    def known(self) -> bool:
        """Whether the packet opened the connection, so that its translation is known.

        A RELATED packet does so, too, but an ICMP error belongs to the connection it is about.
        """
        return self.state == "NEW" or (self.state == "RELATED" and self.proto not in ANSWERS)

    @property
    def meets_answer(self) -> bool:
        """Whether an answer finds the connection: not where the packet was rewritten besides.

        SNPT and DNPT do so without the connection's knowing (net/ipv6/netfilter/ip6t_NPT.c), and
        `th dport set` of nftables (net/netfilter/nft_payload.c).
        """
        kept = {"src": "ctrepldst", "dst": "ctreplsrc"}
        if self.proto in (None, *WITH_PORTS):
            kept |= {"sport": "ctrepldstport", "dport": "ctreplsrcport"}
        return self.known and all(self.fields[a] == self.fields[b] for a, b in kept.items())

    @property
    def began_here(self) -> bool:
        """Whether this host sent the packet."""
        return self.hook in ("OUTPUT", "POSTROUTING")

    @property
    def unanswered(self) -> Note | None:
        """Why nothing answers the packet; None where something may."""
        if self.destination is None:
            return Note(code=codes.NO_ANSWER)
        kind = value_of(self.fields["icmp_type"])
        opens = kind is None or kind in ANSWERS.get(self.proto or 0, ())
        if self.proto in ANSWERS and (not opens or self.state == "RELATED"):
            return Note(code=codes.NO_ANSWER_TO_ICMP)
        if value_of(self.fields["dst_type"]) in ("BROADCAST", "MULTICAST"):
            return Note(code=codes.NO_ANSWER_TO_GROUP)
        return None

    @property
    def symmetric(self) -> bool:
        """Whether both its directions look the same: a host that speaks to itself, port to port.

        Every packet after the first is then found to be an answer, for that direction was hashed
        last (nf_conntrack_core.c, __nf_conntrack_hash_insert).
        """
        pairs = (("ctorigsrc", "ctreplsrc"), ("ctorigdst", "ctrepldst"))
        ends = [(self.fields[a + b], self.fields[c + b]) for a, c in pairs for b in ("", "port")]
        return all(one == other for one, other in ends)

    def status(self, kind: str) -> Term:
        """`ctstatus` of a packet that follows (nf_conntrack_core.c, resolve_normal_ct)."""
        expected = EXPECTED if self.state == "RELATED" else 0
        if kind != "next":
            seen = SEEN_REPLY if kind == "reply" or self.symmetric else 0
            return Known(value=expected | CONFIRMED | seen)
        certain, possible = next_status(self.proto)
        if not possible:
            return Known(value=expected | certain)
        return Mixed(parts=((ARRIVING["ctstatus"], possible),), constant=expected | certain)

    def given(self, kind: str) -> dict[str, Term]:
        """What tracking gives a packet that follows in this connection."""
        back = kind == "reply" or self.symmetric
        state = self.state if kind == "again" and not back else "ESTABLISHED"
        return {
            **{name: self.fields[name] for name in KEPT},
            "ctstate": Known(value=state),
            "ctdir": Known(value="REPLY" if back else "ORIGINAL"),
            "ctstatus": self.status(kind),
        }

    @property
    def untracked(self) -> bool:
        """Whether the packet has no connection at all."""
        return self.state in _WITHOUT
