"""What is known of systems: who wrote a rule set, of which versions, by which signs, what for."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.explain.catalogue import filled
from iptsim.explain.writers import span_words, writer_words
from iptsim.knowledge import Recognised, chain, names, recognised, systems
from iptsim.knowledge.catalogue import limited_to, port, systems_of
from iptsim.knowledge.known import System
from iptsim.knowledge.purposes import use_of

SIDECAR = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:ISTIO_INBOUND - [0:0]
:ISTIO_IN_REDIRECT - [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A OUTPUT{tcp} -j ISTIO_OUTPUT
{inbound}-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports {port}
{lo}-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -j ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
"""
TUNNEL = "-A ISTIO_INBOUND -p tcp -m tcp --dport 15008 -j RETURN\n"
SSH = "-A ISTIO_INBOUND -p tcp -m tcp --dport 22 -j RETURN\n"
PASSED = "-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN\n"
TO_SELF = "-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo"
BY_UID = "-m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT\n"
EVERY = " -p tcp -m tcp ! --dport 15008 "


def sidecar(*, inbound: str, lo: str, port: int, tcp: str = " -p tcp") -> str:
    return SIDECAR.format(inbound=inbound, lo=lo, port=port, tcp=tcp)


SPANS = [
    (sidecar(inbound=SSH, lo=f"{TO_SELF} -j ISTIO_REDIRECT\n", port=15001), "≤ 1.2"),
    (sidecar(inbound=SSH, lo=f"{PASSED}{TO_SELF} -j ISTIO_IN_REDIRECT\n", port=15006), "1.3–1.4"),
    (sidecar(inbound=SSH, lo=f"{PASSED}{TO_SELF} {BY_UID}", port=15006), "1.5–1.6"),
    (sidecar(inbound=TUNNEL + SSH, lo=f"{PASSED}{TO_SELF} {BY_UID}", port=15006), "1.7–1.12"),
    (sidecar(inbound=TUNNEL, lo=f"{PASSED}{TO_SELF} {BY_UID}", port=15006), "1.7–1.17"),
    (sidecar(inbound=TUNNEL, lo=f"{PASSED}{TO_SELF}{EVERY}{BY_UID}", port=15006), "1.18–1.24"),
    (sidecar(inbound=TUNNEL, lo=f"{PASSED}{TO_SELF}{EVERY}{BY_UID}", port=15006, tcp=""), "≥ 1.25"),
]


def of(text: str) -> dict[str, Recognised]:
    return {one.name: one for one in recognised(read_text(text).rulesets[0])}


def table(rules: str, *chains: str, name: str = "filter") -> str:
    built = {"nat": "PREROUTING INPUT OUTPUT POSTROUTING", "raw": "PREROUTING OUTPUT"}
    own = built.get(name, "INPUT FORWARD OUTPUT").split()
    heads = [f":{chain} ACCEPT [0:0]" for chain in own] + [f":{chain} - [0:0]" for chain in chains]
    return "\n".join((f"*{name}", *heads, rules, "COMMIT\n"))


@pytest.mark.parametrize(("text", "span"), SPANS, ids=[span for _, span in SPANS])
def test_a_sidecars_version_is_told_by_all_its_signs(text: str, span: str) -> None:
    found = of(text)
    assert found.keys() == {"istio"}
    assert span_words(found["istio"], "en") == span


def test_rules_of_two_versions_are_called_mixed() -> None:
    lo = f"{TO_SELF} -j ISTIO_REDIRECT\n{PASSED}{TO_SELF}{EVERY}{BY_UID}"
    found = of(sidecar(inbound=TUNNEL, lo=lo, port=15006))["istio"]
    assert found.mixed
    assert "several versions" in span_words(found, "en")
    assert "混杂" in span_words(found, "zh")


