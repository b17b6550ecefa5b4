"""Small rule sets with what lint finds in them, and with what it must not say."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from iptsim.dialects import read_text
from iptsim.explain.lint_sentences import example, reason
from iptsim.lint import Finding, Kind, lint
from iptsim.model import BUILTIN_CHAINS
from iptsim.tracer import Tracer

K = Kind
Found = tuple[Kind, str, int | None]


def dump(*lines: str, table: str = "filter", policy: Mapping[str, str] | None = None) -> str:
    """A whole table; lines that are `:name` declare chains."""
    chains = [f":{chain} {(policy or {}).get(chain, 'ACCEPT')}" for chain in BUILTIN_CHAINS[table]]
    users = [f"{line} -" for line in lines if line.startswith(":")]
    rules = [line for line in lines if not line.startswith(":")]
    return "\n".join([f"*{table}", *chains, *users, *rules, "COMMIT", ""])


def findings(text: str) -> list[Finding]:
    return list(lint(read_text(text, file="rules")).findings)


def told(text: str) -> list[Found]:
    return [(f.kind, f.at.chain, f.at.rule) for f in findings(text)]


DROP = {"INPUT": "DROP"}
CASES: tuple[tuple[str, str, list[Found]], ...] = (
    (
        "taken by an earlier rule that does the same",
        dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -p tcp --dport 80 -j ACCEPT", policy=DROP),
        [(K.SHADOWED, "INPUT", 2)],
    ),
    (
        "taken by an earlier rule that decides otherwise",
        dump("-A INPUT -s 10.0.0.0/8 -j DROP", "-A INPUT -s 10.1.0.0/16 -j ACCEPT"),
        [(K.SHADOWED_OTHERWISE, "INPUT", 2)],
    ),
    (
        "taken before a return to the policy, which would decide otherwise",
        dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -p tcp --dport 80 -j RETURN", policy=DROP),
        [(K.SHADOWED_OTHERWISE, "INPUT", 2)],
    ),
    (
        "taken by a rule whose interfaces hold its own",
        dump("-A INPUT -i eth+ -j DROP", "-A INPUT -i eth1+ -j ACCEPT"),
        [(K.SHADOWED_OTHERWISE, "INPUT", 2)],
    ),
    (
        "taken by two rules together",
        dump(
            "-A INPUT -p tcp --dport 0:1023 -j ACCEPT",
            "-A INPUT -p tcp --dport 1024:65535 -j ACCEPT",
            "-A INPUT -p tcp --dport 1000:2000 -j DROP",
            policy=DROP,
        ),
        [(K.SHADOWED_OTHERWISE, "INPUT", 3)],
    ),
    (
        "taken in a chain that logs and drops",
        dump(
            ":X", "-A INPUT -p udp -j X", "-A INPUT -p udp -j ACCEPT", "-A X -j LOG", "-A X -j DROP"
        ),
        [(K.SHADOWED_OTHERWISE, "INPUT", 2)],
    ),
    (
        "the same rule again",
        dump("-A INPUT -p tcp -j DROP", "-A INPUT -p udp -j DROP", "-A INPUT -p tcp -j DROP"),
        [(K.DUPLICATE, "INPUT", 3)],
    ),
    (
        "asked for what its chain is not called with",
        dump(":X", "-A INPUT -p tcp -j X", "-A X -p udp -j DROP", "-A X -j DROP"),
        [(K.NOT_ASKED, "X", 1)],
    ),
    (
        "conditions that exclude each other",
        dump(
            "-A INPUT -p tcp -m multiport --dports 80 -m tcp --dport 81 -j DROP",
            "-A INPUT -m mark --mark 1 -m mark --mark 2 -j DROP",
            "-A INPUT -s 10.0.0.0/8 -m iprange --src-range 11.0.0.1-11.0.0.2 -j DROP",
            "-A INPUT -m addrtype --dst-type LOCAL -m addrtype ! --dst-type LOCAL -j DROP",
        ),
        [(K.CONTRADICTION, "INPUT", n) for n in (1, 2, 3, 4)],
    ),
    (
        "a set that is asked for and excluded",
        dump("-A INPUT -m set --match-set a src -m set ! --match-set a src -j DROP"),
        [(K.CONTRADICTION, "INPUT", 1)],
    ),
    (
        "an interface that packets do not have there",
        dump(":X", "-A OUTPUT -j X", "-A X -i eth0 -j DROP"),
        [(K.NO_EFFECT, "OUTPUT", 1), (K.NOT_AT_HOOK, "X", 1)],
    ),
    (
        "a state that nat is never asked about",
        dump("-A PREROUTING -m conntrack --ctstate ESTABLISHED -p tcp -j REDIRECT", table="nat"),
        [(K.NOT_AT_HOOK, "PREROUTING", 1)],
    ),
    ("a chain that nothing leads to", dump(":X", "-A X -j DROP"), [(K.UNREFERENCED, "X", None)]),
    (
        "a chain that only a dead rule leads to",
        dump(":X", "-A INPUT -p tcp -j DROP", "-A INPUT -p tcp --dport 1 -j X", "-A X -j DROP"),
        [(K.UNREACHED, "X", None), (K.SHADOWED, "INPUT", 2)],
    ),
    (
        "a chain that only such a chain leads to",
        dump(":X", ":Y", "-A X -j Y", "-A Y -j DROP"),
        [(K.UNREFERENCED, "X", None), (K.UNREACHED, "Y", None)],
    ),
    ("a jump to itself", dump(":X", "-A INPUT -j X", "-A X -j X"), [(K.LOOP, "X", 1)]),
    (
        "a loop of two",
        dump(":X", ":Y", "-A INPUT -j X", "-A X -j Y", "-A Y -g X"),
        [(K.LOOP, "X", 1)],
    ),
    ("a chain that is not there", dump("-A INPUT -j NOWHERE"), [(K.ABSENT, "INPUT", 1)]),
    ("a chain without rules", dump(":X", "-A INPUT -j X"), [(K.EMPTY, "INPUT", 1)]),
    (
        "what the policy does anyway",
        dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -p udp -j ACCEPT"),
        [(K.NO_EFFECT, "INPUT", 1), (K.NO_EFFECT, "INPUT", 2)],
    ),
    (
        "a return at the end",
        dump(":X", "-A INPUT -j X", "-A X -p tcp -j DROP", "-A X -j RETURN"),
        [(K.NO_EFFECT, "X", 2)],
    ),
    (
        "accepted in a chain whose caller goes on to accept",
        dump(
            ":X",
            "-A INPUT -p tcp -j X",
            "-A INPUT -p tcp -j ACCEPT",
            "-A X -p tcp --dport 1 -j DROP",
            "-A X -s 10.0.0.0/8 -j ACCEPT",
            policy=DROP,
        ),
        [(K.NO_EFFECT, "X", 2)],
    ),
    (
        "the next rule does the same for more",
        dump("-A INPUT -s 10.0.0.0/8 -j DROP", "-A INPUT -j DROP"),
        [(K.POLICY, "INPUT", None), (K.NO_EFFECT, "INPUT", 1)],
    ),
    (
        "a policy after a rule for all",
        dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -j DROP"),
        [(K.POLICY, "INPUT", None)],
    ),
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_findings(text: str, expected: list[Found]) -> None:
    assert told(text) == expected


LISTING = """Chain INPUT (policy DROP)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
DROP       tcp  --  0.0.0.0/0            0.0.0.0/0
X          all  --  0.0.0.0/0            0.0.0.0/0
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0

