"""Markdown of answers: what a dump wrote stays text, whoever reads it."""

from __future__ import annotations

import re

import pytest
from every_row import every_row
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from iptsim.render.shared.markdown import code, code_cell, fence, table, words

GFM = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = (
    "<script>alert(1)</script>", "| a | b |", "[x](http://evil.example)", "![x](//evil.example/p)",
    "**bold** _em_ ~~gone~~", "`` ` ``", "```", "&lt;b&gt;", "- item", "1. item", "# head",
    "> quote", "<!-- -->", "\\| \\` \\", "a\n\n# head", "=====", "\x1b[31m\u202e",
    "<a@b.example>", "+ more", "\\",
)  # fmt: skip
ALIVE = ("@torvalds", "fixes #12", "see http://evil.example", "www.evil.example", "$x$", ":tada:")
PLAIN = {"paragraph", "inline", "text", "softbreak", "code_inline"}


def flat(tokens: list[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *flat(token.children or []))]


def kinds(text: str) -> set[str]:
    tokens = flat(GFM.parse(text))
    return {re.sub("_(open|close)$", "", token.type) for token in tokens}


def read(text: str) -> str:
    """What a reader sees."""
    return "".join(
        one.content for one in flat(GFM.parse(text)) if one.type in ("text", "code_inline")
    )


@every_row("text", HOSTILE)
def test_a_sentence_stays_one(text: str) -> None:
    assert kinds(words(text)) <= PLAIN


@given(st.text(alphabet="\\`*_[]<>()#!|~&-+=1. ax@$:/\n", max_size=12))
def test_any_sentence_is_read_as_it_was(text: str) -> None:
    assert kinds(words(text)) <= PLAIN
    assert read(words(text)) == " ".join(text.replace("\n", "\\x0a").split())


@pytest.mark.parametrize("text", ALIVE)
def test_a_forge_makes_nothing_of_words(text: str) -> None:
    inside = [one.content for one in flat(GFM.parse(words(text))) if one.type == "code_inline"]
    assert inside
    assert inside[0] in text


@given(st.text(alphabet="`|\\ ab", min_size=1, max_size=9))
def test_code_is_read_as_it_was(text: str) -> None:
    assert kinds(code(text)) <= PLAIN
    assert read(code(text)).strip() == text.strip()


@every_row("text", HOSTILE)
def test_a_cell_stays_one(text: str) -> None:
    told = table(["a", "b"], [[words(text), code_cell(text)], ["c", "d"]])
    cells = [token for token in flat(GFM.parse(told)) if token.type == "td_open"]
    assert len(cells) == 4
    assert kinds(told) <= PLAIN | {"table", "thead", "tbody", "tr", "th", "td"}


@every_row("text", [*HOSTILE, "~~~", "````", "a\n```\nb"])
def test_a_fence_ends_at_its_end(text: str) -> None:
    found = GFM.parse(fence(text.split("\n"), "diff") + "\n\nafter")
    assert [one.type for one in found] == ["fence", "paragraph_open", "inline", "paragraph_close"]


def test_no_rows_are_no_table() -> None:
    assert table(["a"], []) == ""
    assert code_cell("") == ""
