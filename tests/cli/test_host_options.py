"""What the host is told by options decides, and what is wrong with them is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_program import iptsim

RULES = """*filter
:INPUT ACCEPT [0:0]
-A INPUT -m set --match-set blocked src -j DROP
-A INPUT -m time --timestart 01:00:00 --timestop 02:00:00 -j REJECT
-A INPUT -m socket --nowildcard -j ACCEPT
COMMIT
"""
SETS = "create blocked hash:ip\nadd blocked 10.0.0.7\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.txt"
    file.write_text(RULES)
    return file


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    file = tmp_path / "sets.txt"
    file.write_text(SETS)
    return file


def verdicts(*words: str | Path, stdin: str = "") -> list[tuple[str, int | None]]:
    """Each outcome's verdict, and the rule that the last step is of."""
    done = iptsim("trace", "-4", "--dport", "80", "--format", "json", *words, stdin=stdin)
    assert done.code == 0, done
    outcomes = json.loads(done.out)["outcomes"]
    return [(outcome["verdict"], outcome["steps"][-1]["rule"]) for outcome in outcomes]


def test_what_is_told_is_open_no_more(rules: Path, sets: Path) -> None:
    told = ("--ipset", sets, "--time", "2030-01-01T12:00", "--socket", "none")
    assert len(verdicts("--src", "10.0.0.8", rules)) > 1
    assert verdicts("--src", "10.0.0.8", *told, rules) == [("ACCEPT", None)]
    assert verdicts("--src", "10.0.0.7", *told, rules) == [("DROP", 1)]
    late = ("--ipset", sets, "--time", "2030-01-01T03:30+02:00", "--socket", "none")
    assert verdicts("--src", "10.0.0.8", *late, rules) == [("REJECT", 2)]
    heard = (*told[:-2], "--socket", "udp:*:80", "--socket", "tcp:*:80")
    assert verdicts("--src", "10.0.0.8", *heard, rules) == [("ACCEPT", 3)]


def test_sets_come_by_standard_input(rules: Path) -> None:
    told = ("--time", "2030-01-01T12:00", "--socket", "none", "--ipset", "-")
    assert verdicts("--src", "10.0.0.7", *told, rules, stdin=SETS) == [("DROP", 1)]
    done = iptsim("trace", "--ipset", "-", "-", stdin=SETS)
    assert (done.code, done.out) == (2, "")
    assert "standard input" in done.err


def test_a_set_that_is_not_told_is_said_to_be_missing(rules: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.txt"
    none.write_text("")
    done = iptsim("trace", "--dport", "80", "--ipset", none, rules)
    assert "not among those of --ipset" in " ".join(done.out.split())


def test_a_wrong_line_of_sets_has_a_place(rules: Path, sets: Path) -> None:
    sets.write_text(SETS + "add blocked 10.0.0.300\n")
    done = iptsim("trace", "--ipset", sets, rules)
    assert done.code == 2
    assert f"{sets}:3:13" in done.err
    assert done.err.splitlines()[3].endswith("^" * len("10.0.0.300"))


def test_many_members_are_told_in_few_words(rules: Path, sets: Path) -> None:
    sets.write_text("create blocked hash:ip\nadd blocked 10.0.0.0\n" + "".join(
        f"add blocked 10.0.{n}.7\n" for n in range(200)
    ))  # fmt: skip
    done = iptsim("trace", "--dport", "80", "--ipset", sets, "--socket", "none", rules)
    assert done.code == 0
    assert "more (--format json has all)" in " ".join(done.out.split())
    assert "10.0.100.7" not in done.out


@pytest.mark.parametrize(
    ("option", "value"),
    [("--time", "noon"), ("--socket", "tcp:80"), ("--ipset", "/nowhere/sets.txt")],
)
def test_a_wrong_value_is_named(rules: Path, option: str, value: str) -> None:
    for lang in ("en", "zh"):
        done = iptsim("trace", "--lang", lang, option, value, rules)
        assert (done.code, done.out) == (2, "")
        assert value in done.err
        assert "Traceback" not in done.err
