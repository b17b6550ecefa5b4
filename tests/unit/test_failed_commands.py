"""Commands below which iptables printed why it did not take them were never applied."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.dialects.commands.failures import says_failed
from iptsim.model import Dump

FAILED = "iptables -A INPUT -i eth9 -j DROP"
ERRORS = (
    "Bad argument `DROP'\nTry `iptables -h' or 'iptables --help' for more information.",
    "iptables: No chain/target/match by that name.",
    "ip6tables: Bad rule (does a matching rule exist in that chain?).",
    "iptables v1.8.7 (nf_tables): Couldn't load match `x':No such file or directory\n\n"
    "Try `iptables -h' or 'iptables --help' for more information.",
    "iptables v1.4.21: host/network `x' not found",
    "iptables: Index of insertion too big.",
    "bash: iptables: command not found",
    "Another app is currently holding the xtables lock. Perhaps you want to use the -w option?",
)


def interfaces(dump: Dump) -> list[str]:
    """The interfaces that the rules ask for, in order."""
    rules = dump.rulesets[0].rules()
    return [str(rule.header.in_) for *_place, rule in rules if rule.header.in_]


@every_row("error", ERRORS)
@every_row("prompt", ["", "$ sudo ", "+ "])
def test_the_command_above_an_error_was_never_applied(error: str, prompt: str) -> None:
    text = f"{prompt}{FAILED}\n{error}\n{prompt}iptables -A INPUT -i eth1 -j DROP\n"
    dump = read_text(text)
    assert interfaces(dump) == ["eth1"]
    (note,) = (note for note in dump.notes if note.code == "IPT0507")
    assert note.place is not None
    assert note.place.line == 1
    assert dict(note.facts)["error"] == error.split("\n", maxsplit=1)[0]


def test_one_that_cannot_be_read_is_left_out_too() -> None:
    text = (
        "+ iptables -A INPUT -i -j DROP\nBad argument `DROP'\n+ iptables -A INPUT -i eth1 -j DROP\n"
    )
    assert interfaces(read_text(text, strict=True)) == ["eth1"]


def test_of_two_on_a_line_nobody_knows_which() -> None:
    both = f"{FAILED} && iptables -A INPUT -i eth2 -j DROP"
    text = f"{both}\n{ERRORS[1]}\niptables -A INPUT -i eth1\n"
    rules = [rule for *_place, rule in read_text(text).rulesets[0].rules()]
    assert [rule.unread is not None for rule in rules] == [True, True, False]


def test_a_chain_that_is_there_already_may_hold_rules() -> None:
    text = "iptables -N WEB\niptables: Chain already exists.\niptables -A WEB -j DROP\n"
    chain = read_text(text).rulesets[0].tables[0].chain("WEB")
    assert chain is not None
    assert not chain.whole


@pytest.mark.parametrize(
    "line",
    [
        "",
        "iptables -A INPUT -j DROP",
        "iptables: Using intrapositioned negation is deprecated",
        "# Warning: iptables-legacy tables present, use iptables-legacy to see them",
        "Another app is currently holding the xtables lock; still 9s 0us time ahead",
        "Chain INPUT (policy ACCEPT)",
    ],
)
def test_what_is_no_error_leaves_the_command(line: str) -> None:
    assert not says_failed(line)


def test_an_error_below_another_line_is_not_the_commands() -> None:
    text = f"{FAILED}\ndone\niptables: No chain/target/match by that name.\n"
    assert interfaces(read_text(text)) == ["eth9"]
