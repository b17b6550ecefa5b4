"""Settings of the kernel and rules of `ip rule`, drawn at random: routed as the kernel does."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from random import Random

import pytest
from kernel_hosts import furnish
from random_settings import RandomSettings
from samples import examples
from test_routing import back, by_type, problems

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.kernel.verifying import Verifier
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.netfilter.reading.sysctl_text import read_sysctls
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.sysctls import Sysctls

pytestmark = pytest.mark.kernel

HOSTS = int(os.environ.get("IPTSIM_KERNEL_CASES", examples(40, at_length=400))) // 20
SEED = os.environ.get("IPTSIM_KERNEL_SEED", str(int(time.time())))
PACKETS_EACH = 25


def told(judge: Judge, found: RandomSettings) -> tuple[Host, ...]:
    """The host by what `ip -j` prints and by what people read, with its settings."""
    run, family = judge.trio.host.run, f"-{found.family}"
    addresses = judge.addresses()
    hosts = (
        (read_host(addresses, run("ip", *j, family, "route", "show", "table", "all")), rules)
        for j, rules in (
            (("-j",), run("ip", "-j", family, "rule")),
            ((), run("ip", family, "rule")),
        )
    )
    sysctls = Sysctls(values=found.sysctls)
    return tuple(replace(host, rules=read_rules(rules), sysctls=sysctls) for host, rules in hosts)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("seed", ["1", SEED], ids=["fixed", "fresh"])
def test_random_settings_and_rules(real_kernel: None, family: int, seed: str) -> None:
    for number in range(HOSTS):
        random = Random(f"{seed}/{family}/{number}")  # noqa: S311  # it must come out the same again
        found = RandomSettings(random, family)
        with Judge() as judge:
            furnish(judge, found.place.commands + found.more, family, strict=False)
            for path, value in found.sysctls.items():
                judge.trio.host.sysctls({path: str(value)})
            hosts = told(judge, found)
            for tables in (by_type(family), back(family), found.rewriting()):
                sent = found.packets(PACKETS_EACH)
                wrong = list(problems(judge, found.place, tables, sent, hosts))
                again = f"again with IPTSIM_KERNEL_SEED={seed}, host {number}"
                more = found.place.commands, found.more, str(found.sysctls)
                assert not wrong, "\n\n".join((again, *more, f"{len(wrong)} differ", *wrong[:3]))


RULES = "0: from all lookup local\n99: from all fwmark 1 lookup vpn\n32766: from all lookup main\n"
ROUTES = """default via 10.1.0.9 dev eth1
10.0.0.0/24 dev eth0 scope link
10.1.0.0/24 dev eth1 scope link
default via 10.0.0.1 dev eth0 table vpn
"""
MARKING = """*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A OUTPUT -p tcp --dport 80 -j MARK --set-mark 1
-A POSTROUTING -o eth0 -j TTL --ttl-set 9
COMMIT
"""


@pytest.mark.parametrize(
    ("settings", "fields", "hook", "verdict"),
    [
        ((), {"src": 0x0A010002, "dst": 0x08080808, "mark": 0}, "OUTPUT", "ACCEPT"),
        (("net.ipv4.ip_forward=0",), {"dst": 0x08080808, "in_": "eth1"}, "PREROUTING", "DROP"),
        (("net.ipv4.conf.eth0.rp_filter=1",), {"in_": "eth0"}, "PREROUTING", "DROP"),
        (("net.ipv4.conf.eth1.rp_filter=1",), {"in_": "eth0"}, "PREROUTING", "ACCEPT"),
    ],
)
def test_verify_gives_the_host_what_is_told(
    real_kernel: None,
    settings: tuple[str, ...],
    fields: dict[str, int | str],
    hook: str,
    verdict: str,
) -> None:
    addresses = [
        {"ifname": name, "addr_info": [{"local": own, "prefixlen": 24}]}
        for name, own in (("eth0", "10.0.0.2"), ("eth1", "10.1.0.2"))
    ]
    rules = read_rules(RULES + "32767: from all lookup default\n")
    host = replace(
        read_host(json.dumps(addresses), ROUTES), rules=rules, sysctls=read_sysctls(settings)
    )
    given = {"src": 0xC0000209, "dst": 0x0A000002, "proto": 6, "dport": 80, **fields}
    question = Question(packet=Packet().with_(**given), hook=hook, family=4)
    with Verifier(read_text(MARKING, file="rules"), host) as verifier:
        found = verifier.verify(question).comparison
    assert found.agrees, found.problem
    assert [o.verdict for o in found.trace.outcomes] == [verdict]
