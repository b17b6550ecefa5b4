"""`iptsim trace --reply`, `--next` and `--again`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_program import iptsim

RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 8088 -j REDIRECT --to-ports 15001
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 15001 -j ACCEPT
COMMIT
"""


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    file = tmp_path / "redirect.save"
    file.write_text(RULES)
    return file


def test_the_answer_is_a_section_of_its_own(dump: Path) -> None:
    done = iptsim("trace", "-4", "--dport", "8088", "--reply", dump)
    assert done.code == 0
    _, _, section = done.out.partition("\nThe answer\n")
    lines = section.splitlines()
    assert lines[0] == "✔ ACCEPT  tcp from this host, source port becomes 8088"
    assert "·  nat            as its connection has it  source 15001 → 8088" in section
    assert "  Nat asks no rule for an answer: it undoes the connection's translation." in lines


def test_every_packet_that_is_asked_for_has_its_section(dump: Path) -> None:
    done = iptsim("trace", "-4", "--dport", "8088", "--next", "--again", "--reply", dump)
    titles = [line for line in done.out.splitlines() if line and line[0].isalpha()]
    assert titles == [
        "The same packet again, before an answer",
        "The answer",
        "The next packet, after the answer",
    ]


def test_in_chinese(dump: Path) -> None:
    done = iptsim("trace", "-4", "--lang", "zh", "--dport", "8088", "--reply", dump)
    assert "\n应答\n" in done.out


def test_a_dropped_packet_has_no_answer(dump: Path) -> None:
    done = iptsim("trace", "-4", "--dport", "22", "--reply", dump)
    assert "The answer\n" not in done.out
    assert "A packet that is not let through has no answer" in done.out


def test_json_nests_what_follows(dump: Path) -> None:
    asked = ("trace", "-4", "--dport", "8088", "--format", "json")
    (plain,) = json.loads(iptsim(*asked, dump).out)["outcomes"]
    (outcome,) = json.loads(iptsim(*asked, "--reply", dump).out)["outcomes"]
    assert set(outcome) - set(plain) == {"reply"}
    assert outcome["reply"]["hook"] == "OUTPUT"
    assert outcome["reply"]["packet"] == {"proto": "tcp", "sport": 15001, "ctstate": "ESTABLISHED"}


def test_a_file_of_packets_has_the_answer_to_each(dump: Path, tmp_path: Path) -> None:
    packets = tmp_path / "packets"
    packets.write_text('{"dport": 8088}\n{"dport": 22}\n')
    done = iptsim("trace", "-4", "--packets", packets, "--reply", dump)
    answers = [json.loads(line)["outcomes"][0]["reply"] for line in done.out.splitlines()]
    assert [answer is None for answer in answers] == [False, True]


def test_a_packet_without_a_step_leaves_one_blank_line(tmp_path: Path) -> None:
    file = tmp_path / "rules.txt"
    file.write_text("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -j DROP\nCOMMIT\n")
    text = iptsim("trace", "-4", "--dport", "22", "--reply", file).out
    assert "The answer" in text
    assert "\n\n\n" not in text
