"""What one text leaves out and the other has: not compared, and never told as a change."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.diff import Difference, diff
from iptsim.render.outputs.diff_json import diff_json

COLUMNS = "num  target  prot opt source  destination\n"
WHOLE = (
    f"Chain INPUT (policy DROP)\n{COLUMNS}"
    "1  ACCEPT  tcp  --  192.0.2.0/24  0.0.0.0/0  tcp dpt:22\n"
    "2  TOLL  all  --  0.0.0.0/0  0.0.0.0/0\n"
    "3  DROP  udp  --  0.0.0.0/0  0.0.0.0/0\n"
    "4  ACCEPT  icmp  --  0.0.0.0/0  0.0.0.0/0\n\n"
    f"Chain FORWARD (policy ACCEPT)\n{COLUMNS}\n"
    f"Chain OUTPUT (policy ACCEPT)\n{COLUMNS}\n"
    f"Chain TOLL (1 references)\n{COLUMNS}"
    "1  DROP  tcp  --  0.0.0.0/0  0.0.0.0/0  tcp dpt:25\n"
)
SAVE = (
    "*filter\n:INPUT DROP\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:TOLL -\n"
    "-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j TOLL\n"
    "-A INPUT -p udp -j DROP\n-A INPUT -p icmp -j ACCEPT\n"
    "-A TOLL -p tcp -m tcp --dport 25 -j DROP\nCOMMIT\n"
)
NAT = (
    "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n"
    "-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080\nCOMMIT\n"
)


def without(*numbers: int) -> str:
    rows = WHOLE.splitlines(keepends=True)
    return "".join(row for at, row in enumerate(rows) if at - 1 not in numbers)


def compared(before: str, after: str) -> Difference:
    return diff(read_text(before, file="a"), read_text(after, file="b"))


@every_row("gap", [(1,), (2,), (3,), (1, 3)])
@every_row("swapped", [False, True])
def test_rows_behind_a_gap_stand_on_both_sides(gap: tuple[int, ...], swapped: bool) -> None:
    texts = (without(*gap), WHOLE)
    found = compared(*(texts[::-1] if swapped else texts))
    assert found.changes == ()
    assert [change.rule for change in found.uncompared] == list(gap)
    assert not any(effect.certain or effect.compared for effect in found.effects)
    assert not found.same_effect
    codes = {note.code for note in found.notes}
    assert ("IPT0231" if swapped else "IPT0230") in codes
    assert "IPT0381" not in codes


def test_no_rule_is_made_of_what_is_left_out() -> None:
    told = str(diff_json(compared(without(2), WHOLE)))
    assert "'-A INPUT'" not in told
    assert "Cannot be compared: the earlier text leaves it out." in told


def test_a_change_beside_the_gap_is_told() -> None:
    after = WHOLE.replace("4  ACCEPT  icmp", "4  ACCEPT  gre")
    found = compared(without(2), after)
    assert [(c.kind.value, c.rule) for c in found.changes] == [("rule-changed", 4)]
    assert any(effect.compared for effect in found.effects)


def test_a_gap_on_both_sides_is_taken_to_be_the_same() -> None:
    found = compared(without(2), without(2).replace("icmp", "gre"))
    assert {note.code for note in found.notes} & {"IPT0381", "IPT0230", "IPT0231"} == {"IPT0381"}


@pytest.mark.parametrize("swapped", [False, True])
def test_chains_and_tables_that_one_text_lacks_are_no_changes(swapped: bool) -> None:
    alone = WHOLE[WHOLE.index("Chain TOLL") :]
    texts = (alone, SAVE + NAT)
    found = compared(*(texts[::-1] if swapped else texts))
    assert (found.changes, found.effects) == ((), ())
    assert not found.same_effect
    (left,) = (n for n in found.notes if n.code in ("IPT0230", "IPT0231"))
    assert {"nat", "filter INPUT"} <= set(dict(left.facts)["chains"].split(", "))


def test_a_filtered_dump_against_the_whole() -> None:
    some = "".join(row for row in SAVE.splitlines(keepends=True) if "dport" in row)
    whole = SAVE.replace(":INPUT DROP", ":INPUT ACCEPT")
    found = compared(some, whole.replace("--dport 25", "--dport 587"))
    assert [(c.kind.value, c.chain) for c in found.changes] == [("rule-changed", "TOLL")]
    assert found.effects
    assert not any(effect.certain for effect in found.effects)


def test_a_table_that_a_save_does_not_have_was_added() -> None:
    found = compared(SAVE, SAVE + NAT)
    assert found.changes[0].kind.value == "table-added"
    assert found.effects[0].certain
