"""What the counters of a dump show: which rules were met, and which grew until a later dump.

Source: iptables/xshared.c, print_num: what a listing rounds to thousands it rounds half up, and
what it rounds to millions twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dataclass import dataclass
from iptsim.diff.align import align
from iptsim.model import BUILTIN_CHAINS, Chain, Counters, Dump, Rule, Ruleset, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A count, from `low` to `high`: alike where it is exact."""

    low: int
    high: int

    def __add__(self, other: Span) -> Span:
        return Span(low=self.low + other.low, high=self.high + other.high)

    def since(self, before: Span) -> Span:
        """By how much it grew; below 0 only where the counter was set back."""
        return Span(low=self.low - before.high, high=self.high - before.low)

    @property
    def is_exact(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class MetRule:
    """A rule's packets and bytes, None where the dump tells none; `grown`: more packets, later."""

    number: int
    rule: Rule
    packets: Span | None
    bytes: Span | None
    grown: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetChain:
    """A chain's counters: `came` is how many packets came to it, by the rules that lead there.

    `policy` are the packets that its policy decided.
    """

    family: int
    table: Table
    chain: Chain
    came: Span | None
    policy: Span | None
    rules: tuple[MetRule, ...]
    policy_grown: Span | None = None


def met_counts(dump: Dump, later: Dump | None = None) -> Iterator[MetChain]:
    """The chains of which a rule or the policy has counters; of `later`, beside the dump before.

    Rules are the same where they ask and do the same, in their order.
    """
    for ruleset in (later or dump).rulesets:
        yield from met_chains(ruleset, dump.family(ruleset.family) if later is not None else None)


def met_chains(ruleset: Ruleset, before: Ruleset | None = None) -> Iterator[MetChain]:
    """The chains of one rule set of which a rule or the policy has counters."""
    for table in ruleset.tables:
        old = before.table(table.name) if before is not None else None
        led = _led(table)
        for chain in table.chains:
            found = _chain(ruleset, table, chain, old.chain(chain.name) if old else None, led)
            if found.policy is not None or any(each.packets for each in found.rules):
                yield found


def _chain(
    ruleset: Ruleset,
    table: Table,
    chain: Chain,
    old: Chain | None,
    led: dict[str, Span | None],
) -> MetChain:
    before = _same_rules(old, chain) if old is not None else {}
    rules = tuple(
        _rule(number, rule, before.get(at)) for at, (number, rule) in enumerate(chain.numbered())
    )
    built_in = chain.name in BUILTIN_CHAINS.get(table.name, ())
    policy = packets_of(chain.counters) if built_in else None
    was = packets_of(old.counters) if old is not None and built_in else None
    return MetChain(
        family=ruleset.family,
        table=table,
        chain=chain,
        came=None if built_in else led.get(chain.name),
        policy=policy,
        rules=rules,
        policy_grown=policy.since(was) if policy is not None and was is not None else None,
    )


def _rule(number: int, rule: Rule, before: Rule | None) -> MetRule:
    packets = packets_of(rule.counters)
    was = packets_of(before.counters) if before is not None else None
    return MetRule(
        number=number,
        rule=rule,
        packets=packets,
        bytes=_span(rule.counters, 1),
        grown=packets.since(was) if packets is not None and was is not None else None,
    )


def _same_rules(old: Chain, chain: Chain) -> dict[int, Rule]:
    """By the place of a rule the one that it was before."""
    return {new: old.rules[was] for was, new in align(old.rules, chain.rules)}


def _led(table: Table) -> dict[str, Span | None]:
    """By chain, the packets of all rules that lead there; None where one tells none."""
    found: dict[str, Span | None] = {}
    for chain in table.chains:
        for rule in chain.rules:
            if rule.target is not None:
                name, packets = rule.target.name, packets_of(rule.counters)
                before = found.get(name, Span(low=0, high=0))
                found[name] = before + packets if before and packets else None
    return found


def packets_of(counters: Counters | None) -> Span | None:
    """The packets that counters tell."""
    return _span(counters, 0)


def _span(counters: Counters | None, column: int) -> Span | None:
    if counters is None:
        return None
    value = (counters.packets, counters.bytes)[column]
    return rounded(value, counters.units[column])


def rounded(value: int, unit: int) -> Span:
    """What may have been counted where a listing shows so much, in units of 1, 1,000, …."""
    low = high = value // unit
    while unit > 1:
        low, high = low * 1000 - 500, high * 1000 + 499
        unit //= 1000
    return Span(low=low, high=high)


def unmet(rules: Sequence[MetRule]) -> tuple[int, ...]:
    """The numbers of the rules that no packet met."""
    return tuple(
        each.number for each in rules if each.packets is not None and not each.packets.high
    )
