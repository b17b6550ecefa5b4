from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iptsim.errors import DumpError, Place
from iptsim.render.outputs.error_text import error_text
from iptsim.render.shared.columns import Row, layout, lines_of
from iptsim.render.shared.terminal import Style, columns_of, printable, style_for, wrap


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour(environ: dict[str, str], colour: bool) -> None:
    assert style_for(Terminal(), "en", environ=environ).colour is colour
    assert style_for(io.StringIO(), "en", environ=environ).colour is False


@pytest.mark.parametrize(
    ("columns", "width"),
    [("", 100), ("60", 60), ("200", 200), ("3000", 240), ("1", 40), ("x", 100)],
)
def test_width(columns: str, width: int) -> None:
    assert style_for(io.StringIO(), "en", environ={"COLUMNS": columns}).width == width


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        (("a.txt",), "a.txt:3"),
        (("fixtures/istio/both-directions/a.txt",), "a.txt:3"),
        (("one/very/long/path/to/a/a.txt", "two/a.txt"), "one/very/long/path/to/a/a.txt:3"),
    ],
)
def test_long_paths(files: tuple[str, ...], shown: str) -> None:
    style = style_for(io.StringIO(), "en", files=files, environ={})
    assert style.place(Place(file=files[0], line=3)) == shown


@given(st.text())
def test_printable_is_shown_and_nothing_else(text: str) -> None:
    shown = printable(text)
    assert all(character.isprintable() or character.isspace() for character in shown)
    assert not set(shown) & set("\x1b\n\r\t\x07\u202e\u2028\ufeff")


@given(st.text(alphabet=" abc,«链条。", max_size=80), st.integers(4, 30))
def test_wrap_loses_nothing_and_fits(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(columns_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(alphabet="e  ,-.", max_size=60), st.integers(1, 20))
def test_plain_letters_wrap_as_others_of_their_width(text: str, width: int) -> None:
    other = [line.replace("é", "e") for line in wrap(text.replace("e", "é"), width)]
    assert wrap(text, width) == other


CELLS = st.text(alphabet="ab 链→", max_size=30)
ROWS = st.builds(
    Row, number=st.just("12"), where=CELLS, condition=CELLS, did=CELLS, place=CELLS.map(str.strip)
)


@given(st.lists(ROWS, min_size=1, max_size=4), st.sampled_from([40, 60, 100]))
def test_rows_fit_and_keep_what_was_done(rows: list[Row], width: int) -> None:
    style = Style(width=width)
    shape = layout(rows, width)
    for row in rows:
        lines = lines_of(row, shape, style)
        assert all(columns_of(line) <= width for line in lines)
        shown = "".join("".join(lines).split())
        assert all(word in shown for word in row.did.split() if len(row.did) < 10)


def test_an_error_in_a_very_long_line_shows_what_is_around_it() -> None:
    text = "x" * 5000 + "BAD" + "y" * 5000
    error = DumpError("no", place=Place(file="f", line=9, column=5001), text=text, length=3)
    lines = error_text(error, Style()).splitlines()
    assert all(len(line) < 120 for line in lines)
    assert lines[2][lines[3].index("^") :][:3] == "BAD"
    assert lines[3].endswith("^^^")


def test_an_error_after_wide_and_hidden_characters() -> None:
    text = "链\x1b\tBAD"
    error = DumpError("no", place=Place(file="f", line=1, column=4), text=text, length=3)
    shown, caret = error_text(error, Style()).splitlines()[2:4]
    assert columns_of(caret[: caret.index("^")]) == columns_of(shown[: shown.index("BAD")])
    assert "\x1b" not in shown
