"""A command that takes long says so on a terminal, and ends with what to tell."""

from __future__ import annotations

import sys

import pytest

from iptsim.cli.patience import ENDS, FIRST, _Clock, better_text
from iptsim.dialects import read_text
from iptsim.errors import UsageError


def test_a_terminal_is_told_until_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    clock = _Clock()
    for _ in range(ENDS // FIRST - 1):
        clock.tick()
    with pytest.raises(UsageError, match="tell more of the packet"):
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
    told = better_text([read_text(text)])
    assert asked in told
    assert bool(told) is bool(asked)
