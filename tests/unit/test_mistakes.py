"""Mistakes of a mesh: each is found in a rule set that has it alone, and in no healthy one."""

from __future__ import annotations

import pytest
from called_program import ROOT
from every_row import every_row
from mesh_dumps import HEALTHY, NO_RULES, added, before, behind, changed, without

from iptsim import codes
from iptsim.dialects import read_files, read_text
from iptsim.explain.catalogue import LANGUAGES
from iptsim.explain.lint_sentences import example, message, reason, title
from iptsim.lint import MESHES, Finding, Kind
from iptsim.mistakes import Wanted, check
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.values import parse_address

OUT, IN = "-A OUTPUT -p tcp -j ISTIO_OUTPUT", "-A PREROUTING -p tcp -j ISTIO_INBOUND"
ALL_IN = "-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT"
ALL_OUT = "-A ISTIO_OUTPUT -j ISTIO_REDIRECT"
RETURN = "-A ISTIO_INBOUND -p tcp -m tcp --dport {} -j RETURN"
CAPTURE = "-A ISTIO_INBOUND -p tcp -m tcp --dport {} -j ISTIO_IN_REDIRECT"
LO_1_2 = "-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -j ISTIO_REDIRECT"
KUBE = (
    "-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 53 -j KUBE-SVC-A",
    "-A KUBE-SVC-A -j DNAT --to-destination 10.244.0.3:53",
)
WARNED = "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n"
MISTAKES: dict[str, tuple[str, Kind, str, int | None, str | None]] = {
    "inbound to 15001": (
        changed("15006", "15001"), Kind.MESH_SWAPPED, "ISTIO_IN_REDIRECT", 1, "REDIRECT:15001",
    ),
    "outbound to 15006": (
        changed("--to-ports 15001", "--to-ports 15006"), Kind.MESH_SWAPPED, "ISTIO_REDIRECT", 1,
        "REDIRECT:15006",
    ),
    "rules of 1.2 and 1.10": (
        behind(ALL_OUT, LO_1_2), Kind.MESH_MIXED, "ISTIO_OUTPUT", 10, None,
    ),
    "rules of 1.4 and 1.10": (
        behind(ALL_OUT, LO_1_2.replace("ISTIO_RE", "ISTIO_IN_RE")), Kind.MESH_MIXED,
        "ISTIO_OUTPUT", 10, None,
    ),
    "a jump twice": (
        behind(OUT, OUT), Kind.MESH_DOUBLED, "OUTPUT", 2, "REDIRECT:15001",
    ),
    "init and CNI": (
        behind(ALL_IN, *(RETURN.format(port) for port in (15020, 15021, 15090))),
        Kind.MESH_INIT_AND_CNI, "ISTIO_INBOUND", 6, "REDIRECT:15001",
    ),
    "a port in both lists": (
        before(ALL_IN, RETURN.format(9090), CAPTURE.format(9090)), Kind.MESH_BOTH_LISTS,
        "ISTIO_INBOUND", 5, "ACCEPT",
    ),
    "a port in both lists, captured first": (
        before(ALL_IN, CAPTURE.format(9090), RETURN.format(9090)), Kind.MESH_BOTH_LISTS,
        "ISTIO_INBOUND", 5, "REDIRECT:15006",
    ),
    "Envoy's own traffic": (
        without("owner 1337 -j RETURN"), Kind.MESH_LOOP, "ISTIO_OUTPUT", 5, "REDIRECT:15001",
    ),
    "another user let out": (
        without("gid-owner").replace("owner 1337", "owner 1000"), Kind.MESH_OTHER_USER,
        "ISTIO_OUTPUT", 4,
        "REDIRECT:15001",
    ),
    "kube-proxy first": (
        before(OUT, "-A OUTPUT -j KUBE-SERVICES",
               text=added(*KUBE, chains=("KUBE-SERVICES", "KUBE-SVC-A"))),
        Kind.MESH_OTHERS_FIRST, "OUTPUT", 1, "DNAT:10.244.0.3",
    ),
    "kube-proxy first, without packets": (
        before(IN, "-A PREROUTING -j KUBE-SERVICES",
               text=added("-A KUBE-SERVICES -j RETURN", chains=("KUBE-SERVICES",))),
        Kind.MESH_OTHERS_FIRST, "PREROUTING", 1, None,
    ),
    "no jump out": (
        without("-A OUTPUT"), Kind.MESH_NOTHING_JUMPS, "ISTIO_OUTPUT", None, "ACCEPT",
    ),
    "no jump in": (
        without("-A PREROUTING"), Kind.MESH_NOTHING_JUMPS, "ISTIO_INBOUND", None, "ACCEPT",
    ),
    "a chain of tomorrow": (
        added("-A ISTIO_QUIC -j RETURN", chains=("ISTIO_QUIC",)), Kind.MESH_UNKNOWN_CHAIN,
        "ISTIO_QUIC", None, None,
    ),
    "older tables besides": (
        f"{WARNED}{HEALTHY}",
        Kind.MESH_TWO_BACK_ENDS, "ISTIO_INBOUND", None, None,
    ),
    "a sidecar and ambient": (
        added("-A ISTIO_PRERT -s 169.254.7.127/32 -p tcp -m tcp -j ACCEPT",
              "-A PREROUTING -j ISTIO_PRERT", chains=("ISTIO_PRERT",)),
        Kind.MESH_TWO_MODES, "ISTIO_REDIRECT", 1, None,
    ),
    "NodeLocal DNS": (
        "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A OUTPUT -d 169.254.20.10/32 -p udp -m udp --dport 53 -j CT --notrack\nCOMMIT\n"
        + behind(OUT, "-A OUTPUT -d 169.254.20.10/32 -p udp -m udp --dport 53 -j REDIRECT"
                      " --to-ports 15053"),
        Kind.MESH_OTHERS_FIRST, "OUTPUT", 1, None,
    ),
}  # fmt: skip


