"""Titles among commands and bare rules part states, where another title says the contrary."""

from __future__ import annotations

from pathlib import Path

import pytest

from iptsim.dialects import read_states, read_text
from iptsim.dialects.states.labels import title
from iptsim.errors import DumpError
from iptsim.model import Dump

ONE = "{0}-A INPUT -i eth1 -j ACCEPT\n{0}-A INPUT -j DROP\n"
TWO = ONE.replace("eth1", "eth2")
TITLES = [
    ("before:", "after:"),
    ("# before", "# after"),
    ("### Before the change", "### After the change"),
    ("vorher:", "nachher:"),
    ("До:", "После:"),
    ("avant :", "après :"),
    ("antes", "después"),
    ("之前：", "之后："),
    ("原来的规则是", "现在改成了"),
    ("what I had before:", "what I have now:"),
    ("# server A", "# server B"),
    ("node1:", "node2:"),
    ("web-01.lan:", "web-02.lan:"),
]


def interfaces(dump: Dump) -> list[str]:
    """The interfaces that the rules ask for, in order."""
    rules = dump.rulesets[0].rules()
    return [str(rule.header.in_) for *_place, rule in rules if rule.header.in_]


@pytest.mark.parametrize("program", ["iptables ", "sudo iptables ", ""])
@pytest.mark.parametrize(("one", "two"), TITLES)
def test_titles_part_states(one: str, two: str, program: str, tmp_path: Path) -> None:
    text = f"{one}\n{ONE.format(program)}\n{two}\n{TWO.format(program)}"
    with pytest.raises(DumpError, match="2 states"):
        read_text(text)
    assert interfaces(read_text(text, state="1")) == ["eth1"]
    assert interfaces(read_text(text, state="last")) == ["eth2"]
    (tmp_path / "t").write_text(text)
    assert [interfaces(dump) for dump in read_states(str(tmp_path / "t"))] == [["eth1"], ["eth2"]]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("before:", "then:"),
        ("node1:", "server2:"),
        ("# Flush old rules", "# Allow new connections"),
        ("step 1:", "step 2:"),
        ("node1:", "node1:"),
    ],
)
def test_titles_without_their_contrary_part_nothing(one: str, two: str) -> None:
    text = f"{one}\n{ONE.format('iptables ')}{two}\n{TWO.format('iptables ')}"
    assert interfaces(read_text(text)) == ["eth1", "eth2"]


def test_comments_that_may_speak_of_a_peer_part_nothing() -> None:
    text = "# server 1\niptables -A INPUT -i eth1 -s 192.0.2.1 -j ACCEPT\n"
    text += "# server 2\niptables -A INPUT -i eth2 -s 192.0.2.2 -j ACCEPT\n"
    assert interfaces(read_text(text)) == ["eth1", "eth2"]


def test_what_only_takes_away_is_no_state() -> None:
    text = "old rules:\niptables -D INPUT -i eth1 -j DROP\nnew rules:\n" + TWO.format("iptables ")
    assert interfaces(read_text(text)) == ["eth2"]


@pytest.mark.parametrize(
    "text", ["now add the new rule:", "rule-1:", "done", "log-prefix:", "start)", "before, after:"]
)
def test_prose_is_no_title(text: str) -> None:
    assert title(text) is None
