"""A command that takes long says so on a terminal, and ends with what to tell."""

from __future__ import annotations

import sys

import pytest

import iptsim.diff.effect as diff_effect
from iptsim.cli.patience import ENDS, FIRST, _Clock, better_text, patience
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.errors import TimeUp, UsageError
from iptsim.explain.catalogue import LANGUAGES, sentence
from iptsim.model import Dump


def test_a_terminal_is_told_until_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    clock = _Clock()
    for _ in range(ENDS // FIRST - 1):
        clock.tick()
    with pytest.raises(TimeUp, match="tell more of the packet"):
        clock.tick()
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[0] == f"still working: {FIRST} s"
    assert len(told.err.splitlines()) == ENDS // FIRST - 1


def test_a_pipe_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _Clock().tick()
    assert capsys.readouterr().err == ""


SAVE = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
LISTED = (
    "Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n"
    "DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22\n"
)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (SAVE.format("-A INPUT -i eth3 -j DROP\n"), ""),
        ("-A GUARD -i eth3 -j DROP\n", "all that iptables-save prints"),
        (LISTED, "iptables-save text"),
    ],
)
def test_no_text_is_asked_for_that_was_given(text: str, asked: str) -> None:
    key = better_text([read_text(text)])
    assert asked in (sentence(key) if key else "")
    assert bool(key) is bool(asked)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("command", "advice"),
    [("trace", "--src"), ("query", "--src"), ("diff", "--chain"), ("lint", "")],
)
def test_the_advice_is_one_that_the_command_can_take(lang: str, command: str, advice: str) -> None:
    clock = _Clock(command=command, lang=lang)
    for _ in range(ENDS // FIRST - 1):
        clock.tick()
    with pytest.raises(TimeUp) as late:
        clock.tick()
    assert str(ENDS) in late.value.message
    assert advice in late.value.message
    assert ("--" in late.value.message) is bool(advice)


def late_within() -> None:
    """As code on the way that catches errors."""
    try:
        raise TimeUp("so late")
    except Exception:  # noqa: BLE001  # whatever it may be
        pytest.fail("taken for an error")


def test_nothing_takes_the_end_for_an_error_of_its_own() -> None:
    with pytest.raises(UsageError, match="so late"), patience(["trace"]):
        late_within()


def changed(family: int) -> tuple[Dump, Dump]:
    before = read_text(SAVE.format(""), family=family)
    return before, read_text(SAVE.format("-A INPUT -p tcp -j DROP\n"), family=family)


def test_a_late_diff_tells_what_changed_and_begins_no_other_family(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[object] = []

    def late(work: object) -> None:
        begun.append(work)
        raise TimeUp("so late")

    monkeypatch.setattr(diff_effect, "growing", late)
    sides = zip(changed(4), changed(6), strict=True)
    found = diff(*(Dump(rulesets=(*four.rulesets, *six.rulesets)) for four, six in sides))
    assert [change.family for change in found.changes] == [4, 6]
    assert len(begun) == 1
    told = [dict(note.facts) for note in found.notes if note.code == "IPT0229"]
    assert told == [{"family": f"IPv{n}", "reason": "so late"} for n in (4, 6)]
