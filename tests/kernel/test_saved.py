"""Rules of nftables said in iptables do to packets what they did, as the kernel runs both."""

from __future__ import annotations

import os
import re
from pathlib import Path
from random import Random

import pytest
from native_rules import NativeMaker
from random_packets import packets
from test_converted import fate

from iptsim.cli.said_in_save import said_in_save
from iptsim.dialects import read_text
from iptsim.dialects.writing.write import write_save
from iptsim.errors import DumpError
from iptsim.kernel import Judge, JudgeError
from iptsim.model import Dump

SEED = os.environ.get("IPTSIM_KERNEL_SEED", "1")
SETS = int(os.environ.get("IPTSIM_KERNEL_SAVED", "12"))
SENT = 8
MOST_DROPPED = 60
FIXTURES = Path(__file__).parents[2] / "fixtures" / "nft"
_HOOK = re.compile(r"type (\w+) hook (\w+) priority [^;]+")
_PLACES = {
    "filter": {"input": 0, "forward": 0, "output": 0, "prerouting": -150, "postrouting": -150},
    "nat": {"prerouting": -100, "output": -100, "input": 100, "postrouting": 100},
    "route": {"output": -150},
}
_BY_CHANCE = re.compile(r"limit|quota|numgen|queue|random|to :?\S+-\S+")

pytestmark = pytest.mark.kernel


@pytest.fixture(params=[4, 6])
def bench(judge: Judge, request: pytest.FixtureRequest) -> tuple[int, Judge]:
    judge.trio.host.sysctls({"net/ipv4/ip_early_demux": "0"})
    family: int = request.param
    return family, judge


def at_standard_places(text: str) -> list[str]:
    """The lines of a rule set, each base chain where iptables has one, nothing left to chance."""
    placed = _HOOK.sub(lambda m: f"{m[0].rsplit(' ', 1)[0]} {_PLACES[m[1]][m[2]]}", text)
    return [line for line in placed.split("\n") if not _BY_CHANCE.search(line)]


def loaded(judge: Judge, lines: list[str]) -> bool:
    """Whether the kernel has these rules; lines that nft refuses are taken out."""
    for _ in range(MOST_DROPPED):
        try:
            judge.load_native("\n".join(lines))
        except JudgeError as error:
            at = error.facts.get("line")
            if not isinstance(at, int) or lines[at - 1].strip()[:1] in ("", "}"):
                return False
            del lines[at - 1]
        else:
            return True
    return False


def said(lines: list[str], family: int) -> str:
    """What the rules are in iptables; those that it cannot say are taken out."""
    while True:
        read = read_text("\n".join(lines), file="case")
        rulesets = tuple(r for r in read.rulesets if r.family == family)
        try:
            made, _notes = said_in_save(Dump(rulesets=rulesets))
        except DumpError as error:
            at = error.place.line - 1
            if lines[at].startswith("table netdev"):  # the last of the tables
                del lines[at:]
                continue
            while lines[at].startswith(("chain", "table")):
                at += 1
            del lines[at]
        else:
            return "".join(map(write_save, made.rulesets))


def test_iptables_does_what_nft_did(bench: tuple[int, Judge]) -> None:
    family, judge = bench
    asked = 0
    for number in range(SETS):
        random = Random(f"{SEED}/{number}")  # noqa: S311  # a case, no secret
        judge.clear()
        lines = at_standard_places(NativeMaker(random, family).text())
        said(lines, family)
        if not loaded(judge, lines):
            continue
        saved = said(lines, family)
        if "\n-A" not in saved:
            continue
        sent = packets(random, family, SENT)
        before = judge.send(sent)
        judge.clear()
        judge.load(saved, family=family)
        after = judge.send(sent)
        for old, new in zip(before, after, strict=True):
            asked += 1
            kept = "\n".join(lines)
            again = f"seed {SEED}, set {number}, IPv{family}\n{kept}\n{saved}"
            assert fate(old) == fate(new), f"{again}\n{old}\n{new}"
    assert asked >= SETS * SENT // 4


@pytest.mark.parametrize("name", ["shop", "sidecar", "published"])
def test_fixtures_load(bench: tuple[int, Judge], name: str) -> None:
    family, judge = bench
    read = read_text((FIXTURES / f"{name}.list").read_text(), file=name)
    rulesets = tuple(r for r in read.rulesets if r.family == family)
    made, _notes = said_in_save(Dump(rulesets=rulesets))
    text = "".join(map(write_save, made.rulesets))
    judge.clear()
    if text:
        judge.load(text, family=family)
        assert text.count("\n-A") == judge.save(family=family).count("\n-A")
