"""Random u32, bpf and string matches: they fit the packets that the real kernel says they fit."""

from __future__ import annotations

import os
import time
from random import Random

import pytest
import random_bytes
from kernel_comparing import disagreement
from samples import examples

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.kernel.frames.frames import ip_packet
from iptsim.model import BUILTIN_CHAINS
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.questions import ICMP_PROTOCOLS
from iptsim.tracer import Tracer

CASES = int(os.environ.get("IPTSIM_KERNEL_CASES", examples(30, at_length=600))) // 6
SEED = int(os.environ.get("IPTSIM_KERNEL_SEED", str(int(time.time()))))
RULES, PACKETS = 4, 4
TCP, UDP, UDPLITE, SCTP = 6, 17, 136, 132
KINDS = ("u32", "bpf", "string")

pytestmark = pytest.mark.kernel


def packet(random: Random, family: int) -> tuple[Packet, str]:
    """One that is told as a whole, its payload too, but seldom."""
    proto = random.choice((TCP, TCP, UDP, UDPLITE, SCTP, ICMP_PROTOCOLS[family]))
    given: dict[str, int] = {"proto": proto, "tos": random.choice((0, 0x10, 0xB8)), "ttl": 9}
    if proto in (TCP, UDP, UDPLITE, SCTP):
        given |= {"sport": random.choice((40000, 1024)), "dport": random.choice((80, 443))}
    if proto == TCP:
        given |= {"tcp_flags": random.choice((0x02, 0x12, 0x10))}
        given |= {"tcp_options": random.choice((0, 0, 0, 1 << 2))}
    told = random_bytes.payload(random) if random.random() < 0.8 else None
    full = Packet(family=family, payload=told).with_(**given)
    return full, random.choice(("PREROUTING", "OUTPUT"))


def rule(random: Random, text: bytes, kind: str) -> str:
    if kind == "u32":
        negate = random.choice(("", "", "! "))
        return f'-m u32 {negate}--u32 "{random_bytes.u32(random, text)}"'
    if kind == "bpf":
        program = random_bytes.program(random, text)
        return f'-m bpf --bytecode "{random_bytes.bytecode(program)}"'
    return f"-m string {random_bytes.string(random, text)}"


def rules(random: Random, packets: list[Packet], kind: str) -> str:
    """Rules without a target: that one matched is all that is told of it."""
    lines = [f":{chain} ACCEPT" for chain in BUILTIN_CHAINS["mangle"]]
    for chain in ("PREROUTING", "OUTPUT"):
        for _ in range(RULES):
            text = ip_packet(random.choice(packets), random.getrandbits(16))
            lines.append(f"-A {chain} {rule(random, text, kind)}")
    return "\n".join(("*mangle", *lines, "COMMIT", ""))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_a_match_on_bytes_fits_what_the_kernel_fits(judge: Judge, kind: str, family: int) -> None:
    host = read_host(judge.addresses(), judge.routes(family=family))
    for number in range(CASES):
        problem = one_case(judge, host, family, f"{SEED}/{kind}/{family}/{number}")
        assert problem is None, f"again with IPTSIM_KERNEL_SEED={SEED}, case {number}:\n{problem}"


def one_case(judge: Judge, host: Host, family: int, name: str) -> str | None:
    random = Random(name)  # noqa: S311  # a case must come out the same again
    asked = [packet(random, family) for _ in range(PACKETS)]
    full = [judge.complete(each, hook) for each, hook in asked]
    judge.clear()
    judge.load(rules(random, full, name.split("/")[1]), family=family)
    saved = judge.save(family=family)
    ruleset = read_text(saved, file=name).family(family)
    assert ruleset is not None
    for journey in judge.send(asked):
        trace = Tracer.of(ruleset).trace(journey.packet, hook=journey.hook, host=host)
        problem = disagreement(trace, journey)
        if problem:
            return f"{saved}\n{problem}"
    return None


@pytest.mark.parametrize("family", [4, 6])
def test_a_string_must_end_before_to(judge: Judge, family: int) -> None:
    """As the kernels that we know do it: see iptsim/extensions/packet_bytes/string_search.py."""
    start = (20 if family == 4 else 40) + 8
    ends = [(start, start + 3), (start, start + 2), (start, start), (start + 1, 65535)]
    lines = [
        f"-A PREROUTING -p udp -m string --string abc --algo bm --from {first} --to {last}"
        for first, last in ends
    ]
    judge.load("\n".join(("*raw", *lines, "COMMIT", "")), family=family)
    (journey,) = judge.send([(Packet(family=family, proto=UDP, payload=b"abc"), "PREROUTING")])
    matched = [step.rule for step in journey.steps if step.rule is not None]
    assert matched in ([1], [1, 2])
