"""Whether rules of a table name chains, sets or objects that the text does not show.

The kernel takes no such rule (nf_tables_api.c, nft_chain_lookup, nft_set_lookup_global): the table
is shown in part, and it may have other base chains, too.
"""

from __future__ import annotations

from iptsim.nftables.nft_ruleset import NftTable
from iptsim.regex import regex

_NAMED = regex(
    r'(?:counter|limit|quota) name "(?P<object>[^"]*)"|"[^"]*"'
    r"|@(?!(?:ll|nh|th|ih),)(?P<set>[\w./\\-]+)|\b(?:jump|goto) (?P<chain>[^\s{};,\"$]+)"
)


def shows_part(table: NftTable) -> bool:
    """Whether something that is in the table is not in the text.

    What `nft list set` and `nft list counters` print has no chain.
    """
    if not table.chains:
        return bool(table.sets or table.objects or table.flowtables)
    named = {
        (found.lastgroup, found[found.lastgroup])
        for found in _NAMED.finditer("\n".join(_texts(table)))
        if found.lastgroup is not None
    }
    return not named <= _known(table)


def _texts(table: NftTable) -> list[str]:
    return [rule.text for chain in table.chains for rule in chain.rules]


def _known(table: NftTable) -> set[tuple[str | None, str]]:
    return {
        *(("chain", each.name) for each in table.chains),
        *(("set", each.name) for each in table.sets),
        *(("set", each.name) for each in table.flowtables),
        *(("object", each.name) for each in table.objects),
    }
