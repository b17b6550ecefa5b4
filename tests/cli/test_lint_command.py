"""`iptsim lint` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_program import ROOT, iptsim

CLEAN = ROOT / "fixtures/istio/both-directions/after.save.txt"
FOUND = ROOT / "fixtures/firewall/host/after.save.txt"


def test_clean_rules_exit_with_0() -> None:
    done = iptsim("lint", CLEAN)
    assert (done.code, done.out, done.err) == (0, "Nothing found.\n", "")


def test_findings_exit_with_1() -> None:
    done = iptsim("lint", FOUND)
    assert done.code == 1
    assert "after.save.txt:39: IPT0711 filter INPUT 13 can never match" in done.out
    assert done.out.endswith("4 findings: 1 error, 3 notes.\n")


@pytest.mark.parametrize("text", ["", "nonsense\n", "*filter\n-A INPUT -j\nCOMMIT\n"])
def test_what_is_no_dump_exits_with_2(text: str) -> None:
    done = iptsim("lint", "-", stdin=text)
    assert done.code == 2
    assert "Traceback" not in done.err


def test_json() -> None:
    done = iptsim("lint", FOUND, "--format", "json")
    answer = json.loads(done.out)
    assert (done.code, answer["schema"]) == (1, "iptsim.lint/1")
    (found,) = (f for f in answer["findings"] if f["code"] == "IPT0711")
    assert found["place"] == {"file": str(FOUND), "line": 39}
    assert (found["table"], found["chain"], found["rule"]) == ("filter", "INPUT", 13)
    (by,) = found["shadowed_by"]
    assert (by["chain"], by["rule"], by["otherwise"]) == ("INPUT", 12, True)


def test_sarif_names_rules_and_places() -> None:
    run = json.loads(iptsim("lint", FOUND, "--format", "sarif").out)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert result["level"] == rule["defaultConfiguration"]["level"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] > 0


def test_chinese() -> None:
    assert "永远不会匹配" in iptsim("lint", FOUND, "--lang", "zh").out


def test_text_of_a_dump_plays_no_tricks(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.write_text(
        "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"
        '-A INPUT -j DROP\n-A INPUT -m comment --comment "\x1b[2Jgone\u202e" -j ACCEPT\nCOMMIT\n'
    )
    done = iptsim("lint", dump)
    assert done.code == 1
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "gone" in done.out


def test_a_loop_is_told_once() -> None:
    text = "*filter\n:INPUT ACCEPT\n:X -\n-A INPUT -j X\n-A X -j X\nCOMMIT\n"
    done = iptsim("lint", "-", stdin=text)
    assert done.out.count("IPT0717") == 1
