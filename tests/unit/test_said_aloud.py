"""Answers that can be said aloud: shares of draws, few steps, what all have in common."""

from __future__ import annotations

import os

import pytest
from called_program import called

from iptsim import codes
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.explain.chance import without_draws
from iptsim.explain.set_sentences import is_sayable
from iptsim.model import Note
from iptsim.predicate import Fact
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.value_json import notes_text


def _draw(share: str) -> Fact:
    detail = f"-m statistic --mode random --probability {share}"
    return Fact(key=share, code=codes.CHANCE, detail=detail)


def _text(*rules: str) -> str:
    chains = ":INPUT ACCEPT [0:0]\n:A - [0:0]\n"
    return f"*filter\n{chains}" + "\n".join(rules) + "\nCOMMIT\n"


def _said(*rules: str) -> list[str]:
    done = called(["trace", "--dport", "80", "--hook", "INPUT"], _text(*rules).encode(), os.environ)
    return done.out.replace("\N{NO-BREAK SPACE}", " ").split("\n")


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ((("0.33333333349", True),), "chance picks it (1 in 3)"),
        ((("0.33333333349", False), ("0.50000000000", True)), "chance picks it (1 in 3)"),
        ((("0.25000000000", False),), "chance picks it (3 in 4)"),
        ((("0.12370000000", True),), "chance picks it (12 %)"),
    ],
)
def test_draws_are_told_by_their_share(held: tuple[tuple[str, bool], ...], told: str) -> None:
    other = Fact(key="x", code=codes.CHANCE, detail="-m statistic --mode nth --every 3")
    facts = [(other, True), *((_draw(share), so) for share, so in held)]
    assert without_draws(facts, "en") == ([(other, True)], [told])


def test_a_way_that_differs_in_few_steps_is_told_by_these() -> None:
    draw = "-m statistic --mode random --probability 0.50000000000"
    rules = ["-A INPUT -j A", f"-A A {draw} -j MARK --set-xmark 0x1/0xffffffff"]
    rules += ["-A A -m mark --mark 0x0 -j MARK --set-xmark 0x2/0xffffffff"]
    same = [f"-A INPUT -p tcp -j LOG --log-prefix {n}" for n in range(3)]
    lines = _said(*rules, *same)
    (title,) = [line for line in lines if "all as above but" in line]
    assert title.endswith("all as above but step 2")
    after = lines[lines.index(title) + 1 :]
    numbers = [line.split()[0] for line in after[: after.index("")] if line[:6].strip()]
    assert numbers == ["INPUT", "2"]


def test_a_way_that_ends_within_another_promises_no_more() -> None:
    said = "\n".join(_said("-A INPUT -p tcp -m limit --limit 3/min -j DROP"))
    assert "then\n\n" not in said


def test_what_some_senders_meet_stands_behind() -> None:
    lines = _said("-A INPUT -s 10.0.0.0/8 -j ACCEPT", "-A INPUT -j DROP")
    assert [line.split()[1] for line in lines if line[:4] in ("  1 ", "  2 ")][:2] == [
        "DROP",
        "ACCEPT,",
    ]


def test_a_set_that_nobody_can_say_is_told_by_what_all_share() -> None:
    assert is_sayable(["tcp to port 22"])
    assert not is_sayable(["x" * 200, "y" * 200])
    odd = [
        f"-A INPUT -p tcp -s 10.{n}.0.0/255.{n}.0.255 -d 192.0.{n}.7 -i eth{n} "
        f"-m tcp --dport {n}001 --sport {n}05 -m ttl --ttl-gt {n} -j A"
        for n in range(9)
    ]
    odd.append("-A A -j DROP")
    before, after = (read_text(_text(*rules)) for rules in ((), odd))
    told = diff_text(diff(before, after), Style())
    assert "  some tcp" in told
    assert "(--all shows which)" in told
    assert "(--all shows which)" not in diff_text(diff(before, after), Style(), every=True)


def test_tables_of_one_note_are_named_together() -> None:
    notes = [
        Note(code=codes.NFT_OF_IPTABLES, facts=(("table", t), ("program", "iptables-save")))
        for t in ("ip nat", "ip raw")
    ]
    (told,) = notes_text(notes, Style())
    assert told.startswith("The tables ip nat, ip raw are")
