"""Elements of sets and maps of nftables that went and came, in words."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.diff.changed_sets import ChangedElements, changed_elements
from iptsim.explain.catalogue import sentence
from iptsim.model import Rule
from iptsim.nftables.elements import Element

_MOST_NAMED = 3


def element_text(of: ChangedElements, one: Element) -> str:
    """An element as nft lists it."""
    from iptsim.dialects.nft.printed_values import element  # noqa: PLC0415  # if asked

    return element(one, of.kinds, of.values)


def elements_words(before: Rule, after: Rule, lang: str) -> str:
    """`@blocked no longer has 192.0.2.7 and now has 192.0.2.8`; '' where no set differs."""
    told = (_one(each, lang) for each in changed_elements(before, after))
    return sentence("diff.stop", lang).join(told)


def _one(of: ChangedElements, lang: str) -> str:
    said = [
        sentence(f"{codes.RULE_CHANGED}.{form}", lang, elements=_few(of, elements, lang))
        for form, elements in (("gone", of.gone), ("come", of.come))
        if elements
    ]
    if not said:
        return sentence(f"{codes.RULE_CHANGED}.other", lang, set=of.name)
    told = sentence("effect.or", lang).join(said)
    return sentence(f"{codes.RULE_CHANGED}.set", lang, set=of.name, told=told)


def _few(of: ChangedElements, elements: tuple[Element, ...], lang: str) -> str:
    return sentence("diff.comma", lang).join(_named(of, elements, lang))


def _named(of: ChangedElements, elements: tuple[Element, ...], lang: str) -> Iterator[str]:
    yield from (element_text(of, one) for one in elements[:_MOST_NAMED])
    if (more := len(elements) - _MOST_NAMED) > 0:
        yield sentence("diff.elements.more", lang, count=more)
