"""A patch and a text of two states, as the program takes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_program import CASE, iptsim

TWO = (
    "before:\n-A INPUT -p tcp --dport 81 -j ACCEPT\n\nafter:\n-A INPUT -p tcp --dport 82 -j DROP\n"
)


def test_a_patch_alone_is_compared() -> None:
    done = iptsim("diff", "--format", "json", CASE / "change.S.patch")
    assert done.code == 1
    answer = json.loads(done.out)
    assert {(each["change"], each["chain"]) for each in answer["structure"]} >= {
        ("chain-added", "ISTIO_INBOUND"),
        ("rule-added", "PREROUTING"),
    }
    assert "IPT0176" in {note["code"] for note in answer["notes"]}


def test_a_patch_on_standard_input() -> None:
    text = (CASE / "change.S.patch").read_text()
    done = iptsim("diff", "-", stdin=text)
    assert done.code == 1
    assert "-:15" in done.out


def test_lines_of_a_patch_are_shown_without_their_signs() -> None:
    done = iptsim("diff", CASE / "change.S.patch")
    assert "+ -N ISTIO_INBOUND" in done.out
    assert "+ +-N" not in done.out


@pytest.mark.parametrize("command", ["trace", "lint", "convert", "graph"])
def test_no_command_answers_of_both_states(command: str, tmp_path: Path) -> None:
    (tmp_path / "t").write_text(TWO)
    for file in (tmp_path / "t", CASE / "change.patch"):
        done = iptsim(command, file)
        assert (done.code, done.out) == (2, "")
        assert "--state 1 or --state 2" in done.err
        assert "iptsim diff" in done.err


def test_one_state_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(TWO)
    for state, port, other in (("1", "81", "82"), ("2", "82", "81"), ("last", "82", "81")):
        done = iptsim("convert", "--state", state, tmp_path / "t")
        assert done.code == 0
        assert f"--dport {port}" in done.out
        assert f"--dport {other}" not in done.out
        assert "Of 2 states in this text" in done.err


def test_two_states_of_one_text_are_compared(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(TWO)
    done = iptsim("diff", tmp_path / "t")
    assert done.code == 1
    assert "--dport 82" in done.out


def test_of_many_states_the_first_and_the_last_are_compared() -> None:
    text = "*filter\n:INPUT {} [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    done = iptsim("diff", "-", stdin="".join(map(text.format, ("DROP", "ACCEPT", "DROP"))))
    assert done.code == 0
    assert "number 1 is read" in done.out
    assert "number 3 is read" in done.out


def test_diff_of_one_state_says_what_it_takes() -> None:
    for options in ((), ("--state", "1")):
        done = iptsim("diff", *options, CASE / "after.txt")
        assert done.code == 2
        assert "state" in done.err
