"""Where a rule of nftables stands: its context, its table, the rule itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

from iptsim.dataclass import dataclass, fields
from iptsim.extensions.spec import Context
from iptsim.extensions.text import write_rule
from iptsim.model import Rule
from iptsim.nftables.element_index import Indexed, indexed
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import AnonymousSet, Expression, SetReference
from iptsim.nftables.nft_ruleset import NftRule, NftSet, NftTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """A rule and its surroundings."""

    where: Context
    home: NftTable
    rule: NftRule
    written: Rule

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
        nth = 1 + sum(of in _parts(rule) for rule in before)
        again = f", no. {nth}" if nth > 1 else ""
        return f"{self.where.table} {self.where.chain} «{words}»{again}"

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


def _parts(one: Any) -> Iterator[Any]:
    """A rule's statements, and all that they are made of, elements of sets aside."""
    if isinstance(one, tuple):
        for part in one:
            yield from _parts(part)
    elif isinstance(one, NftRule):
        yield from _parts(one.statements)
    elif hasattr(type(one), "__dataclass_fields__") and not isinstance(one, AnonymousSet):
        yield one
        for field in fields(type(one)):
            yield from _parts(getattr(one, field.name))
