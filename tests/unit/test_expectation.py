from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.errors import UsageError
from iptsim.worlds.expectation import Expectation, read_expectation
from iptsim.worlds.outcome import Outcome, Rewrite, Step


@every_row(
    ("text", "expected"),
    [
        ("accept", Expectation(kind="ACCEPT")),
        ("REDIRECT", Expectation(kind="REDIRECT")),
        ("redirect:15001", Expectation(kind="REDIRECT", port=15001)),
        ("DNAT:10.0.0.9", Expectation(kind="DNAT", address="10.0.0.9")),
        ("DNAT:10.0.0.9:80", Expectation(kind="DNAT", address="10.0.0.9", port=80)),
        ("DNAT:fd00::9", Expectation(kind="DNAT", address="fd00::9")),
        ("DNAT:[fd00:0::9]:80", Expectation(kind="DNAT", address="fd00::9", port=80)),
        ("SNAT:192.0.2.1", Expectation(kind="SNAT", address="192.0.2.1")),
        ("MASQUERADE", Expectation(kind="MASQUERADE")),
    ],
)
def test_reads(text: str, expected: Expectation) -> None:
    assert read_expectation(text) == expected


@every_row(
    "text",
    ["", "MAYBE", "ACCEPT:1", "REDIRECT:", "REDIRECT:x", "REDIRECT:65536", "DNAT:", "DNAT:host"],
)
def test_refuses(text: str) -> None:
    with pytest.raises(UsageError):
        read_expectation(text)


def outcome(target: str, *rewrites: tuple[str, int | str], passed: bool = True) -> Outcome:
    done = tuple(
        Rewrite(field=field, before=1, after=after, table="nat", chain="C", rule=1)
        for field, after in rewrites
    )
    step = Step(
        hook="PREROUTING", table="nat", chain="C", rule=1, place=None, text="", action="rewrite",
        target=target, rewrites=done,
    )  # fmt: skip
    return Outcome(
        when=(), verdict="ACCEPT" if passed else "DROP", destination="local" if passed else None,
        packet=(("dst", "10.0.0.1"), ("dport", 80)), rewrites=done, steps=(step,), decided_by=step,
    )  # fmt: skip


@every_row(
    ("text", "fate", "met"),
    [
        ("REDIRECT:15001", outcome("REDIRECT", ("dport", 15001)), True),
        ("REDIRECT:15006", outcome("REDIRECT", ("dport", 15001)), False),
        ("REDIRECT:80", outcome("REDIRECT"), True),
        ("ACCEPT", outcome("REDIRECT", ("dport", 15001)), True),
        ("REDIRECT:15001", outcome("REDIRECT", ("dport", 15001), passed=False), False),
        ("DROP", outcome("REDIRECT", ("dport", 15001), passed=False), True),
        ("DNAT:10.0.0.9", outcome("DNAT", ("dst", "10.0.0.9"), ("dport", 8080)), True),
        ("DNAT:10.0.0.9:80", outcome("DNAT", ("dst", "10.0.0.9"), ("dport", 8080)), False),
        ("DNAT:10.0.0.9:80", outcome("DNAT", ("dst", "10.0.0.9")), True),
        ("SNAT", outcome("DNAT", ("dst", "10.0.0.9")), False),
    ],
)
def test_met_by(text: str, fate: Outcome, met: bool) -> None:
    assert read_expectation(text).met_by(fate) is met
