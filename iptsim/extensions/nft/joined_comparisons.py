"""`udp sport != 22 udp dport != 53`: two conditions, or one, as the nft that loaded them had it.

nft joins comparisons of fields that stand side by side in a header to one. Of `==` that is the
same; of `!=` the joined one asks whether any of them differs (nftables 1.0.6, src/payload.c,
payload_try_merge; findings/nft-not-merged.sh). A listing prints both alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from iptsim import codes
from iptsim.nftables.expressions import Address, Number, Payload, Symbol
from iptsim.nftables.nft_statements import Match, Statement
from iptsim.predicate import Fact, Predicate, all_of, any_of

_NEIGHBOURS = frozenset(
    frozenset(pair)
    for pair in (("sport", "dport"), ("type", "code"), ("ttl", "protocol"), ("nexthdr", "hoplimit"))
)
_OF_IPV4 = frozenset({"saddr", "daddr"})
"""IPv6's addresses are too long for one comparison."""


def joined(statements: Sequence[Statement]) -> Mapping[int, tuple[int, int]]:
    """The places of comparisons that nft may have joined, each with those of the pair."""
    pairs = (
        (one, other) for one, other in combinations(_differing(statements), 2)
        if _side_by_side(statements[one], statements[other])
    )  # fmt: skip
    return {at: pair for pair in pairs for at in pair}


def either(one: Predicate, other: Predicate, text: str) -> Predicate:
    """Certain where both hold or none does; a fact where one does."""
    fact = Fact(key=f"joined {text}", code=codes.COMPARISONS_JOINED, detail=text)
    return any_of((all_of((one, other)), all_of((any_of((one, other)), fact))))


def _differing(statements: Sequence[Statement]) -> Iterator[int]:
    for at, one in enumerate(statements):
        match one:
            case Match(operator="!=", left=Payload(), right=Address() | Number() | Symbol()):
                yield at
            case _:
                pass


def _side_by_side(one: Statement, other: Statement) -> bool:
    assert isinstance(one, Match)
    assert isinstance(other, Match)
    first, second = one.left, other.left
    assert isinstance(first, Payload)
    assert isinstance(second, Payload)
    fields = frozenset({first.field, second.field})
    if first.protocol != second.protocol:
        return False
    return fields in _NEIGHBOURS or (fields == _OF_IPV4 and first.protocol == "ip")
