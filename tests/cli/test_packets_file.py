"""`--packets`: one JSON packet a line, one JSON answer a line, in order."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from called_program import ROOT
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


@pytest.fixture
def endless(dump: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program, which reads packets from a pipe that nobody closes."""
    command = [sys.executable, "-m", "iptsim", "trace", "--packets", "-", str(dump)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT) as running:
        yield running
        running.kill()


def asked(running: subprocess.Popen[bytes], line: str) -> int:
    """The `id` of the next answer."""
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(line.encode())
    running.stdin.flush()
    return int(json.loads(running.stdout.readline())["id"])


def test_each_packet_is_answered_when_its_line_is_there(endless: subprocess.Popen[bytes]) -> None:
    answers = [asked(endless, f'{{"id": {number}, "dport": 22}}\n') for number in range(3)]
    assert answers == [0, 1, 2]


def test_an_interrupt_leaves_130_and_nothing_else(endless: subprocess.Popen[bytes]) -> None:
    asked(endless, '{"id": 1, "dport": 22}\n')
    endless.send_signal(signal.SIGINT)
    out, err = endless.communicate(timeout=60)
    assert (endless.returncode, out, err) == (130, b"", b"")


def test_answers_to_lines_alike_are_those_to_each_alone(dump: Path) -> None:
    lines = [json.dumps({"id": n, "dport": 22, "sport": 1024 + n}) for n in range(6)]
    together = iptsim("trace", "--packets", "-", dump, stdin="\n".join(lines))
    alone = [iptsim("trace", "--packets", "-", dump, stdin=line).out for line in lines]
    assert together.out == "".join(alone)


def test_packets_of_no_socket_are_among_those_of_users(tmp_path: Path) -> None:
    dump = tmp_path / "rules"
    dump.write_text(
        "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"
        "-A OUTPUT -m owner ! --uid-owner 7 -j DROP\n"
        "-A OUTPUT -m owner --socket-exists -j REJECT\nCOMMIT\n"
    )
    users = (7, "none", 8, "none", 7)
    lines = [json.dumps({"id": n, "dport": 22, "uid": user}) for n, user in enumerate(users)]
    together = iptsim("trace", "-4", "--packets", "-", dump, stdin="\n".join(lines))
    alone = [iptsim("trace", "-4", "--packets", "-", dump, stdin=line).out for line in lines]
    assert together.out == "".join(alone)
    answers = [json.loads(line) for line in together.out.splitlines()]
    assert [one["packet"]["uid"] for one in answers] == list(users)
    told = [{outcome["verdict"] for outcome in one["outcomes"]} for one in answers]
    assert told == [{"REJECT"}, {"DROP"}, {"DROP"}, {"DROP"}, {"REJECT"}]


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
