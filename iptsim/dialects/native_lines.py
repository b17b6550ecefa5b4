"""What the lines of a text are that tell of nftables."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dialects.joining.beside import Beside
from iptsim.nftables.nft_ruleset import NftRule, NftRuleset
from iptsim.nftables.nft_statements import Unknown

RULE, PART, CHAIN, TABLE, UNREAD = "rule", "part", "chain", "table", "unread"


def native_lines(beside: Beside) -> Iterator[tuple[int, str]]:
    """Each line that is nft's with what it is, as `Account` names it; what is said last holds."""
    read = beside.nft()
    if read is None:
        return
    yield from ((line, TABLE) for line in beside.taken)
    yield from _of_tables(read.ruleset)
    for note in read.notes:
        if note.code == codes.NFT_LINE_NOT_READ and note.place is not None:
            yield note.place.line, UNREAD


def _of_tables(ruleset: NftRuleset) -> Iterator[tuple[int, str]]:
    for table in ruleset.tables:
        for chain in table.chains:
            if chain.place is not None:
                yield chain.place.line, CHAIN
            told = [(rule.place.line, is_part(rule)) for rule in chain.rules if rule.place]
            yield from ((line, PART if part else RULE) for line, part in told)


def is_part(rule: NftRule) -> bool:
    """Whether a rule is known only in part."""
    return any(isinstance(each, Unknown) for each in rule.statements)
