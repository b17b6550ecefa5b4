"""The nftables rules that Istio writes itself for a sidecar."""

from __future__ import annotations

import pytest

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.mesh.capture_settings import ALL, AmbientSettings, CaptureSettings
from iptsim.mesh.istio_versions import read_version
from iptsim.mesh.native_rules import native_text

NEW = read_version("1.30")


def told(version: str = "1.30", **settings: object) -> list[str]:
    made = CaptureSettings(**settings)  # type: ignore[arg-type]  # the class checks their names
    return native_text(made, read_version(version)).splitlines()


def of(chain: str, lines: list[str]) -> list[str]:
    """What a chain's lines say: `+` added, a number inserted there."""
    found = []
    for line in lines:
        words = line.split(" ")
        if words[1:3] == ["rule", "inet"] and f"{words[3]} {words[4]}" == chain:
            at, rest = ("+", words[5:]) if words[0] == "add" else (words[6], words[7:])
            found.append(f"{at} {' '.join(rest)}")
    return found


def test_only_chains_with_rules_are_made() -> None:
    chains = [line.split(" ")[4] for line in told() if line.startswith("add chain")]
    assert chains == [
        "output",
        "istio-inbound",
        "istio-redirect",
        "istio-in-redirect",
        "istio-output",
    ]
    assert told()[:2] == ["add table inet istio-proxy-nat", "flush table inet istio-proxy-nat"]


def test_inbound_ports() -> None:
    every = told(inbound_ports=ALL, excluded_inbound_ports=("7000",))
    assert of("istio-proxy-nat istio-inbound", every) == [
        "+ meta l4proto tcp tcp dport 15008 counter return",
        "+ meta l4proto tcp tcp dport 7000 counter return",
        "+ meta l4proto tcp counter jump istio-in-redirect",
    ]
    some = told(inbound_ports=("81", "82"), excluded_inbound_ports=("7000",))
    assert of("istio-proxy-nat istio-inbound", some)[1:] == [
        "+ meta l4proto tcp tcp dport 81 counter jump istio-in-redirect",
        "+ meta l4proto tcp tcp dport 82 counter jump istio-in-redirect",
    ]


def test_where_connections_go() -> None:
    lines = told(
        ranges=("10.1.0.0/16", "fd00::/8"), excluded_ranges=("10.1.2.0/24",),
        outbound_ports=("9000",), excluded_outbound_ports=("25",), virtual_interfaces=("tap0",),
    )  # fmt: skip
    output = of("istio-proxy-nat istio-output", lines)
    assert output[:2] == ["+ tcp dport 25 counter return", "+ udp dport 25 counter return"]
    assert output[-3:] == [
        "+ ip daddr 10.1.2.0/24 counter return",
        "+ tcp dport 9000 counter jump istio-redirect",
        "+ ip daddr 10.1.0.0/16 counter jump istio-redirect",
    ]
    assert of("istio-proxy-nat prerouting", lines) == [
        "+ iifname tap0 counter return",
        "0 iifname tap0 ip daddr 10.1.0.0/16 counter jump istio-redirect",
    ]


def test_ipv6_is_in_the_same_tables() -> None:
    without, with_ = told(), told(ipv6=True)
    more = [line for line in with_ if line not in without]
    assert [line.split(" ip6 ")[1] for line in more] == [
        "saddr ::6/128 counter return",
        "daddr != ::1/128 tcp dport != 15008 skuid 1337 counter jump istio-in-redirect",
        "daddr != ::1/128 tcp dport != 15008 skgid 1337 counter jump istio-in-redirect",
        "daddr ::1/128 counter return",
    ]


def test_dns() -> None:
    lines = told(dns=True, dns_servers=("10.96.0.10", "fd00::a"), ipv6=True)
    assert of("istio-proxy-nat istio-output-dns", lines) == [
        f"+ {family} daddr {server} {protocol} dport 53 counter redirect to :15053"
        for protocol in ("tcp", "udp")
        for family, server in (("ip", "10.96.0.10/32"), ("ip6", "fd00::a/128"))
    ]
    assert of("istio-proxy-raw istio-inbound", lines) == [
        "+ udp sport 53 ip saddr 10.96.0.10/32 counter ct zone set 1",
        "+ udp sport 53 ip6 saddr fd00::a/128 counter ct zone set 1",
    ]
    every = told(dns=True, all_dns=True)
    assert of("istio-proxy-nat istio-output-dns", every) == [
        "+ meta l4proto tcp tcp dport 53 counter redirect to :15053",
        "+ udp dport 53 counter redirect to :15053",
    ]
    assert "istio-output-dns" not in " ".join(told(dns=True))


def test_tproxy_returns_what_is_marked_first() -> None:
    lines = told(mode="TPROXY", inbound_ports=ALL)
    inbound = of("istio-proxy-mangle istio-inbound", lines)
    assert [line[0] for line in inbound] == ["+", "+", "0", "1", "2"]
    assert inbound[2:] == [
        "0 meta l4proto tcp mark 1337 counter return",
        "1 iifname lo meta l4proto tcp ip saddr 127.0.0.6/32 counter return",
        "2 iifname lo meta l4proto tcp mark != 1338 counter return",
    ]


