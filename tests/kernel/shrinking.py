"""A rule set and a packet made small while something stays so of them (delta debugging)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from iptsim.model import Chain, Header, Match, Rule, Ruleset, Table
from iptsim.packet import Packet

Sent = tuple[Packet, str]
_FIELDS = (
    "payload", "length", "tos", "ttl", "mark", "uid", "gid", "ext_headers", "icmp_code",
    "icmp_type", "tcp_options", "tcp_mss", "tcp_flags", "sport", "dport", "mac_src", "in_", "src",
    "dst", "proto",
)  # fmt: skip
Keeps = Callable[[Ruleset, Sent], bool]


@dataclass(slots=True)
class Shrinker:
    """`keeps` says whether a smaller case still shows what is looked for; it is asked until
    `deadline` (time.monotonic) at most.
    """

    keeps: Keeps
    seconds: float = 15.0
    deadline: float = field(init=False)
    rules: Ruleset = field(init=False)
    sent: Sent = field(init=False)

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.seconds

    def shrink(self, rules: Ruleset, sent: Sent) -> tuple[Ruleset, Sent]:
        """The smallest case that was found."""
        self.rules, self.sent = rules, sent
        while self._pass():
            pass
        return self.rules, self.sent

    def _pass(self) -> bool:
        """Tries every way to make the case smaller, once; whether one was found."""
        smaller = [self._try_rules(one) for one in (_tables, _halves, _chains, _rules, _parts)]
        smaller.append(self._try_packet())
        return any(smaller) and time.monotonic() < self.deadline

    def _try_rules(self, ways: Callable[[Ruleset], Iterator[Ruleset]]) -> bool:
        """Takes the first way that keeps, and goes on from there until none does."""
        found, again = False, True
        while again:
            again = False
            for way in ways(self.rules):
                if time.monotonic() > self.deadline:
                    return found
                if self.keeps(way, self.sent):
                    self.rules, found, again = way, True, True
                    break
        return found

    def _try_packet(self) -> bool:
        packet, hook = self.sent
        found = False
        for name in _FIELDS:
            if not getattr(packet, name) or time.monotonic() > self.deadline:
                continue
            plain = packet.with_(**{name: b"" if name == "payload" else None})
            if name == "proto":
                plain = plain.with_(sport=None, dport=None, icmp_type=None, icmp_code=None)
            if self.keeps(self.rules, (plain, hook)):
                packet, found = plain, True
                self.sent = (packet, hook)
        return found


def _with_table(rules: Ruleset, table: Table, new: Table | None) -> Ruleset:
    tables = (new if one is table else one for one in rules.tables)
    return replace(rules, tables=tuple(one for one in tables if one is not None))


def _with_chain(rules: Ruleset, table: Table, chain: Chain, new: Chain | None) -> Ruleset:
    chains = (new if one is chain else one for one in table.chains)
    return _with_table(rules, table, replace(table, chains=tuple(c for c in chains if c)))


def _every_chain(rules: Ruleset) -> Iterator[tuple[Table, Chain]]:
    for table in rules.tables:
        for chain in table.chains:
            yield table, chain


def _tables(rules: Ruleset) -> Iterator[Ruleset]:
    for table in rules.tables:
        yield _with_table(rules, table, None)


def _halves(rules: Ruleset) -> Iterator[Ruleset]:
    """Each chain without half of its rules."""
    for table, chain in _every_chain(rules):
        middle = len(chain.rules) // 2
        if middle:
            for half in (chain.rules[:middle], chain.rules[middle:]):
                yield _with_chain(rules, table, chain, replace(chain, rules=half))


def _chains(rules: Ruleset) -> Iterator[Ruleset]:
    """Without a user chain and the jumps to it; without a policy."""
    for table, chain in _every_chain(rules):
        if chain.policy is None:
            others = (c for c in table.chains if c is not chain)
            kept = tuple(replace(c, rules=_without_jumps(c, chain.name)) for c in others)
            yield _with_table(rules, table, replace(table, chains=kept))
        elif chain.policy != "ACCEPT":
            yield _with_chain(rules, table, chain, replace(chain, policy="ACCEPT"))


def _without_jumps(chain: Chain, name: str) -> tuple[Rule, ...]:
    return tuple(r for r in chain.rules if r.target is None or r.target.name != name)


def _rules(rules: Ruleset) -> Iterator[Ruleset]:
    for table, chain in _every_chain(rules):
        for at in range(len(chain.rules)):
            kept = (*chain.rules[:at], *chain.rules[at + 1 :])
            yield _with_chain(rules, table, chain, replace(chain, rules=kept))


def _parts(rules: Ruleset) -> Iterator[Ruleset]:
    """Each rule without a part of its condition or without its target."""
    for table, chain in _every_chain(rules):
        for at, rule in enumerate(chain.rules):
            for plainer in _plainer(rule):
                changed = (*chain.rules[:at], plainer, *chain.rules[at + 1 :])
                yield _with_chain(rules, table, chain, replace(chain, rules=changed))


def _plainer(rule: Rule) -> Iterator[Rule]:
    for at, match in enumerate(rule.matches):
        rest = rule.matches[:at], rule.matches[at + 1 :]
        yield replace(rule, matches=(*rest[0], *rest[1]))
        for fewer in _fewer_options(match):
            yield replace(rule, matches=(*rest[0], fewer, *rest[1]))
    for header in _plainer_headers(rule.header):
        yield replace(rule, header=header)
    if rule.target is not None:
        yield replace(rule, target=None)


def _fewer_options(match: Match) -> Iterator[Match]:
    if len(match.options) > 1:
        for option in match.options:
            kept = tuple(one for one in match.options if one is not option)
            yield replace(match, options=kept)
    for at, option in enumerate(match.options):
        if option.negate:
            plain = (*match.options[:at], replace(option, negate=False), *match.options[at + 1 :])
            yield replace(match, options=plain)


def _plainer_headers(header: Header) -> Iterator[Header]:
    for field_ in ("src", "dst", "in_", "out", "proto", "fragment"):
        if getattr(header, field_) is not None:
            without = header.not_ - {field_.rstrip("_")}
            yield replace(header, **{field_: None}, not_=without)
