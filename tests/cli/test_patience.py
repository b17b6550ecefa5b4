"""A command that takes long says so on a terminal, and ends with what to tell."""

from __future__ import annotations

import sys

import pytest

from iptsim.cli.patience import ENDS, FIRST, _Clock
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
