"""Small rule sets with what lint finds in them, and with what it must not say."""

from __future__ import annotations

import pytest
from every_row import every_row
from lint_cases import CALLED_BY_OTHERS, CASES, DROP, SILENT, Found, K, dump

from iptsim.dialects import read_text
from iptsim.explain.lint_sentences import example, reason
from iptsim.lint import Finding, Kind, flow, lint
from iptsim.lint.flow import is_whole
from iptsim.model import Table
from iptsim.tracer import Tracer


def findings(text: str) -> list[Finding]:
    return list(lint(read_text(text, file="rules")).findings)


def told(text: str) -> list[Found]:
    return [(f.kind, f.at.chain, f.at.rule) for f in findings(text)]


@every_row(("text", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_findings(text: str, expected: list[Found]) -> None:
    assert told(text) == expected


@every_row("name", SILENT)
def test_silence(name: str) -> None:
    assert told(SILENT[name]) == []


def test_what_a_chain_hands_back_to_callers_that_are_not_shown_may_be_anything() -> None:
    assert told(CALLED_BY_OTHERS) == [(K.NO_EFFECT, "INPUT", 1)]
    alone = told(CALLED_BY_OTHERS.replace("2 references", "1 references"))
    assert alone == [(K.NO_EFFECT, "INPUT", 1), (K.NO_EFFECT, "X", 1)]


def test_what_would_take_the_packets_of_an_idle_rule_is_named() -> None:
    text = dump("-A INPUT -s 10.0.0.0/8 -j DROP", "-A INPUT -p tcp -j DROP", policy=DROP)
    others = {f.at.rule: [(o.at.rule, o.deed) for o in f.others] for f in findings(text)}
    assert others[1] == [(2, "drop"), (None, "policy")]


def test_packets_may_come_back_from_a_chain_that_is_not_here() -> None:
    text = dump("-A INPUT -p tcp -j GONE", "-A INPUT -p tcp -j ACCEPT", policy=DROP)
    assert told(text) == [(K.ABSENT, "INPUT", 1)]


def test_the_rules_that_shadow() -> None:
    text = dump(
        "-A INPUT -s 10.0.0.0/9 -j DROP", "-A INPUT -p udp -j DROP",
        "-A INPUT -s 10.128.0.0/9 -j ACCEPT", "-A INPUT -s 10.0.0.0/8 -j DROP",
    )  # fmt: skip
    (found,) = (f for f in findings(text) if f.at.rule == 4)
    assert [(o.at.rule, o.deed, o.otherwise) for o in found.others] == [
        (1, "drop", False),
        (3, "accept", True),
    ]


def test_one_rule_is_named_where_one_is_enough() -> None:
    ports = [f"-A INPUT -p tcp --dport {port} -j DROP" for port in range(1, 21)]
    text = dump(
        *ports, "-A INPUT -p tcp -j ACCEPT", "-A INPUT -p tcp --sport 1 -j ACCEPT", policy=DROP
    )
    (found,) = (f for f in findings(text) if f.at.rule == 22)
    assert [other.at.rule for other in found.others] == [21]


def test_an_example_of_what_was_taken() -> None:
    text = dump("-A INPUT -p tcp -j DROP", "-A INPUT -p tcp --dport 22 -j ACCEPT")
    (found,) = findings(text)
    assert found.example is not None
    assert (found.example.proto, found.example.dport, found.hook) == (6, 22, "INPUT")


def test_both_families() -> None:
    six = dump("-A INPUT -s fd00::/8 -j DROP", "-A INPUT -s fd00::1/128 -j ACCEPT")
    (found,) = findings(six)
    assert (found.kind, found.at.family) == (K.SHADOWED_OTHERWISE, 6)


def test_what_is_known_of_the_host_makes_more_certain() -> None:
    from iptsim.host import Host  # noqa: PLC0415  # of this test alone

    text = dump("-A INPUT -m time --datestart 2031-01-01T00:00:00 -j DROP")
    read = read_text(text, file="rules")
    assert lint(read).findings == ()
    (found,) = lint(read, host=Host(time=0)).findings
    assert found.kind is K.CONTRADICTION


def only(text: str, kind: Kind) -> Finding:
    (found,) = (finding for finding in findings(text) if finding.kind is kind)
    return found


def test_rules_before_a_jump_may_be_why_a_chain_is_not_asked() -> None:
    found = only(
        dump(
            ":X",
            "-A INPUT -p udp -j DROP",
            "-A INPUT -s 10.0.0.0/8 -j X",
            "-A X -p udp -j LOG",
            "-A X -j DROP",
        ),
        K.NOT_ASKED,
    )
    assert [(other.at.chain, other.at.rule, other.deed) for other in found.others] == [
        ("INPUT", 1, "drop")
    ]
    assert "does not come as far as filter INPUT 2, which alone would lead" in reason(found).text
    assert reason(found).rules[0][0] == "dropped by filter INPUT 1"


def test_a_chain_that_is_not_asked_for_what_is_taken_further_up() -> None:
    found = only(
        dump(
            ":X",
            ":Y",
            "-A INPUT -p udp -j DROP",
            "-A INPUT -s 10.0.0.0/8 -j X",
            "-A X -d 10.0.0.0/8 -j Y",
            "-A Y -p udp -j LOG",
            "-A Y -j DROP",
        ),
        K.NOT_ASKED,
    )
    assert [(other.at.chain, other.at.rule) for other in found.others] == [("X", 1)]
    assert "does not come to them, or is not what they ask for" in reason(found).text


def test_the_rules_that_lead_elsewhere_are_why_a_chain_is_not_asked() -> None:
    found = only(dump(":X", "-A INPUT -p tcp -j X", "-A X -p udp -j LOG"), K.NOT_ASKED)
    assert [(other.at.chain, other.at.rule) for other in found.others] == [("INPUT", 1)]
    assert "what they ask for excludes it" in reason(found).text


def test_what_takes_nothing_does_not_decide_instead() -> None:
    found = only(
        dump(
            ":X",
            "-A INPUT -p tcp --dport 80 -j ACCEPT",
            "-A INPUT -j X",
            "-A X -p udp -j DROP",
        ),
        K.NO_EFFECT,
    )
    assert [(other.at.rule, other.deed) for other in found.others] == [(None, "policy")]


def test_an_example_tells_the_state_it_needs() -> None:
    found = only(
        dump(
            "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT",
            "-A INPUT -p udp -m conntrack --ctstate ESTABLISHED -j ACCEPT",
            policy=DROP,
        ),
        K.SHADOWED,
    )
    assert example(found) == "For example udp 192.0.2.1:40000 → this host:80 ctstate ESTABLISHED."


def test_an_example_is_followed_to_the_rule_that_is_named() -> None:
    text = dump(
        "-A INPUT -i eth0 -p tcp -m multiport --dports 80,8080 -j ACCEPT",
        "-A INPUT -i eth0 -p udp -j ACCEPT",
        "-A INPUT -j DROP",
        "-A INPUT -s 192.168.0.0/16 -j ACCEPT",
    )
    found = only(text, K.SHADOWED_OTHERWISE)
    assert found.example is not None
    (ruleset,) = read_text(text, file="rules").rulesets
    outcomes = Tracer.of(ruleset).trace(found.example, hook=found.hook).outcomes
    met = [{(step.chain, step.rule) for step in outcome.steps} for outcome in outcomes]
    assert ("INPUT", 3) in met[0]


def test_of_rules_that_stand_thrice_the_one_that_is_met_is_named() -> None:
    others = [f"-A INPUT -s 10.0.{n}.0/24 -p udp -j DROP" for n in range(20)]
    thrice = ["-A INPUT -s 10.0.0.0/8 -j ACCEPT"] * 3
    found = [f for f in findings(dump(*others, *thrice, policy=DROP)) if f.kind is K.DUPLICATE]
    assert [[other.at.rule for other in f.others] for f in found] == [[21], [21]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# iptables-save | grep web\n-A WEB -p tcp -m tcp --dport 80 -j SHOP\n", False),
        ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j SHOP\nCOMMIT\n", False),
        ("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
         "-A INPUT -j SHOP\nCOMMIT\n", True),
    ],
)  # fmt: skip
def test_a_part_of_a_table_says_nothing_of_chains_that_are_missing(text: str, told: bool) -> None:
    kinds = {finding.kind for finding in lint(read_text(text)).findings}
    assert (Kind.ABSENT in kinds) is told


def test_whether_a_table_is_whole_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(table: Table) -> bool:
        asked.append(table.name)
        return is_whole(table)

    monkeypatch.setattr(flow, "is_whole", counted)
    chains = [f":c{n}" for n in range(50)]
    rules = [f"-A INPUT -p tcp --dport {n + 1} -j c{n}" for n in range(50)]
    rules += [f"-A c{n} -j DROP" for n in range(50)]
    assert findings(dump(*chains, *rules)) == []
    assert asked == ["filter"]
