"""`trace --log-line` as the program takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli_program import iptsim

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


def test_what_is_no_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / "host").write_text(SAVE)
    done = iptsim("trace", tmp_path / "host", "--log-line", "nothing")
    assert (done.code, done.out) == (2, "")
    assert "--log-line" in done.err
    done = iptsim("trace", tmp_path / "host", "--log-line", LINE, "--packets", "-")
    assert done.code == 2
