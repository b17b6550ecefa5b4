"""Commands of a script that may have run, never ran, or ran where a function is called."""

from __future__ import annotations

from every_row import every_row

from iptsim.dialects import read_text
from iptsim.dialects.commands.branches import Branches, described
from iptsim.model import Chain, Rule


def told(text: str) -> Chain:
    """The chain INPUT of a script."""
    chain = read_text(text).rulesets[0].tables[0].chain("INPUT")
    assert chain is not None
    return chain


def rows(text: str) -> list[str]:
    """The interface of each rule of INPUT, with `?` where the rule may not be there."""
    return [str(rule.header.in_) + "?" * is_maybe(rule) for rule in told(text).rules]


def is_maybe(rule: Rule) -> bool:
    """Whether a rule is there on a condition that nobody knows."""
    return any(match.name == "?" for match in rule.matches)


def add(name: str) -> str:
    return f"iptables -A INPUT -i {name} -j DROP"


@every_row(
    ("text", "expected"),
    [
        (f"if [ $x = 1 ]; then\n{add('a')}\nfi\n{add('b')}\n", ["a?", "b"]),
        (f"if [ $x = 1 ]\nthen\n{add('a')}\nelse\n{add('b')}\nfi\n", ["a?", "b?"]),
        (f"if [ $x ]; then {add('a')}; else {add('b')}; fi; {add('c')}\n", ["a?", "b?", "c"]),
        (f"if [ $x ]; then\n{add('a')}\n{add('b')}\nelse\n{add('a')}\nfi\n", ["a", "b?"]),
        (f"if a; then\n{add('a')}\nelif b; then\n{add('a')}\nfi\n", ["a?", "a?"]),
        (f'case "$1" in\nstart)\n{add("a")}\n;;\n*) {add("b")} ;;\nesac\n{add("c")}\n',
         ["a?", "b?", "c"]),
        (f"[ -n \"$x\" ] && {add('a')}\n{add('b')}\n", ["a?", "b"]),
        (f"[ -n \"$x\" ] && \\\n  {add('a')}\n{add('b')}\n", ["a?", "b"]),
        (f"[ -x /sbin/iptables ] && {add('a')}\n", ["a"]),
        (f"iptables -C INPUT -i a -j DROP || {add('a')}\n", ["a"]),
        (f"if ! iptables -C INPUT -i a; then {add('a')}; fi\n{add('b')}\n", ["a", "b"]),
        (f"{add('a')} && {add('b')}\n", ["a", "b"]),
        (f"{add('a')} || {add('b')}\n", ["a", "b?"]),
        (f"{add('a')}\nexit 0\n{add('b')}\n", ["a"]),
        (f"f() {{\n{add('a')}\n}}\n{add('b')}\nf\n", ["b", "a"]),
        (f"f()\n{{\n{add('a')}\n}}\n{add('b')}\n", ["a?", "b"]),
        (f"function f {{\n{add('a')}\n}}\n[ $x ] && f\n", ["a?"]),
        (f"for i in 1 2; do {add('a')}; done\n", ["a"]),
        (f"if you like it, then say so\n{add('a')}\n", ["a"]),
        (f"{add('a')}\nif [ $x ]; then iptables -F INPUT; fi\n{add('b')}\n", ["a?", "b"]),
        (f"{add('a')}\n{add('b')}\nif [ $x ]; then iptables -D INPUT -i a -j DROP; fi\n",
         ["a?", "b"]),
        (f"if [ $x ]; then\n{add('a')}\nfi\niptables -D INPUT -i a -j DROP\n{add('b')}\n", ["b"]),
    ],
)  # fmt: skip
def test_what_a_script_does(text: str, expected: list[str]) -> None:
    assert rows(f"#!/bin/sh\n{text}") == expected


def test_a_policy_that_may_have_been_set() -> None:
    chain = told("iptables -P INPUT ACCEPT\nif [ $x ]; then iptables -P INPUT DROP; fi\n")
    assert chain.policy == "ACCEPT"
    assert [(rule.target.name, is_maybe(rule)) for rule in chain.rules if rule.target] == [
        ("DROP", True)
    ]


def test_a_place_among_rules_that_may_not_be_there_is_unknown() -> None:
    text = f"if [ $x ]; then\n{add('a')}\nfi\n{add('b')}\niptables -I INPUT 2 -i c -j ACCEPT\n"
    assert [rule.unread is not None for rule in told(text).rules] == [True]


def test_it_is_told_with_its_lines() -> None:
    text = f"{add('a')}\nif [ $x ]; then\n{add('b')}\n{add('c')}\nfi\nexit\n{add('d')}\n"
    notes = {note.code: dict(note.facts) for note in read_text(text).notes}
    assert notes["IPT0516"] == {"told": "if [ $x ] (line 2)", "lines": "3, 4"}
    assert notes["IPT0519"]["lines"] == "7"


def test_branches_within_branches() -> None:
    branches = Branches()
    for number, text in enumerate(["if a; then", "case x in", "y) b;;", "esac", "c", "fi", "d"], 1):
        branches.feed(text, number)
    assert described(branches.path(3, 4)) == "if a (line 1), case x in y) (line 2)"
    assert [described(branches.path(line, 0)) for line in (5, 7)] == ["if a (line 1)", ""]
