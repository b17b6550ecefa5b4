"""Quick looks that spare a long expression: they never miss what it takes."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples

from iptsim.dialects.finding import another_program, sieve
from iptsim.dialects.signs import elided, hints
from iptsim.dialects.states import labels, states

HEADS = (
    "Chain INPUT (policy ACCEPT)",
    "target     prot opt source",
    "  Chain # (",
    "target  prot ",
)


def real(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """An expression that is compiled when it is asked, as Hypothesis takes it."""
    return re.compile(pattern.pattern, pattern.flags)


@settings(max_examples=examples(20, at_length=200), deadline=None)
@given(st.from_regex(real(labels._POLE), fullmatch=True))
def test_a_word_of_a_pair_is_looked_at(word: str) -> None:
    assert hints.may_label(f"x {word} y")


@given(st.from_regex(real(states._WORD), fullmatch=True))
def test_a_label_is_looked_at(word: str) -> None:
    assert hints.may_label(f"x {word} y")


@given(st.from_regex(real(elided._MARK), fullmatch=True))
def test_what_says_that_lines_are_left_out_is_looked_at(text: str) -> None:
    assert elided._may_say(text)


@given(st.from_regex(real(elided._BAR), fullmatch=True))
def test_a_bar_is_looked_at(text: str) -> None:
    assert elided._may_say(text)


@given(st.sampled_from(HEADS), st.text("$#> docker ps()\n:ab", max_size=12))
def test_no_head_of_a_listing_is_another_programs(head: str, rest: str) -> None:
    text = head + rest
    assert another_program._LISTED.match(text)
    assert another_program._TITLE.match(text) is None
    assert another_program._PROMPT.match(text) is None


@given(st.from_regex(real(sieve._WHOLE)), st.sampled_from(["", "x\n", " \n"]))
def test_a_text_that_is_a_dump_at_once_is_found_by_the_long_expression(
    text: str, before: str
) -> None:
    found = sieve._WHOLE.match(text)
    if found is None:
        return
    place = len(before)
    mark = sieve._MARK.search(before + text, place)
    assert mark is not None
    assert mark.start() == place
    assert sieve.may_begin(before + text, place) == place
