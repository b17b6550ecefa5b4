"""The JSON Schemas: every answer of every command holds to its own, on every fixture.

`cli_program.py` holds the answers of all other tests of the command line to them as well.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from called_program import ROOT
from capture_bytes import ETHERNET, SYN, TCP, UDP, ethernet, ip, pcap, tcp, udp
from cli_program import CASE, iptsim
from every_row import every_row
from json_schemas import answers, hold, validator
from jsonschema import ValidationError

from iptsim.questions import KEYS
from iptsim.schemas import names, schema

FIXTURES = ROOT / "fixtures"
DUMPS = [
    CASE / "after.txt",
    CASE / "before.v.txt",
    FIXTURES / "docker/published-port/input.after.rules",
    FIXTURES / "docker/published-port/after.filter.txt",
    FIXTURES / "firewall/host/input.after.rules",
    FIXTURES / "firewall/ipv6/input.after.rules",
    FIXTURES / "istio/tproxy-1.10/input.after.rules",
    FIXTURES / "kube-proxy/local-policy/input.after.rules",
]
GOLDENS = sorted((ROOT / "tests" / "golden").rglob("*.json"))
OPEN = ["-p", "tcp"]
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("trace", *OPEN),
    ("trace", "-p", "udp", "--reply", "--next", "--again"),
    ("why", "--dport", "8088"),
    ("query", "--fate", "ACCEPT", *OPEN),
    ("query", "--fate", "DROP"),
    ("query", "--matrix", "--dport", "80"),
    ("lint",),
    ("lint", "-i", "eth0=10.0.0.0/8"),
    ("explain",),
    ("read",),
    ("graph",),
    ("convert", "--to", "json"),
)  # fmt: skip
BROKEN = """*filter
:INPUT DROP [7:700]
-A INPUT -p tcp --dport 99999999 -j ACCEPT
-A INPUT -j X
COMMIT
"""


def asked(words: tuple[str, ...], dump: Path) -> list[Any]:
    form = () if words[0] == "convert" else ("--format", "json")
    done = iptsim(words[0], *words[1:], *form, dump)
    if done.code == 2:  # no rules of its family, several hosts: no answer
        assert done.err
        return []
    found = list(answers(done.out))
    assert found, done
    return found


@every_row("words", COMMANDS, ids=" ".join)
def test_answers_hold_to_their_schema(words: tuple[str, ...]) -> None:
    held = [answer for dump in DUMPS for answer in asked(words, dump)]
    assert len(held) >= len(DUMPS) - 1
    for answer in held:
        hold(answer)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_answers_about_what_cannot_be_read_do_too(words: tuple[str, ...], tmp_path: Path) -> None:
    dump = tmp_path / "broken.txt"
    dump.write_text(BROKEN)
    for answer in asked((*words, "-4"), dump):
        hold(answer)


@pytest.mark.parametrize("words", [("trace", *OPEN), ("query", "--fate", "DROP"), ("read",)])
def test_answers_about_nftables_do(words: tuple[str, ...]) -> None:
    (answer,) = asked(words, FIXTURES / "nft" / "gateway.nft")
    hold(answer)


def test_differences_counters_commands_and_codes_do() -> None:
    before, after = CASE / "before.txt", CASE / "after.txt"
    host = FIXTURES / "firewall/host/input.before.rules"
    for words in (
        ("diff", before, after), ("diff", after, before),
        ("diff", "--commands", CASE / "before.save.txt", CASE / "after.save.txt"),
        ("counters", host), ("explain", "IPT0301"),
    ):  # fmt: skip
        done = iptsim(*words, "--format", "json")
        assert done.code < 2, done
        hold(json.loads(done.out))


def test_each_line_of_a_replay_does(tmp_path: Path) -> None:
    me, you = "192.0.2.1", "198.51.100.7"
    frames = [
        ethernet(ip(you, me, TCP, tcp(40000, 22, SYN))),
        ethernet(ip(you, me, UDP, udp(5353, 53))),
        b"\0" * 20,
    ]
    capture = tmp_path / "capture.pcap"
    capture.write_bytes(pcap(frames, ETHERNET))
    dump = FIXTURES / "firewall/host/input.before.rules"
    done = iptsim("replay", "--format", "json", dump, capture)
    lines = list(answers(done.out))
    assert ["totals" in line for line in lines] == [False] * 3 + [True]
    for line in lines:
        hold(line)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_goldens_do(golden: Path) -> None:
    hold(json.loads(golden.read_text()))


def test_every_schema_is_one_and_every_answer_has_one() -> None:
    for name in names():
        validator(name)
    known = {f"iptsim.{name}/1" for name in names()}
    # How far somebody has come in the exercises is kept in a file, and is no answer.
    assert known - {"iptsim.packet/1"} == told_in_the_code() - {"iptsim.learned/1"}


def told_in_the_code() -> set[str]:
    """What any module says to be a schema."""
    texts = (path.read_text() for path in (ROOT / "iptsim").rglob("*.py"))
    trees = (ast.parse(text) for text in texts if '"iptsim.' in text)
    parts = (part for tree in trees for part in ast.walk(tree) if isinstance(part, ast.Constant))
    return {
        part.value
        for part in parts
        if isinstance(part.value, str) and part.value.startswith("iptsim.") and "/" in part.value
    }


def test_an_answer_that_is_none_fails() -> None:
    done = iptsim("trace", "--dport", "8088", "--format", "json", CASE / "after.txt")
    answer = json.loads(done.out)
    del answer["outcomes"][0]["verdict"]
    with pytest.raises(AssertionError, match=r"outcomes\[0\]: 'verdict' is a required"):
        hold(answer)


def test_a_packet_of_a_file_has_each_option() -> None:
    held = validator("packet")
    assert set(schema("packet")["properties"]) == {*KEYS, "id"}
    held.validate({"id": [1], "proto": "tcp", "dport": 80, "sport": "1-1023", "icmp_type": "8/0"})
    with pytest.raises(ValidationError):
        held.validate({"port": 80})


def test_the_program_prints_them() -> None:
    assert iptsim("--schema").out.split() == names()
    trace = json.loads(iptsim("--schema", "trace").out)
    assert trace["$id"] == "urn:iptsim:trace/1"
    ruleset = iptsim("--schema", "convert").out
    assert ruleset == iptsim("--schema", "iptsim.ruleset/1").out
    check = json.loads(iptsim("--schema", "istio", "check").out)
    assert (check["$id"], "lint" in check["$defs"]) == ("urn:iptsim:check/1", True)
    wrong = iptsim("--schema", "trase")
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean trace?" in wrong.err
    assert iptsim("--schema", "trace", "why").code == 2
