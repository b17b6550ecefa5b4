"""Where a rule of nftables stands: its context, its table, the rule itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from iptsim.dataclass import dataclass
from iptsim.extensions.spec import Context
from iptsim.extensions.text import write_rule
from iptsim.model import Rule, Table
from iptsim.nftables.element_index import Indexed, indexed
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import AnonymousSet, Expression, MapLookup, SetReference
from iptsim.nftables.nft_ruleset import NftRule, NftSet, NftTable
from iptsim.nftables.nft_statements import Assignment, Match, Nat, Statement, VerdictMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """A rule and its surroundings; without `table` it is not asked from where packets come."""

    where: Context
    home: NftTable
    rule: NftRule
    written: Rule
    table: Table | None = None

    @property
    def label(self) -> str:
        """The rule's name, for what is its own unknown."""
        again = f", no. {self.where.nth}" if self.where.nth > 1 else ""
        text = write_rule(self.where.chain, self.written, self.where.family)
        return f"{self.where.table} {self.where.chain} «{text}»{again}"

    def draw(self, words: str, of: Expression) -> str:
        """The name of what a rule draws by chance: the same one whatever is done with it then.

        Of several in one chain each is drawn anew.
        """
        chain = self.home.chain_of.get(self.where.chain)
        before = takewhile(lambda rule: rule is not self.rule, () if chain is None else chain.rules)
        nth = 1 + sum(_draws(rule, of) for rule in before)
        again = f", no. {nth}" if nth > 1 else ""
        return f"{self.where.table} {self.where.chain} «{words}»{again}"

    @property
    def leaves_device(self) -> bool | None:
        """Whether it is asked where a packet is handed to a device; None: there and elsewhere."""
        if self.home.family != "netdev" or "EGRESS" not in self.where.hooks:
            return False
        return True if len(self.where.hooks) == 1 else None

    @property
    def types(self) -> frozenset[str]:
        """The types of the base chains that lead here, of all of them where none is known to."""
        based = [chain for chain in self.home.chains if chain.hook is not None]
        leading = () if self.table is None else self.table.leading_to(self.where.chain)
        own = [chain for chain in based if chain.name in leading]
        return frozenset(chain.hook.type for chain in own or based if chain.hook is not None)

    @property
    def ipv4(self) -> bool:
        """Whether packets are of IPv4."""
        return self.where.family == 4

    @property
    def address_width(self) -> int:
        """The width of the packets' addresses in bits."""
        return 32 if self.ipv4 else 128

    def index_of(self, held: AnonymousSet | SetReference, elements: Sequence[Element]) -> Indexed:
        """The elements by their keys; of a named set they are put in order once."""
        if isinstance(held, AnonymousSet):
            return indexed(elements)
        known = self.home.indexes
        if held.name not in known:
            known[held.name] = indexed(elements)
        return known[held.name]

    def named_set(self, held: AnonymousSet | SetReference) -> NftSet | None:
        """The set or map of the table that a reference names; None for an anonymous one."""
        return self.home.set_of.get(held.name) if isinstance(held, SetReference) else None


def _draws(rule: NftRule, of: Expression) -> bool:
    """Whether a rule compares it or looks it up."""
    return any(of in _asked(one) for one in rule.statements)


def _asked(one: Statement) -> tuple[Expression, ...]:
    match one:
        case Match(left=asked) | VerdictMap(key=asked):
            return (asked,)
        case Nat(address=address, port=port):
            return tuple(each.key for each in (address, port) if isinstance(each, MapLookup))
        case Assignment(value=MapLookup(key=asked)):
            return (asked,)
        case _:
            return ()
