"""What comes by a bridge that the host's interfaces tell may have come by one of its ports."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from test_host_settings import told
from test_told_hosts import ask, codes

from iptsim.host import Host
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.tracer import Trace

RULES = """*filter
:INPUT ACCEPT
:FORWARD DROP
-A FORWARD -m physdev --physdev-in tap3 -j ACCEPT
COMMIT
"""
HEAD = "mtu 1500 qdisc noop {} state UP group default\n    link/ether 02:00:00:00:00:01\n"
TEXT = (
    f"2: lan0: <UP> {HEAD.format('')}    inet 10.6.0.1/24 scope global lan0\n"
    f"3: virbr1: <UP> {HEAD.format('')}{{0}}    inet 10.6.1.1/24 scope global virbr1\n"
    f"4: tap3: <UP> {HEAD.format('master virbr1')}{{1}}"
)
NAMES = ("lan0", "virbr1", "tap3")


def as_json(bridge: object, port: object) -> str:
    networks = (("10.6.0.1",), ("10.6.1.1",), ())
    more: tuple[dict[str, object], ...] = (
        {},
        {"linkinfo": bridge},
        {"master": "virbr1", "linkinfo": port},
    )
    return json.dumps(
        [
            {"ifname": n, "addr_info": [{"local": a, "prefixlen": 24} for a in own], **told}
            for n, own, told in zip(NAMES, networks, more, strict=True)
        ]
    )


BRIDGES = [
    TEXT.format("", ""),
    TEXT.format("    bridge forward_delay 1500 \n", "    bridge_slave state forwarding \n"),
    as_json({"info_kind": "bridge"}, {"info_slave_kind": "bridge"}),
    as_json({}, {}),
]
OTHERS = [
    TEXT.format("    bond mode 802.3ad \n", "    bond_slave state ACTIVE \n"),
    TEXT.format("    vrf table 10 \n", "    vrf_slave table 10 \n"),
    as_json({"info_kind": "bond"}, {"info_slave_kind": "bond"}),
    as_json({"info_kind": "team"}, {}),
]


def found(host: Host, link: str | None = "virbr1") -> Trace:
    given = {} if link is None else {"in_": link}
    return ask(RULES, host, src="10.6.1.9", dst="10.6.0.9", **given)


def verdicts(trace: Trace) -> set[str]:
    return {outcome.verdict for outcome in trace.outcomes}


@pytest.mark.parametrize("text", BRIDGES)
def test_by_a_bridge_both_ways_are_shown(text: str) -> None:
    host = read_host(text)
    assert [d.bridge for d in host.devices or ()] == [False, True, False]
    for link in ("virbr1", None):
        trace = found(host, link)
        assert verdicts(trace) == {"ACCEPT", "DROP"}
        assert "IPT0325" not in codes(trace)
        accepted = next(o for o in trace.outcomes if o.verdict == "ACCEPT")
        asked = {part.field for cube in accepted.when for part in cube.conditions}
        assert {"bridged", "physdev_in"} <= asked


@pytest.mark.parametrize("text", BRIDGES)
def test_by_another_interface_it_crosses_none(text: str) -> None:
    trace = found(read_host(text), "lan0")
    assert verdicts(trace) == {"DROP"}
    assert "IPT0325" in codes(trace)


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_told_to_be_another_kind_of_link_is_no_bridge(text: str) -> None:
    host = read_host(text)
    assert not any(d.bridge for d in host.devices or ())
    assert verdicts(found(host)) == {"DROP"}


def test_iptables_does_not_see_ports_where_that_is_off() -> None:
    host = told("net.bridge.bridge-nf-call-iptables=0", host=read_host(BRIDGES[0]))
    assert verdicts(found(host)) == {"DROP"}


def test_what_this_host_sends_has_no_port() -> None:
    rule = "-A POSTROUTING -m physdev --physdev-in tap3 -j DROP"
    rules = f"*mangle\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n{rule}\nCOMMIT\n"
    host = replace(read_host(BRIDGES[0]), routes=None)
    trace = ask(rules, host, hook="OUTPUT", src="10.6.1.1", dst="10.6.1.9", out="virbr1")
    assert verdicts(trace) == {"ACCEPT"}


def test_each_family_has_a_setting_of_its_own() -> None:
    host = told("net.bridge.bridge-nf-call-ip6tables=0", host=read_host(BRIDGES[0]))
    assert host.may_bridge("virbr1", 4)
    assert not host.may_bridge("virbr1", 6)
