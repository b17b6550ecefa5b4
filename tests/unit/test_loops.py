"""What a loop over namespaces and hosts printed is parted by name, or its rules are in doubt."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import DumpError
from iptsim.model import Dump

ONE = "-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 81 -j ACCEPT\n"
TWO = "-A INPUT -p udp -m udp --dport 82 -j DROP\n-A INPUT -i lo -j ACCEPT\n"
NAMED = {
    "echo": ('$ for n in dmz lan; do echo "== $n"; ip netns exec $n iptables -S; done\n', "== {}"),
    "name": ("$ for n in dmz lan; do echo $n; ssh $n sudo iptables -S INPUT; done\n", "{}"),
    "script": (
        'for n in dmz lan\ndo\n  echo "in $n:"\n  ip netns exec $n iptables -S\ndone\n',
        "in {}:",
    ),
    "unknown items": (
        'for n in $(ip netns list); do echo "--- ${n}"; ip netns exec $n iptables -S; done\n',
        "--- {}",
    ),
    "while": (
        "ip netns | while read n _; do echo ns $n; ip netns exec $n iptables -S; done\n",
        "ns {}",
    ),
    "all": ("# ip -all netns exec iptables -S INPUT\n", "\nnetns: {}"),
    "titles": ("", "=== {} ==="),
    "brackets": ("", "[{}]"),
}  # fmt: skip
UNNAMED = {
    "for": "$ for n in dmz lan; do ip netns exec $n iptables -S | grep -- -A; done\n",
    "items": "for n in $(ip netns list); do ip netns exec $n iptables -S | grep ^-A; done\n",
    "ssh": 'for h in gw1 gw2; do ssh $h "iptables -S INPUT | tail -n +2"; done\n',
    "pods": "for p in $(cat pods); do kubectl exec $p -- iptables -S | grep INPUT; done\n",
    "while": "ip netns | while read n _; do ip netns exec $n iptables -S | grep -- -A; done\n",
    "xargs": "$ ip netns list | xargs -I{} ip netns exec {} iptables -S\n",
    "lines": "for n in dmz lan\ndo\n  ip netns exec $n iptables -S | grep -- -A\ndone\n",
}


def doubts(dump: Dump) -> list[bool]:
    """Of each rule, whether it is there on a condition that nobody knows."""
    found = [rule for *_place, rule in dump.rulesets[0].rules()]
    return [any(match.name == "?" for match in rule.matches) for rule in found]


@every_row("form", NAMED)
def test_what_names_stand_above_is_parted(form: str) -> None:
    call, title = NAMED[form]
    text = f"{call}{title.format('dmz')}\n{ONE}{title.format('lan')}\n{TWO}"
    with pytest.raises(DumpError) as wrong:
        read_text(text)
    assert "(dmz)" in str(wrong.value)
    assert doubts(read_text(text, state="lan")) == [False, False]
    own = [rule.target for *_place, rule in read_text(text, state="dmz").rulesets[0].rules()]
    assert [target and target.name for target in own] == ["ACCEPT", "ACCEPT"]


@pytest.mark.parametrize("form", UNNAMED)
def test_rules_of_which_nothing_tells_whose_they_are_may_be_of_another(form: str) -> None:
    dump = read_text(UNNAMED[form] + ONE + TWO)
    assert doubts(dump) == [True] * 4
    assert "IPT0521" in {note.code for note in dump.notes}


def test_whole_outputs_of_a_loop_are_two_states() -> None:
    chain = "-P INPUT ACCEPT\n"
    with pytest.raises(DumpError, match="twice"):
        read_text(UNNAMED["for"] + chain + ONE + chain + TWO)


def test_commands_of_a_loop_hold_in_each_place() -> None:
    text = "for n in a b; do ip netns exec $n iptables -A INPUT -i lo -j ACCEPT; done\n"
    assert doubts(read_text(text)) == [False]


@pytest.mark.parametrize("title", ["=== {} ===", "[{}]"])
def test_titles_within_the_rules_of_one_host_part_nothing(title: str) -> None:
    text = f"{title.format('ssh')}\n{ONE}{title.format('web')}\n{TWO.splitlines()[0]}\n"
    assert doubts(read_text(text)) == [False] * 3
