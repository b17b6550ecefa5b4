"""A table while its text is read: the commands of a section carried out one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.parts import BUILTINS
from iptsim.dialects.rule.plans import Read
from iptsim.dialects.rule.words import LONGEST_NAME, NAME_EXPECTED
from iptsim.errors import Place
from iptsim.model import BUILTIN_CHAINS, Chain, Counters, Note, Rule, Unread

EDITS = frozenset("IDRFXEZ")
"""Commands that no save has: they build on what was there."""


class BadCommandError(Exception):
    """A command that iptables would refuse; `operand` counts the words of the command from 0."""

    def __init__(self, message: str, operand: int = 0, expected: str = "") -> None:
        super().__init__(message)
        self.message, self.operand, self.expected = message, operand, expected


@dataclass(slots=True, kw_only=True)
class ChainState:
    """A chain while it is read.

    `known`: the text itself made or flushed it, so it held no other rules; `whole` is as in
    `Chain`. `behind` stands for a policy that cannot be read.
    """

    name: str
    policy: str | None = None
    overlooked: str | None = None
    counters: Counters | None = None
    rules: list[Rule] = field(default_factory=list)
    place: Place | None = None
    declared: bool = False
    whole: bool = True
    known: bool = False
    behind: tuple[Rule, ...] = ()

    def at(self, number: int) -> int:
        """Where the rule of that number stands among `rules`; beyond them where none does."""
        if self.whole:
            return number - 1
        before = number - 1
        for index, rule in enumerate(self.rules):
            count = (rule.unread.count if rule.unread else None) or 1
            if before < count:
                self.rules[index : index + 1] = _parted(rule, before, count)
                return index + bool(before)
            before -= count
        return len(self.rules) + before

    def finished(self) -> Chain:
        """The chain as a value."""
        return Chain(
            name=self.name, policy=self.policy, counters=self.counters,
            rules=(*self.rules, *self.behind),
            place=self.place, declared=self.declared, overlooked=self.overlooked, whole=self.whole,
        )  # fmt: skip


def obscure(chain: ChainState, text: str, place: Place | None) -> None:
    """Nobody knows which of its rules a chain still has, after a command that cannot be read."""
    chain.rules[:] = [Rule(place=place, unread=Unread(why="torn", text=text))]


@dataclass(slots=True, kw_only=True)
class TableState:
    """A table while it is read.

    `edited` says that a command asked for what was there before; `order` names the chains as rules
    came; `left_out` stands for lines that are not there, before the next rule; `elided`: there were
    such. `done` are the commands of a script, in order.
    """

    name: str | None
    place: Place
    chains: dict[str, ChainState] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    edited: bool = False
    policies: bool = False
    order: list[str] = field(default_factory=list)
    left_out: list[Rule] = field(default_factory=list)
    elided: bool = False
    done: list[tuple[Read, Place]] = field(default_factory=list)

    def chain(self, name: str, place: Place) -> ChainState:
        """The chain of that name; one that was never declared comes into being."""
        found = self.chains.get(name)
        if found is None:
            found = self.chains[name] = ChainState(name=name, place=place)
        return found

    def append(self, name: str, rules: Iterable[Rule], place: Place) -> None:
        """Rules at the end of a chain."""
        if not self.order or self.order[-1] != name:
            self.order.append(name)
        self.chain(name, place).rules.extend(rules)

    def declare(
        self, name: str, policy: str | None, counters: Counters | None, place: Place
    ) -> None:
        """`:NAME POLICY [p:b]`, and -N; `BadCommandError` when it was declared before."""
        if len(name) > LONGEST_NAME:
            raise BadCommandError("this is too long for a chain's name", 0, NAME_EXPECTED)
        found = self.chain(name, place)
        if found.declared:
            raise BadCommandError(f"chain {name} is declared twice", 0, "a chain not named before")
        found.declared, found.place = True, place
        found.policy, found.counters = policy, counters
        self.policies = self.policies or policy is not None

    def run(self, read: Read, place: Place) -> None:
        """Carry out one command; raises `BadCommandError`."""
        self.edited = self.edited or read.letter in EDITS
        self.notes.extend(read.notes)
        command = _COMMANDS.get(read.letter)
        if command is not None:
            command(self, read, place)

    def _append(self, read: Read, place: Place) -> None:
        self.append(read.operands[0], read.rules, place)

    def _insert(self, read: Read, place: Place) -> None:
        """Rules of `-s a,b` are put in one by one at one number, so the last comes first."""
        chain = self.chain(read.operands[0], place)
        rules = chain.rules
        at = chain.at(_number(read.operands[1])) if len(read.operands) > 1 else 0
        if at > len(rules):
            self._missing(read, place)
            if not chain.known:
                above = Unread(why="gap", count=at - len(rules))
                rules.append(Rule(place=place, unread=above))
                at = len(rules)
        rules[at:at] = read.rules[::-1]

    def _delete(self, read: Read, place: Place) -> None:
        chain = self.chain(read.operands[0], place)
        rules = chain.rules
        if len(read.operands) > 1:
            self._delete_at(rules, chain.at(_number(read.operands[1])), read, place)
            return
        for rule in read.rules:
            if rule in rules:
                rules.remove(rule)
            else:
                self._missing(read, place)

    def _delete_at(self, rules: list[Rule], at: int, read: Read, place: Place) -> None:
        if at < len(rules):
            del rules[at]
        else:
            self._missing(read, place)

    def _missing(self, read: Read, place: Place) -> None:
        """The rule that a command speaks of stands in no text: the chain held others before."""
        chain = self.chain(read.operands[0], place)
        chain.whole = chain.whole and chain.known
        facts = (("chain", read.operands[0]), ("command", f"-{read.letter}"))
        self.notes.append(Note(code=codes.RULE_NOT_HERE, place=place, facts=facts))

    def _replace(self, read: Read, place: Place) -> None:
        chain = self.chain(read.operands[0], place)
        rules, at = chain.rules, chain.at(_number(read.operands[1]))
        if len(read.rules) != 1:
            raise BadCommandError("-R puts one rule in the place of one", 1, "one address")
        if at < len(rules):
            rules[at] = read.rules[0]
        else:
            self._missing(read, place)

    def _new(self, read: Read, place: Place) -> None:
        self.declare(read.operands[0], None, None, place)
        self.chains[read.operands[0]].known = True

    def _flush(self, read: Read, place: Place) -> None:
        for chain in self._asked(read, place):
            chain.rules.clear()
            chain.whole = chain.known = True

    def _asked(self, read: Read, place: Place) -> Iterable[ChainState]:
        if read.operands:
            return [self.chain(read.operands[0], place)]
        return list(self.chains.values())

    def _remove(self, read: Read, _place: Place) -> None:
        """-X CHAIN, or every user chain that is empty and that nothing jumps to."""
        used = {r.target.name for c in self.chains.values() for r in c.rules if r.target}
        for name in read.operands or list(self.chains):
            chain = self.chains.get(name)
            empty = chain is not None and not chain.rules and name not in used
            if read.operands or (empty and name not in BUILTINS):
                self.chains.pop(name, None)

    def _policy(self, read: Read, place: Place) -> None:
        name, policy = read.operands[:2]
        if policy not in ("ACCEPT", "DROP", "QUEUE"):
            raise BadCommandError(f"{policy!r} is no policy", 1, "ACCEPT or DROP")
        chain = self.chain(name, place)
        chain.behind = ()
        if name in BUILTINS:
            chain.policy = policy
        else:
            chain.overlooked = policy
        chain.counters, chain.declared = read.counters, True
        self.policies = True

    def _rename(self, read: Read, place: Place) -> None:
        """The rules that jump to the chain go on doing so: the kernel knows it by its place."""
        old, new = read.operands[:2]
        if old in self.chains and new in self.chains:
            raise BadCommandError(f"there is a chain {new} already", 1, "a name not taken")
        moved = self.chain(old, place)
        moved.name = new
        self.chains = {chain.name: chain for chain in self.chains.values()}
        for chain in self.chains.values():
            chain.rules = [_renamed(rule, old, new) for rule in chain.rules]

    def _zero(self, read: Read, place: Place) -> None:
        number = _number(read.operands[1]) if len(read.operands) > 1 else None
        none = Counters(packets=0, bytes=0)
        for chain in self._asked(read, place):
            chain.counters = chain.counters if number or chain.policy is None else none
            chain.rules = [
                replace(rule, counters=none) if number in (None, at) else rule
                for at, rule in enumerate(chain.rules, 1)
            ]


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:10]) < 1 << 31:
        raise BadCommandError(f"{text!r} is no number of a rule", 1, "a number from 1")
    return int(text[:10])


def _parted(rule: Rule, before: int, count: int) -> list[Rule]:
    """What stands for `count` rules in parts, so that one stands alone, with `before` above it."""
    if rule.unread is None or count == 1:
        return [rule]
    sizes = [size for size in (before, 1, count - before - 1) if size]
    return [replace(rule, unread=replace(rule.unread, count=size)) for size in sizes]


def _renamed(rule: Rule, old: str, new: str) -> Rule:
    if rule.target is None or rule.target.name != old:
        return rule
    return replace(rule, target=replace(rule.target, name=new))


_COMMANDS = {
    "A": TableState._append, "I": TableState._insert, "D": TableState._delete,
    "R": TableState._replace, "N": TableState._new, "F": TableState._flush,
    "X": TableState._remove, "P": TableState._policy, "E": TableState._rename,
    "Z": TableState._zero,
}  # fmt: skip
"""-C, -L and -S change nothing."""


def policy_of(table: str | None, chain: str, policy: str | None) -> str | None:
    """The policy of a built-in chain.

    Behind another's name (`:FOO DROP`, as ferm writes it) it says nothing: nft's iptables-restore
    takes it and writes `:FOO - ` (xtables-restore.c), the older one refuses it.
    """
    known = BUILTIN_CHAINS.get(table or "")
    builtin = chain in known if known is not None else chain in BUILTINS or table is not None
    return policy if builtin and policy != "-" else None
