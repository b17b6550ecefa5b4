"""Who wrote the rules, as read, explain and diff say it, in both languages and as data."""

from __future__ import annotations

import json

import pytest
from called_program import ROOT
from cli_program import iptsim

DOCKER = """\
Chain FORWARD (policy DROP 7 packets, 420 bytes)
 pkts bytes target     prot opt in     out     source               destination
  420 25200 DOCKER-USER  all  --  *      *       0.0.0.0/0            0.0.0.0/0
  420 25200 DOCKER-FORWARD  all  --  *      *       0.0.0.0/0            0.0.0.0/0

Chain DOCKER-FORWARD (1 references)
 pkts bytes target     prot opt in     out     source               destination
 118K   7M ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:443
    0     0 ACCEPT     all  --  docker0 *       0.0.0.0/0            0.0.0.0/0
  420 25200 DROP       all  --  *      docker0  0.0.0.0/0            0.0.0.0/0

Chain DOCKER-USER (1 references)
 pkts bytes target     prot opt in     out     source               destination
"""
WAY = ("-i", "eth0", "-o", "docker0", "--dst", "172.17.0.2", "--dport", "80")
NODE = ROOT / "fixtures/kube-proxy/services/before.save.txt"


@pytest.mark.parametrize("command", ["read", "explain"])
def test_it_is_said_with_the_span_and_the_signs(command: str) -> None:
    english = " ".join(iptsim(command, "-", stdin=DOCKER).out.split())
    assert "Written by: Docker ≥ 28.0.1 (filter DOCKER-FORWARD, filter DOCKER-USER)" in english
    chinese = iptsim(command, "-", "--lang", "zh", stdin=DOCKER).out
    assert "规则来源：Docker ≥ 28.0.1（filter DOCKER-FORWARD、filter DOCKER-USER）" in chinese


@pytest.mark.parametrize("command", ["read", "explain"])
def test_data_has_each_sign_with_its_place(command: str) -> None:
    systems = json.loads(iptsim(command, NODE, "--format", "json").out)["systems"]
    proxy, kubelet = systems
    assert (proxy["system"], proxy["since"], proxy["until"]) == ("kube-proxy", "1.25", None)
    assert (kubelet["system"], kubelet["mixed"], kubelet["family"]) == ("kubelet", False, 4)
    (canary,) = (s for s in proxy["signs"] if s["since"] == "1.17")
    assert (canary["table"], canary["rule"], canary["line"]) == ("mangle", None, 10)


def test_nobody_is_named_where_nobody_is_told() -> None:
    text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n"
    assert "Written by" not in iptsim("read", "-", stdin=text).out
    assert json.loads(iptsim("read", "-", "--format", "json", stdin=text).out)["systems"] == []


def test_a_verbose_trace_counts() -> None:
    shown = iptsim("trace", "-v", *WAY, "-", stdin=DOCKER, COLUMNS="140").out
    rows = {line.split()[3]: line for line in shown.splitlines() if "DOCKER-FORWARD " in line}
    assert "≈118000 packets" in rows["1"]
    assert "  0 packets" in rows["2"]
    assert "420 packets" in rows["3"]
    assert "Of 420 packets that came to DOCKER-FORWARD 420 met rule 3: DROP." in shown


def test_a_plain_trace_and_a_dump_without_counters_show_none() -> None:
    assert "packets  " not in iptsim("trace", *WAY, "-", stdin=DOCKER, COLUMNS="140").out
    shown = iptsim("trace", "-v", "--dport", "80", NODE, COLUMNS="140").out
    assert "0 packets" not in shown


def test_why_says_what_the_deciding_rule_is_for() -> None:
    pod = ROOT / "fixtures/istio/ports-1.30/before.save.txt"
    english = iptsim("why", "--dport", "9090", pod, COLUMNS="200").out
    assert "Istio: Port 9090 is excluded from capture (excludeInboundPorts)" in english
    chinese = iptsim("why", "--dport", "9090", pod, "--lang", "zh", COLUMNS="200").out
    assert "Istio：端口 9090 被排除在拦截之外（excludeInboundPorts）" in chinese


def test_ztunnel_is_called_by_its_name() -> None:
    pod = ROOT / "fixtures/istio/ambient-1.25"
    for name in ("after.save.txt", "after.nat.txt"):
        for lang in ("en", "zh"):
            said = iptsim("explain", pod / name, "--lang", lang).out
            assert "ztunnel" in said
            assert "Envoy" not in said


def test_the_posts_claims_are_confirmed_or_corrected_in_chinese() -> None:
    case = ROOT / "fixtures/istio/both-directions"
    said = iptsim("diff", case / "before.txt", case / "after.txt", "--lang", "zh", COLUMNS="400")
    for claim in (
        "进入本机的所有 TCP 连接现在跳转到 ISTIO_INBOUND",
        "端口 8088 在入站端口列表中（includeInboundPorts；1.2 及以前为 containerPort）",
        "1.6 起一律用 15006，此后两条链不再相同",
        "规则来源：Istio 1.3–1.4",
    ):
        assert claim in said.out
