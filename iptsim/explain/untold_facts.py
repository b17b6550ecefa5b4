"""Facts on what a text does not tell, as few as say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.explain.catalogue import knows, sentence
from iptsim.extensions.any_target import CODES
from iptsim.predicate import Fact
from iptsim.regex import regex

Holding = tuple[Fact, bool]
CHOSEN = codes.CHOSEN_VALUE
_CHOICE = regex(
    r"(?P<field>\w+) as .* chose(?: again)* is (?P<no>not )?(?P<values>[^ ]+)", re.DOTALL
)
_MOVED = regex(
    r"(?P<field>\w+) (?:(?P<route>after the new route)|of the first packet) is (?P<no>not )?"
    r"(?P<values>[^ ]+)"
)
_LEFT_OUT = regex(
    r"(?P<where>\S+ .+?) (?:(?P<kind>rules?|after rule) (?P<number>[\d-]+)|before its rules)"
)
_QUOTED = regex(r"^(\S+ \S+) «(.*)»(.*)$", re.DOTALL)
_AGAIN = regex(r" \(no\. (\d+)\)$")
# libxt_recent.c prints them whether given or not.
_USUAL = regex(
    r" --name DEFAULT(?= |$)| --mask (?:255\.){3}255| --mask (?:ffff:){7}ffff| --rsource"
)
_GOES_ON = codes.UNTOLD_GOES_ON
_ENDS = {
    "filter": {codes.UNTOLD_DROPS, codes.UNTOLD_REJECTS, codes.UNTOLD_ACCEPTS},
    "nat": {codes.UNTOLD_ACCEPTS, codes.UNTOLD_TRANSLATES},
    "mangle": {codes.UNTOLD_DROPS, codes.UNTOLD_ACCEPTS},
    "raw": {codes.UNTOLD_DROPS, codes.UNTOLD_ACCEPTS, codes.UNTOLD_UNTRACKS},
}
"""By table, all that ends a packet's way through it, or changes it."""


def telling(facts: Sequence[Holding]) -> tuple[Holding, ...]:
    """Without those that another implies: what accepts a packet neither drops nor translates it.

    What does nothing of all that lets it go on, which is said in one.
    """
    done = {fact.detail for fact, true in facts if true and fact.code in CODES}
    passing = dict(_passing(facts))
    told: dict[Holding, None] = {}
    for fact, true in facts:
        if fact.code not in CODES or true:
            told[fact, true] = None
        elif fact.detail in passing:
            told[passing[fact.detail], True] = None
        elif fact.detail not in done:
            told[fact, true] = None
    return tuple(told)


def _passing(facts: Sequence[Holding]) -> Iterator[tuple[str, Fact]]:
    """By label, the one fact for those that are contrary to all ends."""
    for fact in dict.fromkeys(f for f, true in facts if f.code in CODES and not true):
        held = {f.code for f, true in facts if f.detail == fact.detail and not true}
        if _ENDS.get(fact.detail.partition(" ")[0], CODES) <= held:
            yield fact.detail, replace(fact, code=_GOES_ON)


def chosen_words(fact: Fact, true: bool, lang: str) -> str | None:
    """`the port is then 17006`: what a field holds that something chose on the way."""
    if fact.code != CHOSEN:
        return None
    found = _CHOICE.fullmatch(fact.detail) or _MOVED.fullmatch(fact.detail)
    if found is None or not knows(f"field.{found['field']}", lang):
        return None
    form = "no" if (found["no"] is None) is not true else "yes"
    field = sentence(f"field.{found['field']}", lang)
    moved = found.groupdict()
    kind = "chosen" if "route" not in moved else "route" if moved["route"] else "first"
    return sentence(f"fact.{kind}.{form}", lang, field=field, values=found["values"])


def detail_words(fact: Fact, lang: str) -> str:
    """What a fact is about, without the options that say what goes without them."""
    detail = fact.detail or f"«{fact.key}»"
    if detail.startswith("-m recent "):
        detail = _USUAL.sub("", detail)
    return place_words(detail, lang)


def place_words(label: str, lang: str) -> str:
    """What a text does not tell, as its label calls it: `filter INPUT after rule 2` in words."""
    found = _LEFT_OUT.fullmatch(label)
    if found is None:
        if lang == "en":
            return label
        return _AGAIN.sub(r"（同文第 \1 条）", _QUOTED.sub(r"\1 “\2”\3", label))
    kind = (found["kind"] or "before").partition(" ")[0]
    return sentence(f"left.{kind}", lang, where=found["where"], number=found["number"] or "")