def found_in(text: str, *wanted: Wanted) -> list[Finding]:
    return list(check(read_text(text, file="rules"), wanted=wanted).findings)


@every_row("name", MISTAKES)
def test_a_mistake_is_found_and_shown(name: str) -> None:
    text, kind, chain, rule, fate = MISTAKES[name]
    (found,) = found_in(text)
    assert (found.kind, found.at.chain, found.at.rule) == (kind, chain, rule)
    assert dict(found.facts).get("fate") == fate
    assert (found.example is None) == (fate is None)


def test_a_healthy_mesh_has_none() -> None:
    assert found_in(HEALTHY) == []
    fixtures = [*(ROOT / "fixtures/istio").glob("*/*.save.txt")]
    assert len(fixtures) >= 12
    for file in fixtures:
        report = check(read_files([str(file)]))
        assert (report.findings, [n for n in report.notes if n.code == codes.MESH_ABSENT]) == (
            (),
            [],
        )


LISTS_1_2 = changed("15006", "15001", without("127.0.0.6", "15008", "uid-owner", "gid-owner"))


def test_what_older_versions_wrote_is_no_mistake() -> None:
    rules = ("-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN", LO_1_2)
    text = before("-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN", *rules, text=LISTS_1_2)
    assert found_in(text) == []


def test_a_proxy_of_another_user() -> None:
    assert found_in(HEALTHY.replace("owner 1337", "owner 2102")) == []


@pytest.mark.parametrize(("port", "captured"), [(8080, True), (15021, False), (9999, True)])
def test_ports_of_a_pod(port: int, captured: bool) -> None:  # parametrized
    found = found_in(HEALTHY, Wanted(port=port, container="web"))
    assert [one.kind for one in found] == ([] if captured else [Kind.MESH_NOT_CAPTURED])


