"""Commands that speak of rules of no text, and commands behind a listing."""

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.model import Chain, Dump

ADD = "iptables -A INPUT -p tcp --dport 22 -j ACCEPT"


def chain(dump: Dump, name: str = "INPUT") -> Chain:
    found = dump.rulesets[0].tables[0].chain(name)
    assert found is not None
    return found


@every_row(
    "text",
    [
        f"iptables -D INPUT 1\n{ADD}",
        f"iptables -D INPUT -j DROP\n{ADD}",
        f"{ADD}\niptables -R INPUT 2 -j DROP",
        f"iptables -I INPUT 3 -j DROP\n{ADD}",
        "-D INPUT 1\n-A INPUT -j DROP",
        "iptables-restore --noflush <<EOF\n*filter\n-A INPUT -j DROP\nCOMMIT\nEOF",
        "sudo iptables-restore -n << 'EOF'\n*filter\n-A INPUT -j DROP\nCOMMIT\nEOF",
        "iptables-restore -cn <<EOF\n*filter\n:X - [0:0]\n-A INPUT -j X\nCOMMIT\nEOF",
    ],
)
def test_a_chain_that_held_rules_before_is_shown_in_part(text: str) -> None:
    assert not chain(read_text(text)).whole


@pytest.mark.parametrize(
    "text",
    [
        ADD,
        f"iptables -F INPUT\niptables -D INPUT -j DROP\n{ADD}",
        f"iptables -D INPUT -j DROP\niptables -F\n{ADD}",
        f"{ADD}\niptables -D INPUT 1",
        f"{ADD}\niptables -I INPUT 2 -j DROP",
        "iptables-restore <<EOF\n*filter\n-A INPUT -j DROP\nCOMMIT\nEOF",
    ],
)
def test_a_chain_whose_rules_the_text_has_is_whole(text: str) -> None:
    assert chain(read_text(text)).whole


def test_a_chain_that_the_text_makes_held_no_rules() -> None:
    assert chain(read_text("iptables -N X\niptables -D X 1\niptables -A X"), "X").whole


def test_a_rule_put_in_at_a_number_keeps_it() -> None:
    found = chain(read_text("iptables -I INPUT 3 -j ACCEPT\niptables -I INPUT 4 -j DROP"))
    shown = [(number, rule.unread.count if rule.unread else 1) for number, rule in found.numbered()]
    assert shown == [(1, 2), (3, 1), (4, 1)]


LISTED = """\
$ iptables -S
-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j DROP
-A INPUT -i lo -j ACCEPT
"""


def verdicts(text: str) -> list[str]:
    return [rule.target.name for rule in chain(read_text(text)).rules if rule.target]


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("-I INPUT 1 -p tcp --dport 22 -j ACCEPT", ["ACCEPT", "DROP", "ACCEPT"]),
        ("-D INPUT 1", ["ACCEPT"]),
        ("-D INPUT -p tcp -m tcp --dport 22 -j DROP", ["ACCEPT"]),
        ("-R INPUT 1 -p udp -j REJECT", ["REJECT", "ACCEPT"]),
        ("-F", []),
        ("-D INPUT 9", ["DROP", "ACCEPT"]),
    ],
)
def test_a_command_below_a_listing_changes_it(command: str, left: list[str]) -> None:
    text = f"{LISTED}$ iptables {command}\n"
    assert verdicts(text) == left
    assert chain(read_text(text)).whole
    assert "IPT0154" in {note.code for note in read_text(text).notes}


def test_a_policy_below_a_listing_counts() -> None:
    assert chain(read_text(f"{LISTED}$ iptables -P INPUT DROP\n")).policy == "DROP"


def test_a_command_above_a_listing_is_in_what_it_lists() -> None:
    text = f"$ iptables -I INPUT -p udp -j DROP\n{LISTED}$ iptables -D INPUT 1\n"
    assert verdicts(text) == ["ACCEPT"]


def test_the_commands_that_made_a_listing_change_nothing() -> None:
    made = "iptables -A INPUT -p tcp --dport 22 -j DROP\niptables -A INPUT -i lo -j ACCEPT\n"
    assert verdicts(f"{LISTED}\n{made}") == ["DROP", "ACCEPT"]


def test_what_a_listing_hides_may_be_another_rule() -> None:
    listing = (
        "Chain INPUT (policy ACCEPT)\n"
        "target     prot opt source               destination\n"
        "DROP       all  --  0.0.0.0/0            0.0.0.0/0\n\n"
    )
    assert not chain(read_text(f"$ iptables -nL\n{listing}$ iptables -D INPUT -j DROP\n")).whole


def test_a_chain_that_no_listing_shows_is_shown_in_part() -> None:
    text = "$ iptables -S INPUT\n-P INPUT ACCEPT\n$ iptables -A FORWARD -j DROP\n"
    assert not chain(read_text(text), "FORWARD").whole
    assert chain(read_text(text)).whole


def test_a_trace_below_a_listing_makes_its_chain_one_shown_in_part() -> None:
    dump = read_text(f"{LISTED}+ iptables -A INPUT -p udp -j ACCEPT\n")
    assert not chain(dump).whole
    assert chain(dump, "FORWARD").whole
    assert "IPT0125" in {note.code for note in dump.notes}
