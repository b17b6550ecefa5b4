"""Commands that a mail or a terminal broke without a backslash: joined, or unknown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import replace

import pytest
from every_row import every_row
from unknown_names import NO_MATCH

from iptsim.dialects import read_text
from iptsim.errors import DumpError
from iptsim.model import Dump, Rule

COMMANDS = (
    "iptables -t filter -N OFFICE-TO-THE-WAREHOUSE",
    "iptables -t filter -A OFFICE-TO-THE-WAREHOUSE -s 192.0.2.0/24 -p tcp --dport 22 -j DROP",
    "iptables -t filter -A FORWARD -i wan0 -p tcp -m multiport --dports 80,443,8080:8090 -j ACCEPT",
    "iptables -t filter -A FORWARD -m iprange --src-range 198.51.100.10-198.51.100.20 -j ACCEPT",
    "iptables -t filter -A FORWARD -i lan0 -m conntrack --ctstate NEW -j OFFICE-TO-THE-WAREHOUSE",
    'iptables -t filter -A FORWARD -m comment --comment "what is left over of it" -p udp -j REJECT',
    "iptables -t nat -A PREROUTING -d 203.0.113.9 -p tcp -j DNAT --to-destination 192.0.2.77:8080",
)
WIDTHS = (72, 76, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90)


def at_blanks(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)


def hard(line: str, width: int) -> list[str]:
    return [line[at : at + width] for at in range(0, len(line), width)]


def meant(dump: Dump) -> list[tuple[str, str, str]]:
    """Where each rule stands, and what it says but for its place and a comment's blanks."""
    return [
        (table.name, chain.name, re.sub(r"\\n| ", "", repr(replace(rule, place=None))))
        for ruleset in dump.rulesets
        for table, chain, _number, rule in ruleset.rules()
    ]


@every_row("width", WIDTHS)
@every_row("fold", [at_blanks, hard])
@every_row("lead", ["", "sudo ", "> "])
def test_broken_commands_read_as_whole_ones(
    lead: str, fold: Callable[[str, int], list[str]], width: int
) -> None:
    quote = "> " if lead == "> " else ""
    whole = [lead.removeprefix("> ") + line for line in COMMANDS]
    folded = [f"{quote}{part}" for line in whole for part in fold(line, width)]
    assert meant(read_text("\n".join(folded))) == meant(read_text("\n".join(whole)))


def only(text: str) -> Rule:
    rules = [rule for ruleset in read_text(text).rulesets for *_place, rule in ruleset.rules()]
    return rules[0]


LONG = "iptables -A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 8080"
OTHER = "iptables -A INPUT -i lo -j ACCEPT\n"


@pytest.mark.parametrize(
    "broken",
    [
        f"{LONG} -m conntrack -j D\nrop it like so\n",
        f"{LONG}\n--no-such-option 1 -j DROP\n",
        f"{LONG} -j DNAT --to-destination 192.0.2.1\n7:80 and more\n",
        f"{LONG} -j DROP\n-m {NO_MATCH} --source-country X\n",
    ],
)
def test_what_does_not_join_is_unknown(broken: str) -> None:
    rule = only(broken + OTHER)
    assert rule.unread is not None
    with pytest.raises(DumpError) as caught:
        read_text(broken + OTHER, strict=True)
    assert (caught.value.code, caught.value.place.line) == ("IPT0194", 1)


@every_row(
    "below",
    [
        "echo done",
        "fi",
        "exit 0",
        "X=1",
        "}",
        "# the end",
        "service ssh restart",
        "It drops nothing, why?",
        "",
    ],
)
@every_row("deed", ["DROP", "LOG --log-prefix dropped", "MINE"])
def test_what_a_script_goes_on_with_is_no_rest(deed: str, below: str) -> None:
    text = f"iptables -N MINE\n{LONG} -j {deed}\n{below}\n{OTHER}"
    rule = only(text)
    assert rule.unread is None
    assert rule.target is not None
    assert rule.target.name == deed.split(maxsplit=1)[0]
    assert "droppedfi" not in repr(rule)


def test_an_error_below_the_rest_is_the_commands() -> None:
    text = f"{LONG}\n-j DROP\niptables: No chain/target/match by that name.\n{OTHER}"
    dump = read_text(text)
    assert [note.code for note in dump.notes].count("IPT0507") == 1
    assert len(list(dump.rulesets[0].rules())) == 1


NARROW = [
    ("iptables -A FORWARD -p tcp --dport 44", "3 -j DROP", "-p tcp --dport 443 -j DROP"),
    ("iptables -A FORWARD -s 10.20", ".0.0/16 -j DROP", "-s 10.20.0.0/16 -j DROP"),
    ("iptables -A FORWARD -i eth1 -j DR", "OP", "-i eth1 -j DROP"),
    ("iptables -A FORWARD -i eth1 -j", "DROP", "-i eth1 -j DROP"),
    ("iptables -A FORWARD -p udp -m commen", 't --comment "a b" -j DROP',
     '-p udp -m comment --comment "a b" -j DROP'),
    ("iptables -A FORWARD -p tcp -j REJE", "CT --reject-with tcp-reset",
     "-p tcp -j REJECT --reject-with tcp-reset"),
]  # fmt: skip


@every_row(("first", "rest", "whole"), NARROW)
@every_row("prompt", ["", "# ", "root@gw:~# "])
def test_a_narrow_terminal_breaks_within_words(
    prompt: str, first: str, rest: str, whole: str
) -> None:
    last = f"{prompt}iptables -P FORWARD DROP\n"
    broken = read_text(f"{prompt}{first}\n{rest}\n{last}").rulesets[0].rules()
    meant = read_text(f"{prompt}iptables -A FORWARD {whole}\n{last}").rulesets[0].rules()
    assert [rule for *_where, rule in broken] == [rule for *_where, rule in meant]


def test_what_only_looks_like_the_rest_of_a_rule_is_none() -> None:
    text = "iptables -A INPUT -p udp\nWe had -j DROP here.\niptables -A INPUT -j ACCEPT\n"
    first, second = (rule for *_where, rule in read_text(text).rulesets[0].rules())
    assert first.unread is not None
    assert second.unread is None
