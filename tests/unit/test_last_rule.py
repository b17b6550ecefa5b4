"""The last rule of a listing without -v: believed, unless it leaves a policy DROP idle."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.tracer import trace

LISTED = """Chain FORWARD (policy {policy})
target     prot opt source               destination
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:80
{rule}
"""
ACCEPTS = "ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0"
SOME = "ACCEPT     all  --  10.0.0.0/8           0.0.0.0/0"
DROPS = "DROP       all  --  0.0.0.0/0            0.0.0.0/0"
FORWARDED = Packet(in_="eth0", out="eth1", src=0x0A000001, dst=0x0A000002, proto=6, dport=22)


@pytest.mark.parametrize(
    ("policy", "rule", "verdicts"),
    [
        ("DROP", ACCEPTS, {"ACCEPT", "DROP"}),
        ("ACCEPT", ACCEPTS, {"ACCEPT"}),
        ("DROP", SOME, {"ACCEPT"}),
        ("DROP", DROPS, {"DROP"}),
        ("ACCEPT", DROPS, {"DROP"}),
    ],
)
def test_what_would_leave_a_drop_policy_idle_is_doubted(
    policy: str, rule: str, verdicts: set[str]
) -> None:
    dump = read_text(LISTED.format(policy=policy, rule=rule), family=4)
    found = trace(dump.rulesets[0], FORWARDED, hook="FORWARD")
    assert {outcome.verdict for outcome in found.outcomes} == verdicts
    asked = query(dump, FORWARDED, "DROP", hook="FORWARD")
    assert {answer.certain for answer in asked.answers} == (
        {False} if len(verdicts) == 2 else {True} if "DROP" in verdicts else set()
    )
