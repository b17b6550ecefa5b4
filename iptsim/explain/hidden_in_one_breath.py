"""Which rules would have to be limited to an interface that a listing hides, in one breath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iptsim import codes
from iptsim.explain.catalogue import sentence
from iptsim.explain.untold_facts import Holding, place_words
from iptsim.predicate import Fact

# Many rules that a set of packets asks to be limited, or not, nobody reads.
_MOST_RULES = 4


def hidden_words(facts: Sequence[Holding], lang: str, names: Mapping[str, str]) -> list[str]:
    """`nat DOCKER 1 and nat DOCKER 2 are limited to interfaces`; and those that are not.

    `names` are shorter names of the rules, by how their facts call them.
    """
    hidden = [held for held in facts if held[0].code == codes.HIDDEN_INTERFACE]
    by_kind = ([fact for fact, true in hidden if true is kind] for kind in (True, False))
    kinds = zip((True, False), by_kind, strict=True)
    return [_words(told, limited, lang, names) for limited, told in kinds if told]


def without_hidden(facts: Sequence[Holding]) -> list[Holding]:
    """The facts on anything else."""
    return [held for held in facts if held[0].code != codes.HIDDEN_INTERFACE]


def _words(facts: Sequence[Fact], limited: bool, lang: str, names: Mapping[str, str]) -> str:
    rules = [place_words(names.get(fact.detail, fact.detail), lang) for fact in facts]
    code = "when.hidden" if limited else "when.not_hidden"
    if len(rules) == 1:
        own = codes.HIDDEN_INTERFACE if limited else f"{codes.HIDDEN_INTERFACE}.no"
        return sentence(own, lang, detail=rules[0])
    comma = sentence("trace.comma", lang)
    if len(rules) > _MOST_RULES:
        told, left = comma.join(rules[:_MOST_RULES]), len(rules) - _MOST_RULES
        number = "one" if left == 1 else "many"
        return sentence(f"{code}.more.{number}", lang, rules=told, count=left)
    return sentence(code, lang, rules=comma.join(rules[:-1]), last=rules[-1])
