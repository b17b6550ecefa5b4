"""Rules made ready for tracing: lowered once, however many packets ask them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from iptsim import codes
from iptsim.actions import Action
from iptsim.dataclass import dataclass, field, replace
from iptsim.extensions.arming import asks_sockets, gathers, tracks
from iptsim.extensions.lowering import conditions
from iptsim.extensions.spec import Context
from iptsim.extensions.text import write_rule, write_target
from iptsim.host import NOBODY, Host
from iptsim.late_rules import LateRules
from iptsim.model import ANY_HEADER, Chain, Match, Note, Rule, Ruleset, Table
from iptsim.netfilter.hooks import Entry, Stop, stops
from iptsim.no_collection import no_collection
from iptsim.predicate import Fact, Predicate, all_of, atoms, negate
from iptsim.tracer.rules.missing import (
    Spot,
    asked,
    done,
    label_of,
    may_do_all,
    note_of,
    number_of,
    only_led_to,
    text_of,
)
from iptsim.tracer.rules.untold_chains import is_made
from iptsim.values import format_address

_MOST_TEXTS = 20_000
_MANY = 256

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A rule lowered. `hidden` is the fact that its interface may be hidden, where that matters.

    `number` is the rule's on its host, 0 for one that only says what a text does not tell
    (`completed`); `at` its place in the chain, from 1. `reads` are the fields that the condition
    asks for, in its order, `asks` those of them that are worth telling where they were presumed,
    `opaque` is whether it asks for facts, too. `untold` is what to tell who meets a rule of
    which the text does not tell what it does, `label` how answers call that.
    """

    rule: Rule
    number: int
    at: int
    where: Context
    condition: Predicate
    actions: tuple[Action, ...]
    reads: tuple[str, ...]
    asks: frozenset[str]
    opaque: bool
    hidden: Fact | None
    untold: Note | None = None
    label: str = ""


