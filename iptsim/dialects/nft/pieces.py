"""Whether a text shows a table in part, and how that can be seen.

The kernel takes no rule that names a chain, a set or an object that is not there (nf_tables_api.c,
nft_chain_lookup, nft_set_lookup_global). Of `nft list ruleset`, which shows all, nothing is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim import codes
from iptsim.native_tables import NativeRule, native_table
from iptsim.nftables.nft_ruleset import NftChain, NftTable
from iptsim.regex import regex

Why = tuple[str, str]
_NAMED = regex(
    r'(?:counter|limit|quota) name "(?P<object>[^"]*)"|"[^"]*"'
    r"|@(?!(?:ll|nh|th|ih),)(?P<set>[\w./\\-]+)|\b(?:jump|goto) (?P<chain>[^\s{};,\"$]+)"
)
_HOOKS = frozenset({"prerouting", "input", "forward", "output", "postrouting", "ingress", "egress"})
_SHORT = frozenset({"in", "out", "fwd", "incoming", "outgoing", "ingoing", "pre", "post"})
_NAMES = _HOOKS | _SHORT | {"dstnat", "srcnat"}
"""Names of base chains that say nothing else."""
_MOST_TOLD = 4


def why_in_part(table: NftTable, *, listed: bool, whole: bool) -> Why | None:
    """The code of the note that says so, and what it names; None where all may be there.

    `whole`: the text is a listing of all tables. `listed`: it shows tables, and makes none.
    """
    if not table.chains:
        shown = bool(table.sets or table.objects or table.flowtables)
        return (codes.NFT_WITHOUT_CHAINS, "") if shown and not whole else None
    if absent := _absent(table):
        return codes.NFT_NAMED_ABSENT, _few(absent)
    if whole and not table.fresh:
        return None
    if all(chain.hook is None for chain in table.chains):
        held = any(chain.rules for chain in table.chains)
        return (codes.NFT_WITHOUT_HOOKS, "") if held else None
    lost = _lost(table) if listed else []
    return (codes.NFT_HOOK_LOST, _few(lost)) if lost else None


def _few(names: Sequence[str]) -> str:
    more = ("…",) if len(names) > _MOST_TOLD else ()
    return ", ".join((*names[:_MOST_TOLD], *more))


def _absent(table: NftTable) -> list[str]:
    """What rules name and the table has not."""
    texts = "\n".join(rule.text for chain in table.chains for rule in chain.rules)
    named = {
        (found.lastgroup, found[found.lastgroup])
        for found in _NAMED.finditer(texts)
        if found.lastgroup is not None
    }
    return sorted(f"@{name}" if kind == "set" else name for kind, name in named - _known(table))


def _known(table: NftTable) -> set[tuple[str | None, str]]:
    return {
        *(("chain", each.name) for each in table.chains),
        *(("set", each.name) for each in table.sets),
        *(("set", each.name) for each in table.flowtables),
        *(("object", each.name) for each in table.objects),
    }


def _lost(table: NftTable) -> list[str]:
    """The chains without a hook that seem to have one, and to which nothing leads."""
    found = [chain.name for chain in table.chains if _seems_hooked(chain)]
    if not found:
        return []
    rules = (rule for chain in native_table(table).chains for rule in chain.rules)
    led = {name for rule in rules if isinstance(rule, NativeRule) for name in rule.aims}
    return [name for name in found if name not in led]


def _seems_hooked(chain: NftChain) -> bool:
    """`INPUT`, `srcnat`, `in`; but `nat_output` is a name that healthy tables give their own."""
    if chain.hook is not None or not chain.rules:
        return False
    return chain.name.lower() in _NAMES
