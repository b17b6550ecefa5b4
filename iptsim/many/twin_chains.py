"""Chains that differ in single addresses and ports, in names and comments alone, told as such."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import partial
from operator import eq, ne
from socket import inet_aton

from iptsim.actions import Action, Add, Branch, CopyBits, SetBits, Translate
from iptsim.dataclass import dataclass
from iptsim.late_rules import LateRules, Parted, Spelled
from iptsim.many.address_classes import AddressClasses
from iptsim.many.quick_conditions import Condition, Test
from iptsim.many.quick_rules import QuickRule, is_certain
from iptsim.many.ways import NotPlainError
from iptsim.model import Table
from iptsim.predicate import Fact, atoms
from iptsim.values import format_address
from iptsim.worlds.domains import ADDRESS_FIELDS
from iptsim.worlds.terms import holds

LONG = 256
"""Rules of a chain of which those alone are looked at that may ask for the packet's destination."""
MOST_TWINS = 20_000
"""Chains that are kept."""
_NONE = Parted(
    shape="", spelled=Spelled(same=("",), operands=()), values=(), addresses=(), ports=(),
    words=(), led=(), leads=(),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Twin:
    """A chain, or those of its rules that stand at `places`.

    `shape` is the same object for chains that do alike: what differs is in `parted`.
    """

    name: str
    shape: object
    parted: Parted
    words: tuple[str, ...]
    addresses: tuple[int, ...]
    ports: tuple[int, ...]
    places: Sequence[int] | None
    hooks: frozenset[str]
    """The hooks whose packets come to it."""


class TwinChains:
    """The chains that packets came to, each parted once; `classes` are those of IPv4 addresses."""

    def __init__(self, classes: AddressClasses) -> None:
        self._classes = classes
        self._twins: dict[Hashable, Twin | None] = {}
        self._shapes: dict[Hashable, object] = {}
        self._tables: dict[int, Table] = {}

    def of(
        self, table: Table, name: str, destination: str, caller: str | None = None
    ) -> Twin | None:
        """The chain of that name, for packets to that address; None for one that is not parted.

        A rule of `caller` leads to it.
        """
        found = self._twins.get((id(table), name))
        if found is not None:
            return found
        narrow = (id(table), name, destination)
        found = self._twins.get(narrow)
        if found is None and narrow not in self._twins:
            found = self._keep(table, name, destination, caller)
        return found

    def _keep(self, table: Table, name: str, destination: str, caller: str | None) -> Twin | None:
        if len(self._twins) >= MOST_TWINS:
            self._twins.clear()
        self._tables[id(table)] = table  # so that no other has its number
        found = self._made(table, name, destination, caller)
        whole = found is not None and found.places is None
        self._twins[(id(table), name) if whole else (id(table), name, destination)] = found
        return found

    def _made(self, table: Table, name: str, destination: str, caller: str | None) -> Twin | None:
        chain = table.by_name.get(name)
        if chain is None:
            return None
        rules = chain.rules
        if not isinstance(rules, LateRules):
            return None if rules else self._twin(_NONE, None, name, (frozenset(), name, id(chain)))
        long = len(rules) >= LONG
        places = rules.facing((destination,)) if long else None
        told = rules.parted(places) if places is None or len(places) < LONG else None
        if told is None:
            return None
        hooks = table.hooks_of(name) if caller is None else table.hooks_by(caller, name)
        return self._twin(told, places, name, (frozenset(hooks), name if long else ""))

    def _twin(
        self, told: Parted, places: Sequence[int] | None, name: str,
        of: tuple[frozenset[str], *tuple[Hashable, ...]],
    ) -> Twin:  # fmt: skip
        addresses = [int.from_bytes(inet_aton(one)) for one in told.addresses]
        kind = (told.shape, of, *map(self._classes, addresses))
        shape = self._shapes.get(kind)
        if shape is None:
            shape = self._shapes[kind] = object()
        return Twin(
            name=name,
            shape=shape,
            parted=told,
            words=told.words if places is None else (*told.words, *[str(p + 1) for p in places]),
            addresses=tuple(addresses),
            ports=tuple(map(int, told.ports)),
            places=places,
            hooks=of[0],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What rules ask of addresses and ports, but whether one is that of an operand."""

    addresses: tuple[Test, ...]
    ports: tuple[Test, ...]

    @classmethod
    def of(cls, rules: Iterable[tuple[QuickRule, Twin]]) -> Asked:
        """What the rules ask; `NotPlainError` where one does more than can be told so."""
        tests: dict[bool, list[Test]] = {True: [_is_zero], False: []}
        for rule, twin in rules:
            _refuse(rule)
            values = set(twin.parted.values)
            for name, test in (*_tests(rule.condition), *_given(rule.ready.actions)):
                if _may_vary(name) and not _is_operand(name, test, values):
                    tests[name in ADDRESS_FIELDS].append(test)
        return cls(addresses=tuple(tests[True]), ports=tuple(tests[False]))

    def answers(self, addresses: Iterable[int], ports: Iterable[int]) -> Hashable:
        """What comes of it for each; those that are the same answer once."""
        return tuple(map(tuple, self.each(dict.fromkeys(addresses), dict.fromkeys(ports))))

    def each(self, addresses: Iterable[int], ports: Iterable[int]) -> tuple[list[bool], list[bool]]:
        """What comes of it for each."""
        return (
            [test(one) for one in addresses for test in self.addresses],
            [test(one) for one in ports for test in self.ports],
        )


def _is_zero(address: object) -> bool:
    return address == 0


def _refuse(rule: QuickRule) -> None:
    """Refuse what hangs on more than tests of single fields, and rewrites that compute."""
    facts = [fact for fact, _wanted in rule.condition.facts]
    inner = [a for p in rule.condition.others for a in atoms(p)]
    facts += [atom for atom in inner if isinstance(atom, Fact)]
    if any(fact.told is not None or fact.visited for fact in facts):
        raise NotPlainError
    for action in rule.ready.actions:
        plain = not isinstance(action, Translate) or _is_plain(action)
        touches = isinstance(action, SetBits | Add) and _may_vary(action.field)
        copies = isinstance(action, CopyBits) and (_may_vary(action.to) or _may_vary(action.source))
        if isinstance(action, Branch) or touches or copies or not plain:
            raise NotPlainError


def _may_vary(name: str) -> bool:
    return name in ADDRESS_FIELDS or "port" in name


def _is_plain(action: Translate) -> bool:
    return is_certain(action) or (action.addresses is None and action.ports is None)


def _tests(condition: Condition) -> Iterator[tuple[str, Test]]:
    yield from condition.tests
    for atom in (atom for part in condition.others for atom in atoms(part)):
        if not isinstance(atom, Fact):
            yield atom.field, _holds(atom)


def _holds(atom: object) -> Test:
    return lambda value: holds(atom, value)  # type: ignore[arg-type]  # no Fact


def _given(actions: Sequence[Action]) -> Iterator[tuple[str, Test]]:
    """Whether a value is already what a target gives."""
    for action in actions:
        if isinstance(action, Translate):
            for name, given in (("src", action.addresses), ("sport", action.ports)):
                if given is not None:
                    yield name, partial(eq, given.ranges[0][0])


def _is_operand(name: str, test: Test, values: set[str]) -> bool:
    """Whether it compares with a value of the rules, which the pattern of equal values tells."""
    if getattr(test, "func", None) not in (eq, ne):
        return False
    (one,) = test.args  # type: ignore[attr-defined]  # it is partial(eq, one)
    return (format_address(one, 32) if name in ADDRESS_FIELDS else str(one)) in values
