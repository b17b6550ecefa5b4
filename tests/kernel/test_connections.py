"""Packets that follow one another in a connection: the tracer goes the kernel's way with each."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from kernel_cases import Bench, random_case
from kernel_comparing import disagreement
from samples import examples

from iptsim.dialects import read_text
from iptsim.errors import IptsimError
from iptsim.host import Host
from iptsim.kernel import Journey, Judge
from iptsim.kernel.frames.frames import ip_packet
from iptsim.kernel.side_by_side import compare
from iptsim.model import BUILTIN_CHAINS, Ruleset
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Trace, Tracer

CASES = int(os.environ.get("IPTSIM_KERNEL_CASES", examples(3, at_length=40)))
SEED = os.environ.get("IPTSIM_KERNEL_SEED", str(int(time.time())))
PACKETS_EACH = 4
_MORE = 10
"""How many times as many cases are drawn at most, until enough was asked."""
ICMP = (1, 58)
SCTP = 132
TCP, SYN, ACK, SYN_ACK = 6, 0x02, 0x10, 0x12

pytestmark = pytest.mark.kernel


@pytest.fixture(params=["nft", "legacy"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[4, 6])
def bench(real_kernel: None, backend: str, request: pytest.FixtureRequest) -> Iterator[Bench]:
    with Judge(backend=backend) as judge:
        yield Bench(judge, request.param)


@pytest.mark.parametrize("seed", ["1", SEED], ids=["fixed", "fresh"])
def test_packets_of_a_connection_take_the_kernels_way(bench: Bench, seed: str) -> None:
    asked = 0
    for number in range(CASES * _MORE):
        if number >= CASES and asked > CASES:
            break  # of a few rule sets by chance none has a packet to follow
        text, sent = random_case(f"connections {seed}/{number}", bench.family, PACKETS_EACH)
        rules = bench.load(text)
        for packet, hook in sent if rules else ():
            assert rules is not None
            talk = Talk(bench, rules)
            problem = talk.problem(packet, hook)
            asked += talk.asked
            again = f"IPTSIM_KERNEL_SEED={seed}, case {number}, {bench.judge.backend}"
            assert problem is None, f"{again}:\n{bench.judge.save(family=bench.family)}\n{problem}"
    assert asked > CASES


STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
STATE_RULES = "".join(f"-A PREROUTING -m conntrack --ctstate {state}\n" for state in STATES)


@pytest.mark.parametrize("family", [4, 6])
def test_first_packets_are_in_the_kernels_state(judge: Judge, family: int) -> None:
    icmp = 1 if family == 4 else 58
    sent = [Packet(family=family, proto=TCP, tcp_flags=flags) for flags in range(64)]
    sent += [Packet(family=family, proto=TCP, tcp_flags=flags | 0xC0) for flags in (SYN, ACK, 1)]
    sent += [Packet(family=family, proto=icmp, icmp_type=kind) for kind in range(256)]
    # Extension headers and AH (51) are no protocol of a packet, without more behind them.
    others = set(range(2, 256)) - {0, 6, 43, 44, 51, 58, 60}
    sent += [Packet(family=family, proto=proto) for proto in sorted(others)]
    tracer, host = loaded(judge, table("mangle", STATE_RULES), family)
    for journey in judge.send((packet, "PREROUTING") for packet in sent):
        problem = disagreement(tracer.trace(journey.packet, hook=journey.hook, host=host), journey)
        assert problem is None, problem


@pytest.mark.parametrize("family", [4, 6])
def test_an_error_about_a_connection_is_related(judge: Judge, family: int) -> None:
    text = table("mangle", STATE_RULES) + table("nat", "-A PREROUTING -j ACCEPT\n")
    tracer, host = loaded(judge, text, family)
    with judge.conversation() as say:
        first = say(Packet(family=family, proto=17), "OUTPUT").packet
        kind = 3 if family == 4 else 1
        error = Packet(family=family, proto=1 if family == 4 else 58, icmp_type=kind, icmp_code=1)
        error = error.with_(src=first.dst, dst=first.src, in_="eth1", payload=ip_packet(first, 1))
        journey = say(error, "PREROUTING")
    asked = journey.packet.with_(ctstate="RELATED")
    problem = disagreement(tracer.trace(asked, hook=journey.hook, host=host), journey)
    assert problem is None, problem
    states = [step.rule for step in journey.steps if step.table == "mangle" and step.rule]
    assert states == [STATES.index("RELATED") + 1]


def table(name: str, rules: str) -> str:
    """A table with all its chains: the nft build makes only those that are named."""
    chains = "".join(f":{chain} ACCEPT\n" for chain in BUILTIN_CHAINS[name])
    return f"*{name}\n{chains}{rules}COMMIT\n"


def loaded(judge: Judge, text: str, family: int) -> tuple[Tracer, Host]:
    judge.load(text, family=family)
    rules = read_text(judge.save(family=family), file="case").family(family)
    assert rules is not None
    return Tracer.of(rules), read_host(judge.addresses(), judge.routes(family=family))


@dataclass(slots=True)
class Talk:
    """A first packet and those that follow it, each compared with the kernel's journey."""

    bench: Bench
    rules: Ruleset
    asked: int = 0

    def problem(self, packet: Packet, hook: str) -> str | None:
        """What differs first, None where nothing."""
        tracer = Tracer.of(self.rules)
        with self.bench.judge.conversation() as say:
            journey = say(packet, hook)
            first = _outcome(tracer, journey, self.bench)
            if first is None or first.connection is None or first.connection.unanswered:
                return None
            again = say(journey.packet, journey.hook)
            problem = self._differs(tracer.follow(first, "again"), again, "again")
        return problem or self._answered(tracer, journey.packet, journey.hook)

    def _answered(self, tracer: Tracer, packet: Packet, hook: str) -> str | None:
        """What differs of the answer, and of what comes after it."""
        judge = self.bench.judge
        with judge.conversation() as say:
            journey = say(packet, hook)
            first = _outcome(tracer, journey, self.bench)
            if first is None or first.destination is None:
                return None
            if packet.proto == SCTP or (packet.proto in ICMP and _random(first)):
                # A packet here has no other chunk than INIT, and no other identifier than 1.
                return None
            told = tracer.follow(first, "reply", told=_swapped(journey))
            if told is None or (told.hook, told.packet.in_) == ("PREROUTING", None):
                return None
            back = say(_answer(told.packet, first), told.hook)
            reply = tracer.follow(first, "reply", told=back.packet)
            problem = self._differs(reply, back, "the answer")
            if problem or reply is None:
                return problem
            on = say(_next(journey.packet), journey.hook)
        met = compare(reply, back).outcome
        if _talks_of_another(first, met, (back.packet.dst, back.packet.src), journey.packet):
            return None
        last = tracer.follow(first, "next", told=on.packet, answered=met)
        return self._differs(last, on, "after the answer")

    def _differs(self, trace: Trace | None, journey: Journey, what: str) -> str | None:
        assert trace is not None, what
        self.asked += 1
        problem = disagreement(trace, journey)
        return problem and f"{what}: {problem}"