@dataclass(slots=True, kw_only=True)
class Library:
    """The rules of a rule set on a host, lowered when first asked for.

    `payload` is the bytes after the transport header of the packet that will be asked, if told;
    with it, `told` names the fields that are told of the packet; `named` see `Context`. `limited`
    has the names (`hidden_name`) of the rules that may be limited to an interface which their
    listing hides; None: every rule of such a listing that others follow in its chain. `late` and
    `shapes` are for `kinds`, `orders` for `tied_chains.orders`, which look once, and `arms` for
    `tracks` and `gathers`.
    """

    ruleset: Ruleset
    host: Host = NOBODY
    payload: bytes | None = None
    told: frozenset[str] = frozenset()
    named: frozenset[tuple[str, str]] = frozenset()
    limited: frozenset[str] | None = None
    late: dict[str, dict[str, Chain]] = field(default_factory=dict)
    shapes: dict[str, tuple[Ready, ...]] = field(default_factory=dict)
    arms: dict[str, bool | None] = field(default_factory=dict)
    _ready: dict[tuple[str, str], tuple[Ready, ...]] = field(default_factory=dict)
    _faced: Counter[tuple[str, str]] = field(default_factory=Counter)
    _plain: dict[str, bool] = field(default_factory=dict)
    _stops: dict[tuple[str, bool], tuple[Stop, ...]] = field(default_factory=dict)
    orders: dict[tuple[str, int], tuple[tuple[Entry, ...], ...]] = field(default_factory=dict)
    _texts: dict[int, tuple[Ready, str]] = field(default_factory=dict)

    def text(self, ready: Ready) -> str:
        """`rule_text` of a rule; each of thousands of ways tells the same ones."""
        told = self._texts.get(id(ready))  # with its text a rule is kept, so no other gets its id
        if told is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            told = self._texts[id(ready)] = ready, rule_text(ready.rule, ready.where)
        return told[1]

    @property
    def tracks(self) -> bool | None:
        """Whether the rules make the kernel track connections (see `iptsim.extensions.arming`)."""
        if "tracks" not in self.arms:
            self.arms["tracks"] = tracks(self.ruleset)
        return self.arms["tracks"]

    @property
    def gathers(self) -> bool:
        """Whether they certainly make the kernel put fragments together as they arrive."""
        if "gathers" not in self.arms:
            self.arms["gathers"] = gathers(self.ruleset)
        return bool(self.arms["gathers"])

    @property
    def asks_sockets(self) -> bool:
        """Whether rules ask which socket of the host a packet has, or give it one."""
        if "asks_sockets" not in self.arms:
            self.arms["asks_sockets"] = asks_sockets(self.ruleset)
        return bool(self.arms["asks_sockets"])

    def stops(self, hook: str, *, nft: bool) -> tuple[Stop, ...]:
        """What a packet meets at a hook; see `iptsim.netfilter.hooks.stops`."""
        key = (hook, nft)
        if key not in self._stops:
            self._stops[key] = stops(self.ruleset, hook, nft=nft)
        return self._stops[key]

    def chain(self, table: Table, chain: Chain) -> tuple[Ready, ...]:
        """The rules of a chain, ready."""
        key = (table.name, chain.name)
        if key not in self._ready:
            with no_collection():
                self._ready[key] = tuple(self._lower(table, chain))
        return self._ready[key]

    def facing(self, table: Table, chain: Chain, destinations: frozenset[int]) -> tuple[Ready, ...]:
        """The rules of a chain, ready, less some that ask for one other destination alone.

        Those that are left out hang on nothing but the packet, so that those that stay are what
        they are among all.
        """
        if not self.sorts(table, chain):
            return self.chain(table, chain)
        rules, key = chain.rules, (table.name, chain.name)
        assert isinstance(rules, LateRules)
        places = rules.facing({format_address(each, 32) for each in destinations})
        self._faced[key] += len(places)
        if self._faced[key] > len(rules):
            return self.chain(table, chain)
        with no_collection():
            found = zip(places, rules.at(places), strict=True)
            told = [(at + 1, at + 1, rule) for at, rule in found]
            return tuple(self._lowered(table, chain, told))

    def sorts(self, table: Table, chain: Chain) -> bool:
        """Whether `facing` is worth its while: there are many rules, and nobody read them."""
        rules, key = chain.rules, (table.name, chain.name)
        late = isinstance(rules, LateRules) and len(rules) >= _MANY and key not in self._ready
        return late and self.ruleset.family == 4 and self._is_plain(table)

    def _is_plain(self, table: Table) -> bool:
        """Whether the rules that ask for a destination ask for nothing that nobody knows."""
        if table.name not in self._plain:
            headers = ((rule.header, rule) for rule in table.kinds)
            asking = (rule for h, rule in headers if h.dst is not None and "dst" not in h.not_)
            where = self._anywhere(table)
            parts = (atom for rule in asking for atom in atoms(asked(rule, where)))
            self._plain[table.name] = not any(isinstance(atom, Fact) for atom in parts)
        return self._plain[table.name]

    def lowered(self, table: Table, chain: Chain, rules: Sequence[Rule]) -> list[Ready]:
        """Rules as if they stood in a chain, whose places mean nothing."""
        return self._lowered(table, chain, [(0, 0, rule) for rule in rules])

    def limiting(self, names: frozenset[str]) -> Library:
        """The same rules, of which those with such a name may be limited to a hidden interface.

        Precondition: none of them may so far (`limited` is empty).
        """
        if not names:
            return self
        ready = {
            key: tuple(_limited(one, names) for one in rules) for key, rules in self._ready.items()
        }
        return replace(self, limited=names, _ready=ready)

    def _lower(self, table: Table, chain: Chain) -> list[Ready]:
        numbered = enumerate(self._numbered(chain), 1)
        return self._lowered(table, chain, [(at, number, rule) for at, (number, rule) in numbered])

    def _lowered(
        self, table: Table, chain: Chain, told: Sequence[tuple[int, int, Rule]]
    ) -> list[Ready]:
        """Rules of a chain, each with its place and its number."""
        ready = []
        covered = self._covered_from(table, chain)
        where = self.where(table, chain)
        counted = _counted([rule for _at, _number, rule in told])
        for (place, number, rule), (nth, nth_of) in zip(told, counted, strict=True):
            if nth > 1 or any(many > 1 for many in nth_of):
                here = replace(where, nth=nth, nth_of=nth_of)
            else:
                here = where
            last = place == len(chain.rules) and not leaves_no_drop(rule, chain)
            hidden = self._fact(rule, here, last=last)
            spot = Spot(number=number, where=here, table=table, covered=place > covered)
            ready.append(_ready(rule, place, spot, hidden))
        return ready

    def _anywhere(self, table: Table) -> Context:
        """Where a rule of the table stands, wherever that is."""
        return Context(family=self.ruleset.family, table=table.name, host=self.host)

    def where(self, table: Table, chain: Chain) -> Context:
        """Where the rules of a chain stand that have nothing twice."""
        return Context(
            family=self.ruleset.family,
            table=table.name,
            chain=chain.name,
            host=self.host,
            payload=self.payload,
            nft=table.nft is not False,
            nft_told=table.nft is not None,
            told=self.told,
            named=self.named,
            hooks=table.hooks_of(chain.name),
            gathers=self.gathers,
        )

    def _covered_from(self, table: Table, chain: Chain) -> int:
        """The place of the rule behind which what is not told adds no fate to those before it.

        Where anything may become of every packet, so it may of those that go on.
        """
        if self.ruleset.only is None and only_led_to(table, chain):
            return 0
        if not any(map(may_do_all, chain.kinds)):
            return len(chain.rules)
        places = (place for place, rule in enumerate(chain.rules, 1) if may_do_all(rule))
        return next(places, len(chain.rules))

    @staticmethod
    def _numbered(chain: Chain) -> Iterator[tuple[int, Rule]]:
        """Rules that stand in no text have no number, and the others theirs."""
        if not any(map(is_made, chain.rules)):
            return chain.numbered()
        numbers = replace(chain, rules=tuple(r for r in chain.rules if not is_made(r))).numbered()
        told = (number for number, _rule in numbers)
        return ((0 if is_made(rule) else next(told), rule) for rule in chain.rules)

    def _fact(self, rule: Rule, where: Context, *, last: bool) -> Fact | None:
        if self.limited is None:
            return None if last else _hidden(rule, where)
        fact = _hidden(rule, where) if self.limited else None
        return None if fact is None or fact.detail not in self.limited else fact


