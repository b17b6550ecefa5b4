"""Several outputs of -S, and saves without `*table` lines, in one text."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.errors import DumpError
from iptsim.model import Ruleset

FILTER = "-P INPUT DROP\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n"
OPEN = FILTER.replace("DROP", "ACCEPT")
NAT = "".join(
    f"-P {name} ACCEPT\n" for name in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
)


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
