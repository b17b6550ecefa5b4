"""Every match extension against its example table."""

from __future__ import annotations

from every_row import every_row
from extension_cases import (
    Case,
    cases,
    check_listing,
    check_opaque,
    check_packets,
    check_save,
    check_wrong,
    find_extension,
)

from iptsim.extensions.registry import matches

CASES = cases("matches")
each_case = every_row("case", CASES, ids=[case.place for case in CASES])


@each_case
def test_save_text_survives_and_other_spellings_become_it(case: Case) -> None:
    check_save(case)


@each_case
def test_listing_reads_to_the_same_options(case: Case) -> None:
    check_listing(case)


@each_case
def test_packets_meet_the_match_or_not(case: Case) -> None:
    check_packets(case)


@each_case
def test_wrong_words_are_refused(case: Case) -> None:
    check_wrong(case)


@each_case
def test_opaque_match_is_one_fact(case: Case) -> None:
    check_opaque(case)


def test_every_match_has_examples() -> None:
    shown = {find_extension(case.save).name for case in CASES}
    assert shown == {extension.name for extension in matches().values()}


def test_every_option_of_every_match_has_an_example() -> None:
    texts = (text for case in CASES for text in (case.save, *case.texts("input")))
    shown = {(find_extension(text).name, word) for text in texts for word in text.split()}
    declared = {(e.name, option.name) for e in matches().values() for option in e.options}
    assert declared <= shown
