"""A rule that came or went, and did what the end of its chain or the policy does."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.explain.diff_sentences import explain_change

HEAD = "*filter\n:INPUT DROP\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:TOLL -\n-A FORWARD -j TOLL\n"
PAID = "-A TOLL -s 192.0.2.7 -j DROP"
BACK, DROP = "-A TOLL -j RETURN", "-A INPUT -j DROP"
SSH = "-A INPUT -p tcp --dport 22 -j ACCEPT"


def told(before: tuple[str, ...], after: tuple[str, ...]) -> list[str]:
    dumps = (
        read_text(f"{HEAD}{chr(10).join(rules)}\nCOMMIT\n", file=name)
        for name, rules in (("a", before), ("b", after))
    )
    found = diff(*dumps)
    return [explain_change(found, change) for change in found.changes]


@pytest.mark.parametrize(
    ("with_it", "without", "word"),
    [
        ((PAID, BACK), (PAID,), "still returns"),
        ((PAID, "-A TOLL -p udp -j RETURN", BACK), (PAID, BACK), "still returns"),
        ((SSH, DROP), (SSH,), "still dropped, by the policy of INPUT"),
        (("-A INPUT -j RETURN",), (), "still meets the policy of INPUT"),
    ],
)
def test_what_the_end_does_too_is_told_as_it_was(
    with_it: tuple[str, ...], without: tuple[str, ...], word: str
) -> None:
    (gone,) = told(with_it, without)
    assert word in gone
    (come,) = told(without, with_it)
    assert "before" in come
    assert " now " not in come


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (("-A TOLL -p udp -j RETURN", PAID), (PAID,), "no longer returns"),
        ((PAID, BACK), (PAID, "-A TOLL -p gre -m ttl --ttl-lt 3 -j DROP"), "no longer returns"),
        ((DROP, SSH), (SSH,), "no longer dropped"),
        (("-A INPUT -j REJECT",), (), "no longer rejected"),
        (("-A TOLL -j ACCEPT",), (), "no longer accepted"),
    ],
)
def test_what_is_otherwise_without_it_is_told_as_gone(
    before: tuple[str, ...], after: tuple[str, ...], word: str
) -> None:
    assert any(word in text for text in told(before, after))
