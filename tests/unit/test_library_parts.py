"""A rule set's parts as values, its steps one by one, what a diff takes, how errors speak."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from called_program import called
from unknown_names import NO_MATCH

import iptsim
from iptsim.notebook.python_names import in_python
from iptsim.notebook.rules_in_parts import COLUMNS

ROOT = Path(__file__).parents[2]
CASE = ROOT / "fixtures" / "istio" / "both-directions"
BOTH = """*filter
:INPUT DROP [0:0]
:MINE - [0:0]
[7:420] -A INPUT -p tcp -m tcp --dport 22 -j MINE
-A MINE -j ACCEPT
COMMIT
*nat
:INPUT ACCEPT [0:0]
:MINE - [0:0]
COMMIT
"""


@pytest.fixture(scope="module")
def after() -> iptsim.Rules:
    return iptsim.read(CASE / "after.save.txt")


def test_rules_are_counted_and_come_in_the_order_of_the_dump(after: iptsim.Rules) -> None:
    texts = [line for line in str(after.convert()).splitlines() if line.startswith("-A ")]
    assert len(after) == len(texts)
    assert [each.text for each in after] == texts
    assert [repr(each) for each in after] == texts
    first = next(iter(after))
    assert (first.table, first.chain, first.number) == ("nat", "PREROUTING", 1)
    assert first.target == "ISTIO_INBOUND"
    assert first.place is not None
    assert first.place.line == 11


def test_tables_and_chains() -> None:
    rules = iptsim.read(text=BOTH, family=4)
    assert [(part.name, len(part)) for part in rules.tables] == [("filter", 2), ("nat", 0)]
    assert [part.name for part in rules.chains] == ["INPUT", "MINE", "INPUT", "MINE"]
    assert rules.chain("INPUT").policy == "DROP"
    assert rules.chain("INPUT", "nat").policy == "ACCEPT"
    assert rules.chain("MINE").policy is None
    assert [one.text for one in rules.chain("MINE")] == ["-A MINE -j ACCEPT"]
    assert repr(rules.table("filter")) == "filter, IPv4: chains 2, rules 2"
    assert "tcp dport 22" in str(rules.chain("INPUT"))
    assert "MINE\n" not in str(rules.chain("INPUT"))
    assert "goes through MINE" in rules.chain("INPUT")._repr_html_()
    with pytest.raises(KeyError, match="OTHER"):
        rules.chain("OTHER")


def test_a_dump_without_rules_is_still_one() -> None:
    rules = iptsim.read(text="*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", family=4)
    assert len(rules) == 0
    assert rules
    assert rules.lint()


def test_rows_have_what_the_dump_tells_and_none_for_the_rest() -> None:
    rules = iptsim.read(text=BOTH, family=4)
    first, second = rules.rows()
    assert tuple(first) == COLUMNS
    assert (first["asks"], first["packets"], first["bytes"]) == ("tcp dport 22", 7, 420)
    assert (second["packets"], second["target"], second["line"]) == (None, "ACCEPT", 5)


def test_a_row_of_what_nobody_can_read_is_as_the_dump_has_it() -> None:
    strange = f"-A INPUT -m {NO_MATCH} --strange 1 -j DROP"
    rules = iptsim.read(text=f"*filter\n:INPUT ACCEPT\n{strange}\n-A INPUT -p tcp -j\nCOMMIT\n")
    assert [row["text"] for row in rules.rows()] == [strange, "-A INPUT -p tcp -j"]


def test_a_frame_is_the_rows() -> None:
    pytest.importorskip("pandas")
    rules = iptsim.read(text=BOTH, family=4)
    frame = rules.frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["rule"].tolist() == [1, 1]
    assert frame["packets"].sum() == 7
    empty = iptsim.read(text="*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", family=4).frame()
    assert list(empty.columns) == list(COLUMNS)


def test_pandas_is_loaded_by_a_frame_alone() -> None:
    code = "import sys, iptsim; iptsim.read('after.txt').rows(); print('pandas' in sys.modules)"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=CASE, env=environ
    )
    assert done.stdout.strip() == b"False"


# What a diff takes


def test_a_diff_takes_texts_files_and_rules(after: iptsim.Rules) -> None:
    file, text = CASE / "before.save.txt", (CASE / "after.save.txt").read_text()
    wanted = [(e.where, e.example) for e in iptsim.diff(file, after).effects]
    assert wanted
    for before in (str(file), file.read_text(), iptsim.read(file), iptsim.read(file).dump):
        for later in (text, CASE / "after.save.txt", after.dump):
            told = iptsim.diff(before, later)
            assert [(e.where, e.example) for e in told.effects] == wanted
    assert iptsim.diff(file, text, lang="zh").after.lang == "zh"
    with pytest.raises(iptsim.UsageError, match="cannot read nowhere"):
        iptsim.diff("nowhere", after)


def test_its_signature_says_so() -> None:
    told = inspect.signature(iptsim.diff).parameters
    assert list(told) == ["before", "after", "host", "comments", "lang"]
    assert told["before"].annotation == "Rules | Dump | str | PathLike[str]"


# Errors speak Python


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("--dport: wrong", "dport: wrong"),
        ("--tcp-flags: wrong", "tcp_flags: wrong"),
        ("tell more of it (--src, --dst, --in …)", "tell more of it (src, dst, in_ …)"),
        ("tell the table with -t", "tell the table with table"),
        ("a rule -A INPUT -p tcp --dports 1", "a rule -A INPUT -p tcp --dports 1"),
        ("10-20--30", "10-20--30"),
    ],
)
def test_options_are_keywords(text: str, told: str) -> None:
    assert in_python(text) == told


def test_what_an_error_tells_is_in_python(after: iptsim.Rules) -> None:
    for ask, name in (
        (lambda: after.trace(in_="/"), "in_"),
        (lambda: after.query("ACCEPT", dport="x"), "dport"),
        (lambda: after.query("REDIREC"), "fate"),
        (lambda: after.matrix(tcp_flags="SIN"), "tcp_flags"),
        (lambda: after.trace(dport=1).meets("DORP"), "fate"),
    ):
        with pytest.raises(iptsim.UsageError) as caught:
            ask()
        assert str(caught.value).startswith(f"{name}: ")
        assert "--" not in str(caught.value)


def test_an_error_of_a_dump_keeps_the_dumps_words(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("*filter\n:INPUT ACCEPT\n-A INPUT -p tcp --dport 1x -j DROP\n")
    rules = iptsim.read(tmp_path / "a")
    assert "--dport 1x" in rules.rows()[0]["text"]  # type: ignore[operator]  # a text


# Steps


def test_steps_tell_packet_chains_and_rule_at_each(after: iptsim.Rules) -> None:
    steps = after.trace(dport=8088).steps()
    assert len(steps) == 4
    told = str(steps).split("\n\n")
    assert "PREROUTING › ISTIO_INBOUND › ISTIO_IN_REDIRECT" in told[2]
    assert "dport 8088" in told[2]
    assert "dport 15001" in told[3]
    assert "-P INPUT ACCEPT" in told[3]


def test_a_packet_that_returns_is_in_the_chain_it_came_from(after: iptsim.Rules) -> None:
    told = str(after.trace(uid=1337, dst="10.9.9.9", dport=80, verbose=True).steps())
    chains = re.findall(r"^    chain +(.*)$", told, re.MULTILINE)
    assert chains == ["OUTPUT", "OUTPUT › ISTIO_OUTPUT", "OUTPUT", "POSTROUTING"]
    assert "·  nat ISTIO_OUTPUT 1" in told
    assert "·" not in str(after.trace(uid=1337, dst="10.9.9.9", dport=80).steps())


def test_a_goto_leaves_its_chain_for_good() -> None:
    rules = iptsim.read(
        text="*filter\n:INPUT ACCEPT\n:A -\n:B -\n-A INPUT -j A\n-A INPUT -p tcp -j DROP\n"
        "-A A -g B\n-A A -j ACCEPT\n-A B -p udp -j DROP\nCOMMIT\n",
        family=4,
    )
    told = re.findall(r"^    chain +(.*)$", str(rules.trace(dport=1).steps()), re.MULTILINE)
    assert told == ["INPUT", "INPUT › A", "INPUT"]


def test_steps_are_html_that_opens_without_a_script(after: iptsim.Rules) -> None:
    walk = after.trace(dport=8088)
    page = walk.steps()._repr_html_()
    assert page.count("<details") == page.count("</details>") == len(walk.steps())
    assert page.count(" open>") == 1
    assert "<script" not in page
    assert page == walk.steps()._repr_html_()
    assert "第 1 步" in str(iptsim.read(CASE / "after.txt", lang="zh").trace(dport=80).steps())
    with pytest.raises(IndexError):
        walk.steps(3)


def test_steps_escape_what_a_dump_holds() -> None:
    text = '*filter\n:INPUT ACCEPT\n-A INPUT -m comment --comment "<b>&</b>" -j DROP\nCOMMIT\n'
    assert "<b>" not in iptsim.read(text=text, family=4).trace(dport=1).steps()._repr_html_()


# Mistakes


def test_mistakes_of_a_mesh_are_the_programs() -> None:
    file = str(ROOT / "fixtures" / "mistakes" / "swapped.save.txt")
    found = iptsim.read(file).check()
    assert [one.kind.value for one in found.findings] == ["IPT0840"]
    assert f"{found}\n" == called(["istio", "check", "--lang", "en", file], b"", os.environ).out
    assert found.json()["schema"] == "iptsim.check/1"
    assert len(found) == 1
    wanted = iptsim.read(CASE / "after.save.txt").check(ports={9090: "app"})
    assert "IPT0845" in [one.kind.value for one in wanted.findings]
