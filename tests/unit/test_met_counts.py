"""What counters show: ranges where a listing rounds, and what grew."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.met_counts import Span, met_counts, rounded

LISTED = """Chain INPUT (policy DROP 12 packets, 720 bytes)
 pkts bytes target prot opt in out source destination
 118K 9M IN all -- * * 0.0.0.0/0 0.0.0.0/0

Chain IN (1 references)
 pkts bytes target prot opt in out source destination
 0 0 ACCEPT tcp -- * * 0.0.0.0/0 0.0.0.0/0 tcp dpt:22
 420 30000 DROP all -- * * 10.0.0.0/8 0.0.0.0/0
"""
SAVED = """*filter
:INPUT DROP [7:70]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
[{}:60] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
[{}:60] -A INPUT -p udp -j ACCEPT
COMMIT
"""


@pytest.mark.parametrize(
    ("value", "unit", "low", "high"),
    [
        (420, 1, 420, 420),
        (118_000, 1000, 117_500, 118_499),
        (9_000_000, 1_000_000, 8_999_500 - 500_000, 9_499_499),
    ],
)
def test_a_rounded_count_is_a_range(value: int, unit: int, low: int, high: int) -> None:
    assert rounded(value, unit) == Span(low=low, high=high)


def test_the_range_holds_what_iptables_rounded() -> None:
    numbers = (*range(99_000, 130_000, 37), 9_999_499, 9_999_500, 12_345_678)
    assert [number for number in numbers if not _holds(number)] == []


def _holds(number: int) -> bool:
    """As print_num has it (iptables/xshared.c)."""
    shown, unit = number, 1
    while shown > (99_999 if unit == 1 else 9_999):
        shown, unit = (shown + 500) // 1000, unit * 1000
    span = rounded(shown * unit, unit)
    return span.low <= number <= span.high


def test_chains_tell_who_came_and_who_met_which_rule() -> None:
    chains = {met.chain.name: met for met in met_counts(read_text(LISTED, family=4))}
    assert chains["INPUT"].policy == Span(low=12, high=12)
    assert chains["IN"].came == Span(low=117_500, high=118_499)
    told = [(r.packets.low, r.packets.high) for r in chains["IN"].rules if r.packets]
    assert told == [(0, 0), (420, 420)]


def test_what_grew_is_told_by_rule_wherever_it_stands() -> None:
    before = read_text(SAVED.format(5, 9), family=4)
    later = read_text(
        SAVED.format(8, 2).replace("[8:60]", "[1:1] -A INPUT -j LOG\n[8:60]"), family=4
    )
    chain = next(iter(met_counts(before, later)))
    assert [rule.grown for rule in chain.rules] == [
        None,
        Span(low=3, high=3),
        Span(low=-7, high=-7),
    ]
    assert chain.policy_grown == Span(low=0, high=0)