def test_a_port_that_1_2_does_not_list() -> None:
    text = changed(ALL_IN, CAPTURE.format(9080), LISTS_1_2)
    text = before("-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN",
                  "-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN", text=text)  # fmt: skip
    assert found_in(text, Wanted(port=9080, container="web")) == []
    (found,) = found_in(text, Wanted(port=8088, container="web"))
    assert (found.kind, dict(found.facts)["fate"]) == (Kind.MESH_NOT_CAPTURED, "ACCEPT")


def test_ipv6_past_the_proxy() -> None:
    six = f"# Generated by ip6tables-save v1.8.9 (nf_tables)\n{NO_RULES}"
    (found,) = found_in(f"# Generated by iptables-save v1.8.9 (nf_tables)\n{HEALTHY}{six}")
    assert (found.kind, found.at.family) == (Kind.MESH_IPV6_OPEN, 6)
    assert dict(found.facts)["fate"] == "ACCEPT"
    shut = six.replace("COMMIT", "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT")
    assert found_in(f"# Generated by iptables-save v1.8.9 (nf_tables)\n{HEALTHY}{shut}") == []


def test_what_a_text_does_not_tell_is_no_mistake() -> None:
    """Without the chain OUTPUT nobody knows whether it leads on."""
    listing = (
        "Chain ISTIO_OUTPUT (1 references)\ntarget     prot opt source               destination\n"
    )
    row = "ISTIO_REDIRECT  all  --  0.0.0.0/0            0.0.0.0/0\n"
    assert found_in(listing + row) == []


