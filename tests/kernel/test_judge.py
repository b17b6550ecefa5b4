"""The judge itself: what it leaves behind, what it says when the kernel refuses."""

from __future__ import annotations

import gc
import os
import subprocess
from pathlib import Path

import pytest

from iptsim.kernel import Judge, JudgeError
from iptsim.packet import Packet

pytestmark = pytest.mark.kernel

REDIRECT = "*nat\n-A PREROUTING -p tcp --dport 8088 -j REDIRECT --to-ports 15001\nCOMMIT\n"


def own_network() -> tuple[str, str]:
    rules = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True)
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
    names = [line.split(":")[1] for line in links.stdout.splitlines()]
    return rules.stdout, " ".join(names)


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def refused() -> None:
    with Judge() as judge:
        judge.send([(Packet(dport=8088), "PREROUTING"), (Packet(dport=1), "OUTPUT")])
        judge.listen(15006)
        judge.load("*nat\n-A NOWHERE -j ACCEPT\nCOMMIT\n")


def test_a_refused_rule_set_leaves_nothing_behind(real_kernel: None) -> None:
    files, network = open_files(), own_network()
    with pytest.raises(JudgeError, match="iptables-nft-restore"):
        refused()
    assert open_files() == files
    assert own_network() == network


def test_the_program_stays_in_its_own_namespace(judge: Judge) -> None:
    own = Path("/proc/thread-self/ns/net")
    before = own.readlink()
    assert judge.trio.host.do(own.readlink) != before
    judge.load(REDIRECT)
    judge.send([(Packet(), "OUTPUT")])
    assert own.readlink() == before


def test_legacy_tables_are_seen_to_act_but_tell_no_steps(real_kernel: None) -> None:
    with Judge(backend="legacy") as judge:
        try:
            judge.load(REDIRECT)
        except JudgeError as error:
            if os.environ.get("IPTSIM_REQUIRE_KERNEL", "") not in ("", "0"):
                raise
            pytest.skip(f"no legacy tables here: {error}")
        (journey,) = judge.send([(Packet(dport=8088), "PREROUTING")])
    assert journey.steps == ()
    assert [(s.hook, s.packet.dport) for s in journey.sightings] == [("INPUT", 15001)]
    assert journey.verdict == "ACCEPT"


def test_a_packet_that_routing_throws_away_is_lost(judge: Judge) -> None:
    judge.load(REDIRECT)
    martian = Packet(src=127 << 24 | 1, dport=8089)
    (journey,) = judge.send([(martian, "PREROUTING")])
    assert journey.verdict == "LOST"
    assert [step.hook for step in journey.steps] == ["PREROUTING"]


@pytest.mark.parametrize("listening", [True, False])
def test_tproxy_drops_where_nobody_listens(judge: Judge, listening: bool) -> None:
    judge.load(
        "*mangle\n-A PREROUTING -p tcp -j TPROXY --on-port 15006 --tproxy-mark 1337\nCOMMIT\n"
    )
    judge.deliver_marked(1337)
    if listening:
        judge.listen(15006)
    (journey,) = judge.send([(Packet(dst=0x0A090909), "PREROUTING")])
    assert journey.verdict == ("ACCEPT" if listening else "DROP")
    seen = [(s.hook, s.packet.dst, s.packet.mark) for s in journey.sightings]
    assert seen == ([("INPUT", 0x0A090909, 1337)] if listening else [])
