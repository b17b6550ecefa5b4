"""`ip saddr 10.1.2.3/8` of a listing may be `& 255.0.0.0 == 10.1.2.3`, which never holds."""

from __future__ import annotations

import json

from called_program import called
from every_row import every_row

HOOK = "type filter hook input priority filter; policy accept;"
LISTED = f"table ip t {{\n\tchain f {{\n\t\t{HOOK}\n\t\tip saddr %s tcp dport 80 drop\n\t}}\n}}\n"
JSON = {
    "nftables": [
        {"metainfo": {"version": "1.0.6"}},
        {"table": {"family": "ip", "name": "t", "handle": 1}},
        {
            "chain": {
                "family": "ip", "table": "t", "name": "f", "handle": 1, "type": "filter",
                "hook": "input", "prio": 0, "policy": "accept",
            }
        },
        {
            "rule": {
                "family": "ip", "table": "t", "chain": "f", "handle": 2,
                "expr": [
                    {
                        "match": {
                            "op": "==",
                            "left": {"payload": {"protocol": "ip", "field": "saddr"}},
                            "right": {"prefix": {"addr": "10.1.2.3", "len": 8}},
                        }
                    },
                    {"drop": None},
                ],
            }
        },
    ]
}  # fmt: skip


def _fates(text: str) -> set[str]:
    words = ["trace", "--src", "10.9.9.9", "--dport", "80", "--format", "json", "-"]
    outcomes = json.loads(called(words, text.encode(), {}).out)["outcomes"]
    return {one["verdict"] for one in outcomes}


@every_row(
    ("text", "fates"),
    [
        (LISTED % "10.1.2.3/8", {"ACCEPT", "DROP"}),
        (LISTED % "!= 10.1.2.3/8", {"ACCEPT", "DROP"}),
        (json.dumps(JSON), {"ACCEPT", "DROP"}),
        (json.dumps(JSON).replace("10.1.2.3", "10.0.0.0"), {"DROP"}),
        (LISTED % "10.0.0.0/8", {"DROP"}),
        (LISTED % "{ 10.1.2.3/8 }", {"DROP"}),
        ("flush ruleset\n" + LISTED % "10.1.2.3/8", {"DROP"}),
    ],
)
def test_bits_behind_a_mask_are_open_in_what_may_be_a_listing(text: str, fates: set[str]) -> None:
    assert _fates(text) == fates
