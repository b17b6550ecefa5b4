"""An error gives its sentence, in every language, all that it is filled in from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from string import Formatter

import pytest
from every_row import every_row
from test_codes import modules

from iptsim import codes
from iptsim.cli.dump_files import read_once
from iptsim.dialects import read_text
from iptsim.errors import DumpError, IptsimError, Place, UsageError
from iptsim.explain.catalogue import LANGUAGES, sentence, sentences
from iptsim.explain.error_words import error_words
from iptsim.questions import read_packet

ALWAYS = {"message"}
OF_A_DUMP = {"message", "place", "expected"}


@cache
def raised() -> tuple[tuple[str, set[str]], ...]:
    """What errors are made of; the same for every language."""
    return (*_raised(),)


def _raised() -> Iterator[tuple[str, set[str]]]:
    """The code of each error that is made with its facts by name, and these names."""
    calls = (
        node for _file, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.Call)
    )
    for call in calls:
        made = ast.unparse(call.func)
        given = {word.arg: word.value for word in call.keywords}
        if made.endswith(("Error", ".error", "._error")) and None not in given:
            # What a reader's `error` makes is of a dump, and takes its code by place, too.
            own = ALWAYS if made.endswith("Error") and made != "DumpError" else OF_A_DUMP
            for code in (given.get("code"), *call.args):
                if isinstance(code, ast.Attribute) and code.attr in vars(codes):
                    yield vars(codes)[code.attr], {str(name) for name in given} | own


def names(pattern: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(pattern) if field}


def test_errors_are_found() -> None:
    found = {code for code, _facts in raised()}
    assert {codes.STDIN_TWICE, codes.JUMP_LOOP, codes.TOO_MANY_WAYS, codes.NOT_INSTALLED} <= found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_error_gives_what_its_sentence_needs(lang: str) -> None:
    lacking = {
        (code, name) for code, facts in raised() for name in names(sentences(lang)[code]) - facts
    }
    assert lacking == set()


def wrong(**given: object) -> UsageError:
    with pytest.raises(UsageError) as found:
        read_packet(given)
    return found.value


WRONG_PACKETS: tuple[dict[str, object], ...] = (
    {"colour": "blue"},
    {"dport": 1.5},
    {"src": "10.0.0.1", "dst": "fd00::1"},
    {"src": "nowhere"},
    {"proto": "icmp", "dport": 80},
    {"dport": 70000},
    {"in": "much-too-long-for-linux"},
    {"ctstate": "OLD"},
    {"hook": "OUTPUT", "in": "eth0"},
)


@every_row("given", WRONG_PACKETS, ids=str)
def test_the_english_sentence_is_what_the_error_says(given: dict[str, object]) -> None:
    error = wrong(**given)
    assert sentence(error.code, "en", **error.facts) == error.message
    assert error_words(error, "en") == error.message


def test_each_kind_of_wrong_packet_has_its_code() -> None:
    assert [wrong(**given).code for given in WRONG_PACKETS] == [
        f"IPT000{number}" for number in range(1, 10)
    ]


def test_errors_speak_chinese() -> None:
    with pytest.raises(IptsimError) as found:
        read_once(["-", "-"])
    assert error_words(found.value, "zh") == "标准输入（-）只能用作其中一个文件"


def test_several_states_are_told_in_chinese() -> None:
    with pytest.raises(DumpError) as found:
        read_text("before:\n-A INPUT -p tcp -j DROP\nafter:\n-A INPUT -p udp -j DROP\n")
    assert error_words(found.value, "zh").startswith("文本里有 2 个状态，不是一个：")


def test_what_only_the_error_knows_is_not_lost() -> None:
    error = DumpError("no match is called so", place=Place(file="a", line=1))
    assert error_words(error, "zh") == "转储有误：没有这个名字的匹配模块"
    assert "只有 tcp、udp" in error_words(wrong(proto="icmp", dport=80), "zh")
