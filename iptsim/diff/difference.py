"""What a diff tells, as values."""

from __future__ import annotations

from enum import Enum

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.errors import Place
from iptsim.model import Dump, Note, Rule, Table
from iptsim.packet import Packet
from iptsim.worlds.outcome import Cube, Step

IN_PART = codes.ABSENT_ALIKE
"""What neither side holds is taken to be the same in both."""
LEFT_OUT = (codes.EARLIER_LEAVES_OUT, codes.LATER_LEAVES_OUT)
"""What the earlier, or the later, text leaves out and the other has cannot be compared."""
MOST_SHOWN, MOST_LEFT_OUT = 8, 2
"""Effects that people are shown, and those of them that hang on what one text leaves out."""
UNTRACED = codes.EFFECT_NOT_TRACED
"""The code of the note that a side could not be traced (a jump loop)."""


class Kind(Enum):
    """The kinds of structural change, each with its stable code."""

    RULE_ADDED = "rule-added"
    RULE_REMOVED = "rule-removed"
    RULE_MOVED = "rule-moved"
    RULE_CHANGED = "rule-changed"
    CHAIN_ADDED = "chain-added"
    CHAIN_REMOVED = "chain-removed"
    POLICY_CHANGED = "policy-changed"
    REFERENCES_CHANGED = "references-changed"
    TABLE_ADDED = "table-added"
    TABLE_REMOVED = "table-removed"

    @property
    def code(self) -> str:
        """The stable code, such as `IPT0201`."""
        return _CODES[self]


_CODES = {
    Kind.RULE_ADDED: codes.RULE_ADDED,
    Kind.RULE_REMOVED: codes.RULE_REMOVED,
    Kind.RULE_MOVED: codes.RULE_MOVED,
    Kind.RULE_CHANGED: codes.RULE_CHANGED,
    Kind.CHAIN_ADDED: codes.CHAIN_ADDED,
    Kind.CHAIN_REMOVED: codes.CHAIN_REMOVED,
    Kind.POLICY_CHANGED: codes.POLICY_CHANGED,
    Kind.REFERENCES_CHANGED: codes.REFERENCES_CHANGED,
    Kind.TABLE_ADDED: codes.TABLE_ADDED,
    Kind.TABLE_REMOVED: codes.TABLE_REMOVED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAt:
    """A rule and its number in its chain, counted from 1."""

    number: int
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One structural change.

    `before` and `after` are the rule on either side, where there is one. `was` and `now` are the
    policy or the number of references on either side. `text` is the rule, chain or policy as
    `iptables -S` prints it, from the side that still has it (after, or before when it is gone).
    `jumps_gone` and `jumps_new` are the rules (chain, number) that no longer, or only now, lead to
    a chain whose references changed. `both` is whether both families meet it, in a table inet.
    """

    kind: Kind
    family: int
    table: str
    chain: str = ""
    before: RuleAt | None = None
    after: RuleAt | None = None
    was: str = ""
    now: str = ""
    text: str = ""
    place_before: Place | None = None
    place_after: Place | None = None
    jumps_gone: tuple[tuple[str, int], ...] = ()
    jumps_new: tuple[tuple[str, int], ...] = ()
    both: bool = False

    @property
    def home(self) -> tuple[int, str, str]:
        """The family (0: both), the table and the chain."""
        return 0 if self.both else self.family, self.table, self.chain

    def is_of(self, family: int) -> bool:
        """Whether packets of the family meet it."""
        return self.both or self.family == family

    @property
    def rule(self) -> int | None:
        """The rule's number after the change, or before it when the rule is gone."""
        at = self.after or self.before
        return at.number if at else None

    @property
    def place(self) -> Place | None:
        """Where it stands in the later dump, or in the earlier one when it is gone."""
        return self.place_after or self.place_before


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How packets fare on one side: verdict, destination and last rewrite of each field.

    `rewrites` is empty for a packet that was not let through. `decided_by` are the rules and
    policies that decided, of all the packets tried.
    """

    verdict: str
    destination: str | None = None
    rewrites: tuple[tuple[str, int | str], ...] = ()
    decided_by: tuple[Step, ...] = ()

    def decided(self, steps: tuple[Step, ...]) -> Way:
        """The same way, with the rules that decided."""
        return replace(self, decided_by=steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Packets whose fate changed in one and the same way.

    `where` is a union of cubes; `example` is one of them. `certain` is whether they fare otherwise
    whatever it is that the dumps do not tell. `compared` is False where they fare otherwise only by
    what one of the dumps leaves out and the other has. With `partly` the cubes are only some of the
    packets, for there are too many to be read. `told` is False for an effect that is beyond those
    which a reader is shown: then `where` is empty, and nobody is said to decide. `idle` is one that
    no other host and no program sees: of a mark alone, or of packets that the kernel throws away.
    `written` are both ways as the rules write them, with what the packets held before, if told.
    """

    family: int
    hook: str
    before: Way
    after: Way
    where: tuple[Cube, ...]
    example: Packet
    certain: bool = True
    compared: bool = True
    partly: bool = False
    told: bool = True
    idle: bool = False
    written: tuple[Way, Way] | None = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The answer to a diff.

    `uncompared` are rules that only one side has, where the other leaves rules out: as changes, of
    which nobody knows whether they are. `effects` are of all packets. `same_text` compares what was
    read (counters and comments too), not the bytes of the files. `notes` say what was not compared.
    """

    before: Dump
    after: Dump
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    same_text: bool
    uncompared: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def same_effect(self) -> bool:
        """Whether every packet fares as before; False too where that could not be found out."""
        open_ = self.leaves_out or (self.changes and self.in_part)
        return not self.effects and self.exact and not open_

    @property
    def in_part(self) -> bool:
        """Whether a side does not hold all that decides, so that more may have changed."""
        return self.leaves_out or any(note.code == IN_PART for note in self.notes)

    @property
    def leaves_out(self) -> bool:
        """Whether a side leaves out what the other has."""
        lost = (*LEFT_OUT, codes.SET_DIFFERS_UNASKED)
        return any(note.code in lost for note in self.notes)

    @property
    def reading_notes(self) -> tuple[Note, ...]:
        """What there is to tell of the reading of both dumps, on which all of this rests."""
        return tuple(dict.fromkeys((*self.before.notes, *self.after.notes)))

    @property
    def exact(self) -> bool:
        """Whether both sides could be followed, so that the effects are all there are."""
        return not any(note.code == UNTRACED for note in self.notes)

    def table(self, change: Change) -> Table:
        """The table of a change, as the side has it that the change's text is from."""
        gone = change.kind in (Kind.RULE_REMOVED, Kind.CHAIN_REMOVED, Kind.TABLE_REMOVED)
        return find_table(self.before if gone else self.after, change.family, change.table)


def find_table(dump: Dump, family: int, name: str) -> Table:
    """The table of a dump, empty where the dump has none."""
    ruleset = dump.family(family)
    return (ruleset.table(name) if ruleset else None) or Table(name=name)
