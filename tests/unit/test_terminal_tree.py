"""On a terminal steps are a tree, and a wide one shows a diff's example before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

import iptsim
from iptsim.cli.before_beside_after import before_beside_after
from iptsim.dataclass import replace
from iptsim.host import NOBODY
from iptsim.render.outputs.trace_text import trace_text
from iptsim.render.shared.beside_each_other import in_two_columns, room_beside
from iptsim.render.shared.columns import Row
from iptsim.render.shared.nesting import nested
from iptsim.render.shared.terminal import Style, columns_of
from iptsim.render.shared.trace_answer import TraceAnswer

POST = Path(__file__).parents[2] / "fixtures/istio/both-directions"
PLAIN = Style(width=100, folders=False)
TERMINAL = replace(PLAIN, terminal=True)
BEFORE, AFTER = iptsim.read(POST / "before.txt"), iptsim.read(POST / "after.txt")


def told(style: Style) -> str:
    walk = AFTER.trace(dport=8088)
    return trace_text(
        TraceAnswer(trace=walk.trace, ruleset=AFTER.dump.rulesets[0], style=style, counted=False)
    )


def test_a_jump_opens_a_branch() -> None:
    lines = told(TERMINAL).splitlines()
    assert lines[0].startswith("✔ ACCEPT")
    starts = (
        "    1  nat P",
        "    2  └─ nat ISTIO_INBOUND 1",
        "    3     └─ nat ISTIO_IN_REDIRECT 1",
    )
    assert [line.startswith(start) for line, start in zip(lines[3:6], starts, strict=True)] == [
        True
    ] * 3
    assert "└─" not in told(PLAIN)


def test_a_narrow_terminal_has_no_branches() -> None:
    assert told(replace(TERMINAL, width=60)) == told(replace(PLAIN, width=60))


def _row(chain: str, *, leads: bool = False, dim: bool = False) -> Row:
    return Row(
        number="1", where=chain, condition="", did="", place="", chain=chain, leads=leads, dim=dim
    )


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (
            [_row("nat A", leads=True), _row("nat B", leads=True), _row("nat C"), _row("nat B"),
             _row("nat A")],
            ["nat A", "├─ nat B", "│  └─ nat C", "└─ nat B", "nat A"],
        ),
        # Rules that did not match stand in the chain to which the jump led.
        (
            [_row("nat A", leads=True), _row("nat B", dim=True), _row("nat B")],
            ["nat A", "├─ nat B", "└─ nat B"],
        ),
        # Another base chain is no branch of the first.
        ([_row("inet x a"), _row("inet x b")], ["inet x a", "inet x b"]),
        ([_row("raw A"), _row("nat A", leads=True), _row("nat B")], ["raw A", "nat A", "└─ nat B"]),
    ],
)  # fmt: skip
def test_branches(rows: list[Row], shown: list[str]) -> None:
    assert [row.where for row in nested(rows)] == shown


def test_before_beside_after_where_there_is_room() -> None:
    found = iptsim.diff(BEFORE, AFTER).difference
    shown = before_beside_after(found, NOBODY, replace(TERMINAL, width=160))
    title, _blank, names, first, *_more = shown.splitlines()[1:]
    assert title == "Step by step, tcp 192.0.2.1:40000 → this host:8088:"
    assert [each.strip() for each in names.split("│")] == ["before", "after"]
    assert "port 8088 " in first.split("│")[0]
    assert "port 15001" in first.split("│")[1]
    assert all(columns_of(line) <= 160 for line in shown.splitlines())
    assert before_beside_after(found, NOBODY, replace(TERMINAL, width=100)) == ""
    assert before_beside_after(found, NOBODY, replace(PLAIN, width=160)) == ""
    same = iptsim.diff(BEFORE, BEFORE).difference
    assert before_beside_after(same, NOBODY, replace(TERMINAL, width=160)) == ""


def test_nothing_is_beside_what_one_side_cannot_answer() -> None:
    nft = POST.parents[1] / "nft"
    found = iptsim.diff(nft / "shop.save.txt", nft / "shop.list").difference
    assert found.effects[0].family == 6
    assert before_beside_after(found, NOBODY, replace(TERMINAL, width=160)) == ""


def test_colours_take_no_columns() -> None:
    assert in_two_columns(["\x1b[1mab\x1b[0m"], ["c", "d"], 4) == [
        "\x1b[1mab\x1b[0m   │ c",
        "     │ d",
    ]
    assert (room_beside(140), room_beside(147)) == (0, 72)