def _outcome(tracer: Tracer, journey: Journey, bench: Bench) -> Outcome | None:
    """How the first packet fared; None where that is open, or for the other tests to find."""
    try:
        trace = tracer.trace(journey.packet, hook=journey.hook, host=bench.host)
    except IptsimError:
        return None
    found = compare(trace, journey)
    return found.outcome if found.agrees else None


def _talks_of_another(
    first: Outcome, met: Outcome, back: tuple[int | None, int | None], sent: Packet
) -> bool:
    """Whether the answer opened a connection that what the first side sends on is not of."""
    if first.connection is None or first.connection.known:
        return False
    ends = (sent.src, sent.dst)
    return bool(met.rewrites) or back != ends or sent.src == sent.dst


def _random(first: Outcome) -> bool:
    return any(" --random" in step.text for step in first.steps)


def _swapped(journey: Journey) -> Packet:
    """The addresses of the answer, as the kernel chose them."""
    last = journey.sightings[-1].packet
    return Packet(family=last.family).with_(
        src=last.dst, dst=last.src, sport=last.dport, dport=last.sport
    )


def _answer(packet: Packet, first: Outcome) -> Packet:
    """The answer as somebody sends it."""
    asked = dict(first.packet).get("tcp_flags", 0)
    flags = SYN_ACK if int(asked) & SYN_ACK == SYN else ACK
    told = packet.with_(ttl=63, tos=0x10, mark=0, ctstate=None, out=None)
    return told.with_(tcp_flags=flags) if packet.proto == TCP else told


def _next(packet: Packet) -> Packet:
    on = packet.with_(length=None, tcp_options=None, tcp_mss=None)
    return on.with_(tcp_flags=ACK) if packet.proto == TCP else on
