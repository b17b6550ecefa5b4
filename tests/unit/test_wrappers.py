"""Every wrapper around every form of a dump reads as the bare text, places included."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path

import pytest

from iptsim.dialects import read_text
from iptsim.model import Dump
from wrapped_texts import WRAPS, Wrapped, bare

CASE = Path(__file__).parents[2] / "fixtures" / "docker" / "published-port"


def numbered(listing: str) -> str:
    """A listing as --line-numbers prints it."""
    lines, count = [], 0
    for line in listing.splitlines():
        row = line[:1] == " " and "target " not in line
        count = count + 1 if row else 0
        lines.append(f"{count:<4} {line}" if row else f"num  {line}" if line[:1] == " " else line)
    return "\n".join(lines) + "\n"


VERBOSE = (CASE / "after.filter.v.txt").read_text()
FORMS = {
    "save": (CASE / "after.save.txt").read_text(),
    "-S": (CASE / "after.nat.S.txt").read_text(),
    "-L": (CASE / "after.nat.txt").read_text(),
    "-L -v": VERBOSE,
    "-L -v --line-numbers": numbered(VERBOSE),
    "commands": """\
iptables -t nat -N WEB
iptables -t nat -A PREROUTING -p tcp -j WEB
iptables -t nat -A WEB -p tcp --dport 80 -m comment --comment "to: a \\"b\\"" -j DNAT --to 10.0.0.9
""",
}


def told(dump: Dump, lines: tuple[int, ...]) -> list[object]:
    """What a dump says and the lines where it says so; `lines` are those of its lines."""
    return [
        (
            ruleset.family,
            table.name,
            chain,
            [lines[rule.place.line - 1] for rule in chain.rules if rule.place],
        )
        for ruleset in dump.rulesets
        for table in ruleset.tables
        for chain in table.chains
    ]


def same(form: str, wrapped: Wrapped) -> None:
    """Fails unless a wrapped form tells what the bare one does."""
    found = read_text(wrapped.text)
    here = tuple(range(wrapped.text.count("\n") + 1))
    assert told(found, tuple(n + 1 for n in here)) == told(read_text(FORMS[form]), wrapped.lines)


@pytest.mark.parametrize(("wrap", "form"), product(WRAPS, FORMS))
def test_a_wrapped_dump_reads_as_the_bare_one(wrap: str, form: str) -> None:
    same(form, WRAPS[wrap](bare(FORMS[form])))


PAIRS = random.Random(7).sample(sorted(product(WRAPS, WRAPS, FORMS)), 150)


@pytest.mark.parametrize(("inner", "outer", "form"), PAIRS)
def test_a_dump_in_two_wrappers_reads_as_the_bare_one(inner: str, outer: str, form: str) -> None:
    same(form, WRAPS[outer](WRAPS[inner](bare(FORMS[form]))))
