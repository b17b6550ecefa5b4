"""`srh sid[1]` and `rt0 addr[1]`: one of the addresses that a routing header has."""

from __future__ import annotations

import json

import pytest

from iptsim.dialects import read_text
from iptsim.model import Ruleset
from iptsim.nftables.expressions import ExtensionHeader
from iptsim.nftables.nft_statements import Match
from iptsim.packet import Packet
from iptsim.tracer import trace

TEXT = """table ip6 t {{
    chain c {{
        type filter hook input priority 0;
        {0} drop
    }}
}}
"""


def rules(text: str) -> Ruleset:
    found = read_text(text).family(6)
    assert found is not None
    return found


def asked(ruleset: Ruleset) -> object:
    (rule,) = (rule for *_, rule in ruleset.rules())
    statement = rule.rule.statements[0]  # type: ignore[attr-defined]  # of nftables
    assert isinstance(statement, Match)
    return statement.left


@pytest.mark.parametrize(
    ("header", "field"), [("srh", "sid[1]"), ("srh", "sid[2]"), ("rt0", "addr[1]")]
)
def test_they_are_read_from_text_and_from_json(header: str, field: str) -> None:
    expected = ExtensionHeader(header=header, field=field)
    assert asked(rules(TEXT.format(f"{header} {field} 2001:db8::5"))) == expected
    left = {"exthdr": {"name": header, "field": field}}
    where = {"family": "ip6", "table": "t"}
    hooked = {"type": "filter", "hook": "input", "prio": 0, "policy": "accept"}
    match = {"match": {"op": "==", "left": left, "right": "2001:db8::5"}}
    entries = [
        {"table": {"family": "ip6", "name": "t"}},
        {"chain": {**where, "name": "c", **hooked}},
        {"rule": {**where, "chain": "c", "handle": 2, "expr": [match, {"drop": None}]}},
    ]
    assert asked(rules(json.dumps({"nftables": entries}))) == expected


@pytest.mark.parametrize("words", ["srh sid[1] ::1", "srh sid[1] != ::1", "rt0 addr[1] ::1"])
@pytest.mark.parametrize(("headers", "expected"), [(0, {"ACCEPT"}), (32, {"ACCEPT", "DROP"})])
def test_what_has_no_routing_header_meets_none(
    words: str, headers: int, expected: set[str]
) -> None:
    packet = Packet(family=6, proto=6, in_="eth0", src=5, dst=9, dport=80, ext_headers=headers)
    found = trace(rules(TEXT.format(words)), packet, hook="INPUT")
    assert {outcome.verdict for outcome in found.outcomes} == expected
