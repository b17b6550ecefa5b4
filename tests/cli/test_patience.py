"""A command that takes long says so on a terminal, and ends with what to tell."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from every_row import every_row

import iptsim.diff.effect as diff_effect
from iptsim import stages
from iptsim.cli.patience import ENDS, FIRST, _Clock, better_text, others_count, patience, working
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.errors import TimeUp, UsageError
from iptsim.explain.catalogue import LANGUAGES, sentence, sentences
from iptsim.lint import lint
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.tracer import trace


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
    assert told.err.splitlines()[0] == f"still working ({FIRST} s)"
    assert len(told.err.splitlines()) == ENDS // FIRST - 1


class Ticking:
    """Stands for the stage: the clock ticks at each thing that is begun."""

    stage: object
    clock: _Clock

    def __init__(self, stage: object, clock: _Clock) -> None:
        vars(self).update(stage=stage, clock=clock)

    def __getattr__(self, name: str) -> object:
        return getattr(self.stage, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.stage, name, value)
        if name == "at" and value:
            self.clock.tick()


@pytest.mark.parametrize(
    ("work", "lines"),
    [
        (
            lambda: trace(read_text(SAVE.format(TWO)).rulesets[0], Packet()),
            [f"following packets through filter INPUT: rule {n} of 2" for n in (1, 2)],
        ),
        (
            lambda: diff(read_text(SAVE.format("")), read_text(SAVE.format(TWO))),
            [
                f"telling what changed at PREROUTING, OUTPUT: {n} of 2 changes of fate"
                for n in (1, 2)
            ],
        ),
        (
            lambda: query(read_text(SAVE.format(TWO)), Packet(in_="eth0"), "DROP"),
            ["telling which packets: 1 of 2 answers", "telling which packets: 2 of 2 answers"],
        ),
        (
            lambda: lint(read_text(SAVE.format(TWO))),
            ["checking rules: table 1 of 1"],
        ),
    ],
)
def test_each_thing_that_is_begun_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    work: Callable[[], object],
    lines: list[str],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    clock = _Clock()
    monkeypatch.setattr(clock, "_seconds", -1_000_000)
    monkeypatch.setattr(stages, "_now", Ticking(stages._now, clock))
    work()
    told = [line.rpartition(" (")[0] for line in capsys.readouterr().err.splitlines()]
    kind = lines[0].partition(":")[0]
    assert [line for line in told if line.startswith(f"still {kind}:")] == [
        f"still {line}" for line in lines
    ]
    assert stages.now() is None


def test_a_stage_within_another_is_a_part_of_that() -> None:
    seen: list[stages.Stage | None] = []
    for _ in stages.each("ab", "changes"):
        seen += [stages.now() for _ in stages.each("xyz", "walking", "filter INPUT")]
    stage = partial(stages.Stage, name="changes", count=2)
    assert seen == [stage(at=1)] * 3 + [stage(at=2)] * 3


def test_what_breaks_off_leaves_no_stage() -> None:
    with pytest.raises(TimeUp), stages.at("reading", 1, "a"):
        raise TimeUp("so late")
    assert stages.now() is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_stage_has_its_sentence(lang: str) -> None:
    sources = (Path(stages.__file__).parent).rglob("*.py")
    texts = (path.read_text() for path in sources)
    pattern = r"""\b(?:each|at)\([^"\n]*"([a-z]+)"[,)]"""
    names = {name for text in texts for name in re.findall(pattern, text)}
    keys = {key.removeprefix("late.at.") for key in sentences(lang) if key.startswith("late.at.")}
    assert names == keys
    for name in names:
        with stages.at(name, 38, "filter INPUT"):
            stages._now.at = 14
            told = working(10, lang)
        assert "10" in told
        assert "14" in told or "INPUT" in told


def test_a_pipe_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _Clock().tick()
    assert capsys.readouterr().err == ""


SAVE = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
TWO = "-A INPUT -p tcp -j DROP\n-A INPUT -p udp -j DROP\n"
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


@every_row("lang", LANGUAGES)
@every_row(
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


def signals_until_the_end() -> None:
    for _ in range(ENDS // FIRST):
        signal.raise_signal(signal.SIGALRM)


def test_where_a_signal_comes_by_itself_it_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("signal.setitimer")
    monkeypatch.setattr("iptsim.cli.patience._others_count", False)
    with patience(["trace"]):
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    others_count()
    with pytest.raises(UsageError, match="55 seconds"), patience(["trace"]):
        signals_until_the_end()
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def changed(family: int) -> tuple[Dump, Dump]:
    before = read_text(SAVE.format(""), family=family)
    return before, read_text(SAVE.format("-A INPUT -p tcp -j DROP\n"), family=family)


def test_a_late_diff_tells_what_changed_and_begins_no_other_family(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[object] = []

    def late(work: object, *_rulesets: object) -> None:
        begun.append(work)
        raise TimeUp("so late")

    monkeypatch.setattr(diff_effect, "growing", late)
    sides = zip(changed(4), changed(6), strict=True)
    found = diff(*(Dump(rulesets=(*four.rulesets, *six.rulesets)) for four, six in sides))
    assert [change.family for change in found.changes] == [4, 6]
    assert len(begun) == 1
    told = [dict(note.facts) for note in found.notes if note.code == "IPT0229"]
    assert told == [{"family": f"IPv{n}", "reason": "so late"} for n in (4, 6)]


def test_where_a_text_is_still_being_read_that_is_said() -> None:
    clock = _Clock()
    with stages.at("reading", 1, "rules"):
        for _ in range(ENDS // FIRST - 1):
            clock.tick()
        with pytest.raises(TimeUp, match="rules was still being read"):
            clock.tick()
