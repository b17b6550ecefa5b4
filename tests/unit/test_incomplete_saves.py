"""Saves and commands that people cut, broke or grepped."""

from __future__ import annotations

import pytest
from incomplete_texts import SAVE, chain, codes, rules, table, told

from iptsim.dialects import read_text
from iptsim.dialects.writing.write import write_save


def test_dots_in_a_save_may_hide_rules_of_every_chain_between() -> None:
    dump = read_text(f"{SAVE}-A INPUT -j A\n...\n-A OUTPUT -j A\n-A A -j DROP\nCOMMIT\n")
    assert rules(dump, "INPUT") == [(1, "A", 1), (2, "elided", None)]
    assert rules(dump, "FORWARD") == [(1, "elided", None)]
    assert rules(dump, "OUTPUT") == [(1, "elided", None), (2, "A", 1)]
    assert rules(dump, "A") == [(1, "DROP", 1)]


def test_dots_among_declared_chains_hide_chains_only() -> None:
    dump = read_text("*filter\n:INPUT DROP [0:0]\n...\n:A - [0:0]\n-A INPUT -j A\nCOMMIT\n")
    assert rules(dump, "INPUT") == [(1, "A", 1)]


def test_rules_may_be_missing_behind_the_last_one_of_a_save_without_commit() -> None:
    dump = read_text(f"{SAVE}-A INPUT -j A\n-A OUTPUT -j A\nhost:~$ exit\n")
    assert rules(dump, "INPUT") == [(1, "A", 1)]
    assert rules(dump, "FORWARD") == []
    assert rules(dump, "OUTPUT") == [(1, "A", 1), (2, "cut", None)]
    assert rules(dump, "A") == [(1, "cut", None)]
    assert "IPT0120" in codes(dump)


@pytest.mark.parametrize(
    "end", ["--dport", "--dport 443", "--dpo", "-j", '-m comment --comment "x']
)
def test_a_save_that_ends_within_a_rule(end: str) -> None:
    rule = chain(read_text(f"{SAVE}-A INPUT -s 192.0.2.7/32 -p tcp -m tcp {end}"), "INPUT").rules[0]
    assert told(rule) == ("cut", 1)
    assert (str(rule.header.src), rule.target) == ("192.0.2.7/32", None)


def test_restore_input_and_list_rules_have_no_commit() -> None:
    made = table(read_text("*nat\n-N X\n-A PREROUTING -p tcp -j X\n-A X -j ACCEPT\n"), "nat")
    assert made.fresh
    assert all(rule.unread is None for each in made.chains for rule in each.rules)
    shown = read_text("-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT DROP\n-A INPUT -j ACCEPT\n")
    assert rules(shown, "INPUT") == [(1, "ACCEPT", 1)]
    assert not table(shown).fresh
    assert all(each.whole for each in table(shown).chains)


def test_dots_between_commands_hide_rules_of_any_chain() -> None:
    text = "iptables -P INPUT DROP\n...\niptables -A INPUT -j ACCEPT\n"
    dump = read_text(text)
    assert rules(dump, "INPUT") == [(1, "elided", None), (2, "ACCEPT", 1)]
    assert not table(dump).fresh


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("-A INPUT -p udp -m udp\n-m conntrack --ctstate NEW -j DROP", "--ctstate NEW -j DROP"),
        ("-A INPUT -p udp -m udp --dpo\nrt 53 -j DROP", "-p udp -m udp --dport 53 -j DROP"),
        (
            "-A INPUT -p udp -j REJECT --reject-with icmp-\nadmin-prohibited",
            "icmp-admin-prohibited",
        ),
    ],
)
def test_a_rule_of_a_save_goes_on_in_the_next_line(broken: str, said: str) -> None:
    dump = read_text(f"{SAVE}{broken}\n-A INPUT -j A\nCOMMIT\n")
    assert len(chain(dump, "INPUT").rules) == 2
    assert said in write_save(dump.rulesets[0])


def test_a_rule_of_a_save_whose_rest_nobody_can_read() -> None:
    dump = read_text(f"{SAVE}-A INPUT -p udp -m udp\n-m zig --zag\n-A INPUT -j A\nCOMMIT\n")
    assert rules(dump, "INPUT") == [(1, "cut", 1), (2, "A", 1)]
    assert "# -A INPUT … (cut, rules: 1)" in write_save(dump.rulesets[0])


def test_prose_below_a_whole_rule_is_no_part_of_it() -> None:
    dump = read_text(f"{SAVE}-A INPUT -p udp -j DROP\nthanks for looking\n-A INPUT -j A\nCOMMIT\n")
    assert rules(dump, "INPUT") == [(1, "DROP", 1), (2, "A", 1)]


def test_rules_of_several_tables_run_together_go_to_their_own() -> None:
    dump = read_text(
        "-A KUBE-SERVICES -d 192.0.2.9/32 -j KUBE-SVC-ABC\n"
        "-A KUBE-SERVICES -d 192.0.2.8/32 -j REJECT\n"
        "-A KUBE-SVC-ABC -j MINE\n"
        "-A MINE -p tcp -j DNAT --to-destination 192.0.2.1:80\n"
        "-A PREROUTING -j FEED\n"
        "-A FEED -j MARK --set-xmark 0x1/0x1\n"
        "-A FEED -j TTL --ttl-set 9\n"
    )
    assert rules(dump, "KUBE-SERVICES", "nat") == [(1, "KUBE-SVC-ABC", 1)]
    assert rules(dump, "KUBE-SERVICES", "filter") == [(1, "REJECT", 1)]
    assert rules(dump, "MINE", "nat") == [(1, "DNAT", 1)]
    assert rules(dump, "PREROUTING", "mangle") == [(1, "FEED", 1)]
    assert rules(dump, "FEED", "mangle") == [(1, "MARK", 1), (2, "TTL", 1)]
    parts = [each for one in dump.rulesets[0].tables for each in one.chains]
    assert not any(each.whole or each.policy for each in parts)
    assert "IPT0153" not in codes(dump)


def test_a_rule_that_may_be_of_two_tables_is_noted() -> None:
    dump = read_text("-A OUTPUT -p tcp -j ACCEPT\n-A POSTROUTING -j MASQUERADE\n")
    assert rules(dump, "OUTPUT") == [(1, "ACCEPT", 1)]
    assert rules(dump, "POSTROUTING", "nat") == [(1, "MASQUERADE", 1)]
    assert "IPT0153" in codes(dump)


def test_a_filter_on_a_save_whose_frame_stays() -> None:
    call = "$ iptables-save | grep -v udp\n# Generated by iptables-save\n"
    text = f"{call}{SAVE}-A INPUT -j A\nCOMMIT\n"
    assert not any(each.whole for each in table(read_text(text)).chains)
