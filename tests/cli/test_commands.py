"""diff, graph and convert, and the program itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from called_program import ROOT
from cli_program import CASE, iptsim

LOOP = """\
*filter
:INPUT ACCEPT [0:0]
:A - [0:0]
:B - [0:0]
-A INPUT -j A
-A A -j B
-A B -j A
-A B -j MISSING
COMMIT
"""


def test_diff_finds_a_difference() -> None:
    done = iptsim("diff", CASE / "before.txt", CASE / "after.txt")
    assert done.code == 1
    assert "ISTIO_INBOUND" in done.out
    assert "after.txt:15" in done.out


def test_diff_of_the_same_is_0() -> None:
    done = iptsim("diff", CASE / "after.txt", CASE / "after.txt")
    assert done.code == 0


def test_diff_across_forms_is_0() -> None:
    done = iptsim("diff", CASE / "after.v.txt", CASE / "after.save.txt")
    assert (done.code, done.err) == (0, "")


def test_diff_json() -> None:
    done = iptsim("diff", "--format", "json", CASE / "before.txt", CASE / "after.txt")
    found = json.loads(done.out)
    assert found["schema"] == "iptsim.diff/1"
    assert found["same_effect"] is False
    changes = sorted((one["change"], one["chain"]) for one in found["structure"])
    assert changes == [
        ("chain-added", "ISTIO_INBOUND"),
        ("references-changed", "ISTIO_IN_REDIRECT"),
        ("rule-added", "ISTIO_INBOUND"),
        ("rule-added", "PREROUTING"),
    ]


def test_diff_against_standard_input() -> None:
    after = (CASE / "after.txt").read_text()
    assert iptsim("diff", CASE / "before.txt", "-", stdin=after).code == 1
    assert iptsim("diff", "-", "-", stdin=after).code == 2


def test_an_empty_side_is_a_host_without_rules() -> None:
    done = iptsim("diff", "--format", "json", "-", CASE / "after.txt", stdin="\n")
    found = json.loads(done.out)
    assert (done.code, found["same_effect"]) == (1, False)
    assert {one["change"] for one in found["structure"]} >= {"table-added", "rule-added"}
    assert "IPT0128" in [note["code"] for note in found["notes"]]
    assert iptsim("trace", "-", stdin="\n").code == 2


def test_graph_tree_names_what_is_wrong() -> None:
    done = iptsim("graph", "-", stdin=LOOP)
    assert done.code == 0
    assert "The chains of filter lead in a loop: A → B → A." in done.out
    assert "filter B 2 leads to MISSING, which this dump does not hold. (-:8)" in done.out


@pytest.mark.parametrize("form", ["dot", "mermaid"])
def test_drawings_keep_findings_apart(form: str) -> None:
    done = iptsim("graph", "--format", form, "-", stdin=LOOP)
    assert done.out.startswith({"dot": "digraph", "mermaid": "flowchart"}[form])
    assert "loop" in done.err
    assert "loop" not in done.out


def test_graph_json() -> None:
    found = json.loads(iptsim("graph", "--format", "json", "-", stdin=LOOP).out)
    assert [finding["code"] for finding in found["findings"]] == ["IPT0501", "IPT0502"]
    assert {"table": "filter", "from": "B", "rule": 2, "to": "MISSING", "goto": False}.items() <= (
        found["jumps"][-1].items()
    )


def test_graph_draws_with_graphviz() -> None:
    dot = shutil.which("dot")
    if dot is None:
        pytest.skip("Graphviz is not installed")
    drawing = iptsim("graph", "--format", "dot", CASE / "after.txt").out
    done = subprocess.run([dot, "-Tsvg"], input=drawing, capture_output=True, text=True, check=True)
    assert "ISTIO_IN_REDIRECT" in done.stdout


def test_wrong_references() -> None:
    listing = (CASE / "after.txt").read_text()
    wrong = listing.replace("Chain ISTIO_INBOUND (1 ref", "Chain ISTIO_INBOUND (7 ref")
    done = iptsim("graph", "-", stdin=wrong)
    told = " ".join(done.out.split())
    assert "nat ISTIO_INBOUND is listed with 7 references; this dump holds 1." in told


def test_convert_to_save_is_what_iptables_save_printed() -> None:
    done = iptsim("convert", CASE / "after.v.txt")
    saved = (CASE / "after.save.txt").read_text().splitlines()
    rules = [line for line in saved if line.startswith("-A")]
    assert [line for line in done.out.splitlines() if line.startswith("-A")] == rules


def test_convert_to_json() -> None:
    found = json.loads(iptsim("convert", "--to", "json", CASE / "after.v.txt").out)
    assert found["schema"] == "iptsim.ruleset/1"
    (table,) = found["tables"]
    chains = {chain["name"]: chain for chain in table["chains"]}
    (rule,) = chains["ISTIO_INBOUND"]["rules"]
    assert (table["name"], table["family"]) == ("nat", 4)
    assert chains["PREROUTING"]["policy"] == "ACCEPT"
    assert chains["ISTIO_IN_REDIRECT"]["references"] == 2
    assert rule["proto"] == "tcp"
    assert rule["matches"] == [
        {"name": "tcp", "options": [{"name": "--dport", "value": "8088", "negate": False}]}
    ]
    assert rule["target"] == {"name": "ISTIO_IN_REDIRECT", "goto": False}
    assert rule["counters"] == {"packets": 0, "bytes": 0}


def test_convert_of_what_a_listing_hides_says_so() -> None:
    found = json.loads(iptsim("convert", "--to", "json", CASE / "after.txt").out)
    rules = [rule for chain in found["tables"][0]["chains"] for rule in chain["rules"]]
    assert all("interfaces" in rule["hides"] for rule in rules)


def test_version_and_help() -> None:
    version = iptsim("--version")
    assert (version.code, version.out[:7]) == (0, "iptsim ")
    for command in ("trace", "diff", "graph", "convert"):
        shown = iptsim(command, "--help")
        assert shown.code == 0
        assert "--lang" in shown.out


def test_installed_program_is_the_module() -> None:
    program = Path(sys.executable).with_name("iptsim")
    if not program.exists():
        pytest.skip("iptsim is not installed in this environment")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == iptsim("--version").out


def test_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(  # noqa: S602  # a pipe is what this is about
        f"{sys.executable} -m iptsim convert --to json {CASE / 'after.txt'} | true; "
        "exit ${PIPESTATUS[0]}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_command_is_told_in_half_a_sentence() -> None:
    shown = iptsim("--help").out.partition("Commands:")[2]
    assert shown
    assert "..." not in shown
