"""`trace --log-line` as the program takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli_program import iptsim
from every_row import every_row

SAVE = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -j LOG --log-prefix "in: "
COMMIT
"""
LINE = (
    "kernel: [1.5] in: IN=eth0 OUT= SRC=192.0.2.7 DST=10.0.0.2 LEN=60 PROTO=TCP SPT=4 DPT=8080 SYN"
)


def ask(folder: Path, *options: str) -> dict[str, Any]:
    (folder / "host").write_text(SAVE)
    done = iptsim("trace", "--format", "json", folder / "host", *options)
    assert done.code == 0, done.err
    answer: dict[str, Any] = json.loads(done.out)
    return answer


def test_the_packet_starts_where_the_line_was_written(tmp_path: Path) -> None:
    answer = ask(tmp_path, "--log-line", LINE)
    assert answer["packet"] == {
        "in": "eth0", "src": "192.0.2.7", "dst": "10.0.0.2", "length": 60, "proto": "tcp",
        "sport": 4, "dport": 8080, "tcp_flags": "SYN",
    }  # fmt: skip
    (outcome,) = answer["outcomes"]
    assert [(s["chain"], s["rule"]) for s in outcome["steps"]] == [("INPUT", 2), ("INPUT", None)]
    notes = {note["code"]: note["text"] for note in answer["notes"]}
    assert "filter INPUT 2" in notes["IPT0770"]


def test_an_option_wins_over_the_line(tmp_path: Path) -> None:
    answer = ask(tmp_path, "--log-line", LINE, "--dport", "22")
    (outcome,) = answer["outcomes"]
    assert outcome["verdict"] == "ACCEPT"
    assert "IPT0771" in {note["code"] for note in answer["notes"]}


PASSED = (
    "kernel: [1.5] fwd: IN=eth0 OUT=eth1 SRC=192.0.2.7 DST=10.2.0.1 LEN=60 PROTO=TCP SPT=4 "
    "DPT=443 SYN"
)
FORWARDS = """*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -j LOG --log-prefix "fwd: "
COMMIT
"""
OWN = "3: eth1    inet 10.2.0.1/24 brd 10.2.0.255 scope global eth1\n"
ROUTES = "default via 10.2.0.254 dev eth9\n10.2.0.0/24 dev eth5 scope link\n"


@every_row(
    ("options", "first"),
    [
        ("--dport 80", "? --dport 80 is not what the line of the log tells (443)"),
        ("--out eth2", "? --out eth2 is not what the line of the log tells (eth1)"),
        ("--lang zh --src 192.0.2.8", "? --src 192.0.2.8 与日志行所写的 192.0.2.7 不符"),
        (
            "--addr {}/own",
            "? The line of the log says that the packet goes out by eth1; by what is",
        ),
        (
            "--route {}/routes",
            "? The line of the log says that the packet goes out by eth1; by what is",
        ),
        (
            "--route {}/routes --format html",
            "by what is told of this host it would go out by eth5.",
        ),
        ("--dport 400-500", "✘ DROP"),
        ("-p tcp --dport https --src 192.0.2.7/32", "✘ DROP"),
        ("--route {}/routes --out eth5", "? --out eth5 is not"),
    ],
)
def test_what_speaks_against_the_line_leads(options: str, first: str, tmp_path: Path) -> None:
    for name, text in (("host", FORWARDS), ("own", OWN), ("routes", ROUTES)):
        (tmp_path / name).write_text(text)
    done = iptsim(
        "trace", tmp_path / "host", "--log-line", PASSED, *options.format(tmp_path).split()
    )
    assert done.code == 0, done.err
    assert (first in done.out) if "html" in options else done.out.startswith(first)


def test_a_line_that_no_rule_writes_leads_the_answer(tmp_path: Path) -> None:
    (tmp_path / "host").write_text(FORWARDS)
    done = iptsim("trace", tmp_path / "host", "--log-line", PASSED.replace("fwd", "none"))
    assert done.out.startswith("? No LOG rule of this dump writes such a line here.\n✘ DROP")
    done = iptsim(
        "trace",
        "--format",
        "markdown",
        tmp_path / "host",
        "--log-line",
        PASSED,
        "-t",
        "nat",
        "--dport",
        "80",
    )
    assert done.out.startswith("\\--dport 80 is not what the line")


def test_what_is_no_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / "host").write_text(SAVE)
    done = iptsim("trace", tmp_path / "host", "--log-line", "nothing")
    assert (done.code, done.out) == (2, "")
    assert "--log-line" in done.err
    done = iptsim("trace", tmp_path / "host", "--log-line", LINE, "--packets", "-")
    assert done.code == 2
