"""Where a line ends within a quote, nobody knows what stood there: told as known only where it
decides nothing."""

from __future__ import annotations

import textwrap

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.model import Rule

STRING = '-A INPUT -p tcp -m string --string "GET /cgi bin/test of what" --algo bm -j DROP'
HEX = '-A INPUT -p tcp -m string --hex-string "|0d 0a|Host: some where" --algo bm -j DROP'
REMARK = '-A INPUT -i lo -m comment --comment "of the old mail relay, do not touch" -j DROP'
LOGGED = '-A INPUT -i lo -j LOG --log-prefix "a long word of a log: " --log-level 7'


def broken(text: str, width: int, *, hard: bool) -> str:
    if hard:
        return "\n".join(text[at : at + width] for at in range(0, len(text), width))
    return "\n".join(textwrap.wrap(text, width, break_on_hyphens=False))


def read(text: str) -> Rule:
    """The one rule of a save."""
    dump = read_text(f"*filter\n:INPUT ACCEPT [0:0]\n{text}\nCOMMIT\n")
    (rule,) = [rule for *_place, rule in dump.rulesets[0].rules()]
    return rule


def in_quote(broken_text: str) -> bool:
    """Whether a break stands between the quotes of a rule."""
    return "\n" in broken_text.partition('"')[2].partition('"')[0]


@every_row("hard", [True, False])
@every_row("text", [STRING, HEX])
@every_row("width", [44, 50, 56, 60])
def test_what_a_packet_is_searched_for_is_unknown_where_a_line_ends_in_it(
    text: str, width: int, hard: bool
) -> None:
    rule = read(broken(text, width, hard=hard))
    assert rule.unread or rule.matches == read(text).matches
    assert rule.unread or width < 56  # bytes told in hexadecimal may stand apart


@every_row("hard", [True, False])
@every_row(("text", "target"), [(REMARK, "DROP"), (LOGGED, "LOG")])
@every_row("width", [48, 56])
def test_a_remark_and_a_prefix_decide_nothing(
    text: str, target: str, width: int, hard: bool
) -> None:
    told = broken(text, width, hard=hard)
    rule = read(told)
    assert in_quote(told)
    assert not rule.unread
    assert rule.target is not None
    assert rule.target.name == target
    assert rule.header == read(text).header


@pytest.mark.parametrize("text", [STRING, HEX])
def test_in_a_command_it_is_unknown_too(text: str) -> None:
    at = text.index(" ", text.index('"') + 8)
    dump = read_text(f"iptables {text[:at]}\n{text[at:]}\niptables -A INPUT -i lo -j DROP\n")
    assert [rule.unread is not None for *_p, rule in dump.rulesets[0].rules()] == [True, False]
