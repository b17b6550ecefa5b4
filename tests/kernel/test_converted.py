"""Rules of iptables said in nft do to packets what they did before, as the kernel runs both."""

from __future__ import annotations

import os
import re
from random import Random

import pytest
from random_packets import packets
from random_rules import Maker
from samples import examples

from iptsim.dialects import read_text
from iptsim.dialects.nft.printed import write_nft
from iptsim.host import NOBODY
from iptsim.kernel import Journey, Judge, JudgeError
from iptsim.to_nft.converted import Converted, converted

SEED = os.environ.get("IPTSIM_KERNEL_SEED", "1")
SETS = int(os.environ.get("IPTSIM_KERNEL_CONVERTED", examples(6, at_length=120)))
SENT = 8
FATES = {"REJECT": "DROP"}
_LEFT_OUT = (
    "-m limit", "-m hashlimit", "-m statistic", "-m quota", "-m time", "-m recent", "-set ",
    "QUEUE", "TPROXY", "--random",
)  # fmt: skip
"""What state or chance decides, and what not every kernel has for nft."""
_CHOICE = re.compile(r"--to-\S+ \S*-")

pytestmark = pytest.mark.kernel


@pytest.fixture(params=[4, 6])
def bench(judge: Judge, request: pytest.FixtureRequest) -> tuple[int, Judge]:
    judge.trio.host.sysctls({"net/ipv4/ip_early_demux": "0"})
    family: int = request.param
    return family, judge


def _by_chance(line: str) -> bool:
    return any(word in line for word in _LEFT_OUT) or _CHOICE.search(line) is not None


def drawn(judge: Judge, random: Random, family: int) -> str | None:
    """Random rules that are the same at every look, as the kernel took and prints them."""
    lines = Maker(random, family).ruleset().split("\n")
    text = "\n".join(line for line in lines if not _by_chance(line))
    try:
        judge.load(text, family=family)
    except JudgeError:
        judge.clear()
        return None
    return judge.save(family=family)


def said(text: str, family: int) -> tuple[str, Converted]:
    """The rules that nft can say, and what they are there; the others are left out of both."""
    while True:
        found = converted(read_text(text, file="case", family=family).rulesets, NOBODY)
        places = [note.place.line for note in found.unsaid if note.place is not None]
        if not places:
            return text, found
        lines = text.split("\n")
        text = "\n".join(line for at, line in enumerate(lines, 1) if at not in places)


def fate(journey: Journey) -> tuple[object, ...]:
    """Whether it passed, and what it was where it was last seen."""
    verdict = FATES.get(journey.verdict, journey.verdict)
    last = journey.sightings[-1] if journey.sightings and verdict == "ACCEPT" else None
    return (verdict, None if last is None else (last.hook, sorted(last.packet.given().items())))


def test_nft_does_what_iptables_did(bench: tuple[int, Judge]) -> None:
    family, judge = bench
    asked = 0
    for number in range(SETS):
        random = Random(f"{SEED}/{number}")  # noqa: S311  # a case, no secret
        judge.clear()
        saved = drawn(judge, random, family)
        if saved is None:
            continue
        kept, made = said(saved, family)
        judge.load(kept, family=family)
        sent = packets(random, family, SENT)
        before = judge.send(sent)
        judge.clear()
        judge.load_native(write_nft(made.ruleset))
        after = judge.send(sent)
        for old, new in zip(before, after, strict=True):
            asked += 1
            again = f"seed {SEED}, set {number}, IPv{family}\n{kept}\n{write_nft(made.ruleset)}"
            assert fate(old) == fate(new), f"{again}\n{old}\n{new}"
    assert asked >= SETS * SENT // 2
