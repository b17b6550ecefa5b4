"""A rule that only logs decides about no packet, and is told in one sentence when it changes."""

from __future__ import annotations

from every_row import every_row

from iptsim.dialects import read_text
from iptsim.diff import Difference, diff
from iptsim.diff.logging_rules import changes_nothing
from iptsim.explain.diff_sentences import explain_change

HEAD = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
LOGS = '-A FORWARD -j LOG --log-prefix "{}: "\n'
UDP = "-A FORWARD -p udp -j ACCEPT\n"


def compared(before: str, after: str) -> Difference:
    texts = (f"{HEAD}{rules}COMMIT\n" for rules in (before, after))
    return diff(*(read_text(text, family=4) for text in texts))


def native(prefix: str, more: str = "") -> str:
    return (
        "table inet t {\n\tchain input {\n"
        "\t\ttype filter hook input priority filter; policy drop;\n"
        f'\t\ttcp dport 22 log prefix "{prefix}: "{more}\n\t}}\n}}\n'
    )


@every_row(
    ("before", "after", "lang", "said"),
    [
        (
            LOGS.format("a"),
            LOGS.format("b"),
            "en",
            "Before and now: every packet passing through this host is logged and goes on. "
            "What differs is --log-prefix.",
        ),
        (
            LOGS.format("a"),
            "-A FORWARD -j LOG\n",
            "zh",
            "前后都是：经本机转发的所有包被记入日志，继续往下。不同的是 --log-prefix。",
        ),
        (
            "-A FORWARD -p tcp -j LOG\n",
            "-A FORWARD -p udp -j LOG\n",
            "en",
            "Before: every TCP packet passing through this host is logged and goes on. "
            "Now: every UDP packet passing through this host is logged and goes on.",
        ),
    ],
)
def test_what_a_rule_does_as_before_is_told_once(
    before: str, after: str, lang: str, said: str
) -> None:
    found = compared(before, after)
    assert [explain_change(found, change, lang) for change in found.changes] == [said]
    assert found.same_effect


def test_of_nftables_too() -> None:
    found = diff(read_text(native("a", " accept")), read_text(native("b", " accept")))
    (change,) = found.changes
    assert explain_change(found, change) == (
        "Before and now: every TCP packet to port 22 for this host is accepted."
    )


def test_a_log_that_changed_decides_for_nobody() -> None:
    found = compared(LOGS.format("a"), LOGS.format("b") + UDP)
    (effect,) = found.effects
    assert [(s.chain, s.rule) for s in effect.before.decided_by] == [("FORWARD", None)]
    assert [(s.chain, s.rule) for s in effect.after.decided_by] == [("FORWARD", 2)]


def does_nothing(text: str) -> bool:
    ruleset = read_text(text, family=4 if "*" in text else None).rulesets[0]
    ((table, chain, _number, rule),) = ruleset.rules()
    return changes_nothing(rule, table, chain.name, ruleset.family)


@every_row(
    ("rule", "nothing"),
    [
        ("-j LOG", True),
        ("-m limit --limit 3/min -j NFLOG", True),
        ("-p tcp", True),
        ("-m recent --set --name seen", False),
        ("-j MARK --set-mark 1", False),
        ("-j SET --add-set seen src", False),
        ("-j ACCEPT", False),
        ("-j WEIRD --odd", False),
    ],
)
def test_rules_that_change_nothing(rule: str, nothing: bool) -> None:
    assert does_nothing(f"*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT {rule}\nCOMMIT\n") is nothing


@every_row(
    ("more", "nothing"),
    [("", True), (" counter", True), (" drop", False), (" meta mark set 1", False)],
)
def test_rules_of_nftables_that_change_nothing(more: str, nothing: bool) -> None:
    assert does_nothing(native("a", more)) is nothing
