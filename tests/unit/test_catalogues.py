"""Every code that the program speaks has its sentence, in every language, with the same facts."""

from __future__ import annotations

from string import Formatter

import pytest

from iptsim import codes, packet
from iptsim.explain.catalogue import LANGUAGES, knows, sentence, sentences


def spoken(lang: str) -> set[str]:
    """The codes of a catalogue, of whose sentences some have forms: `IPT0203.earlier`."""
    return {key.partition(".")[0] for key in sentences(lang) if key.startswith("IPT")}


def names(pattern: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(pattern) if field}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_a_sentence_and_every_sentence_a_code(lang: str) -> None:
    assert spoken(lang) == {code for name, code in vars(codes).items() if name.isupper()}


def test_languages_say_the_same_things() -> None:
    english, chinese = sentences("en"), sentences("zh")
    assert english.keys() == chinese.keys()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_sentence_is_found_by_its_topic(lang: str) -> None:
    assert [code for code in sentences(lang) if not knows(code, lang)] == []
    assert not knows("IPT0301.nothing", lang)
    assert not knows("nothing.at.all", lang)


def test_translations_use_no_fact_that_the_original_does_not() -> None:
    english, chinese = sentences("en"), sentences("zh")
    more = {code for code in english if names(chinese[code]) - names(english[code])}
    assert more == set()


def test_every_field_has_a_name() -> None:
    for lang in LANGUAGES:
        assert all(f"field.{field}" in sentences(lang) for field in packet.FIELDS)


def test_text_of_a_dump_is_no_pattern() -> None:
    assert sentence("trace.jump", "en", chain="{0.__class__}") == "jump to {0.__class__}"
