"""What a trace tells, as values."""

from __future__ import annotations

from iptsim.dataclass import dataclass, field
from iptsim.errors import Place
from iptsim.model import Note
from iptsim.packet import Packet
from iptsim.predicate import Fact
from iptsim.worlds.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A field that a rule rewrote.

    Numbers are as the packet holds them (addresses as text). `before` is None where the packet did
    not tell the field; `after` is a text («1024-65535», «an address of eth0») where the kernel's
    choice cannot be known. `chain` and `rule` are None where no rule did it, but the translation
    that the connection has from its first packet.
    """

    field: str
    before: int | str | None
    after: int | str
    table: str
    chain: str | None
    rule: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rule that matched, or a policy (`rule` None), where the kernel meets it.

    `action` is one of accept drop reject return jump goto continue rewrite queue policy; `target`
    the chain, verdict or extension; `text` the rule as iptables-save writes it. `untold` names
    what the text does not tell; the action is then one that may be, and a step without a rule
    stands in no text. `broke` is whether a rule of nftables changed something and then did not
    match: its action is `continue`.
    """

    hook: str
    table: str
    chain: str
    rule: int | None
    place: Place | None
    text: str
    action: str
    target: str
    rewrites: tuple[Rewrite, ...] = ()
    untold: str = ""
    broke: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A rule that was asked and did not match, with the first condition that failed.

    `failed` is '' where that can only be an interface which the listing hides.
    `before` is the number of steps that came before it.
    """

    before: int
    hook: str
    table: str
    chain: str
    rule: int
    place: Place | None
    text: str
    failed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A connection's translation, carried out at a hook where no rule is asked for it.

    `before` is the number of steps that came before it.
    """

    before: int
    hook: str
    rewrites: tuple[Rewrite, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A field limited to `values`, or, negated, to none of them.

    The texts are those of the interface's cubes: `443-500`, `10.0.0.0/8`, `eth+`, `0x1/0xff`.
    """

    field: str
    values: tuple[str, ...]
    negate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """A set of packets: every condition holds, and every fact is as told."""

    conditions: tuple[Condition, ...] = ()
    facts: tuple[tuple[Fact, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One way that the packet can fare.

    `when` is a union of cubes, empty for always; with `partly` they are only some of its packets,
    for a reader who wants no more. `destination` is local, forward, out, or None
    when the packet was not let through. `packet` has the known fields after all rewrites (the
    names of `FIELDS`; addresses as text). `decided_by` is the step that ended the packet's way or
    rewrote it last. `skipped` is filled only when asked for. `carried` is what the connection's
    translation did where it was settled before, `connection` what the packets after it hang on,
    and `follows` the traces of those that were asked for, by the names of `FOLLOWING`; None where
    there is no such packet.
    """

    when: tuple[Cube, ...]
    verdict: str
    destination: str | None
    packet: tuple[tuple[str, int | str], ...]
    rewrites: tuple[Rewrite, ...]
    steps: tuple[Step, ...]
    decided_by: Step | None
    skipped: tuple[Skipped, ...] = ()
    carried: tuple[Carried, ...] = ()
    connection: Connection | None = field(default=None, repr=False, compare=False)
    follows: tuple[tuple[str, Trace | None], ...] = ()
    partly: bool = False

    @property
    def fate(self) -> tuple[object, ...]:
        """What counts as the same fate: verdict, destination, and how a packet let through left."""
        if self.destination is None:
            return (self.verdict, None)
        last = {rewrite.field: rewrite.after for rewrite in self.rewrites}
        return (self.verdict, self.destination, tuple(sorted(last.items())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The answer to a trace: outcomes that do not overlap, the dump read as it stands first.

    `assumed` says what was taken as given because nobody told (codes IPT03xx). `untold` are further
    outcomes where only so many were asked for: how packets fare and by which rule, but not which.
    """

    packet: Packet
    hook: str
    outcomes: tuple[Outcome, ...]
    assumed: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()
    untold: tuple[Outcome, ...] = ()
