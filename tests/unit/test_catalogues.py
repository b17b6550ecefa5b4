"""Every code that the program speaks has its sentence, in every language, with the same facts."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from iptsim import packet
from iptsim.explain.catalogue import LANGUAGES, knows, sentence, sentences

SOURCE = Path(packet.__file__).parent
# Errors carry their English sentence themselves; facts and notes take theirs from a catalogue.
SPOKEN = re.compile(r'(?:Note|Fact)\([^"]*?(?:key=[^,]*,\s*)?code="(IPT\d{4})"')


def spoken() -> set[str]:
    files = [file for file in SOURCE.rglob("*.py") if "catalogue" not in file.parts]
    return {code for file in files for code in SPOKEN.findall(file.read_text())}


def names(pattern: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(pattern) if field}


def test_something_is_spoken() -> None:
    assert {"IPT0301", "IPT0310", "IPT0438"} <= spoken()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_spoken_code_has_a_sentence(lang: str) -> None:
    assert spoken() <= sentences(lang).keys()


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
