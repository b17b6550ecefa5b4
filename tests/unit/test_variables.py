"""Scripts whose programs and values are shell variables: filled in where one thing can be meant."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import DumpError
from iptsim.model import UNREADABLE, Dump, Rule

PLAIN = "iptables -A INPUT -i lo -j ACCEPT\n"


def rules(dump: Dump, family: int = 4) -> list[Rule]:
    found = [each for each in dump.rulesets if each.family == family]
    return [rule for ruleset in found for *_place, rule in ruleset.rules()]


@every_row(
    ("line", "family"),
    [
        ("$IPT -A INPUT -j DROP", 4),
        ("${IPT} -A INPUT -j DROP", 4),
        ('"$IPTABLES" -t filter -A INPUT -j DROP', 4),
        ("\t$IPT -I INPUT -j DROP  # last", 4),
        ("sudo $IPT -A INPUT -j DROP", 4),
        ('[ -n "$LAN" ] && $IPT -A INPUT -j DROP', 4),
        ("if true; then $IPT -A INPUT -j DROP; fi", 4),
        ("$IP6T -A INPUT -j DROP", 6),
        ("${IP6TABLES} -A INPUT -j DROP", 6),
        ("$FW -A INPUT -j DROP", 4),
        ("IPT=/usr/sbin/ip6tables\n$IPT -A INPUT -j DROP", 6),
        ("IPT=$(command -v ip6tables)\n$IPT -A INPUT -j DROP", 6),
        ('F=`which iptables`\n"$F" -A INPUT -j DROP', 4),
        ('IPT="${IPT:-/sbin/iptables}"\n$IPT -A INPUT -j DROP', 4),
        ('IPT="sudo ip6tables -w"\n$IPT -A INPUT -j DROP', 6),
        ("$IPT -A INPUT \\\n  -j DROP", 4),
    ],
)
def test_a_variable_names_the_program(line: str, family: int) -> None:
    other = "iptables" if family == 6 else "ip6tables"
    dump = read_text(f"#!/bin/sh\n{line}\n{other} -A INPUT -i lo -j ACCEPT\n")
    (rule,) = rules(dump, family)
    assert rule.target is not None
    assert rule.target.name == "DROP"


@every_row(
    "line",
    [
        "$GREP -A 3 INPUT /etc/passwd",
        "$CURL -I http://example.net",
        "$IPSET -N bad iphash",
        "$EBTABLES -A INPUT -j DROP",
        "$ARPTABLES -A INPUT -j DROP",
        "TOOL=/sbin/ebtables\n$TOOL -A INPUT -j DROP",
        "echo $IPT -A INPUT -j DROP",
        "# $IPT -A INPUT -j DROP",
        "$IPT -nvL",
    ],
)
def test_other_programs_are_not_iptables(line: str) -> None:
    assert len(rules(read_text(f"{line}\n{PLAIN}"))) == 1


def test_flags_go_with_the_name() -> None:
    dump = read_text('NAT="/sbin/iptables -t nat"\n$NAT -A POSTROUTING -o eth0 -j MASQUERADE\n')
    assert [table.name for table in dump.rulesets[0].tables] == ["nat"]


def test_a_loop_over_programs_is_of_both() -> None:
    text = "for IPT in iptables ip6tables; do\n  $IPT -A INPUT -i eth0 -j DROP\ndone\n"
    dump = read_text(text)
    assert len(rules(dump, 4)) == len(rules(dump, 6)) == 1


def test_of_two_programs_nobody_knows_which() -> None:
    text = (
        'if [ "$1" = 6 ]; then IPT=ip6tables; else IPT=iptables; fi\n'
        f"$IPT -A INPUT -i eth0 -j DROP\n{PLAIN}"
    )
    dump = read_text(text)
    assert [rule.unread is not None for rule in rules(dump, 4)] == [True, False]
    assert [rule.unread is not None for rule in rules(dump, 6)] == [True]


@every_row(
    "above",
    [
        "EXT=eth0",
        'EXT="eth0"',
        "EXT='eth0'   # to the world",
        "export EXT=eth0",
        "readonly EXT=eth0;",
        "if true; then\n  echo\nfi\nEXT=eth0",
    ],
)
@every_row("word", ["$EXT", "${EXT}", '"$EXT"'])
def test_one_literal_assignment_is_filled_in(above: str, word: str) -> None:
    dump = read_text(f"{above}\n$IPT -A INPUT -i {word} -j DROP\n", strict=True)
    (rule,) = rules(dump)
    assert str(rule.header.in_) == "eth0"
    (note,) = (note for note in dump.notes if note.code == "IPT0193")
    assert dict(note.facts)["told"] == "EXT=eth0"


@every_row(
    "above",
    [
        "",
        "EXT=eth0\nEXT=eth1",
        "if true; then\nEXT=eth0\nfi",
        "[ -e /x ] && EXT=eth0",
        "[ -e /x ] && \\\nEXT=eth0",
        "EXT=eth0\n[ -e /x ] && EXT=eth1",
        "EXT=$(route | awk)",
        'EXT="eth0 eth1"',
        "EXT=${1:-eth0}",
        "EXT=eth0\n: ${EXT:=eth1}",
        "EXT=eth0\nread EXT",
        "EXT=eth0\n. /etc/fw.conf",
        "EXT=eth0\neval `cat x`",
        "for EXT in eth0 eth1; do",
        "setup() {\nEXT=eth0\n}",
        "EXT=eth0 true",
        "# EXT=eth0",
        "EXT=",
    ],
)
def test_any_other_value_is_unknown(above: str) -> None:
    dump = read_text(f"{above}\n$IPT -A INPUT -i $EXT -j DROP\n{PLAIN}")
    first, second = rules(dump)
    assert first.header.in_ is None
    assert [match.name for match in first.matches] == [UNREADABLE]
    assert not second.matches


def test_an_assignment_below_is_no_value_but_a_second_one() -> None:
    text = f"EXT=eth0\n$IPT -A INPUT -i $EXT -j DROP\nEXT=eth1\n{PLAIN}"
    assert rules(read_text(text))[0].header.in_ is None


def test_single_quotes_fill_nothing_in() -> None:
    text = "P=x\n$IPT -A INPUT -m comment --comment '$P' -j DROP\n"
    (rule,) = rules(read_text(text))
    assert "$P" in repr(rule.matches)


def test_quoted_in_a_mail_it_is_the_same() -> None:
    text = f"> EXT=eth0\n> $IPT -A INPUT -i $EXT -j DROP\n> {PLAIN}"
    assert str(rules(read_text(text))[0].header.in_) == "eth0"


def test_strict_refuses_what_is_not_told() -> None:
    with pytest.raises(DumpError) as caught:
        read_text(f"$IPT -A INPUT -i $EXT -j DROP\n{PLAIN}", strict=True)
    assert (caught.value.code, caught.value.place.column) == ("IPT0116", 18)