HOST = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-A - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
{nat}COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD {policy} [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER-USER - [0:0]
:ufw-before-forward - [0:0]
:cali-FORWARD - [0:0]
:CILIUM_FORWARD - [0:0]
{filter}COMMIT
"""


def host(*, nat: str = "", filters: str = "", policy: str = "ACCEPT") -> str:
    return HOST.format(nat=nat, filter=filters, policy=policy)


PUBLISHED = (
    "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n"
)
FORWARDS = "-A FORWARD -j DOCKER-USER\n-A FORWARD -j ufw-before-forward\n"
POOL = "-A POSTROUTING -s 10.88.0.0/16 ! -o cni-podman0 -j MASQUERADE\n"
IPVS = "-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\n"
LOOP_BACK = "-A KUBE-POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE\n"
MASQ = "-A KUBE-MARK-MASQ -j MARK --set-xmark {0}/{0}\n"
UNMARKED = "-A KUBE-POSTROUTING -m mark ! --mark {0}/{0} -j RETURN\n"
NO_POD = (
    "-A KUBE-SVC-{} ! -s {}.0.0/16 -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ\n"
)
FLANNELD = (
    '-A POSTROUTING -s {}.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq"'
    " -j MASQUERADE\n"
)
CNI = (
    '-A POSTROUTING -s 10.1.0.5/32 -m comment --comment "name: \\"{}\\" id: \\"{}1\\"" -j RETURN\n'
)
NEIGHBOURS = {
    "Docker before ufw": (host(nat=PUBLISHED, filters=FORWARDS), Kind.DOCKER_BEFORE_UFW),
    "Docker before ufw, and guarded": (
        host(nat=PUBLISHED, filters=f"{FORWARDS}-A DOCKER-USER -i eth0 -j DROP\n"), None,
    ),
    "nothing published": (host(filters=FORWARDS), None),
    "another network dropped": (
        host(nat=PUBLISHED + POOL, policy="DROP"), Kind.DOCKER_DROPS_OTHERS,
    ),
    "another network let through": (
        host(nat=PUBLISHED + POOL, policy="DROP", filters="-A FORWARD -i cni-podman0 -j ACCEPT\n"),
        None,
    ),
    "two kube-proxies": (host(nat=f"{IPVS}-A KUBE-SVC-A -j RETURN\n"), Kind.TWO_KUBE_PROXIES),
    "one kube-proxy": (host(nat=IPVS), None),
    "two kube-proxies by hairpin": (
        host(nat=f"{LOOP_BACK}-A KUBE-SVC-A -j RETURN\n"), Kind.TWO_KUBE_PROXIES,
    ),
    "two kube-proxies by marks": (
        host(nat=f"{MASQ.format('0x4000')}{MASQ.format('0x2000')}"), Kind.TWO_KUBE_PROXIES,
    ),
    "a mark that nobody masquerades": (
        host(nat=f"{MASQ.format('0x4000')}{UNMARKED.format('0x2000')}"), Kind.TWO_KUBE_PROXIES,
    ),
    "one mark": (host(nat=f"{MASQ.format('0x4000')}{UNMARKED.format('0x4000')}"), None),
    "two kube-proxies by networks": (
        host(nat=f"{NO_POD.format('A', '10.42')}{NO_POD.format('B', '10.244')}"),
        Kind.TWO_KUBE_PROXIES,
    ),
    "services of one network": (
        host(nat=f"{NO_POD.format('A', '10.42')}{NO_POD.format('B', '10.42')}"), None,
    ),
    "two networks of flannel": (
        host(nat=f"{FLANNELD.format('10.42')}{FLANNELD.format('10.244')}"), Kind.TWO_CNIS,
    ),
    "one network of flannel": (host(nat=FLANNELD.format("10.42")), None),
    "two networks of CNI plugins": (
        host(nat=f"{CNI.format('cbr0', 'a')}{CNI.format('pods', 'b')}"), Kind.TWO_CNIS,
    ),
    "two containers of one": (
        host(nat=f"{CNI.format('pods', 'a')}{CNI.format('pods', 'b')}"), None,
    ),
    "two networks of pods": (
        host(filters="-A cali-FORWARD -j RETURN\n-A CILIUM_FORWARD -j RETURN\n"), Kind.TWO_CNIS,
    ),
    "one network of pods": (host(filters="-A CILIUM_FORWARD -j RETURN\n"), None),
}  # fmt: skip


@every_row("name", NEIGHBOURS)
def test_neighbours(name: str) -> None:
    text, kind = NEIGHBOURS[name]
    report = check(read_text(text, file="rules"))
    assert [one.kind for one in report.findings] == ([] if kind is None else [kind])
    assert report.notes[0].code == codes.MESH_ABSENT


def test_modes_of_kube_proxy_are_told_from_its_own_table_of_nftables() -> None:
    native = "table ip kube-proxy {\n\tchain services {\n\t}\n}\n"
    text = host(nat="-A KUBE-SVC-A -j RETURN\n")
    (found,) = (
        one for one in check(read_text(f"{text}\n{native}", file="rules")).findings
        if one.kind is Kind.TWO_KUBE_PROXIES
    )  # fmt: skip
    assert dict(found.facts) == {"one": "iptables", "other": "nftables"}


def test_packets_come_by_the_hosts_own_interface_where_it_is_told() -> None:
    known = read_host("2: ens5    inet 10.244.1.7/24 scope global ens5\n")
    text = changed("15006", "15001")
    (found,) = check(read_text(text, file="rules"), host=known).findings
    assert found.example is not None
    assert found.example.in_ == "ens5"
    assert found.example.dst == parse_address("10.244.1.7")[0]


def test_every_kind_is_shown_here() -> None:
    told = {row[1] for row in (*MISTAKES.values(), *NEIGHBOURS.values()) if row[1] is not None}
    assert MESHES - told == {Kind.MESH_NOT_CAPTURED, Kind.MESH_IPV6_OPEN}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_has_its_words(lang: str) -> None:
    texts = [*(row[0] for row in MISTAKES.values()), *(row[0] for row in NEIGHBOURS.values())]
    for text in texts:
        for one in found_in(text):
            said = (message(one, lang), reason(one, lang).text, title(one.kind, lang))
            assert all(said)
            assert bool(example(one, lang)) == (one.example is not None)
