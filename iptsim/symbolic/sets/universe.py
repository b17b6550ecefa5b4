"""Which boolean variables stand for which field, and conditions as diagrams over them.

A number has a variable for each bit, the highest first. Names and interface names are counted: an
interface name counts by which of the patterns it fits, for that is all that rules can tell of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.packet import FIELDS, Kind
from iptsim.predicate import And, Bits, Fact, InSet, Interface, Not, OneOf, Or, Predicate, atoms
from iptsim.symbolic.sets.diagrams import Manager
from iptsim.values import InterfacePattern, IntSet, Masked, stem_of
from iptsim.worlds.domains import InterfaceSet, NameSet, NumberSet, VariableSet
from iptsim.worlds.terms import Known, Mixed, Stepped, Term
from iptsim.worlds.variables import Variable, Variables

ORDER = ("dst", "proto", "dport", "src", "sport", "in", "out")
"""The fields that are asked first, if nothing speaks for another order; see `Universe.order`."""
ONE_FACT = "the one fact"
"""The block of the number of a fact, where at most one of several is so; see `numbered_facts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The variables of a field: `width` of them from number `first` on.

    `choices` are the names or interface classes that the number counts; none for a number. `of` is
    what a walk calls the field's value; None where the block is of a fact.
    """

    name: str
    first: int
    width: int
    choices: tuple[object, ...] = ()
    of: Variable | None = field(default=None, compare=False)
    backwards: tuple[int, ...] = field(init=False, compare=False, repr=False)
    """The variables, the last first: what a manager is asked with again and again."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "backwards", tuple(reversed(self.numbers)))

    @property
    def numbers(self) -> range:
        """The variables, the highest bit first."""
        return range(self.first, self.first + self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Values of one field: disjoint masked patterns over its bits."""

    parts: tuple[Masked, ...]
    width: int

    @property
    def ranges(self) -> IntSet | None:
        """The values as ranges, None where a mask has holes."""
        ranges = []
        for part in self.parts:
            free = ((1 << self.width) - 1) ^ part.mask
            if free & (free + 1):
                return None
            ranges.append((part.value, part.value | free))
        return IntSet.of(ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Interface names that rules cannot tell apart.

    With `name` that one name; with `under` those that begin so and that no longer pattern and no
    name of a rule takes out; with neither all the rest.
    """

    name: str | None = None
    under: str | None = None

    def fits(self, pattern: InterfacePattern) -> bool:
        """Whether its names fit a pattern: all of them do or none."""
        if self.name is not None:
            return self.name in pattern
        return pattern.wildcard and (self.under or "").startswith(pattern.text[:-1])


def classes(patterns: Iterable[InterfacePattern]) -> tuple[Class, ...]:
    """The classes that these patterns tell apart, the rest first."""
    asked = sorted({pattern.text for pattern in patterns})
    names = [Class(name=text) for text in asked if not text.endswith("+")]
    unders = [Class(under=stem_of(text)) for text in asked if text.endswith("+")]
    return (Class(), *unders, *names)


class Universe:
    """The variables of one manager. Every rule set that is compared must use the same one.

    The fields of `order` are asked first, in that order; the others follow as they come.
    """

    def __init__(
        self, manager: Manager, interfaces: Sequence[Class], order: Sequence[str] = ORDER
    ) -> None:
        self.manager, self.order = manager, order
        self.blocks: dict[str, Block] = {}
        self.facts: dict[str, Fact] = {}
        self.numbered: dict[str, int] = {}  # facts by their number in the block of the one fact
        self.variables: list[str] = []  # the names of the blocks that are of no fact
        self.block_of: dict[int, Block] = {}
        self._others: dict[tuple[object, ...], tuple[int, ...]] = {}
        self._interfaces = tuple(interfaces)
        self._memo: dict[int, tuple[Predicate, Any]] = {}
        self._sets: dict[tuple[int, IntSet], Any] = {}
        self._domains: dict[tuple[str, int], tuple[VariableSet, Any]] = {}
        self._asks: dict[int, tuple[Predicate, tuple[str, ...]]] = {}
        self.asked: dict[object, tuple[object, Predicate]] = {}

    def declare(self, name: str, domain: VariableSet) -> Block:
        """The block of a field that the packet came with, of that kind; see `block`."""
        return self.blocks.get(name) or self.block(Variable(field=name), domain)

    def block(self, variable: Variable, domain: VariableSet) -> Block:
        """The block of a variable of that kind, made when it is first asked for."""
        name = variable.name
        if name not in self.blocks:
            choices = self._choices(name, domain)
            least = max(1, (len(choices) - 1).bit_length())
            width = domain.width if isinstance(domain, NumberSet) else least
            first = self.manager.add(width)
            self.variables.append(name)
            self._add(Block(name=name, first=first, width=width, choices=choices, of=variable))
        return self.blocks[name]

    def _add(self, block: Block) -> None:
        self.blocks[block.name] = block
        self.block_of |= dict.fromkeys(block.numbers, block)

    @property
    def blocks_of_facts(self) -> list[Block]:
        """The blocks that tell facts, the last first."""
        return [block for block in reversed(self.blocks.values()) if block.of is None]

    def others(self, *blocks: Block) -> tuple[int, ...]:
        """The variables of all other blocks, the last first; made once until there are more."""
        key = (id(self.blocks), len(self.blocks), *[block.first for block in blocks])
        if key not in self._others:
            kept = {number for block in blocks for number in block.numbers}
            every = (n for block in self.blocks.values() for n in block.numbers if n not in kept)
            self._others[key] = tuple(sorted(every, reverse=True))
        return self._others[key]

    def alone(self, held: Any, block: Block) -> Any:
        """The values of one field that a set has, as a set of that field."""
        return self.manager.without(held, self.others(block))

    def _choices(self, name: str, domain: VariableSet) -> tuple[object, ...]:
        if isinstance(domain, InterfaceSet):
            return self._interfaces
        if isinstance(domain, NameSet):
            known = FIELDS.get(name)
            told = known is not None and known.kind is Kind.NAME
            return known.names if known and told else tuple(sorted(domain.every))
        return ()

    def within(self, name: str, domain: VariableSet) -> Any:
        """Where a variable lies in `domain`."""
        found = self._domains.get((name, id(domain)))
        if found is None:
            # The domain is kept, so that no other one gets its id.
            found = domain, self._within(self.declare(name, domain), domain)
            self._domains[name, id(domain)] = found
        return found[1]

    def _asked_by(self, predicate: Predicate) -> tuple[str, ...]:
        """The variables that a condition asks for."""
        found = self._asks.get(id(predicate))
        if found is None:
            asked = [a.field for a in atoms(predicate) if not isinstance(a, Fact)]
            # The predicate is kept, so that no other one gets its id.
            found = self._asks[id(predicate)] = (predicate, tuple(dict.fromkeys(asked)))
        return found[1]

    def room(self, predicate: Predicate, domains: Variables) -> Any:
        """Where every variable that a condition asks for lies in its domain."""
        held = self.manager.true
        for name in self._asked_by(predicate):
            if name not in self.blocks:
                self.block(domains.variable(name), domains[name])
            held &= self.within(name, domains[name])
        return held

    def _within(self, block: Block, domain: VariableSet) -> Any:
        if isinstance(domain, NumberSet):
            inside = self.numbers(block, domain.ranges) & self.masked(block, domain.fits)
            for hole in domain.holes:
                inside &= ~self.masked(block, hole)
            return inside
        if isinstance(domain, NameSet):
            return self._chosen(block, lambda choice: choice in domain.names)
        return self._chosen(block, lambda choice: _in_interfaces(choice, domain))

    def of(self, predicate: Predicate) -> Any:
        """Where a condition on declared variables holds."""
        found = self._memo.get(id(predicate))
        if found is None:
            # The predicate is kept, so that no other one gets its id.
            found = self._memo[id(predicate)] = (predicate, self._compile(predicate))
        return found[1]

    def bits(self, term: Term, width: int, domains: Mapping[str, VariableSet]) -> list[Any]:
        """What a number field holds, bit by bit, the highest first."""
        match term:
            case Known(value=int(value)):
                return [self._constant(value >> n & 1) for n in reversed(range(width))]
            case Variable(name=name):
                block = self.block(term, domains[name])
                return [self.manager.variable(number) for number in block.numbers]
            case Stepped(variable=variable, values=values):
                block = self.block(variable, domains[variable.name])
                return [self._stepped(block, values, n) for n in reversed(range(width))]
            case Mixed():
                return self._mixed(term, width, domains)
            case _:
                raise TypeError(f"{term!r} has no bits")

    def _constant(self, value: int) -> Any:
        return self.manager.true if value else self.manager.false

    def _stepped(self, block: Block, values: tuple[int, ...], bit: int) -> Any:
        fitting = ((x, x) for x, value in enumerate(values) if value >> bit & 1)
        return self.numbers(block, IntSet.of(fitting))

    def _mixed(self, term: Mixed, width: int, domains: Mapping[str, VariableSet]) -> list[Any]:
        found = [self._constant(term.constant >> n & 1) for n in reversed(range(width))]
        for variable, mask in term.parts:
            block = self.block(variable, domains[variable.name])
            for place, number in enumerate(block.numbers):
                if mask >> (width - 1 - place) & 1:
                    found[place] ^= self.manager.variable(number)
        return found

    def equal(
        self, block: Block, term: Term, domains: Mapping[str, VariableSet], within: Any
    ) -> Any:
        """Where in `within` a block holds what a term holds; see `alike`."""
        if isinstance(term, Known) and isinstance(term.value, str):
            return within & self._chosen(block, lambda choice: _is_name(choice, str(term.value)))
        if isinstance(term, Known) and isinstance(term.value, int):
            return within & self._prefix(term.value, 0, block.first, block.width)
        held = within
        for number, bit in zip(block.numbers, self.bits(term, block.width, domains), strict=True):
            held &= ~(bit ^ self.manager.variable(number))
        return held

    def alike(self, one: Term, other: Term, domains: Mapping[str, VariableSet], within: Any) -> Any:
        """Where in `within` two terms of one number field hold the same.

        Bit by bit in there: that two free numbers are equal is no small diagram.
        """
        terms = (one, other)
        width = max(self._width(term, domains) for term in terms)
        held = within
        for bit, twin in zip(*(self.bits(term, width, domains) for term in terms), strict=True):
            held &= ~(bit ^ twin)
        return held

    def _width(self, term: Term, domains: Mapping[str, VariableSet]) -> int:
        match term:
            case Variable(name=name):
                return self.block(term, domains[name]).width
            case Known(value=int(value)):
                return value.bit_length()
            case Stepped():
                return 8
            case Mixed(parts=parts):
                return max(self.block(one, domains[one.name]).width for one, _mask in parts)
            case _:
                return 0

    def fact(self, fact: Fact) -> Any:
        """Where an opaque fact is so: the same key is the same variable everywhere."""
        name = f"fact {fact.key}"
        self.facts.setdefault(name, fact)
        if name in self.numbered:
            return self.numbers(self.blocks[ONE_FACT], IntSet.single(self.numbered[name]))
        if name not in self.blocks:
            self.block_of_facts(name, 1)
        return self.manager.variable(self.blocks[name].first)

    def block_of_facts(self, name: str, width: int) -> None:
        """Make the variables that tell a fact, or which one of several is so."""
        self._add(Block(name=name, first=self.manager.add(width), width=width))

    def _compile(self, predicate: Predicate) -> Any:
        match predicate:
            case Not(part=part):
                return ~self.of(part)
            case And(parts=parts):
                return self._together(parts)
            case Or(parts=parts):
                return ~self._together(tuple(Not(part=part) for part in parts))
            case Fact():
                return self.fact(predicate)
            case _:
                return self._atom(predicate)

    def _together(self, parts: tuple[Predicate, ...]) -> Any:
        held: Any = self.manager.true
        sets = [~self.of(part.part) if isinstance(part, Not) else self.of(part) for part in parts]
        # What is asked last comes first: the other way round, each step goes through all before it.
        for one in sorted(sets, key=lambda each: self.manager.top(each) or 0, reverse=True):
            held &= one
        return held

    def _atom(self, atom: InSet | Bits | Interface | OneOf) -> Any:
        block = self.blocks[atom.field]
        if isinstance(atom, InSet):
            return self.numbers(block, atom.values)
        if isinstance(atom, Bits):
            return self.masked(block, atom.test)
        if isinstance(atom, OneOf):
            return self._chosen(block, lambda choice: choice in atom.names)
        pattern = atom.pattern
        return self._chosen(
            block, lambda choice: isinstance(choice, Class) and choice.fits(pattern)
        )

    def numbers(self, block: Block, values: IntSet) -> Any:
        """Where a field has one of these numbers."""
        key = (block.first, values)
        if key not in self._sets:
            whole = IntSet.width(block.width)
            self._sets[key] = self._ranges((values & whole).ranges, block.first, block.width)
        return self._sets[key]

    def _ranges(self, ranges: tuple[tuple[int, int], ...], number: int, width: int) -> Any:
        """The numbers of `width` bits in `ranges`, by halves."""
        if not ranges:
            return self.manager.false
        if ranges[0] == (0, (1 << width) - 1):
            return self.manager.true
        if len(ranges) == 1 and _is_block(*ranges[0]):
            first, last = ranges[0]
            return self._prefix(first, (first ^ last).bit_length(), number, width)
        half = 1 << (width - 1)
        low = tuple((a, min(b, half - 1)) for a, b in ranges if a < half)
        high = tuple((max(a, half) - half, b - half) for a, b in ranges if b >= half)
        rest = (number + 1, width - 1)
        return self.manager.choose(number, self._ranges(high, *rest), self._ranges(low, *rest))

    def _prefix(self, value: int, free: int, number: int, width: int) -> Any:
        """Where `width` variables from `number` on, but for the last `free`, are those of value."""
        held: Any = self.manager.true
        for bit in range(free, width):
            variable: Any = self.manager.variable(number + width - 1 - bit)
            held = variable & held if value >> bit & 1 else held & ~variable
        return held

    def masked(self, block: Block, test: Masked) -> Any:
        """Where a declared field, masked, has that value."""
        held: Any = self.manager.true
        for bit in range(min(block.width, test.mask.bit_length())):
            if test.mask >> bit & 1:
                variable: Any = self.manager.variable(block.first + block.width - 1 - bit)
                held &= variable if test.value >> bit & 1 else ~variable
        return held if not test.value >> block.width else self.manager.false

    def product(self, product: Mapping[str, Values]) -> Any:
        """Where every field has one of its values."""
        held: Any = self.manager.true
        for name, values in product.items():
            parts = self.manager.false
            for part in values.parts:
                parts |= self.masked(self.blocks[name], part)
            held &= parts
        return held

    def _chosen(self, block: Block, wanted: Any) -> Any:
        fitting = [(n, n) for n, choice in enumerate(block.choices) if wanted(choice)]
        return self.numbers(block, IntSet.of(fitting))


def _is_block(low: int, high: int) -> bool:
    """Whether the numbers are all those that begin with the same bits."""
    size = high - low + 1
    return not (size & high - low or low & high - low)


def _is_name(choice: object, name: str) -> bool:
    return choice.name == name if isinstance(choice, Class) else choice == name


def _in_interfaces(choice: object, domain: InterfaceSet) -> bool:
    if not isinstance(choice, Class):
        return False
    inside = domain.fits is None or choice.fits(domain.fits)
    return inside and not any(choice.fits(hole) for hole in domain.holes)
