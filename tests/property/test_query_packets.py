"""A packet that is traced meets a fate just where the query of that fate says so.

The cubes are read as a program reads them; a packet lies in one answer of its hook at most, and
every example fares as it is said to.
"""

from __future__ import annotations

import json
from random import Random

import pytest
from cubes_eval import in_cubes
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples
from small_rules import Rules, ruleset_of

from iptsim.host import NOBODY
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.query import Answer, query
from iptsim.render.shared.cube_json import cube_json
from iptsim.tracer import Outcome, Tracer
from iptsim.values import parse_address
from iptsim.worlds.expectation import read_expectation

TOLD = read_host(
    json.dumps(
        [
            {"ifname": name, "addr_info": [{"local": address, "prefixlen": 24}]}
            for name, address in (("eth0", "10.0.0.2"), ("eth1", "192.0.2.7"))
        ]
    )
)
HOSTS = {"nobody": NOBODY, "addresses": TOLD}
OWN = tuple(parse_address(text)[0] for text in ("10.0.0.2", "192.0.2.7"))
OTHERS = tuple(parse_address(text)[0] for text in ("10.0.0.1", "10.1.0.9", "198.51.100.2"))
# On no network of the host that is told, so that they may leave by any interface.
AWAY = OTHERS[1:]
FATES = (
    "ACCEPT", "DROP", "REJECT", "local", "forward", "out", "REDIRECT", "REDIRECT:15001",
    "REDIRECT:80", "DNAT:10.9.9.9", "DNAT:10.9.9.9:53", "SNAT:10.0.0.99", "SNAT:10.0.0.99:53",
)  # fmt: skip
NAMES = ("eth0", "eth1", "wlan0")


def packet_of(random: Random, hook: str) -> Packet:
    proto = random.choice((6, 17))
    sent, through = hook == "OUTPUT", hook == "FORWARD"
    return Packet(
        proto=proto,
        src=random.choice(OWN if sent else OTHERS),
        dst=random.choice(AWAY if sent or through else (*OWN, *AWAY)),
        sport=random.choice((53, 40000)),
        dport=random.choice((80, 53, 8080, 15001)),
        in_=None if sent else random.choice(NAMES),
        out=random.choice(NAMES) if sent or through else None,
        mark=random.choice((0, 1, 0x10)),
        ttl=random.choice((9, 64)),
        tos=random.choice((0, 0x10)),
        length=60,
        uid=1000 if sent else None,
        tcp_flags=2 if proto == 6 else None,
        ctstate=random.choice(("NEW", "ESTABLISHED", "INVALID", "RELATED")),
    )


def agrees(outcome: Outcome, fields: dict[str, int | str]) -> bool:
    assert outcome.connection is not None
    return any(
        all(fields[name] in held for name, held in region.sets.items() if name in fields)
        for region in outcome.connection.regions
    )


def lies_in(answer: Answer, fields: dict[str, int | str]) -> bool | None:
    return in_cubes([cube_json(cube) for cube in answer.where], fields, {})


@pytest.mark.parametrize("told", HOSTS)
@pytest.mark.parametrize("hook", ["PREROUTING", "FORWARD", "OUTPUT"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(5, at_length=40), deadline=None)
def test_a_packet_meets_the_fate_where_the_query_says_so(hook: str, told: str, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    ruleset, host = ruleset_of(Rules(random).drawn()), HOSTS[told]
    fate = random.choice(FATES)
    wanted = read_expectation(fate)
    asked = Packet(dport=80, proto=6) if random.random() < 0.3 else Packet()
    found = query(ruleset, asked, fate, hook=hook, host=host)
    assert [answer for answer in found.answers if answer.example is None] == []
    tracer = Tracer.of(ruleset)
    for _ in range(6):
        packet = packet_of(random, hook).with_(**asked.given())
        packet = packet.with_(tcp_flags=2 if packet.proto == 6 else None)
        outcomes = tracer.trace(packet, hook=hook, host=host).outcomes
        fields = {"out": random.choice(NAMES), **packet.given()}
        met = {wanted.met_by(one) for one in outcomes if agrees(one, fields)}
        inside = [lies_in(answer, fields) for answer in found.answers]
        assert inside.count(True) <= 1
        if True in inside:
            assert met == {True}
        elif None not in inside:
            assert met == {False}
        assert None not in inside or hook != "FORWARD"
