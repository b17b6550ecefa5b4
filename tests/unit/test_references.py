"""References that a listing counts and no rule makes: which place left open can hold the rule."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from incomplete_texts import TITLE, codes, listed, row, rules, table

from iptsim.dialects import read_text
from iptsim.model import Dump

NUMBERED = f"num  {TITLE}"
FILTER = tuple(f"Chain {name} (policy ACCEPT)" for name in ("INPUT", "FORWARD", "OUTPUT"))
NAT = tuple(
    f"Chain {name} (policy ACCEPT)" for name in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
)


def host(chains: Mapping[str, tuple[str, ...]], heads: tuple[str, ...] = FILTER) -> Dump:
    """A listing with numbers: the built-in chains, and the rows of those that are named."""
    own = {head.split()[1]: head for head in heads}
    headers = [*heads, *(f"Chain {name}" for name in chains if name not in own)]
    rows = {own.get(name, f"Chain {name}"): rows for name, rows in chains.items()}
    return read_text("".join(listed(h, *rows.get(h, ()), title=NUMBERED) for h in headers))


def nth(number: int, target: str = "ACCEPT", text: str = "tcp dpt:25") -> str:
    return f"{number:<4} {row(target, text=text)}"


def explained(dump: Dump, name: str = "filter") -> bool:
    """Whether the places left open account for all rules that the text lacks."""
    left_open = "IPT0137" in codes(dump)
    assert not left_open or not any(chain.whole for chain in table(dump, name).chains)
    return not left_open


def test_a_gap_in_a_chain_that_may_lead_there_holds_the_rule() -> None:
    assert explained(host({"INPUT": (nth(1), nth(3)), "A (1 references)": (nth(1),)}))


def test_a_gap_in_the_chain_itself_holds_no_rule_that_leads_to_it() -> None:
    assert not explained(host({"A (1 references)": (nth(1), nth(3))}))


def test_a_gap_in_a_chain_below_would_make_a_loop() -> None:
    below = {"A (1 references)": (nth(1, "B"),), "B (1 references)": (nth(1), nth(3))}
    assert not explained(host(below))


@pytest.mark.parametrize(("last", "enough"), [(3, False), (4, True)])
def test_a_gap_holds_as_many_rules_as_numbers_are_missing(last: int, enough: bool) -> None:
    chains = {"INPUT": (nth(1), nth(last)), "A (2 references)": (nth(1),)}
    assert explained(host(chains)) is enough


def test_rules_give_way_to_those_that_can_stand_nowhere_else() -> None:
    # B's may stand in A or INPUT, A's in INPUT only; B comes first.
    inside = {
        "INPUT": (nth(1), nth(3)),
        "B (1 references)": (nth(1),),
        "A (1 references)": (nth(1), nth(3)),
    }
    assert explained(host(inside))
    assert not explained(host({**inside, "INPUT": (nth(1),)}))


def test_rules_move_on_one_after_the_other() -> None:
    # C's may stand in all, B's in INPUT and A, A's in INPUT only; C comes first.
    chains = {
        "INPUT": (nth(1), nth(3)),
        "C (2 references)": (nth(1),),
        "B (2 references)": (nth(1, "C"), nth(3)),
        "A (1 references)": (nth(1, "B"), nth(3)),
    }
    assert explained(host(chains))
    assert not explained(host({**chains, "B (2 references)": (nth(1, "C"),)}))


def test_no_gap_leads_where_a_target_of_the_chain_does_not_work() -> None:
    chain = (nth(1, "SNAT", "to:192.0.2.7"),)
    before = {"PREROUTING": (nth(1), nth(3)), "OUT (1 references)": chain}
    behind = {"POSTROUTING": (nth(1), nth(3)), "OUT (1 references)": chain}
    assert not explained(host(before, NAT), "nat")
    assert explained(host(behind, NAT), "nat")


def test_a_built_in_chain_that_is_not_there_holds_what_its_hook_takes() -> None:
    some = NAT[:3]
    assert explained(host({"OUT (1 references)": (nth(1, "SNAT", "to:192.0.2.7"),)}, some), "nat")
    wrong = {"IN (1 references)": (nth(1, "REDIRECT", "redir ports 80"),)}
    assert explained(host(wrong, NAT[3:]), "nat")
    assert not explained(host(wrong, (NAT[0], *NAT[2:])), "nat")


def test_a_chain_that_is_not_there_holds_no_rule_back_to_its_caller() -> None:
    gone = {"A (1 references)": (nth(1, "GONE"),)}
    assert not explained(host(gone))
    assert explained(host({"INPUT": (nth(1, "GONE"),), "A (1 references)": (nth(1),)}))


@pytest.mark.parametrize(("target", "fits"), [("A", True), ("DROP", False)])
def test_a_row_in_part_leads_where_it_says(target: str, fits: bool) -> None:
    # It asks for an address of the other family, so it cannot be read.
    torn = f"2    {target:<10} tcp  --  ::1                  0.0.0.0/0"
    dump = host({"INPUT": (nth(1), torn), "A (1 references)": (nth(1),)})
    assert [why for _number, why, _count in rules(dump, "INPUT")] == ["ACCEPT", "torn"]
    assert explained(dump) is fits


def test_counts_of_any_size() -> None:
    huge = 10**30
    assert explained(host({"INPUT": (nth(1), "..."), f"A ({huge} references)": (nth(1),)}))
    assert not explained(host({"INPUT": (nth(1), nth(3)), f"A ({huge} references)": (nth(1),)}))
