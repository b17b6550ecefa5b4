"""All tables of nftables as tables of iptables, for packets of one family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim.dataclass import dataclass, field
from iptsim.errors import Place as TextPlace
from iptsim.nftables import nft_statements as nft
from iptsim.nftables.nft_ruleset import NftChain, NftRule, NftRuleset, NftTable
from iptsim.packet import HOOKS
from iptsim.to_save.chain_names import Names
from iptsim.to_save.save_lines import UnsaidError
from iptsim.to_save.save_places import (
    TABLES,
    bears_company,
    led_from,
    needs_inner,
    only_drops,
    table_of,
)
from iptsim.to_save.save_rules import Chains, say
from iptsim.to_save.save_values import Place

_FAMILIES = {4: ("ip", "inet"), 6: ("ip6", "inet")}
_BUILTIN = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": HOOKS,
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}


class NotInSaveError(Exception):
    """A part of a rule set that iptables has no words for, with its place.

    `text` is the line that it stands in, `words` where the part begins in it.
    """

    def __init__(self, what: str, place: TextPlace | None, text: str, words: str) -> None:
        super().__init__(what)
        self.what, self.place, self.text, self.words = what, place, text, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A chain that iptables calls otherwise."""

    table: str
    chain: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Text of iptables-save; "" where no table is for the family. What is called otherwise."""

    text: str
    renamed: tuple[Renamed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Based:
    table: NftTable
    chain: NftChain
    led: tuple[NftChain, ...]
    to: str

    @property
    def hook(self) -> str:
        assert self.chain.hook is not None
        return self.chain.hook.hook.upper()


def saved(ruleset: NftRuleset, family: int, taken: Sequence[str] = ()) -> Saved:
    """The tables that packets of a family meet; `taken` are tables that iptables has already.

    Raises `NotInSaveError` for the first part that cannot be said.
    """
    based = [one for table in ruleset.tables for one in _bases(table, family)]
    for one in based:
        if one.to in taken:
            raise _refused(UnsaidError(f"*{one.to}"), one.chain)
    made = [_Made(name=name, family=family) for name in TABLES]
    for table in made:
        table.write([one for one in based if one.to == table.name])
    text = "".join(table.text for table in made)
    return Saved(text=text, renamed=tuple(one for table in made for one in table.renamed))


def left_out(tables: Sequence[NftTable]) -> tuple[str, ...]:
    """The chains that no base chain leads to: whatever they hold, no packet meets it."""
    return tuple(
        f"{table.family} {table.name} {chain.name}"
        for table in tables
        for led in [{c.name for b in table.chains if b.hook for c in led_from(b, table)}]
        for chain in table.chains
        if chain.name not in led
    )


def _bases(table: NftTable, family: int) -> Iterator[_Based]:
    if table.family == "arp" or (
        table.family in ("ip", "ip6") and table.family not in _FAMILIES[family]
    ):
        return
    _whole(table)
    for chain in table.chains:
        if chain.hook is not None:
            led = led_from(chain, table)
            writes = any(
                isinstance(one, nft.Assignment | nft.Unknown | nft.Xt)
                for each in led for rule in each.rules for one in rule.statements
            )  # fmt: skip
            try:
                to = table_of(chain.hook, writes=writes)
            except UnsaidError as none:
                raise _refused(none, chain) from None
            yield _Based(table=table, chain=chain, led=led, to=to)


def _whole(table: NftTable) -> None:
    """Raises where a table cannot be said as a whole."""
    shown = f"table {table.family} {table.name}"
    if table.family in ("bridge", "netdev"):
        raise NotInSaveError(shown, table.place, shown, table.family)
    if table.xtables is not None:
        raise NotInSaveError(f"{table.xtables} (iptables-nft)", table.place, shown, table.name)
    for word in (*table.unread, *sorted(table.flags & {"dormant"})):
        raise NotInSaveError(word or "…", table.place, shown, table.name)
    for chain in table.chains:
        if not chain.whole:
            raise _refused(UnsaidError("…"), chain)


def _refused(none: UnsaidError, chain: NftChain, rule: NftRule | None = None) -> NotInSaveError:
    if rule is not None:
        return NotInSaveError(none.what, rule.place, rule.text, none.words)
    return NotInSaveError(none.what, chain.place, f"chain {chain.name}", chain.name)


@dataclass(slots=True, kw_only=True)
class _Made:
    """One table of iptables that is being made."""

    name: str
    family: int
    text: str = ""
    renamed: list[Renamed] = field(default_factory=list)

    def write(self, based: Sequence[_Based]) -> None:
        """The table with all its chains; nothing where no base chain hooks there."""
        if not based:
            return
        names = Names()
        rules: dict[str, list[str]] = {hook: [] for hook in _BUILTIN[self.name]}
        policies = dict.fromkeys(_BUILTIN[self.name], "ACCEPT")
        for table in {id(one.table): one.table for one in based}.values():
            own = [one for one in based if one.table is table]
            self._table(table, own, based, names, rules)
        for one in based:
            assert one.chain.hook is not None
            if one.chain.hook.policy == "drop":
                policies[one.hook] = "DROP"
        self.text = "".join(f"{line}\n" for line in self._lines(rules, policies))

    def _lines(
        self, rules: Mapping[str, Sequence[str]], policies: Mapping[str, str]
    ) -> Iterator[str]:
        yield f"*{self.name}"
        for chain in rules:
            yield f":{chain} {policies.get(chain, '-')} [0:0]"
        for lines in rules.values():
            yield from lines
        yield "COMMIT"

    def _table(
        self,
        table: NftTable,
        own: Sequence[_Based],
        based: Sequence[_Based],
        names: Names,
        rules: dict[str, list[str]],
    ) -> None:
        called: dict[str, str] = {}
        hooks: dict[str, set[str]] = {}
        for one in own:
            for chain in one.led:
                hooks.setdefault(chain.name, set()).add(one.hook)
        for name in hooks:
            first = next((one for one in own if one.chain.name == name), None)
            main = first is not None and self._is_main(first, based)
            if first is not None and main and not needs_inner(first.chain):
                called[name] = first.hook
                continue
            called[name] = names.take(name)
            rules[called[name]] = []
            if first is not None:
                at = len(rules[first.hook]) if main else 0
                rules[first.hook].insert(at, f"-A {first.hook} -j {called[name]}")
            if called[name] != name:
                told = f"{table.family} {table.name}"
                self.renamed.append(Renamed(table=told, chain=name, name=called[name]))
        for name, led in hooks.items():
            self._chain(table, table.chain_of[name], frozenset(led), called, names, rules)

    def _is_main(self, one: _Based, based: Sequence[_Based]) -> bool:
        """Whether it is the one of its place that may do more than drop packets."""
        others = [each for each in based if each.hook == one.hook and each is not one]
        if not others:
            return True
        doing = [each for each in (one, *others) if not _drops(each)]
        main = doing[0] if doing else next(each for each in based if each.hook == one.hook)
        if len(doing) > 1 or not bears_company(main.led):
            raise _refused(UnsaidError(f"2 × {one.hook} ({self.name})"), one.chain)
        return one is main

    def _chain(
        self,
        table: NftTable,
        chain: NftChain,
        hooks: frozenset[str],
        called: Mapping[str, str],
        names: Names,
        rules: dict[str, list[str]],
    ) -> None:
        name = called[chain.name]
        place = Place(
            family=self.family,
            home=table,
            table=self.name,
            hooks=hooks,
            builtin=name in _BUILTIN[self.name],
        )
        chains = Chains(place=place, names=called, fresh=names.fresh, rules=rules)
        for rule in chain.rules:
            try:
                say(rule, name, chains)
            except UnsaidError as none:
                raise _refused(none, chain, rule) from None


def _drops(one: _Based) -> bool:
    assert one.chain.hook is not None
    return one.chain.hook.policy == "accept" and only_drops(one.led)
