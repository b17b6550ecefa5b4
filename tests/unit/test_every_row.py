"""A table that one test walks loses no row, and names those that fail."""

from __future__ import annotations

import inspect

import pytest
from every_row import every_row


def refused(test: object) -> str:
    """What a test over a table says when it fails."""
    assert callable(test)
    with pytest.raises(pytest.fail.Exception) as told:
        test()
    return str(told.value)


def test_every_row_is_asked_and_each_that_fails_is_named() -> None:
    met = []

    @every_row(("left", "right"), [(1, 1), (1, 2), (3, 3), (4, 5)])
    def same(left: int, right: int) -> None:
        met.append(left)
        assert left == right, f"{left} is no {right}"

    said = refused(same)
    assert met == [1, 1, 3, 4]
    assert said.startswith("2 of 4 rows fail")
    assert ["1, 2" in said, "4, 5" in said, "3, 3" in said] == [True, True, False]
    assert "4 is no 5" in said


def test_a_row_that_fails_otherwise_than_by_an_assertion_hides_none() -> None:
    @every_row("word", ["a", "b", "c", "d"], ids=["first", "second", "third", "fourth"])
    def odd(word: str) -> None:
        if word == "a":
            raise KeyError(word)
        if word == "b":
            pytest.fail("no b")
        if word == "c":
            pytest.skip("no c")

    said = refused(odd)
    assert said.startswith("3 of 4 rows fail")
    assert [each in said for each in ("-- first", "no b", "no c", "fourth")] == [True] * 3 + [False]


def test_what_is_no_column_is_a_fixture() -> None:
    @every_row("word", ["a"])
    def asked(word: str, tmp_path: str) -> None:
        assert (word, tmp_path) == ("a", "here")

    assert list(inspect.signature(asked).parameters) == ["tmp_path"]
    asked(tmp_path="here")


def test_a_row_of_one_column_may_be_a_tuple() -> None:
    @every_row("pair", [(1, 2)])
    def asked(pair: tuple[int, int]) -> None:
        assert pair == (1, 2)

    asked()


def test_a_row_is_called_as_its_test_says() -> None:
    @every_row(("left", "right"), [(1, 2)], ids=lambda value: f"<{value}>")
    def asked(left: int, right: int) -> None:
        assert left == right

    assert "-- <1>, <2>\n" in refused(asked)


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(AssertionError, match="no rows"):
        every_row("word", [])


def test_a_row_that_lacks_a_value_is_refused() -> None:
    with pytest.raises(AssertionError, match="as many values"):
        every_row(("left", "right"), [(1, 2), (1,)])


def test_one_table_in_another_names_both_rows() -> None:
    @every_row("left", [1, 2])
    @every_row("right", [1, 2])
    def asked(left: int, right: int) -> None:
        assert left <= right

    said = refused(asked)
    assert said.startswith("1 of 2 rows fail\n-- 2\n")
    assert "1 of 2 rows fail\n-- 1\n" in said


@every_row(("number", "word"), [(1, "1"), (2, "2")])
def test_pytest_takes_it(number: int, word: str, updating: bool) -> None:
    assert str(number) == word
