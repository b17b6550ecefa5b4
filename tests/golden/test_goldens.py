"""Every golden of the fixtures, `fixtures/*/*/expected/*.txt`: a command and what it says.

The first line is the command, typed in the folder of the case; then come the answer, the errors
and the exit code. `pytest --update-goldens` writes all but the first lines anew; a
new golden is a file of one line.
"""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from every_row import every_row

from iptsim.cli.app import run
from iptsim.render.shared.terminal import columns_of

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
GOLDENS = sorted(path.relative_to(FIXTURES) for path in FIXTURES.glob("*/*/expected/*.txt"))
PROMPT = "$ "
CASES = sorted(path.parent.relative_to(FIXTURES) for path in FIXTURES.rglob("input.before.rules"))


def command_of(golden: Path) -> str:
    first = (FIXTURES / golden).read_text().partition("\n")[0]
    assert first.startswith(PROMPT), f"{golden} does not begin with a command"
    return first.removeprefix(PROMPT)


def said(command: str) -> str:
    """What the program prints, its errors after its answer, and its exit code."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = run(_arguments(command))
    texts = "".join(stream.buffer.getvalue().decode() for stream in (out, err))
    return f"{PROMPT}{command}\n{texts}exit {code}\n"


def _arguments(command: str) -> list[str]:
    words = shlex.split(command)
    while "=" in words[0]:
        words.pop(0)
    assert words[0] == "iptsim"
    return words[1:]


def _environment(command: str) -> dict[str, str]:
    return dict(re.findall(r"(?:^|(?<= ))([A-Z]+)=(\S+) ", command.partition("iptsim")[0]))


@pytest.fixture
def in_case(monkeypatch: pytest.MonkeyPatch, golden: Path) -> None:
    monkeypatch.chdir(FIXTURES / golden.parent.parent)
    for name in ("LC_MESSAGES", "LANG", "COLUMNS", "IPTSIM_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name, value in _environment(command_of(golden)).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("golden", GOLDENS, ids=str)
@pytest.mark.usefixtures("in_case")
def test_says_what_is_expected(golden: Path, updating: bool) -> None:
    path = FIXTURES / golden
    text = said(command_of(golden))
    if updating:
        path.write_text(text)
    assert text == path.read_text()


@every_row("golden", GOLDENS, ids=str)
def test_fits_its_width(golden: Path) -> None:
    command, *lines = (FIXTURES / golden).read_text().splitlines()
    width = int(_environment(command.removeprefix(PROMPT)).get("COLUMNS", "100"))
    assert [line for line in lines if columns_of(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


def test_every_case_has_goldens() -> None:
    assert {golden.parent.parent for golden in GOLDENS} == set(CASES)