@pytest.mark.parametrize(
    ("version", "places"),
    [("1.27.3", "+12"), ("1.27.4", "+++"), ("1.28.0", "+12"), ("1.28.1", "+++"), ("1.30", "+++")],
)
def test_what_is_inserted_behind_the_last_rule(version: str, places: str) -> None:
    lines = told(version, mode="TPROXY")
    inserted = of("istio-proxy-mangle istio-inbound", lines)
    assert "".join(line[0] for line in inserted) == places


def test_rules_count_since_1_28() -> None:
    assert not any("counter" in line for line in told("1.27.9", inbound_ports=ALL))
    rules = [line for line in told("1.28", inbound_ports=ALL) if " rule " in line]
    assert all(" counter" in line for line in rules)


def test_the_rest_of_a_sidecar() -> None:
    lines = told(
        drops_invalid=True, excluded_interfaces=("net1",), owner_groups=("7", "8"), uids=("5",)
    )
    assert of("istio-proxy-mangle istio-drop", lines) == ["+ counter drop"]
    assert of("istio-proxy-nat prerouting", lines) == ["+ iifname net1 counter return"]
    output = of("istio-proxy-nat istio-output", lines)
    assert "+ skgid != 7 skgid != 8 counter return" in output
    assert "+ oifname lo skuid != 5 counter return" in output
    own = told(ranges=("127.0.0.0/8",))
    assert not any("skuid != 1337" in line for line in own)
    left = told(excluded_owner_groups=("9",))
    assert "+ skgid 9 counter return" in of("istio-proxy-nat istio-output", left)


def test_who_gets_none() -> None:
    assert native_text(None, NEW) == ""
    with pytest.raises(UsageError) as old:
        native_text(CaptureSettings(), read_version("1.26.9"))
    assert old.value.code == codes.NO_NFT_RULES_YET
    with pytest.raises(UsageError) as ambient:
        native_text(AmbientSettings(), read_version("1.27.9"))
    assert ambient.value.code == codes.NO_NFT_RULES_YET
    assert ("first", "1.28") in ambient.value.facts.items()


def in_ambient(version: str = "1.30", **settings: object) -> list[str]:
    made = AmbientSettings(**settings)  # type: ignore[arg-type]
    return native_text(made, read_version(version)).splitlines()


def test_a_pod_of_the_ambient_mesh_has_tables_of_its_own() -> None:
    nat = "istio-ambient-nat"
    assert of(f"{nat} istio-prerouting", in_ambient(dns=True)) == [
        "+ meta l4proto tcp ip saddr 169.254.7.127 counter accept",
        "+ ip daddr != 127.0.0.1/32 tcp dport != 15008 mark and 0xfff  != 0x539"
        " counter redirect to :15006",
    ]
    assert of(f"{nat} istio-output", in_ambient(dns=True)) == [
        "+ meta l4proto tcp ip daddr 169.254.7.127 counter accept",
        "+ oifname != lo mark and 0xfff != 0x539 udp dport 53 counter redirect to :15053",
        "+ ip daddr != 127.0.0.1/32 tcp dport 53 mark and 0xfff != 0x539"
        " counter redirect to :15053",
        "+ meta l4proto tcp mark and 0xfff == 0x111 counter accept",
        "+ oifname lo ip daddr != 127.0.0.1/32 counter accept",
        "+ meta l4proto tcp ip daddr != 127.0.0.1/32 mark and 0xfff != 0x539"
        " counter redirect to :15001",
    ]


def test_dns_of_the_ambient_mesh_has_a_table_raw() -> None:
    assert any("istio-ambient-raw" in line for line in in_ambient(dns=True))
    assert not any("istio-ambient-raw" in line for line in in_ambient())


def test_an_ambient_gateway_is_not_captured_inbound() -> None:
    chain = "istio-ambient-mangle istio-prerouting"
    assert of("istio-ambient-nat istio-prerouting", in_ambient(ingress=True)) == []
    assert len(of(chain, in_ambient(ingress=True))) == 1
    assert of(chain, in_ambient("1.28", ingress=True)) == []
    assert f"add chain inet {chain}" in in_ambient("1.28", ingress=True)


def test_rules_of_ipv6_stand_beside_those_of_ipv4() -> None:
    assert not any("ip6" in line for line in in_ambient(dns=True))
    assert sum("ip6" in line for line in in_ambient(dns=True, ipv6=True)) == 6
    assert sum("ip6" in line for line in in_ambient("1.28.0", dns=True)) == 6
    assert not any("ip6" in line for line in in_ambient("1.28.1", dns=True))


def test_virtual_interfaces_of_an_ambient_pod_go_out() -> None:
    assert of("istio-ambient-nat istio-prerouting", in_ambient(virtual_interfaces=("net1",)))[
        :2
    ] == [
        "+ iifname net1 meta l4proto tcp counter redirect to :15001",
        "+ iifname net1 meta l4proto tcp counter return",
    ]
