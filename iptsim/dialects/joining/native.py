"""The tables of nftables that texts tell, put beside the rule sets of iptables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.joining.beside import Beside, Held
from iptsim.model import Note, Ruleset
from iptsim.native_tables import with_native
from iptsim.nftables.nft_ruleset import NftRuleset, NftTable

_FAMILIES = {"ip": (4,), "ip6": (6,)}
_OF_ONE_TABLE = frozenset(
    {codes.NFT_OF_IPTABLES, codes.NFT_NAMED_ABSENT, codes.NFT_WITHOUT_CHAINS}
    | {codes.NFT_WITHOUT_HOOKS, codes.NFT_HOOK_LOST}
)


def native(
    besides: Iterable[Beside], held: Mapping[Held, bool | None]
) -> tuple[NftRuleset | None, list[Note]]:
    """The tables of all texts, and the notes on them; `held` are the iptables tables, as told.

    What nft lists of a table that iptables itself tells is left out: it is the same table.
    """
    found: dict[tuple[str, str], NftTable] = {}
    notes: list[Note] = []
    whole = False
    for beside in besides:
        read = beside.nft()
        if read is None:
            continue
        whole = whole or read.ruleset.whole
        told = [table for table in read.ruleset.tables if not _is_held(table, held)]
        found |= {(table.family, table.name): table for table in told}
        notes += [note for note in read.notes if _counts(note, found)]
    if not found and not notes:
        return None, []
    return NftRuleset(tables=tuple(found.values()), whole=whole), notes


def _is_held(table: NftTable, held: Mapping[Held, bool | None]) -> bool:
    families = _FAMILIES.get(table.family, ())
    return table.xtables is not None and any(
        held.get((family, table.name), False) is not False for family in families
    )


def _counts(note: Note, found: Mapping[tuple[str, str], NftTable]) -> bool:
    """Whether a note is of a table that is kept."""
    if note.code not in _OF_ONE_TABLE:
        return True
    family, _, name = dict(note.facts)["table"].partition(" ")
    return (family, name) in found


def families_of(nft: NftRuleset) -> Sequence[int]:
    """The families whose packets the tables may decide about."""
    told = {family for table in nft.tables for family in _FAMILIES.get(table.family, (4, 6))}
    return sorted(told)


def beside_nft(rulesets: Sequence[Ruleset], nft: NftRuleset | None) -> list[Ruleset]:
    """Each rule set with the tables of nftables, and one for each other family of these."""
    if nft is None:
        return list(rulesets)
    known = {each.family for each in rulesets}
    more = [Ruleset(family=family) for family in families_of(nft) if family not in known]
    own = sorted((*rulesets, *more), key=lambda each: each.family)
    return [with_native(replace(each, nft=nft)) for each in own]
