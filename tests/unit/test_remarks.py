"""What somebody put behind a rule, and dashes that a word processor made."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.model import Dump

SAVE = "*filter\n:INPUT ACCEPT [0:0]\n:WEB - [0:0]\n{}\n-A WEB -j RETURN\nCOMMIT\n"
LISTING = (
    "Chain INPUT (policy ACCEPT)\ntarget     prot opt source      destination\n{}\n"
    "ACCEPT  udp  --  127.0.0.1  0.0.0.0/0\n"
)
RULE = "-A INPUT -p tcp -m tcp --dport 8081 -j {}"
ROW = "{}  tcp  --  10.0.0.1  0.0.0.0/0  tcp dpt:8081"
NOTES = (
    "<---- is it this one?", "<- here", "<<< look", "<== this", "# mine -j ACCEPT", "// old",
    "← new", "(not needed)", "#mine", "  <-- that's it",
)  # fmt: skip


def plain(text: str) -> Dump:
    return read_text(text, file="d", family=4)


def left_out(dump: Dump) -> list[str]:
    return [dict(note.facts)["words"] for note in dump.notes if note.code == "IPT0505"]


@every_row("note", NOTES)
@every_row("target", ["DROP", "WEB"])
@every_row(("text", "rule"), [(SAVE, RULE), (LISTING, ROW)])
def test_a_note_behind_a_rule_is_no_part_of_it(
    note: str, target: str, text: str, rule: str
) -> None:
    whole = rule.format(target)
    noted = plain(text.format(f"{whole}   {note}"))
    assert noted.rulesets == plain(text.format(whole)).rulesets
    assert left_out(noted) == [note.strip()]


@every_row("note", NOTES)
def test_so_it_is_behind_the_last_rule_and_a_declaration(note: str) -> None:
    rows = ("*filter", ":INPUT ACCEPT [0:0]", "-A INPUT -j DROP")
    bare = plain("\n".join(rows))
    assert plain("\n".join((*rows[:2], f"{rows[2]}  {note}"))).rulesets == bare.rulesets


@every_row("note", NOTES)
def test_so_it_is_behind_a_command(note: str) -> None:
    command = "iptables -A INPUT -p tcp --dport 8081 -j DROP"
    assert plain(f"{command}   {note}\n").rulesets == plain(f"{command}\n").rulesets


@pytest.mark.parametrize(
    "rule",
    [
        '-A INPUT -j LOG --log-prefix "a # b"',
        '-A INPUT -m comment --comment "<-- (x) // y" -j DROP',
        "-A INPUT -m comment --comment # -j DROP",
    ],
)
def test_what_is_an_options_value_stays(rule: str) -> None:
    dump = plain(SAVE.format(rule))
    assert left_out(dump) == []
    assert all(found.unread is None for *_place, found in dump.rulesets[0].rules())


def test_a_note_behind_half_a_rule_does_not_make_it_whole() -> None:
    dump = plain(SAVE.format("-A INPUT -p tcp -m tcp --dport # -j DROP"))
    rule = next(found for *_place, found in dump.rulesets[0].rules())
    assert rule.unread is not None or any(match.raw for match in rule.matches)


@every_row(
    ("typed", "meant"),
    [
        ("–A INPUT –p tcp –dport 80 –j DROP", "-A INPUT -p tcp --dport 80 -j DROP"),
        ("-A INPUT -p tcp —dport 80 -j DROP", "-A INPUT -p tcp --dport 80 -j DROP"),
        ("-A INPUT -p tcp –-dport 80 −j DROP", "-A INPUT -p tcp --dport 80 -j DROP"),
        ("-A INPUT -j LOG --log-prefix “a b”", '-A INPUT -j LOG --log-prefix "a b"'),
    ],
)
@every_row("text", [SAVE, "iptables -A WEB -j RETURN\niptables {}\n"])
def test_dashes_and_quotes_are_read_as_meant(typed: str, meant: str, text: str) -> None:
    dump = plain(text.format(typed))
    assert dump.rulesets == plain(text.format(meant)).rulesets
    assert "IPT0508" in {note.code for note in dump.notes}


def test_a_dash_in_a_comment_is_a_letter() -> None:
    dump = plain(SAVE.format('-A INPUT -m comment --comment "a – b" -j DROP'))
    assert "IPT0508" not in {note.code for note in dump.notes}
