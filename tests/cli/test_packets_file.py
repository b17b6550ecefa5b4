"""`--packets`: one JSON packet a line, one JSON answer a line, in order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_program import iptsim

SAVE = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    file = tmp_path / "fw.save"
    file.write_text(SAVE)
    return file


def test_windows_files_are_read(dump: Path) -> None:
    lines = b'\xef\xbb\xbf{"id": 1, "dport": 22}\r\n\r\n{"id": "b", "dport": 23}\r\n'
    done = iptsim("trace", "--packets", "-", dump, stdin=lines)
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [(a["id"], a["outcomes"][0]["verdict"]) for a in answers] == [
        (1, "ACCEPT"),
        ("b", "DROP"),
    ]


def test_a_packet_of_another_family_is_refused_at_its_line_after_the_answers_before(
    dump: Path,
) -> None:
    lines = '{"id": 1, "dport": 22}\n{"id": 2, "dst": "fd00::1"}\n{"id": 3, "dport": 22}\n'
    done = iptsim("trace", "--packets", "-", dump, stdin=lines)
    assert (done.code, [json.loads(line)["id"] for line in done.out.splitlines()]) == (2, [1])
    assert done.err.splitlines()[1] == "  -:2:1"


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "-", "-"),
        ("trace", "--packets", "-", "-"),
        ("trace", "--addr", "-", "--route", "-", "x"),
        ("trace", "--rule", "-", "-"),
        ("trace", "--sysctl", "-", "-"),
        ("graph", "-", "-"),
        ("diff", "-", "-"),
    ],
)
def test_standard_input_is_one_file_only(arguments: tuple[str, ...]) -> None:
    done = iptsim(*arguments, stdin=SAVE)
    assert (done.code, done.out) == (2, "")
    assert "standard input (-) can be one of the files only" in done.err
