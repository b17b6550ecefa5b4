"""The judge itself: what it leaves behind, what it says when the kernel refuses."""

from __future__ import annotations

import gc
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iptsim.kernel import Judge, JudgeError
from iptsim.kernel.events.netlink import Netfilter
from iptsim.kernel.host.namespaces import Namespace, program
from iptsim.kernel.host.tools import tool
from iptsim.packet import Packet

pytestmark = pytest.mark.kernel

REDIRECT = "*nat\n-A PREROUTING -p tcp --dport 8088 -j REDIRECT --to-ports 15001\nCOMMIT\n"


@pytest.fixture
def hosts(real_kernel: None, real_legacy: None) -> Iterator[dict[str, Judge]]:
    """A host of each backend."""
    with Judge() as nft, Judge(backend="legacy") as legacy:
        yield {"nft": nft, "legacy": legacy}


def own_network() -> tuple[str, str]:
    rules = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True)
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
    names = [line.split(":")[1] for line in links.stdout.splitlines()]
    return rules.stdout, " ".join(names)


def open_files() -> int:
    gc.collect()
    gc.freeze()  # the next look need not go through all that is there
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


@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_who_is_interrupted_leaves_nothing_behind(
    real_kernel: None, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    def interrupted(self: Netfilter, namespace: Namespace, *, log: bool) -> None:
        raise KeyboardInterrupt

    files = open_files()
    monkeypatch.setattr(Netfilter, "__init__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Judge(backend=backend)
    assert open_files() == files


WRONG = "*filter\n:INPUT ACCEPT\n-A INPUT -p tcp -j ACCEPT\n-A INPUT {}\nCOMMIT\n"


@pytest.mark.parametrize("backend", ["nft", "legacy"])
@pytest.mark.parametrize("rule", ["-m nonesuch", "--dport 80", "-p tcp --dport x", "-s 1.2.3.4.5"])
def test_a_refusal_tells_the_line_and_the_programs_own_words(
    hosts: dict[str, Judge], backend: str, rule: str
) -> None:
    with pytest.raises(JudgeError) as told:
        hosts[backend].load(WRONG.format(rule))
    assert told.value.code == "IPT0614"
    assert told.value.facts["line"] == 4
    assert told.value.facts["words"] in str(told.value)
    assert told.value.facts["program"] == f"iptables-{backend}-restore"


def test_a_refused_set_tells_its_line(judge: Judge) -> None:
    with pytest.raises(JudgeError, match="does not exist") as told:
        judge.ipset("create a hash:ip\nadd a 10.0.0.1\nadd b 10.0.0.1\n")
    assert told.value.code == "IPT0615"
    assert told.value.facts["line"] == 3


def test_a_program_that_is_missing_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    for name, package in (("ipset", "ipset"), ("nft", "nftables"), ("ip", "iproute2")):
        with pytest.raises(JudgeError, match=f"package {package}$"):
            program(name)
    with pytest.raises(JudgeError, match=r"package iptables$") as told:
        tool.__wrapped__("iptables-restore", "legacy")
    assert told.value.code == "IPT0602"


def test_programs_of_the_other_backend_do_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    find = shutil.which

    def no_other(name: str, path: str) -> str | None:
        return None if "-legacy" in name else find(name, path=path)

    monkeypatch.setattr(shutil, "which", no_other)
    if "legacy" not in tool.__wrapped__("iptables-nft", "nft"):
        with pytest.raises(JudgeError, match="iptables-legacy-restore is not installed"):
            tool.__wrapped__("iptables-restore", "legacy")


def test_the_program_stays_in_its_own_namespace(judge: Judge) -> None:
    own = Path("/proc/thread-self/ns/net")
    before = own.readlink()
    assert judge.trio.host.do(own.readlink) != before
    judge.load(REDIRECT)
    judge.send([(Packet(), "OUTPUT")])
    assert own.readlink() == before


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


def test_a_clear_host_has_no_rules_and_no_sets(hosts: dict[str, Judge]) -> None:
    sets = "create a hash:ip\nadd a 10.0.0.1\n"
    for judge in hosts.values():
        for _ in range(2):
            judge.ipset(sets)
            judge.load("*filter\n-A INPUT -m set --match-set a src -j DROP\nCOMMIT\n")
            (journey,) = judge.send([(Packet(), "PREROUTING")])
            assert journey.verdict == "DROP"
            judge.clear()
        (journey,) = judge.send([(Packet(), "PREROUTING")])
        assert (journey.verdict, journey.steps) == ("ACCEPT", ())


def chosen(judge: Judge, condition: str, packet: Packet, hook: str = "PREROUTING") -> bool:
    """Whether a rule with this condition matches the packet, in mangle at the hook."""
    judge.load(
        f"*mangle\n:{hook} ACCEPT\n-A {hook} {condition} -j ACCEPT\nCOMMIT\n", family=packet.family
    )
    (journey,) = judge.send([(packet, hook)])
    (step,) = [s for s in journey.steps if s.hook == hook]
    return step.rule == 1


@pytest.mark.parametrize(
    ("dst", "kind"),
    [(0x0A000002, "unicast"), (0xFFFFFFFF, "broadcast"), (0x0A0000FF, "broadcast"),
     (0xE0000001, "multicast"), (0xEF010203, "multicast")],
)  # fmt: skip
def test_a_packet_to_many_comes_to_many(judge: Judge, dst: int, kind: str) -> None:
    kinds = ("unicast", "broadcast", "multicast")
    packet = Packet(dst=dst, proto=17)
    assert [k for k in kinds if chosen(judge, f"-m pkttype --pkt-type {k}", packet)] == [kind]


def test_an_ipv6_packet_to_many_comes_to_many(judge: Judge) -> None:
    packet = Packet(family=6, dst=0xFF02 << 112 | 1, proto=17)
    assert chosen(judge, "-m pkttype --pkt-type multicast", packet)


INIT = struct.pack("!BBHIIHHI", 1, 0, 26, 1, 65535, 2, 2, 1)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("size", [None, 100, 103])
@pytest.mark.parametrize("proto", [6, 17, 132, 33, 136])
def test_every_transport_is_valid_to_connection_tracking(
    judge: Judge, family: int, proto: int, size: int | None
) -> None:
    init = INIT if proto == 132 else b""  # the payload of SCTP is its chunks
    for payload in (None, init + b"needle"):
        packet = Packet(family=family, proto=proto, length=size, dport=80, payload=payload)
        assert chosen(judge, "-m conntrack --ctstate NEW", packet)
        found = chosen(judge, "-m string --algo bm --string needle", packet)
        assert found == (payload is not None)
        if size is not None and not (init and payload):
            assert chosen(judge, f"-m length --length {size}", packet)


@pytest.mark.parametrize("flags", [0, 0x29, 0x3F, 0xC2, 0x80, 0x06])
def test_any_flags_arrive_as_they_were_sent(judge: Judge, flags: int) -> None:
    u32 = f"-m u32 --u32 0>>22&0x3C@12>>16&0xFF={flags:#x}"
    assert chosen(judge, u32, Packet(tcp_flags=flags))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    ("proto", "condition"),
    [
        (132, "-p sctp -m sctp --chunk-types only INIT"),
        (33, "-p dccp -m dccp --dccp-types REQUEST"),
    ],
)
def test_the_first_packet_of_a_connection_asks_for_it(
    judge: Judge, family: int, proto: int, condition: str
) -> None:
    assert chosen(judge, condition, Packet(family=family, proto=proto))
    assert chosen(judge, condition, Packet(family=family, proto=proto, length=120))


def test_a_packet_from_lo_goes_out_and_comes_in(judge: Judge) -> None:
    judge.load("*filter\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n")
    for packet in (Packet(in_="lo"), Packet(in_="lo", dst=0x0A000002)):
        (journey,) = judge.send([(packet, "PREROUTING")])
        assert journey.hook == "OUTPUT"
        assert [(s.hook, s.rule) for s in journey.steps] == [("OUTPUT", None), ("INPUT", 1)]
        assert journey.packet.src == journey.packet.dst


def test_a_packet_leaves_by_the_link_that_it_names(judge: Judge) -> None:
    judge.load("*filter\n:OUTPUT ACCEPT\n-A OUTPUT -o eth0 -j ACCEPT\nCOMMIT\n")
    asked = [(Packet(dst=0x09090909, out=out), "OUTPUT") for out in ("eth0", "eth1", None)]
    assert [j.steps[0].rule for j in judge.send(asked)] == [1, None, None]
    assert [j.packet.src for j in judge.send(asked)] == [0x0A000002, 0x0A010002, 0x0A010002]


@pytest.mark.parametrize(
    ("packet", "hook", "code"),
    [
        (Packet(), "INPUT", "IPT0605"),
        (Packet(), "FORWARD", "IPT0605"),
        (Packet(in_="eth7"), "PREROUTING", "IPT0607"),
        (Packet(out="eth7"), "OUTPUT", "IPT0607"),
        (Packet(dport=65536), "PREROUTING", "IPT0616"),
        (Packet(src=1 << 32), "PREROUTING", "IPT0616"),
        (Packet(length=9000), "PREROUTING", "IPT0606"),
        (Packet(length=9000), "OUTPUT", "IPT0606"),
    ],
)
def test_a_packet_that_cannot_be_sent_is_an_error(
    judge: Judge, packet: Packet, hook: str, code: str
) -> None:
    with pytest.raises(JudgeError) as told:
        judge.send([(packet, hook)])
    assert told.value.code == code


AS_NOBODY = """
import ctypes, os, sys
from iptsim.kernel import Judge, JudgeError, enter_user_namespace
from iptsim.packet import Packet
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
ctypes.CDLL(None).prctl(4, 1)  # PR_SET_DUMPABLE, as it is of a program that never was root
try:
    enter_user_namespace()
except JudgeError as error:
    sys.exit(error.code)
with Judge(backend=sys.argv[1]) as judge:
    judge.load("*filter\\n:OUTPUT ACCEPT\\n-A OUTPUT -m owner --uid-owner 0 -j DROP\\nCOMMIT\\n")
    for packet in (Packet(), Packet(uid=0, gid=0), Packet(uid=1000), Packet(gid=1000)):
        try:
            print(judge.send([(packet, "OUTPUT")])[0].verdict)
        except JudgeError as error:
            print(error.code)
"""


@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_nobody_is_root_of_a_namespace_of_their_own(real_legacy: None, backend: str) -> None:
    command = [sys.executable, "-c", AS_NOBODY, backend]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.stderr.strip() == "IPT0609" and os.environ.get("IPTSIM_REQUIRE_KERNEL", "") in (
        "",
        "0",
    ):
        pytest.skip("no user namespaces for who is not root")
    assert done.stderr == ""
    assert done.stdout.split() == ["DROP", "DROP", "IPT0608", "IPT0608"]


@pytest.mark.parametrize("state", ["NEW", "INVALID", "UNTRACKED"])
@pytest.mark.parametrize("notrack", ["", "-A PREROUTING -i lo -j CT --notrack\n"])
def test_by_lo_a_packet_has_its_connection_in_raw(judge: Judge, state: str, notrack: str) -> None:
    """And CT at PREROUTING changes nothing of it."""
    asks = f"-i lo -m conntrack --ctstate {state} -j DROP\n"
    raw = f"*raw\n:PREROUTING ACCEPT\n{notrack}-A PREROUTING {asks}COMMIT\n"
    judge.load(f"{raw}*filter\n:INPUT ACCEPT\n-A INPUT {asks}COMMIT\n")
    (journey,) = judge.send([(Packet(in_="lo", proto=17), "PREROUTING")])
    first = "1" if not notrack else "2"
    stopped = [s for s in journey.steps if (s.hook, str(s.rule)) == ("PREROUTING", first)]
    assert bool(stopped) is (state == "NEW")


def test_by_lo_nat_asks_prerouting_nothing(judge: Judge) -> None:
    rule = "-A PREROUTING -p tcp -j REDIRECT --to-ports 81\n"
    judge.load(f"*nat\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n{rule}COMMIT\n")
    (journey,) = judge.send([(Packet(in_="lo", dport=80), "PREROUTING")])
    assert [step.hook for step in journey.steps if step.table == "nat"] == ["OUTPUT"]