def test_a_version_is_not_told_by_what_a_text_leaves_out() -> None:
    whole = sidecar(inbound=TUNNEL, lo=f"{PASSED}{TO_SELF} {BY_UID}", port=15006)
    piece = "\n".join(line for line in whole.splitlines() if "15008" not in line)
    assert of(whole)["istio"].since == "1.7"
    some = "\n".join(line for line in piece.splitlines() if line.startswith("-A"))
    assert of(f"$ iptables-save | grep ISTIO\n{some}\n")["istio"].until == "1.24"


def test_signs_have_their_places() -> None:
    found = of(SPANS[3][0])["istio"]
    assert ("nat", "ISTIO_INBOUND", 1, 12) in {
        (s.table, s.chain, s.rule, s.place.line if s.place else None) for s in found.signs
    }
    assert writer_words(found, "en").startswith("Istio 1.7–1.12 (nat ")
    assert writer_words(found, "zh").startswith("Istio 1.7–1.12（nat ")


WRITTEN = [
    ("docker", table("-A FORWARD -j DOCKER-FORWARD", "DOCKER-FORWARD", "DOCKER-CT"), "≥ 28.0.1"),
    (
        "docker",
        table("-A FORWARD -j DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-1"),
        "18.03.1–28.0.0",
    ),
    ("docker", table("-A FORWARD -j DOCKER-FORWARD", "DOCKER-FORWARD", "DOCKER-INTERNAL"), "≥ 29"),
    ("kube-proxy", table("", "KUBE-SERVICES", "KUBE-EXT-ABCDEFGH23456777", name="nat"), "≥ 1.24"),
    ("kubelet", table("-A INPUT -j KUBE-FIREWALL", "KUBE-FIREWALL"), ""),
    (
        "calico",
        table('-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j ACCEPT'),
        "",
    ),
    ("cilium", table("", "CILIUM_INPUT"), ""),
    ("flannel", table("-A FORWARD -j FLANNEL-FWD", "FLANNEL-FWD"), "≥ 0.20"),
    ("kube-router", table("", "KUBE-POD-FW-PKPTRCVRCJ5E53RI"), ""),
    ("aws-vpc-cni", table("", "AWS-SNAT-CHAIN-0", name="nat"), ""),
    (
        "nodelocal-dns",
        table(
            "-A PREROUTING -d 169.254.20.10/32 -p udp -m udp --dport 53 -j CT --notrack",
            name="raw",
        ),
        "",
    ),
    ("cni", table("", "CNI-HOSTPORT-DNAT", name="nat"), ""),
    ("netavark", table("", "NETAVARK_ISOLATION_3", "NETAVARK_FORWARD"), "1.7–1.17"),
    ("libvirt", table("-A INPUT -j LIBVIRT_INP", "LIBVIRT_INP"), "≥ 5.1"),
    (
        "lxd",
        table(
            "-A INPUT -i incusbr0 -p tcp -m tcp --dport 53 -m comment --comment "
            '"generated for Incus network incusbr0" -j ACCEPT'
        ),
        "",
    ),
    ("ufw", table("-A INPUT -j ufw-before-input", "ufw-before-input"), ""),
    ("firewalld", table("-A INPUT -j INPUT_ZONES", "INPUT_ZONES", "FWD_public"), "≥ 0.9"),
    ("fail2ban", table("-A INPUT -j f2b-sshd", "f2b-sshd"), "≥ 0.9"),
    ("fail2ban", table("-A INPUT -j fail2ban-ssh", "fail2ban-ssh"), "≤ 0.8"),
    (
        "shorewall",
        table('-A INPUT -j LOG --log-prefix "Shorewall:net-fw:DROP:" --log-level 6'),
        "",
    ),
    ("csf", table("-A INPUT -j LOCALINPUT", "LOCALINPUT", "DENYIN"), ""),
    (
        "openwrt",
        table('-A INPUT -m comment --comment "!fw3: Allow-Ping" -j ACCEPT'),
        "17.01–21.02",
    ),
    ("android-netd", table("-A INPUT -j bw_INPUT", "bw_INPUT", "tetherctrl_FORWARD"), ""),
    ("tailscale", table("-A INPUT -j ts-input", "ts-input"), ""),
    (
        "openvpn",
        table("-A INPUT -i eth0 -p udp -m udp --dport 1194 -j ACCEPT"),
        "",
    ),
    (
        "wg-quick",
        table(
            "-A PREROUTING -d 10.9.0.2/32 ! -i wg0 -m addrtype ! --src-type LOCAL -m comment "
            '--comment "wg-quick(8) rule for wg0" -j DROP',
            name="raw",
        ),
        "",
    ),
    ("linkerd", table("-A OUTPUT -j PROXY_INIT_OUTPUT", "PROXY_INIT_OUTPUT", name="nat"), ""),
    ("istio-ambient", table("-A PREROUTING -j ISTIO_PRERT", "ISTIO_PRERT", name="nat"), "≥ 1.21"),
]


