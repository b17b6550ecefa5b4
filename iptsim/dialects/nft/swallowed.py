"""Blocks whose middle was left out, so that one's head has another's lines below it.

nft lists a base chain's hook before its rules, and lists it once (`chain_print`, nft's rule.c).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from iptsim.dataclass import replace
from iptsim.dialects.nft.outline import Block, Piece
from iptsim.dialects.nft.outside import is_left_out, is_stray
from iptsim.native_tables import NativeRule, native_table
from iptsim.nftables.nft_ruleset import NftSet, NftTable
from iptsim.regex import regex

UNNAMED = "?"
"""The name of a chain whose head is left out; nft gives none such."""
_TORN = regex(r"type\s+(?:filter|nat|route)\b")
_HOOK = regex(r"type\s+(?:filter|nat|route)\s+hook\s")
_DECIDES_ALL = regex(
    r"(?:counter(?: packets \d+ bytes \d+)? )?(?:accept|drop|return|reject|goto \S+)"
)
_HOOKED = regex(r"type\s+(?:filter|nat|route)\s+hook\s.*\spriority\s")


def parted(block: Block, taken: Iterable[str]) -> Sequence[Block]:
    """A chain's block, or one for each chain whose lines stand in it; `taken` are others' names."""
    cuts = [*_cuts(block.body)]
    if not cuts:
        return (block,)
    bodies = [block.body[start:end] for start, end in pairwise((0, *cuts, len(block.body)))]
    names = _names({*taken})
    others = [
        replace(block, head=f"chain {next(names)}", line=body[0].line, handle=None, body=body)
        for body in bodies[1:]
    ]
    return (replace(block, body=bodies[0]), *others)


def _cuts(body: Sequence[Piece | Block]) -> Iterator[int]:
    """Where another chain's lines begin: behind what says so, above the hook."""
    said, hooked = 0, False
    for at, each in enumerate(body):
        if not isinstance(each, Piece):
            continue
        if is_left_out(each.text):
            said = at + 1
        elif _HOOK.match(each.text) is not None:
            if said or hooked:
                yield said or at
            said, hooked = 0, True


def _names(taken: set[str]) -> Iterator[str]:
    """Names for chains whose own are not there."""
    number = 1
    while True:
        name = UNNAMED * number
        number += 1
        if name not in taken:
            yield name


def hides_a_hook(block: Block) -> bool:
    """Whether another chain's hook may be hidden in a chain without one.

    It is torn, or left out where it would stand, or what is left out stands between rules of which
    the first lets no packet through to the others.
    """
    texts = [each.text if isinstance(each, Piece) else each.head for each in block.body]
    if any(map(_HOOKED.match, texts)):
        return False
    return any(map(_TORN.match, texts)) or any(
        is_left_out(text) and (at == 0 or _ends_here(texts, at)) for at, text in enumerate(texts)
    )


def _ends_here(texts: Sequence[str], at: int) -> bool:
    return at + 1 < len(texts) and _DECIDES_ALL.fullmatch(texts[at - 1]) is not None


def all_led_to(names: Sequence[str], table: NftTable) -> bool:
    """Whether rules of the table lead to each of these chains: none of them has a hook then."""
    if not names:
        return True
    rules = (rule for chain in native_table(table).chains for rule in chain.rules)
    aims = {name for rule in rules if isinstance(rule, NativeRule) for name in rule.aims}
    return aims.issuperset(names)


def untyped(made: NftSet) -> bool:
    """Whether a set's type is left out, without which nft makes none: elements may be, too."""
    return not (made.key_type or made.unread)


def has_rules(block: Block, unread: Iterable[str]) -> bool:
    """Whether lines of a set's block, of which some cannot be read, are rather a chain's."""
    lines = (each.text for each in block.body if isinstance(each, Piece))
    strays = ("{" not in text and is_stray(text) for text in unread)
    return any(_HOOK.match(text) for text in lines) or any(strays)


def in_part(table: NftTable) -> NftTable:
    """A table of which a filter took lines out of nft's output."""
    chains = tuple(replace(each, whole=False) for each in table.chains)
    sets = tuple(replace(each, unread=(*each.unread, "")) for each in table.sets)
    return replace(table, chains=chains, sets=sets)
