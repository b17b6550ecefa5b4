"""Legacy tables tell the same steps as nft, of rules whose verdict the log does not tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iptsim.kernel import Journey, Judge
from iptsim.packet import Packet

pytestmark = pytest.mark.kernel

# Port by port a rule of another kind; a chain of the user's may be called as a built-in one.
RULES = """*raw
:PREROUTING ACCEPT
:OUTPUT ACCEPT
:INPUT -
-A PREROUTING -j INPUT
-A INPUT -p udp -j RETURN
COMMIT
*mangle
:PREROUTING ACCEPT
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
:A -
:B -
-A PREROUTING -p tcp --dport 1 -j TEE --gateway {server}
-A PREROUTING -p tcp --dport 2 -j MARK --set-mark 7
-A PREROUTING -p tcp --dport 3 -g A
-A PREROUTING -p tcp --dport 4 -j A
-A PREROUTING -p tcp --dport 5 -j NFQUEUE --queue-num 5 --queue-bypass
-A PREROUTING -p tcp --dport 6 -j NFQUEUE --queue-num 5
-A PREROUTING -p tcp --dport 7 -j LOG --log-prefix "TRACE: mangle:A:rule:1 "
-A PREROUTING -p tcp --dport 8
-A PREROUTING -p tcp --dport 9 -j NFLOG --nflog-prefix "TRACE: mangle:A:rule:1 "
-A PREROUTING -p tcp --dport 10 -j RETURN
-A PREROUTING -p tcp --dport 11 -j DROP
-A PREROUTING -j ACCEPT
-A A -g B
-A A -j DROP
-A B -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
-A PREROUTING -p tcp --dport 20 -j DNAT --to-destination [{server}]:21
-A PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 23
-A PREROUTING -p tcp --dport 24 -j DNAT --to-destination {nowhere}
-A POSTROUTING -j MASQUERADE
COMMIT
*filter
:INPUT DROP
:FORWARD ACCEPT
:OUTPUT ACCEPT
-A INPUT -p tcp --dport 30 -j REJECT
-A INPUT -p tcp --dport 31 -m limit --limit 1/hour -j ACCEPT
-A INPUT -p tcp --dport 32 -j SYNPROXY
-A INPUT -p tcp --dport 1:11 -j ACCEPT
-A OUTPUT -p tcp --dport 33 -j REJECT
COMMIT
"""
ADDRESSES = {
    4: {"server": "10.1.0.9", "nowhere": "240.0.0.1"},
    6: {"server": "fd00:0:0:2::9", "nowhere": "::5"},
}
ARRIVING = (*range(1, 12), 20, 22, 24, 30, 31, 32)


def rules(family: int) -> str:
    text = RULES.format(**ADDRESSES[family])
    return text if family == 6 else text.replace("[", "").replace("]", "")


def asked(family: int) -> list[tuple[Packet, str]]:
    arriving = [Packet(family=family, dport=port) for port in ARRIVING]
    arriving += [Packet(family=family, in_="lo", dport=5), Packet(family=family, proto=17)]
    arriving.append(Packet(family=family, dport=32, tcp_flags=0x10))
    sent = [Packet(family=family, dport=33), Packet(family=family, proto=17)]
    return [(p, "PREROUTING") for p in arriving] + [(p, "OUTPUT") for p in sent]


@pytest.fixture
def legacy(real_legacy: None) -> Iterator[Judge]:
    with Judge(backend="legacy") as judge:
        yield judge


@pytest.mark.parametrize("family", [4, 6])
def test_legacy_tables_tell_the_steps_of_nft(judge: Judge, legacy: Judge, family: int) -> None:
    told: list[tuple[Journey, ...]] = []
    for host in (judge, legacy):
        host.load(rules(family), family=family)
        told.append(host.send(asked(family)))
    for ours, theirs in zip(*told, strict=True):
        assert list(map(str, theirs.steps)) == list(map(str, ours.steps))
        assert theirs.sightings == ours.sightings
        assert theirs.verdict == ours.verdict
    met = {step.verdict for journey in told[1] for step in journey.steps}
    assert met == {"accept", "drop", "queue", "stolen", "continue", "jump", "goto", "return"}


def test_the_copy_that_tee_makes_is_no_part_of_the_way(judge: Judge, legacy: Judge) -> None:
    for family in (4, 6):
        for host in (judge, legacy):
            host.load(rules(family), family=family)
            (journey,) = host.send([(Packet(family=family, dport=1), "PREROUTING")])
            assert {step.hook for step in journey.steps} == {"PREROUTING", "INPUT"}
            assert [s.hook for s in journey.sightings] == ["INPUT"]


def test_many_rules_and_a_long_log_keep_their_numbers(legacy: Judge) -> None:
    lines = [f"-A INPUT -p tcp --dport {port}" for port in range(1, 2001)]
    lines += ["-A INPUT -p tcp"] * 300
    legacy.load("\n".join(["*filter", ":INPUT DROP", *lines, "COMMIT", ""]))
    (journey,) = legacy.send([(Packet(dport=1500), "PREROUTING")])
    inside = [(s.rule, s.verdict) for s in journey.steps if s.hook == "INPUT"]
    matched = [(number, "continue") for number in (1500, *range(2001, 2301))]
    assert inside == [*matched, (None, "drop")]
