"""Tables of iptables as tables of nftables that do the same, and what of them cannot be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.extensions.arming import tracks
from iptsim.extensions.spec import Context
from iptsim.host import NOBODY, Host
from iptsim.model import Chain, Note, Rule, Ruleset, Table
from iptsim.native_tables import is_twin, native_table
from iptsim.nftables.expressions import Ct, Number
from iptsim.nftables.nft_ruleset import NftChain, NftRule, NftRuleset, NftTable
from iptsim.nftables.nft_statements import Match, Unknown, Verdict
from iptsim.to_nft.hooks_of_tables import hook_of
from iptsim.to_nft.nft_names import chain_names
from iptsim.to_nft.ways_of_rules import NotSaidError, Way, way_of

TRACKING, _NEW = "connection-tracking", 8
PREFIX = "iptables-"
"""A table's own name is that of iptables-nft, which would take a table of nft's for its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """The tables, notes on what is said otherwise, and on what is not said at all."""

    ruleset: NftRuleset
    notes: tuple[Note, ...] = ()
    unsaid: tuple[Note, ...] = ()


def converted(rulesets: Sequence[Ruleset], host: Host = NOBODY) -> Converted:
    """All tables of a host: those of nftables as they are, those of iptables said anew.

    What cannot be said stands as a comment in its place.
    """
    natives: list[NftTable] = []
    notes: list[Note] = []
    unsaid: list[Note] = []
    made: list[NftTable] = []
    for ruleset in rulesets:
        own = [t for t in ruleset.tables if t.nft_table is None]
        parts = [_Table(table=table, family=ruleset.family, host=host) for table in own]
        made += _tracking(replace(ruleset, tables=tuple(own)), [one.written() for one in parts])
        notes += [note for one in parts for note in one.notes]
        unsaid += [note for one in parts for note in one.unsaid]
    names = {f"{t.family} {t.name.removeprefix(PREFIX)}" for t in made}
    for nft in {id(r.nft): r.nft for r in rulesets if r.nft is not None}.values():
        twins = frozenset(name.split()[1] for name in names)
        natives += [t for t in nft.tables if not (is_twin(t, twins) and _named(t) in names)]
    unsaid += [_written_by_iptables(t) for t in natives if t.xtables is not None]
    tables = (*made, *natives)
    return Converted(ruleset=NftRuleset(tables=tables), notes=tuple(notes), unsaid=tuple(unsaid))


def _tracking(ruleset: Ruleset, made: list[NftTable]) -> list[NftTable]:
    """The tables, with a chain that nothing leads to where no rule makes the kernel track any more.

    A rule does so by what it is made of, though it never matches; without tracking nft asks no
    chain of type nat.
    """
    new = replace(ruleset, tables=tuple(map(native_table, made)))
    if not made or tracks(ruleset) is not True or tracks(new) is not False:
        return made
    asked = Match(left=Ct(key="state"), operator="in", right=Number(value=_NEW))
    chain = NftChain(
        name=TRACKING, rules=(NftRule(statements=(asked,), comment="keeps connections tracked"),)
    )
    *others, last = made
    return [*others, replace(last, chains=(*last.chains, chain))]


def _named(table: NftTable) -> str:
    return f"{table.family} {table.name}"


def _written_by_iptables(table: NftTable) -> Note:
    facts = (("table", _named(table)), ("sign", table.xtables or ""))
    return Note(code=codes.TABLE_NOT_SAID_IN_NFT, place=table.place, facts=facts)


@dataclass(slots=True, kw_only=True)
class _Table:
    table: Table
    family: int
    host: Host
    notes: list[Note] = field(default_factory=list)
    unsaid: list[Note] = field(default_factory=list)

    def written(self) -> NftTable:
        """The table in nft's words."""
        names = chain_names(chain.name for chain in self.table.chains)
        for old, new in names.items():
            if old != new:
                facts = (("chain", old), ("name", new), ("table", self.table.name))
                self.notes.append(Note(code=codes.CHAIN_RENAMED, facts=facts))
        chains = [one for chain in self.table.chains for one in self._chain(chain, names)]
        family = "ip" if self.family == 4 else "ip6"
        base = [chain for chain in chains if chain.hook is not None]
        others = [chain for chain in chains if chain.hook is None]
        return NftTable(family=family, name=PREFIX + self.table.name, chains=(*base, *others))

    def _chain(self, chain: Chain, names: Mapping[str, str]) -> Iterator[NftChain]:
        """The chain; what stands behind a rule that is passed over is a chain of its own."""
        if not chain.whole:
            facts = (("table", self.table.name), ("chain", chain.name))
            self.unsaid.append(Note(code=codes.CHAIN_IN_PART, place=chain.place, facts=facts))
        parts: list[list[NftRule]] = [[]]
        for number, rule in chain.numbered():
            way = self._way(chain, number, rule, names)
            if way.passed:
                rest = f"{names[chain.name]}.{len(parts) + 1}"
                on = Verdict(kind="goto", chain=rest)
                parts[-1] += [NftRule(statements=(*when, on)) for when in way.passed]
                parts[-1] += [*way.rules, NftRule(statements=(on,))]
                parts.append([])
            else:
                parts[-1] += way.rules
        yield self._first(chain, names[chain.name], parts[0])
        for number, rules in enumerate(parts[1:], 2):
            yield NftChain(name=f"{names[chain.name]}.{number}", rules=tuple(rules))

    def _first(self, chain: Chain, name: str, rules: list[NftRule]) -> NftChain:
        hook = None
        if chain.name in self.table.builtin:
            hook = hook_of(self.table.name, chain)
        return NftChain(name=name, hook=hook, rules=tuple(rules))

    def _way(self, chain: Chain, number: int, rule: Rule, names: Mapping[str, str]) -> Way:
        where = Context(
            family=self.family,
            table=self.table.name,
            chain=chain.name,
            host=self.host,
            nft=self.table.nft is not False,
            nft_told=self.table.nft is not None,
            hooks=self.table.hooks_of(chain.name),
        )
        facts = (("table", self.table.name), ("chain", chain.name), ("rule", str(number)))
        try:
            way = way_of(rule, where, self.table, names)
        except NotSaidError as none:
            told = (*facts, ("what", none.what))
            self.unsaid.append(Note(code=codes.RULE_NOT_SAID_IN_NFT, place=rule.place, facts=told))
            comment = Unknown(text=f"# not said in nft ({none.what}): {none.text}")
            return Way(rules=(NftRule(statements=(comment,)),))
        self.notes += [Note(code=code, place=rule.place, facts=facts) for code in way.remarks]
        return way
