"""`iptsim query`, as it is typed."""

from __future__ import annotations

import json

import pytest
from called_program import ROOT
from cli_program import CASE, iptsim

HOST = ROOT / "fixtures" / "firewall" / "host" / "after.save.txt"
SAVE = CASE / "after.save.txt"


def test_tells_both_ways_into_the_sidecar() -> None:
    done = iptsim("query", "--fate", "REDIRECT:15001", "--format", "json", SAVE)
    answers = json.loads(done.out)["answers"]
    assert done.code == 0
    assert {answer["hook"] for answer in answers} == {"PREROUTING", "OUTPUT"}
    (arriving,) = (answer for answer in answers if answer["hook"] == "PREROUTING")
    assert [(cube["proto"], cube["dport"]) for cube in arriving["where"]] == [(["tcp"], ["8088"])]
    assert arriving["decided_by"][0]["chain"] == "ISTIO_IN_REDIRECT"
    assert arriving["rewrites"] == [{"field": "dport", "to": 15001}]
    assert (arriving["example"]["proto"], arriving["example"]["dport"]) == ("tcp", 8088)
    assert all(answer["certain"] for answer in answers)


def test_the_schema_has_its_keys() -> None:
    found = json.loads(iptsim("query", "--fate", "DROP", "--format", "json", HOST).out)
    assert (found["schema"], found["fate"], found["packet"]) == ("iptsim.query/1", "DROP", {})
    assert {"assumed", "answers", "notes"} <= found.keys()
    keys = {
        "hook", "verdict", "destination", "rewrites", "where", "example", "decided_by",
        "explanation",
    }  # fmt: skip
    assert all(keys <= answer.keys() for answer in found["answers"])
    assert {answer["verdict"] for answer in found["answers"]} == {"DROP"}


def test_nothing_is_an_answer() -> None:
    done = iptsim("query", "--fate", "DNAT:10.0.0.9:80", SAVE)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("No packet meets DNAT:10.0.0.9:80.")


def test_what_is_given_is_told_with_the_sets() -> None:
    done = iptsim(
        "query", "--fate", "ACCEPT", "--dport", "22", "--in", "eth0", "--format", "json", HOST
    )
    found = json.loads(done.out)
    assert found["hooks"] == ["PREROUTING"]
    cubes = [cube for answer in found["answers"] for cube in answer["where"]]
    assert cubes
    assert all(
        (cube["dport"], cube["in"], cube["proto"]) == (["22"], ["eth0"], ["tcp"]) for cube in cubes
    )


def test_a_user_makes_it_a_packet_that_is_sent() -> None:
    done = iptsim("query", "--fate", "REDIRECT:15001", "--uid", "1337", "--format", "json", SAVE)
    assert json.loads(done.out)["hooks"] == ["OUTPUT"]


def test_refuses_what_is_no_fate() -> None:
    done = iptsim("query", "--fate", "PERHAPS", SAVE)
    assert done.code == 2
    assert "is not a fate" in done.err
    assert "Traceback" not in done.err


def test_a_fate_must_be_named() -> None:
    assert iptsim("query", SAVE).code == 2


def test_refuses_another_family() -> None:
    done = iptsim("query", "--fate", "DROP", "--src", "fd00::1", SAVE)
    assert done.code == 2
    assert "IPv6" in done.err


def test_reads_standard_input_in_chinese() -> None:
    done = iptsim("query", "--fate", "DROP", "--lang", "zh", "-", stdin=HOST.read_text())
    assert done.code == 0
    assert "其他包都不会。" in done.out


MATRIX = (
    "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    "-A FORWARD -s 10.1.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"
)


def test_a_matrix_tells_who_reaches_whom() -> None:
    done = iptsim("query", "-4", "--matrix", "--dport", "22", "-", stdin=MATRIX)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Who opens connections to whom: tcp, port 22 (ssh)\n")
    assert "A  10.1.0.0/16" in done.out
    usual = json.loads(iptsim("query", "-4", "--matrix", "--format", "json", "-", stdin=MATRIX).out)
    assert [one["packet"]["dport"] for one in usual["matrices"]] == [22, 80, 443]
    for form, start in (("dot", "digraph"), ("mermaid", "flowchart")):
        drawn = iptsim("query", "-4", "--matrix", "--format", form, "-", stdin=MATRIX)
        assert drawn.out.startswith(start)
    assert "谁能向谁" in iptsim("query", "-4", "--matrix", "--lang", "zh", "-", stdin=MATRIX).out


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("--matrix", "--fate", "DROP"), ("--matrix", "--chain", "FORWARD"),
        ("--matrix", "--dst", "10.0.0.1"), ("--matrix", "--uid", "0"),
        ("--matrix", "--hook", "INPUT"), ("--fate", "DROP", "--format", "dot"),
    ],
)  # fmt: skip
def test_what_is_no_question_exits_with_2(arguments: tuple[str, ...]) -> None:
    done = iptsim("query", "-4", *arguments, "-", stdin=MATRIX)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")


def row_of_chains(count: int) -> str:
    """Chains of which each leads to the next, and the last one drops."""
    heads = "".join(f":C{number} - [0:0]\n" for number in range(count))
    jumps = "".join(f"-A C{number} -j C{number + 1}\n" for number in range(count - 1))
    return f"*filter\n{heads}-A INPUT -j C0\n{jumps}-A C{count - 1} -j DROP\nCOMMIT\n"


@pytest.mark.parametrize("command", [("query", "--fate", "DROP"), ("query", "--matrix")])
@pytest.mark.parametrize(("count", "code"), [(99, 0), (300, 2)])
def test_very_deep_jumps_are_followed_or_refused(
    command: tuple[str, ...], count: int, code: int
) -> None:
    done = iptsim(*command, "--dport", "22", "-", stdin=row_of_chains(count))
    assert done.code == code
    assert ("chains jump more than 100 deep" in done.err) is (code == 2)
