"""Once the time is over a query tells what is found by then, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iptsim.dialects import read_text
from iptsim.errors import TimeUp, UsageError
from iptsim.explain.query_sentences import answered
from iptsim.packet import Packet
from iptsim.query import Query, ask, query
from iptsim.query.fate_sets import Meeting
from iptsim.render.outputs.query_text import query_stat, query_text
from iptsim.render.shared.terminal import Style

RULES = read_text(
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    "-A INPUT -p tcp -m tcp --dport 23 -j DROP\n-A INPUT -p udp -m udp --dport 69 -j DROP\n"
    "-A FORWARD -p tcp -m tcp --dport 25 -j DROP\n-A OUTPUT -p tcp -m tcp --dport 6667 -j DROP\n"
    "COMMIT\n"
)
STYLE = Style(width=200)


def _up_after(calls: int, work: Callable[..., Any]) -> Callable[..., Any]:
    """The work, so often; then the time is over."""
    left = [calls]

    def late(*given: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise TimeUp("so late")
        return work(*given)

    return late


def _told_of(calls: int, monkeypatch: pytest.MonkeyPatch) -> Query:
    monkeypatch.setattr(ask._Asking, "_told", _up_after(calls, ask._Asking._told))
    return query(RULES, Packet(), "DROP", most=6)


@pytest.mark.parametrize("calls", [0, 1])
def test_answers_stand_by_their_rules(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _told_of(calls, monkeypatch)
    assert sum(answer.told for answer in found.answers) == calls
    assert found.late == "so late"
    # What follows on the time's end is not begun.
    assert found.unasked == ("FORWARD", "OUTPUT")
    shown = query_text(found, STYLE)
    assert "No time was left for packets that start at FORWARD, OUTPUT" in shown
    assert f"No time was left to tell the packets of {2 - calls} answer" in shown
    assert "filter INPUT 1" in shown
    assert "filter INPUT 2" in shown
    assert "any packet" not in shown
    assert "very other packet" not in shown
    assert "No time was left" in query_stat(found, STYLE)
    assert "时间已到" in query_text(found, Style(width=200, lang="zh"))


def test_hooks_that_were_gone_through_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = query(RULES, Packet(), "DROP", most=6)
    monkeypatch.setattr(Meeting, "parts", _up_after(2, Meeting.parts))
    found = query(RULES, Packet(), "DROP", most=6)
    assert found.unasked == ("OUTPUT",)
    assert found.answers == tuple(one for one in whole.answers if one.hook != "OUTPUT")
    assert answered(found).endswith("; and 2 more sets of packets.")


def test_without_an_answer_the_rules_stand_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Meeting, "parts", _up_after(0, Meeting.parts))
    shown = query_text(query(RULES, Packet(), "DROP"), STYLE)
    assert shown.startswith("DROP: there was no time to tell which packets.\n")
    rules = "filter INPUT 1, filter INPUT 2, filter FORWARD 1, filter OUTPUT 1"
    assert f"These rules may decide it: {rules}." in shown
    assert "the policy of filter FORWARD" in query_text(query(RULES, Packet(), "ACCEPT"), STYLE)
    none = query_text(query(RULES, Packet(), "REJECT"), STYLE)
    assert "No rule and no policy of the text has it as its target" in none
    assert "可能由以下规则决定" in query_text(query(RULES), Style(width=200, lang="zh"))


def test_what_found_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Meeting, "parts", _up_after(0, Meeting.parts))
    with pytest.raises(TimeUp, match="so late"):
        query(RULES, Packet(), "local")


def test_a_whole_answer_is_not_late() -> None:
    found = query(RULES, Packet(), "DROP", most=6)
    assert (found.late, found.unasked) == ("", ())
    assert "No time" not in query_text(found, STYLE)


def test_programs_get_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from iptsim.cli.options import OutputOptions  # noqa: PLC0415  # declares the command line
    from iptsim.cli.query import _refuse_in_part  # noqa: PLC0415  # see above

    found = _told_of(1, monkeypatch)
    with pytest.raises(UsageError, match="so late"):
        _refuse_in_part(found, OutputOptions(form="json"))
    _refuse_in_part(found, OutputOptions(form="text"))
