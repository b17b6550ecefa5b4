"""What of a rule is compared: its meaning, less what one of the texts cannot show.

What a listing loses: interfaces without -v, a bare `-m tcp` (iptables(8), -L), and the options
that an extension declares as lossy.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from iptsim.dataclass import dataclass, fields, replace
from iptsim.diff.changed_sets import native_meaning
from iptsim.extensions.registry import matches
from iptsim.model import Chain, Dump, Header, Match, Option, Rule
from iptsim.nftables.nft_ruleset import NftRule
from iptsim.nftables.nft_statements import Match as NftMatch

_INTERFACES = frozenset({"in", "out"})
Part = tuple[str, Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """Through which rules are looked at.

    `comments` compares `-m comment` too, `interfaces` is False where a side does not tell them,
    `listing` is True where a side was read from a listing. `changed` are the sets and objects of
    nftables that differ.
    """

    comments: bool = False
    interfaces: bool = True
    listing: bool = False
    changed: frozenset[str] = frozenset()

    def meaning(self, rule: Rule) -> Rule:
        """The rule with all that is not compared taken out; equal rules do the same."""
        if rule.nft is not None:
            return native_meaning(rule, self.changed, comments=self.comments)
        kept = tuple(self._match(match) for match in rule.matches if self._counts(match, rule))
        header = rule.header if self.interfaces else _without_interfaces(rule.header)
        return replace(rule, header=header, matches=kept)

    def parts(self, rule: Rule) -> tuple[Part, ...]:
        """The single things that a rule asks and does, each named, for telling rules alike."""
        if rule.nft is not None:
            return tuple(_native_parts(rule.nft))
        return tuple(_parts(self.meaning(rule)))

    def _counts(self, match: Match, rule: Rule) -> bool:
        if match.name == "comment":
            return self.comments
        return bool(match.options or match.raw) or not _is_bare(match, rule)

    def _match(self, match: Match) -> Match:
        known = matches().get(match.name)
        if known is None or not self.listing or not known.lossy:
            return match
        return replace(match, options=tuple(_shown(match, known.lossy)))


def _shown(match: Match, lossy: tuple[str, ...]) -> Iterator[Option]:
    """An option whose value is lost goes; of one whose `!` is lost (`! --quota`) that goes."""
    for option in match.options:
        if f"! {option.name}" in lossy:
            yield replace(option, negate=False)
        elif option.name not in lossy:
            yield option


def _is_bare(match: Match, rule: Rule) -> bool:
    """Whether the match asks no more than `-p` does: `-p tcp -m tcp`."""
    known = matches().get(match.name)
    return (
        known is not None
        and known.implied_by is not None
        and known.implied_by == rule.header.proto
        and "proto" not in rule.header.not_
    )


def _without_interfaces(header: Header) -> Header:
    if header.in_ is None and header.out is None:
        return header
    return replace(header, in_=None, out=None, not_=header.not_ - _INTERFACES)


def _parts(rule: Rule) -> Iterator[Part]:
    for field in fields(Header):
        name = field.name.rstrip("_")
        yield name, (getattr(rule.header, field.name), name in rule.header.not_)
    yield "names", rule.address_names
    for match in rule.matches:
        for option in match.options:
            yield f"{match.name} {option.name}", option
        if not match.options:
            yield match.name, match.raw
    target = rule.target
    yield "target", (target and (target.name, target.goto))
    yield "target options", (target and (target.options, target.raw))


def _native_parts(rule: NftRule) -> Iterator[Part]:
    """Comparisons by what they compare, other statements by their kind."""
    for one in rule.statements:
        compared = one.left if isinstance(one, NftMatch) else None
        yield f"{type(one).__name__} {compared}", one


def hides_interfaces(chain: Chain | None) -> bool:
    """Whether a rule of the chain was read from a text without interface columns."""
    if chain is None or not chain.rules:
        return False
    return any("interfaces" in rule.hides for rule in chain.kinds)


def from_listing(dump: Dump) -> bool:
    """Whether something in the dump is as only a listing has it."""
    return any(
        chain.references is not None or hides_interfaces(chain)
        for ruleset in dump.rulesets
        for table in ruleset.tables
        for chain in table.chains
    )
