"""Random rule sets of nftables, alone and among those of iptables, as the kernel runs them."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest
from kernel_comparing import disagreement
from native_rules import NativeMaker
from random_packets import packets
from random_rules import Maker
from samples import examples
from value_pools import HOSTS

from iptsim import codes
from iptsim.dialects import read_text
from iptsim.errors import IptsimError
from iptsim.host import Host
from iptsim.kernel import Journey, Judge, JudgeError
from iptsim.kernel.side_by_side import compare
from iptsim.model import Ruleset
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.tracer import Outcome, Trace, Tracer
from iptsim.values import parse_address

SEED = os.environ.get("IPTSIM_KERNEL_SEED", "1")
SETS = int(os.environ.get("IPTSIM_KERNEL_NATIVE", examples(6, at_length=100)))
SENT = 8
MOST_DROPPED = 60
"""Lines that nft may refuse of one text: those are taken out."""

pytestmark = pytest.mark.kernel


@pytest.fixture(params=[4, 6])
def host(judge: Judge, request: pytest.FixtureRequest) -> tuple[int, Judge, Host]:
    # A connection that is looked for early has a socket, and is not forwarded.
    judge.trio.host.sysctls({"net/ipv4/ip_early_demux": "0"})
    family: int = request.param
    return family, judge, read_host(judge.addresses(), judge.routes(family=family))


def load(judge: Judge, text: str) -> bool:
    """Load a text without the lines that nft refuses; whether something is left."""
    lines = text.split("\n")
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


def beneath(judge: Judge, random: Random, family: int) -> str:
    """Rules of iptables, loaded, as iptables-save prints them; without sets and TPROXY's socket."""
    for _ in range(20):
        text = Maker(random, family).ruleset()
        if "-set " in text or "TPROXY" in text:
            continue
        try:
            judge.load(text, family=family)
        except JudgeError:
            judge.clear()
        else:
            return judge.save(family=family)
    return ""


def problem(tracer: Tracer, journey: Journey, host: Host) -> str | None:
    """What we say otherwise; nothing where ways that we leave open are one to the kernel."""
    try:
        trace = tracer.trace(journey.packet, hook=journey.hook, host=host)
    except IptsimError:
        return None
    trace = _unresolved(trace, journey, host)
    found = compare(trace, journey)
    if any(note.code == codes.HIDDEN_WAYS_JOINED for note in trace.notes):
        # One of the ways that end alike is told, with its steps: only how they end is compared.
        theirs = "DROP" if journey.verdict == "LOST" else journey.verdict
        ours = {"DROP" if o.verdict == "REJECT" else o.verdict for o in trace.outcomes}
        return None if theirs in ours else disagreement(trace, journey)
    same = found.takers > 1 and not found.differences
    same = same or (found.takers == 1 and _lost_by_lo(found.outcome, journey))
    return None if same else disagreement(trace, journey)


def _unresolved(trace: Trace, journey: Journey, host: Host) -> Trace:
    """What a rule sent to nobody's address passes POSTROUTING, and waits for its neighbour.

    So does what it sent to one of another link: a write after routing changes the neighbour, and
    not the link (net/ipv6/ip6_output.c, ip6_finish_output2).
    """
    last = journey.sightings[-1].packet if journey.sightings else None
    if last is None or last.dst is None or any(s.hook == "EGRESS" for s in journey.steps):
        return trace
    nobody = last.dst not in {parse_address(text)[0] for text in HOSTS[last.family]}
    links = host.connected(last.dst, 32 if last.family == 4 else 128)

    def waits(one: Outcome) -> bool:
        return nobody or bool(links and dict(one.packet).get("out") not in links)

    return replace(
        trace, outcomes=tuple(_leaving(one) if waits(one) else one for one in trace.outcomes)
    )


def _leaving(one: Outcome) -> Outcome:
    """The way to POSTROUTING."""
    return replace(one, steps=tuple(step for step in one.steps if step.hook != "EGRESS"))


def _lost_by_lo(ours: Outcome, journey: Journey) -> bool:
    """What left by lo and is thrown away there looks to the judge as what left by another link."""
    inside = ours.verdict == "DROP" and dict(ours.packet).get("in") == "lo"
    return inside and journey.verdict == "ACCEPT" and journey.sightings[-1].hook == "POSTROUTING"


def rules_of(judge: Judge, saved: str, family: int) -> Ruleset:
    found = read_text(saved + judge.list_native(), file="case").family(family)
    return found or Ruleset(family=family)


@pytest.mark.parametrize("mixed", [False, True])
def test_the_kernel_does_what_we_say(host: tuple[int, Judge, Host], mixed: bool) -> None:
    family, judge, told = host
    asked = 0
    for number in range(SETS):
        random = Random(f"{SEED}/{number}/{mixed}")  # noqa: S311  # a case, no secret
        judge.clear()
        saved = beneath(judge, random, family) if mixed else ""
        if not load(judge, NativeMaker(random=random, family=family).text(mixed=mixed)):
            continue
        tracer = Tracer.of(rules_of(judge, saved, family))
        for journey in judge.send(packets(random, family, SENT)):
            asked += 1
            wrong = problem(tracer, journey, told)
            if wrong and journey.verdict == "LOST":
                (journey,) = judge.send([(journey.packet, journey.hook)], quiet=1.0)  # noqa: PLW2901  # asked again: a busy machine tells late
                wrong = problem(tracer, journey, told)
            assert wrong is None, f"seed {SEED}, set {number}:\n{judge.list_native()}\n{wrong}"
    assert asked >= SETS * SENT // 2
