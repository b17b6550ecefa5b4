"""What a draw decides (`-m statistic --mode random`), as the share of packets that it picks."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from iptsim import codes
from iptsim.explain.catalogue import sentence
from iptsim.explain.untold_facts import Holding
from iptsim.predicate import Fact
from iptsim.regex import regex

_DRAW = regex(r"-m statistic --mode random --probability (?P<share>[01]\.\d+)")
# iptables prints what a 31-bit fraction comes to: 1/3 is 0.33333333349 (xt_statistic.h).
_EXACT = Fraction(1, 10**8)
_LARGEST = 1000


def is_draw(fact: Fact) -> bool:
    """Whether nothing but chance decides it, and its share is known."""
    return fact.code == codes.CHANCE and _DRAW.fullmatch(fact.detail) is not None


def without_draws(facts: Sequence[Holding], lang: str) -> tuple[list[Holding], list[str]]:
    """The other facts, and what the draws come to together: `chance picks it (1 in 3)`.

    Each rule draws for itself, so shares multiply.
    """
    drawn = [(fact, so) for fact, so in facts if is_draw(fact)]
    others = [each for each in facts if each not in drawn]
    if not drawn:
        return others, []
    share = Fraction(1)
    for fact, so in drawn:
        found = _DRAW.fullmatch(fact.detail)
        assert found is not None
        share *= Fraction(found["share"]) if so else 1 - Fraction(found["share"])
    return others, [sentence("fact.chance", lang, share=_share_words(share, lang))]


def _share_words(share: Fraction, lang: str) -> str:
    """`1 in 3`; of an odd share about how much."""
    near = share.limit_denominator(_LARGEST)
    if abs(near - share) < _EXACT:
        facts = {"count": near.numerator, "of": near.denominator}
        return sentence("fact.chance.share", lang, **facts)
    return f"{float(share * 100):.2g} %"