@every_row(("system", "text", "span"), WRITTEN, ids=[one[0] for one in WRITTEN])
def test_a_system_is_told_by_its_own_signs_alone(system: str, text: str, span: str) -> None:
    found = of(text)
    assert found.keys() == {system}
    assert span_words(found[system], "en") == span


def test_every_system_has_a_sign_that_a_test_shows() -> None:
    shown = {system for system, _, _ in WRITTEN} | {"istio", "istio-cni"}
    assert shown == {system.name for system in systems()}


NOBODYS = [
    table("-A INPUT -j IN_web\n-A INPUT -j zone\n-A FORWARD -j net", "IN_web", "zone", "net"),
    table("-A INPUT -p tcp -m tcp --dport 22 -j LOGDROP", "LOGDROP", "input", "reject"),
    table("-A POSTROUTING -s 10.9.0.0/24 -j MASQUERADE", name="nat"),
    # wg-easy masquerades the network that OpenVPN's documents have, too.
    table("-A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE", name="nat"),
    table('-A INPUT -m comment --comment "istio and docker pass" -j ACCEPT'),
]


@pytest.mark.parametrize("text", NOBODYS)
def test_own_rules_are_claimed_by_nobody(text: str) -> None:
    assert of(text) == {}


def test_the_cni_node_agent_is_told_from_the_init_container() -> None:
    text = sidecar(inbound=TUNNEL, lo="", port=15006)
    own = "-A ISTIO_OUTPUT -p tcp -m tcp --dport 15020 -j RETURN\n"
    first = "-A ISTIO_OUTPUT -m owner"
    assert of(text).keys() == {"istio"}
    assert of(text.replace(first, own + first)).keys() == {"istio", "istio-cni"}


def test_what_is_said_is_of_the_proxy_that_is_there() -> None:
    (ambient,) = (text for system, text, _ in WRITTEN if system == "istio-ambient")
    pod = ambient.replace("COMMIT", ":ISTIO_OUTPUT - [0:0]\nCOMMIT")
    among = names(read_text(pod).rulesets[0])
    known = chain("ISTIO_OUTPUT", among)
    assert known is not None
    assert "ztunnel" in known.text("en")
    assert "Envoy" not in known.text("en") + known.text("zh")
    known = chain("ISTIO_OUTPUT", ("istio",))
    assert known is not None
    assert "Envoy" in known.text("en")


def test_a_chain_of_a_pattern_is_known_by_its_name() -> None:
    known = chain("KUBE-SVC-ERIFXISQEP7F7OF4")
    assert known is not None
    assert (known.system, known.name) == ("kube-proxy", "KUBE-SVC-*")
    assert chain("DOCKER-USER2") is None
    assert chain("IN_public") is None
    assert chain("IN_public", ("firewalld",)) is not None
    assert chain("INPUT") is None


def test_a_port_means_something_only_to_its_own_system() -> None:
    (istio,) = (system for system in systems() if system.name == "istio")
    (docker,) = (system for system in systems() if system.name == "docker")
    assert port(15090, (istio,)) is not None
    assert istio.user(1337) is not None
    assert port(15090, (docker,)) is None


