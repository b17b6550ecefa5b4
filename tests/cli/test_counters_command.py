"""`iptsim counters` as the program takes it."""

from __future__ import annotations

import json
from pathlib import Path

from cli_program import CASE, iptsim

SAVED = """*filter
:INPUT DROP [7:70]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:IN - [0:0]
[{0}:60] -A INPUT -j IN
[{0}:60] -A IN -p udp -j DROP
[0:0] -A IN -p tcp -j ACCEPT
COMMIT
"""


def test_rules_that_were_met_are_told() -> None:
    out = iptsim("counters", stdin=SAVED.format(420)).out
    assert "Of 420 packets that came to IN 420 met rule 1: DROP." in out
    assert "Met by no packet: 2." in out
    assert "The policy DROP decided 7 packets." in out


def test_what_grew_stands_beside(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(SAVED.format(5))
    (tmp_path / "b").write_text(SAVED.format(9))
    assert "9 packets  +4" in iptsim("counters", tmp_path / "a", tmp_path / "b").out
    assert "set back" in iptsim("counters", tmp_path / "b", tmp_path / "a").out
    answer = json.loads(iptsim("counters", tmp_path / "a", tmp_path / "b", "--format", "json").out)
    assert answer["schema"] == "iptsim.counters/1"
    chain = next(each for each in answer["chains"] if each["chain"] == "IN")
    assert (chain["came"], chain["rules"][0]["grown"], chain["rules"][1]["packets"]) == (9, 4, 0)


def test_a_text_without_counters_is_refused() -> None:
    done = iptsim("counters", CASE / "1.8.9" / "after.txt")
    assert (done.code, done.out) == (2, "")
    assert "-v" in done.err