Chain FORWARD (policy ACCEPT)
target     prot opt source               destination

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination

Chain X (1 references)
target     prot opt source               destination
DROP       all  --  0.0.0.0/0            0.0.0.0/0
"""
ALONE = """Chain X (2 references)
target     prot opt source               destination
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0
"""
TITLE = " pkts bytes target prot opt in out source destination"
CALLED_BY_OTHERS = f"""Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
{TITLE}
    0     0 X          tcp  --  eth0   *       0.0.0.0/0            0.0.0.0/0
    0     0 DROP       tcp  --  lo     *       0.0.0.0/0            0.0.0.0/0

Chain X (2 references)
{TITLE}
    0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0
"""
SILENT: dict[str, str] = {
    "a limit lets some pass": dump(
        "-A INPUT -p tcp -m limit --limit 1/s -j ACCEPT", "-A INPUT -p tcp -j DROP"
    ),
    "two looks at a limit": dump(
        "-A INPUT -m limit --limit 1/s -j DROP", "-A INPUT -m limit --limit 1/s -j DROP"
    ),
    "a set that rules change": dump(
        "-A INPUT -m set --match-set a src -p tcp -j DROP",
        "-A INPUT -p tcp -j SET --add-set a src",
        "-A INPUT -m set --match-set a src -p tcp -j DROP",
    ),
    "a list of recent addresses": dump(
        "-A INPUT -p tcp -m recent --rcheck --name x -j DROP",
        "-A INPUT -p tcp -m recent --set --name x",
        "-A INPUT -p tcp -m recent --rcheck --name x -j DROP",
    ),
    "a log line before what happens anyway": dump("-A INPUT -p tcp -j LOG"),
    "accepted before others are logged": dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -j LOG"),
    "accepted before a limit is used up": dump(
        "-A INPUT -p tcp -j ACCEPT", "-A INPUT -m limit --limit 1/s -j ACCEPT"
    ),
    "a rule that counts": dump("-A INPUT -p tcp"),
    "accepted before others are counted": dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT"),
    "a mark": dump("-A PREROUTING -p tcp -j MARK --set-mark 1", table="mangle"),
    "a mark that was set before": dump(
        "-A PREROUTING -m mark --mark 1 -j DROP",
        "-A PREROUTING -j MARK --set-mark 1",
        "-A PREROUTING -m mark --mark 1 -j DROP",
        table="mangle",
    ),
    "loopback alone": dump("-A INPUT -i lo -j ACCEPT", policy=DROP),
    "broadcast, fragments and frames": dump(
        "-A INPUT -m pkttype --pkt-type broadcast -j DROP",
        "-A FORWARD -f -j DROP",
        "-A INPUT -m addrtype --src-type LOCAL -j DROP",
        "-A INPUT -m addrtype ! --dst-type LOCAL -j DROP",
        "-A INPUT -m physdev --physdev-in eth0 -j DROP",
    ),
    "forwarded and own packets in one chain": dump(
        ":X", "-A PREROUTING -j X", "-A OUTPUT -j X",
        "-A X -m addrtype ! --dst-type LOCAL -p tcp -j REDIRECT",
        "-A X -m addrtype --dst-type LOCAL -p udp -j REDIRECT", table="nat",
    ),
    "reject where the policy drops": dump("-A INPUT -p tcp -j REJECT", policy=DROP),
    "reject another way": dump(
        "-A INPUT -p tcp --dport 1 -j REJECT --reject-with tcp-reset", "-A INPUT -p tcp -j REJECT"
    ),
    "returned before a rule of the caller": dump(
        ":X", "-A INPUT -j X", "-A INPUT -p tcp --dport 1 -j REJECT",
        "-A X -p tcp -j RETURN", "-A X -j ACCEPT",
        policy=DROP,
    ),
    "a listing hides interfaces": LISTING,
    "a chain of a listing by itself": ALONE,
    "rules of a script come after others": (
        "iptables -A INPUT -j X\niptables -A X -p tcp -j ACCEPT\n"
    ),
    "an extension that nobody knows": dump(
        "-A INPUT -m mystery --some -j DROP", "-A INPUT -m mystery --some -j DROP"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
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