def test_a_trace_finds_systems_with_ports_and_limits_by_their_files_names() -> None:
    for system in systems():
        asked = any("{asked}" in english for english, _ in system.ports.values())
        if asked or system.limits:
            owned = (*system.chains, *(limit.chain for limit in system.limits))
            assert system in systems_of(owned), system.name


def test_a_rules_interface_is_known_where_its_system_limits_it() -> None:
    found = limited_to("ISTIO_OUTPUT", "-s 127.0.0.6/32 -j RETURN")
    assert found is not None
    assert (found[0], found[1].written) == ("Istio", "-o lo")
    assert limited_to("ufw-before-input", "-j ACCEPT") is not None
    assert limited_to("ufw-before-input", "-j ufw-user-input") is None
    assert limited_to("OTHER_OUTPUT", "-s 127.0.0.6/32 -j RETURN") is None


USES = [
    ("istio", "ISTIO_INBOUND", "-p tcp -m tcp --dport 9090 -j RETURN", "", "Port 9090 is excluded"),
    ("istio", "ISTIO_OUTPUT", "-m owner --uid-owner 1337 -j RETURN", "", "uid 1337"),
    ("istio", "PREROUTING", "-p tcp -j ISTIO_INBOUND", "ISTIO_INBOUND", "ISTIO_INBOUND is where"),
    ("istio-cni", "ISTIO_OUTPUT", "-p tcp -m tcp --dport 15020 -j RETURN", "", "istio-cni leaves"),
    (
        "kube-proxy",
        "KUBE-SERVICES",
        '-d 10.96.0.9/32 -m comment --comment "shop/web:http has no endpoints" -j REJECT',
        "",
        "The service shop/web:http has no pod",
    ),
    (
        "kube-proxy",
        "KUBE-EXTERNAL-SERVICES",
        '-p tcp -m comment --comment "shop/web:http has no local endpoints" -j DROP',
        "",
        "has no pod on this node",
    ),
    ("docker", "DOCKER", "-p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:8", "",
     "Published port 80 leads to the container at 10.0.0.2:8."),
    ("fail2ban", "f2b-sshd", "-s 203.0.113.9/32 -j REJECT", "", "203.0.113.9 is banned"),
    ("tailscale", "FORWARD", "-m mark --mark 0x40000/0xff0000 -j ACCEPT", "", "Mark 0x40000"),
]  # fmt: skip


@every_row(("system", "of_chain", "rule", "target", "said"), USES)
def test_a_rule_has_a_purpose(
    system: str, of_chain: str, rule: str, target: str, said: str
) -> None:
    text = f"-A {of_chain} {rule}"
    found = use_of(of_chain, text, target, [system])
    assert found is not None
    assert said in filled(found.text("en"), found.facts)
    assert filled(found.text("zh"), found.facts)
    assert use_of(of_chain, text, target, ()) is None


@every_row("system", systems(), ids=lambda one: one.name)
def test_everything_is_said_in_both_languages(system: System) -> None:
    for english, chinese in system.all_said():
        assert facts(english) == facts(chinese)
        assert re.search("[\u4e00-\u9fff]", chinese) or facts(english) == {"own"}
        assert not re.search("[\u4e00-\u9fff][,;()]", chinese), chinese
        assert english.endswith((".", "}")), english


@every_row("system", systems(), ids=lambda one: one.name)
def test_a_purposes_facts_are_groups_of_its_patterns(system: System) -> None:
    for one in system.rules:
        groups = set(re.compile(one.rule).groupindex) | set(re.compile(one.chain).groupindex)
        assert facts(one.said[0]) <= groups, one.said[0]
        re.compile(one.chain)
    for sign in system.signs:
        assert re.compile(sign.chain)
        assert re.compile(sign.rule)


def facts(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}
