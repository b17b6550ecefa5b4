"""Several outputs of -S, and saves without `*table` lines, in one text."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.errors import DumpError
from iptsim.model import Ruleset

FILTER = "-P INPUT DROP\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n"
OPEN = FILTER.replace("DROP", "ACCEPT")
NAT = "".join(f"-P {name} ACCEPT\n" for name in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"))


def policies(ruleset: Ruleset) -> dict[str, list[str | None]]:
    return {table.name: [chain.policy for chain in table.chains] for table in ruleset.tables}


def test_policies_of_two_tables_without_rules() -> None:
    (told,) = read_text(FILTER + NAT + "-A PREROUTING -j LOG\n").rulesets
    assert policies(told) == {"filter": ["DROP", "ACCEPT", "ACCEPT"], "nat": ["ACCEPT"] * 4}


def test_prerouting_begins_a_table() -> None:
    (told,) = read_text(FILTER + "-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n").rulesets
    assert policies(told) == {"filter": ["DROP", "ACCEPT", "ACCEPT"], "raw": ["ACCEPT"] * 2}


def test_two_states_without_a_sign_of_their_families_are_refused() -> None:
    with pytest.raises(DumpError) as caught:
        read_text(FILTER + OPEN, file="d")
    assert (caught.value.code, str(caught.value.place)) == ("IPT0115", "d:4")
    assert "-6" in caught.value.expected


@pytest.mark.parametrize("ipv6_first", [False, True])
def test_two_states_of_which_one_is_of_ipv6(ipv6_first: bool) -> None:
    marked = OPEN + "-A INPUT -s fd00::/8 -j DROP\n"
    dump = read_text(marked + FILTER if ipv6_first else FILTER + marked)
    assert [(each.family, policies(each)["filter"][0]) for each in dump.rulesets] == [
        (4, "DROP"),
        (6, "ACCEPT"),
    ]
    assert ("IPT0123", (("family", "4"),)) in {(n.code, n.facts) for n in dump.notes}


def test_raw_before_filter() -> None:
    (told,) = read_text("-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n" + FILTER).rulesets
    assert policies(told) == {"raw": ["ACCEPT"] * 2, "filter": ["DROP", "ACCEPT", "ACCEPT"]}


def test_policies_by_hand_mind_no_order() -> None:
    (told,) = read_text("-P FORWARD DROP\n-P INPUT DROP\n-P OUTPUT ACCEPT\n").rulesets
    assert policies(told) == {"filter": ["DROP", "DROP", "ACCEPT"]}


def test_declarations_without_their_tables_are_of_several() -> None:
    rule = "-A INPUT -j REJECT --reject-with icmp-port-unreachable\n"
    (told,) = read_text(
        f":INPUT ACCEPT [0:0]\n:INPUT DROP [0:0]\n{rule}:INPUT ACCEPT [0:0]\n"
    ).rulesets
    assert policies(told) == {"filter": ["DROP"]}
    assert not told.tables[0].chains[0].whole


def test_a_chain_of_nat_declared_twice() -> None:
    (told,) = read_text(
        2 * ":POSTROUTING ACCEPT [0:0]\n" + "-A POSTROUTING -j MASQUERADE\n"
    ).rulesets
    assert policies(told) == {"nat": ["ACCEPT"]}


def test_a_policy_of_a_table_that_nothing_tells_is_not_told() -> None:
    (told,) = read_text(3 * ":INPUT DROP [0:0]\n").rulesets
    assert policies(told) == {"filter": [None]}
    (told,) = read_text(2 * ":INPUT DROP [0:0]\n" + "-A INPUT -j ACCEPT\n").rulesets
    assert policies(told) == {"filter": [None]}


def test_declarations_alone_tell_tables_by_their_chains() -> None:
    raw = ":PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    rest = ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n"
    (told,) = read_text(raw + rest).rulesets
    assert policies(told) == {
        "raw": ["ACCEPT", "ACCEPT"],
        "filter": ["DROP", "DROP", "ACCEPT", None],
    }
    assert not any(chain.whole for table in told.tables for chain in table.chains)


def test_a_table_that_declares_a_chain_twice_is_wrong() -> None:
    with pytest.raises(DumpError, match="declared twice"):
        read_text("*filter\n:A - [0:0]\n:A - [0:0]\nCOMMIT\n")


def test_where_addresses_tell_the_family_no_option_is_named() -> None:
    save = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.{}/32 -j DROP\nCOMMIT\n"
    with pytest.raises(DumpError) as caught:
        read_text(save.format(1) + save.format(2))
    assert "-6" not in caught.value.expected
