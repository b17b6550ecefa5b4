"""What counts as a structural change, and what is a difference of text alone."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.diff.difference import Change
from iptsim.diff.structure import structure
from iptsim.render.outputs.diff_json import diff_json


def nat(*rules: str, chains: str = "", policy: str = "ACCEPT") -> str:
    names = [f":{name} - [0:0]" for name in chains.split()]
    heads = [f":PREROUTING {policy} [0:0]", ":OUTPUT ACCEPT [0:0]", *names]
    return "\n".join(["*nat", *heads, *rules, "COMMIT", ""])


def changes(before: str, after: str, *, comments: bool = False) -> tuple[Change, ...]:
    return structure(read_text(before), read_text(after), comments=comments).changes


def told(before: str, after: str) -> list[tuple[str, str, int | None]]:
    return [(c.kind.value, c.chain, c.rule) for c in changes(before, after)]


WEB = "-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080"
TLS = "-A PREROUTING -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 8443"
DNS = "-A PREROUTING -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WEB, "-A PREROUTING -p 6 -m tcp --dport 80 -j REDIRECT --to-ports 8080"),
        (WEB, "-A PREROUTING -m tcp -p tcp --destination-port 80 -j REDIRECT --to-port 8080"),
        (WEB, f"[7:420] {WEB}"),
        (WEB, WEB.replace(" -j", ' -m comment --comment "web" -j')),
        ("-A PREROUTING -p tcp -j RETURN", "-A PREROUTING -p tcp -m tcp -j RETURN"),
    ],
)
def test_differences_of_text_alone_do_not_count(before: str, after: str) -> None:
    assert told(nat(before), nat(after)) == []


def test_a_match_of_the_protocol_that_a_rule_leaves_out_counts() -> None:
    before, after = "-A PREROUTING ! -p tcp -j RETURN", "-A PREROUTING ! -p tcp -m tcp -j RETURN"
    assert told(nat(before), nat(after)) == [("rule-changed", "PREROUTING", 1)]


def test_comments_count_when_asked() -> None:
    commented = WEB.replace(" -j", ' -m comment --comment "web" -j')
    found = changes(nat(WEB), nat(commented), comments=True)
    assert [change.kind.value for change in found] == ["rule-changed"]


def test_an_added_and_a_removed_rule_are_numbered_on_their_own_side() -> None:
    assert told(nat(WEB, TLS), nat(WEB, TLS, DNS)) == [("rule-added", "PREROUTING", 3)]
    assert told(nat(WEB, TLS, DNS), nat(WEB, DNS)) == [("rule-removed", "PREROUTING", 2)]


def test_order_matters() -> None:
    found = changes(nat(WEB, TLS, DNS), nat(TLS, DNS, WEB))
    assert [(c.kind.value, c.rule) for c in found] == [("rule-moved", 3)]
    assert found[0].before is not None
    assert found[0].before.number == 1


def test_a_rule_that_differs_in_one_thing_has_changed() -> None:
    later = WEB.replace("8080", "8081")
    found = changes(nat(WEB, TLS), nat(later, TLS))
    assert [(c.kind.value, c.rule, c.text) for c in found] == [("rule-changed", 1, later)]


def test_rules_with_nothing_in_common_are_removed_and_added() -> None:
    found = told(nat("-A PREROUTING -s 10.0.0.0/8 -p tcp -j RETURN"), nat(DNS))
    assert found == [("rule-removed", "PREROUTING", 1), ("rule-added", "PREROUTING", 1)]


def test_a_chain_and_its_references() -> None:
    jump, own = "-A PREROUTING -p tcp -j WEB", "-A WEB -p tcp -j RETURN"
    again = "-A OUTPUT -p tcp -j WEB"
    assert told(nat(), nat(jump, own, chains="WEB")) == [
        ("rule-added", "PREROUTING", 1),
        ("chain-added", "WEB", None),
        ("rule-added", "WEB", 1),
    ]
    found = changes(nat(jump, own, chains="WEB"), nat(jump, again, own, chains="WEB"))
    counted = [(c.kind.value, c.was, c.now, c.jumps_new) for c in found if not c.rule]
    assert counted == [("references-changed", "1", "2", (("OUTPUT", 1),))]
    assert [c.jumps_gone for c in found if not c.rule] == [()]


def test_a_listing_is_compared_with_what_the_save_tells_of_the_same_rule() -> None:
    title = "target     prot opt source               destination"
    heads = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    anything = "ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0"
    rows = (anything, anything.replace("all", "tcp") + "            tcp dpt:22")
    chains = {
        "INPUT (policy DROP)": rows,
        "FORWARD (policy ACCEPT)": (),
        "OUTPUT (policy ACCEPT)": (),
    }
    listed = "\n\n".join("\n".join([f"Chain {head}", title, *of]) for head, of in chains.items())
    found = diff(read_text(f"{heads}-A INPUT -i lo -j ACCEPT\nCOMMIT\n"), read_text(listed))
    (one,) = found.effects
    assert (one.before.verdict, one.after.verdict, one.certain) == ("DROP", "ACCEPT", True)


def test_json_tells_what_was_and_what_is() -> None:
    jumps = "-A PREROUTING -p tcp -j WEB", "-A OUTPUT -p tcp -j WEB"
    before = nat(jumps[0], chains="WEB")
    after = nat(*jumps, chains="WEB", policy="DROP")
    found = diff_json(diff(read_text(before), read_text(after)))["structure"]
    assert isinstance(found, list)
    ways = {one["change"]: (one["from"], one["to"]) for one in found if "from" in one}
    assert ways == {"policy-changed": ("ACCEPT", "DROP"), "references-changed": (1, 2)}


def test_a_policy() -> None:
    found = changes(nat(), nat(policy="DROP"))
    assert [(c.kind.value, c.was, c.now) for c in found] == [("policy-changed", "ACCEPT", "DROP")]


def test_a_table() -> None:
    more = nat(WEB) + "*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n"
    assert told(nat(WEB), more) == [("table-added", "", None)]
    assert told(more, nat(WEB)) == [("table-removed", "", None)]


def test_few_changes_in_a_long_chain_are_told_one_by_one() -> None:
    rules = [f"-A PREROUTING -p tcp -m tcp --dport {i} -j RETURN" for i in range(5_000)]
    changed = [
        rule.replace("RETURN", "ACCEPT") if i % 125 == 0 else rule for i, rule in enumerate(rules)
    ]
    del changed[7]
    found = told(nat(*rules), nat(*changed))
    assert [kind for kind, _chain, _rule in found].count("rule-changed") == 40
    assert ("rule-removed", "PREROUTING", 8) in found
    assert len(found) == 41
