"""`iptsim lint` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from called_program import ROOT
from cli_program import iptsim

CLEAN = ROOT / "fixtures/istio/both-directions/after.save.txt"
DESIGNED = ROOT / "fixtures/docker/published-port/after.save.txt"
FOUND = ROOT / "fixtures/firewall/host/after.save.txt"


def test_clean_rules_exit_with_0() -> None:
    done = iptsim("lint", CLEAN)
    assert (done.code, done.out, done.err) == (0, "Nothing found.\n", "")


def test_findings_exit_with_1() -> None:
    done = iptsim("lint", FOUND)
    assert done.code == 1
    assert "after.save.txt:39: IPT0711 filter INPUT 13 can never match" in done.out
    assert "3 findings: 1 error, 2 notes. 1 that is idle by design is left out" in done.out


def test_what_is_idle_by_design_alone_exits_with_0() -> None:
    hidden = iptsim("lint", DESIGNED)
    assert (hidden.code, hidden.err) == (0, "")
    assert hidden.out.startswith("Nothing found. 4 that are idle by design are left out (docker)")
    shown = iptsim("lint", "--all", DESIGNED)
    assert (shown.code, shown.out.count("IPT0720")) == (0, 4)
    for form in ("json", "sarif"):
        assert iptsim("lint", "--format", form, DESIGNED).code == 0


def test_rules_behind_one_that_takes_everything_are_told_once() -> None:
    chains = "".join(f":{chain} ACCEPT\n" for chain in ("INPUT", "FORWARD", "OUTPUT"))
    behind = "".join(f"-A INPUT -p tcp -m tcp --dport {n} -j DROP\n" for n in range(1, 41))
    text = f"*filter\n{chains}-A INPUT -j ACCEPT\n{behind}COMMIT\n"
    done = iptsim("lint", "-4", "-", stdin=text)
    assert done.code == 1
    assert done.out.count("IPT0711") == 1
    assert "-:6: IPT0711 filter INPUT 2-41 (40 rules) can never match" in done.out
    assert iptsim("lint", "-4", "--all", "-", stdin=text).out.count("IPT0711") == 41  # and the sum
    data = json.loads(iptsim("lint", "-4", "--format", "json", "-", stdin=text).out)
    groups = [one["group"] for one in data["findings"] if one["code"] == "IPT0711"]
    assert (len(groups), len(set(groups))) == (40, 1)


@pytest.mark.parametrize("text", ["", "nonsense\n", "*filter\n-A INPUT --no-such\nCOMMIT\n"])
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


def many(count: int) -> str:
    """As many idle rules, each in a chain of its own, and one that is at fault."""
    built_in = "".join(f":{chain} ACCEPT\n" for chain in ("INPUT", "FORWARD", "OUTPUT"))
    rules = "".join(f"-A INPUT -p {n} -j C{n}\n-A C{n} -j LOG\n" for n in range(1, count + 1))
    idle = "".join(f"-A C{n} -s 10.0.{n}.0/24 -j RETURN\n" for n in range(1, count + 1))
    chains = "".join(f":C{n} -\n" for n in range(1, count + 1))
    fault = "-A INPUT -m mark --mark 1 -m mark --mark 2\n"
    return f"*filter\n{built_in}{chains}{rules}{idle}{fault}COMMIT\n"


def test_many_notes_of_one_kind_do_not_drown_the_rest() -> None:
    done = iptsim("lint", "-4", "-", stdin=many(21))
    assert done.out.count(": IPT0720") == 5
    assert "IPT0713     1 A rule whose conditions exclude each other.\nIPT0720    21 " in done.out
    assert "(5 shown; --all shows all)" in done.out
    assert done.out.endswith("22 findings: 1 error, 21 notes.\n")


def test_every_note_where_it_is_asked_for() -> None:
    done = iptsim("lint", "-4", "--all", "-", stdin=many(21))
    assert done.out.count(": IPT0720") == 21
    assert "shown" not in done.out
    assert iptsim("lint", "-4", "-", stdin=many(20)).out.count(": IPT0720") == 20


def test_programs_are_told_every_note() -> None:
    done = iptsim("lint", "-4", "--format", "json", "-", stdin=many(21))
    assert len(json.loads(done.out)["findings"]) == 22


def sarif_of(file: str | Path, stdin: str = "", lang: str = "en") -> dict[str, Any]:
    done = iptsim("lint", "--format", "sarif", "--lang", lang, file, stdin=stdin)
    run: dict[str, Any] = json.loads(done.out)["runs"][0]
    return run


def artifact(run: dict[str, Any]) -> object:
    return run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]


def test_sarif_names_files_by_their_uri(tmp_path: Path) -> None:
    here = str(FOUND.relative_to(ROOT))
    based = {"uri": here, "uriBaseId": "%SRCROOT%"}
    assert artifact(sarif_of(here)) == based
    assert artifact(sarif_of(f"./{here}")) == based
    above = f"../{ROOT.name}/{here}"
    assert artifact(sarif_of(above)) == {"uri": above}
    strange = tmp_path / "a b%.save"
    strange.write_text(FOUND.read_text())
    assert artifact(sarif_of(strange)) == {"uri": f"file://{tmp_path}/a%20b%25.save"}


def test_sarif_of_standard_input_in_chinese() -> None:
    told = sarif_of("-", FOUND.read_text(), "zh")
    assert artifact(told) == {"uri": "stdin", "description": {"text": "standard input"}}
    assert told["language"] == "zh"


def test_a_comment_is_neither_link_nor_placeholder_in_sarif() -> None:
    text = many(0).replace("-m mark", '-m comment --comment "see [this](http://x) {0}" -m mark', 1)
    (result,) = sarif_of("-", text)["results"]
    assert "see \\[this\\](http://x) {{0}}" in result["message"]["text"]


def test_sarif_tells_what_there_is_to_tell_of_the_reading() -> None:
    run = sarif_of("-", many(1))
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    found = [note["descriptor"]["id"] for note in invocation["toolExecutionNotifications"]]
    answer = json.loads(iptsim("lint", "--format", "json", "-", stdin=many(1)).out)
    assert found == [note["code"] for note in answer["notes"]]


def test_spoofed_packets_are_looked_for_where_sources_are_told(tmp_path: Path) -> None:
    dump = tmp_path / "rules"
    dump.write_text(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A FORWARD -i lan0 ! -s 10.20.0.0/16 -j DROP\n-A FORWARD -i lan0 -j ACCEPT\n"
        "-A FORWARD -i wan0 -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n"
    )
    kept = iptsim("lint", "-4", "--in", "lan0=10.20.0.0/16", dump)
    assert (kept.code, kept.err) == (0, "")
    assert "By lan0 no packet opens a connection whose source is not 10.20.0.0/16." in kept.out
    done = iptsim("lint", "-4", "--in", "lan0=10.20.0.0/16", "--in", "wan0=!10.20.0.0/16", dump)
    assert done.code == 1
    assert "IPT0734 by wan0 spoofed packets come in, first by filter FORWARD 3" in done.out
    assert "For example tcp 10.20." in done.out
    told = iptsim("lint", "-4", "--in", "wan0=!10.20.0.0/16", "--lang", "zh", dump)
    assert "伪造源地址的包能从 wan0 进来" in told.out
    assert iptsim("lint", "-4", "--in", "lan0", dump).code == 2
