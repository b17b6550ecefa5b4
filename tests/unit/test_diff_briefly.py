"""A diff told briefly: what a text does not show is not worked out; what it shows is the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from iptsim.dialects import read_text
from iptsim.diff import Difference, diff, left_out, structure
from iptsim.diff.comparison import Comparison
from iptsim.diff.difference import MOST_SHOWN
from iptsim.model import Dump
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.shared.terminal import Style
from iptsim.symbolic.telling import set_cubes


def services(count: int, first: int = 30_000) -> Dump:
    """A dump that sends each of so many ports to a port of its own."""
    rules = "".join(
        f"-A PREROUTING -p tcp -m tcp --dport {800 + n} -j REDIRECT --to-ports {first + n}\n"
        for n in range(count)
    )
    return read_text(f"*nat\n:PREROUTING ACCEPT [0:0]\n{rules}COMMIT\n", file="rules")


def sites(count: int, policy: str) -> Dump:
    """A dump that lets each of so many networks reach a port of its own."""
    rules = "".join(
        f"-A FORWARD -s 10.{n % 7}.{n}.0/24 -d 10.9.{n * 5 % 256}.{n}/32 -p tcp -m tcp"
        f" --dport {1000 + n * 37} -j ACCEPT\n"
        for n in range(count)
    )
    head = f":INPUT ACCEPT [0:0]\n:FORWARD {policy} [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    return read_text(f"*filter\n{head}{rules}COMMIT\n", file="rules")


def text(found: Difference) -> str:
    return diff_text(found, Style(width=100, colour=False))


@pytest.mark.parametrize("count", [3, 12])
def test_a_text_reads_the_same_told_briefly(count: int) -> None:
    before, after = services(count), services(count, 31_000)
    assert text(diff(before, after, briefly=True)) == text(diff(before, after))


def test_only_what_a_text_shows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: Counter[str] = Counter()
    tell = Comparison._deciders  # what telling an effect costs

    def counted(self: Comparison, held: object, names: object) -> object:
        told["effects"] += 1
        return tell(self, held, names)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(Comparison, "_deciders", counted)
    found = diff(services(20), services(20, 31_000), briefly=True)
    assert len(found.effects) > MOST_SHOWN
    assert told["effects"] == MOST_SHOWN == sum(effect.told for effect in found.effects)


def test_effects_that_are_only_counted_fare_as_they_do() -> None:
    before, after = services(12), services(12, 31_000)
    whole, brief = (diff(before, after, briefly=briefly).effects for briefly in (False, True))
    ways = [
        [(one.before.verdict, one.after.verdict, one.after.rewrites) for one in effects]
        for effects in (whole, brief)
    ]
    assert ways[0] == ways[1]


def test_of_very_many_sets_a_few_are_told() -> None:
    before, after = sites(120, "DROP"), sites(120, "ACCEPT")
    found = diff(before, after, briefly=True)
    (effect,) = found.effects
    assert effect.partly
    assert 0 < len(effect.where) <= set_cubes.FEW
    assert "some packets passing through this host" in text(found)
    assert "(--all shows which)" in text(found)
    (whole,) = diff(before, after).effects
    assert not whole.partly
    assert len(whole.where) > set_cubes.FEW
    assert replace(effect.before, decided_by=()) == replace(whole.before, decided_by=())
    assert effect.before.decided_by == whole.before.decided_by


def test_what_a_table_hides_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[str] = Counter()
    hides = left_out.hides_jumps

    def counted(table: object, other: object) -> bool:
        asked["tables"] += 1
        return hides(table, other)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(structure, "hides_jumps", counted)
    for chains in (3, 30):
        asked.clear()
        names = [f"c{n}" for n in range(chains)]
        heads = "".join(f":{name} - [0:0]\n" for name in names)
        rules = "".join(f"-A INPUT -j {name}\n" for name in names)
        dumps = [
            read_text(f"*filter\n:INPUT {policy} [0:0]\n{heads}{rules}COMMIT\n", file="rules")
            for policy in ("ACCEPT", "DROP")
        ]
        structure.structure(*dumps, comments=False)
        assert asked["tables"] == 2
