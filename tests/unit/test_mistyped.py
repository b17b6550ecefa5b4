"""Commands with a misspelt letter are rules of their own that nobody knows."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.dialects.save.mistyped import calls_misspelt, is_misspelt, meant
from iptsim.errors import DumpError
from iptsim.model import Rule

FLAGS = ("-a", "--A", "-append", "-Append", "-Q")


def rules(text: str) -> list[Rule]:
    """The rules of the first chain."""
    (chain,) = read_text(text).rulesets[0].tables[0].chains
    return list(chain.rules)


@every_row("flag", FLAGS)
@every_row("lead", ["iptables ", "", "*filter\n:INPUT DROP [0:0]\n"])
def test_the_rule_before_it_stays_whole(flag: str, lead: str) -> None:
    program = lead if lead == "iptables " else ""
    text = f"{lead}-A INPUT -i eth1 -j DROP\n{program}{flag} INPUT -i eth2 -j DROP\n"
    found = rules(f"{text}{program}-A INPUT -i eth3 -j ACCEPT\n" + "COMMIT\n" * ("*" in lead))
    assert [rule.unread is not None for rule in found] == [False, True, False]
    assert [str(rule.header.in_) for rule in found if rule.unread is None] == ["eth1", "eth3"]


def test_a_strict_reader_refuses_it() -> None:
    with pytest.raises(DumpError) as caught:
        read_text("iptables -A INPUT -j DROP\niptables -a INPUT -j ACCEPT\n", strict=True)
    assert caught.value.place.line == 2


def test_rests_of_broken_rules_are_none() -> None:
    text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp\n--dport 80 -j ACCEPT\nCOMMIT\n"
    assert [rule.unread for rule in rules(text)] == [None]


@every_row("flag", ["-p", "-f", "--dport", "--append", "-A", "--a", "-j", "--"])
def test_options_that_iptables_has_are_none(flag: str) -> None:
    assert not is_misspelt(flag)


def test_what_it_stands_for() -> None:
    assert [meant(flag) for flag in FLAGS] == ["A", "A", "A", "A", ""]


def test_another_program_behind_a_pipe_has_options_of_its_own() -> None:
    assert not calls_misspelt(["iptables", "-nL", "|", "grep", "-a", "ssh"])
    assert not calls_misspelt(["iptables-save", "-T", "nat"])
    assert calls_misspelt(["iptables", "-a", "INPUT", "-j", "DROP"])
