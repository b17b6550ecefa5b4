"""Commands that speak of rules of no text, and commands behind a listing."""

import pytest

from iptsim.dialects import read_text
from iptsim.model import Chain, Dump

ADD = "iptables -A INPUT -p tcp --dport 22 -j ACCEPT"


def chain(dump: Dump, name: str = "INPUT") -> Chain:
    found = dump.rulesets[0].tables[0].chain(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
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