def leaves_no_drop(rule: Rule, chain: Chain) -> bool:
    """Whether a rule, read as it stands, keeps every packet from the chain's policy DROP.

    Who drops by policy means some packet: such a rule is seldom for every interface.
    """
    target = rule.target
    accepts = target is not None and target.name == "ACCEPT" and not rule.matches
    return chain.policy == "DROP" and accepts and rule.header == ANY_HEADER


def _counted(rules: Sequence[Rule]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The how-manieth each rule of a chain is of those like it, and so each of its matches.

    What is alike has the same name; so only what shares one is compared.
    """
    targets = Counter(_target(rule) for rule in rules)
    names = Counter(match.name for rule in rules for match in rule.matches)
    seen: Counter[Rule] = Counter()
    asked: Counter[Match] = Counter()
    for rule in rules:
        nth = _count(seen, rule) if targets[_target(rule)] > 1 else 1
        yield nth, tuple(_count(asked, m) if names[m.name] > 1 else 1 for m in rule.matches)


def _target(rule: Rule) -> str:
    return "" if rule.target is None else rule.target.name


def _count(seen: Counter[T], one: T) -> int:
    seen[one] += 1
    return seen[one]


def _ready(rule: Rule, place: int, spot: Spot, hidden: Fact | None) -> Ready:
    when = asked(rule, spot.where)
    found = tuple(atoms(when))
    reads = tuple(dict.fromkeys([atom.field for atom in found if not isinstance(atom, Fact)]))
    asks = set(reads)
    if rule.header.fragment is None and not any(m.has("--fragfirst") for m in rule.matches):
        # Every match on a port asks it; only who asks for nothing else is worth telling.
        asks.discard("fragment")
    return Ready(
        rule=rule,
        number=number_of(rule, spot.number),
        at=place,
        where=spot.where,
        condition=when if hidden is None else all_of((when, negate(hidden))),
        actions=done(rule, spot),
        reads=reads,
        asks=frozenset(asks),
        opaque=hidden is not None or any(isinstance(atom, Fact) for atom in found),
        hidden=hidden,
        untold=note_of(rule, spot),
        label=label_of(rule, spot),
    )


def _limited(ready: Ready, names: frozenset[str]) -> Ready:
    fact = _hidden(ready.rule, ready.where)
    if fact is None or fact.detail not in names:
        return ready
    condition = all_of((ready.condition, negate(fact)))
    return replace(ready, hidden=fact, condition=condition, opaque=True)


def _hidden(rule: Rule, where: Context) -> Fact | None:
    """The fact that a listing without -v may hide this rule's interface."""
    if "interfaces" not in rule.hides:
        return None
    name = hidden_name(rule, where)
    return Fact(
        key=f"{name} is limited to an interface that the listing hides",
        code=codes.HIDDEN_INTERFACE,
        detail=name,
    )


def hidden_name(rule: Rule, where: Context) -> str:
    """How a fact on a hidden interface calls its rule: by its text, as both sides of a diff do."""
    again = f" (no. {where.nth})" if where.nth > 1 else ""
    text = rule_text(rule, where).partition(" ")[2].partition(" ")[2]
    return f"{where.table} {where.chain} «{text}»{again}"


def rule_text(rule: Rule, where: Context) -> str:
    """The rule as iptables-save writes it; what no extension knows as the listing has it."""
    if rule.unread is not None:
        return text_of(rule, rule_text(replace(rule, unread=None), where), where)
    return write_rule(where.chain, rule, where.family, shown=True)


def deed_text(ready: Ready) -> str:
    """What the rule does, as iptables-save writes its target; the whole rule where it has none."""
    target = ready.rule.target
    if target is None:
        return rule_text(ready.rule, ready.where)
    return write_target(target, ready.where.family, shown=True)


def first_failed(ready: Ready, split: Callable[[Predicate], tuple[bool, bool]]) -> str:
    """The words of the first condition that fails; of several ways at once, that may fail.

    `split` says whether a predicate can hold and whether it can fail. '' where all that is listed
    holds: then only an interface that the listing hides can fail.
    """
    parts = [(text, split(part)) for text, part in conditions(ready.rule, ready.where)]
    never = (text for text, (yes, _no) in parts if not yes)
    maybe = (text for text, (_yes, no) in parts if no)
    return next(never, next(maybe, ""))
