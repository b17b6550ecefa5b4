"""What the kernel was seen to do with rules of nftables, each with the rule that told it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from iptsim.dialects import read_text
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.tracer import Trace
from iptsim.tracing import Tracing
from iptsim.values import parse_address

_SERVICE = """	chain service-{n} {{
		numgen random mod 2 vmap {{ 0 : goto one-{n}, 1 : goto two-{n} }}
	}}
	chain one-{n} {{
		meta l4proto tcp dnat to {first}:80
	}}
	chain two-{n} {{
		meta l4proto tcp dnat to {second}:80
	}}
"""


def chain(hook: str, *rules: str, family: str = "inet", kind: str = "filter") -> str:
    body = "".join(f"\t\t{rule}\n" for rule in rules)
    base = f"\t\ttype {kind} hook {hook} priority 0; policy accept;\n"
    return f"table {family} t {{\n\tchain c {{\n{base}{body}\t}}\n}}\n"


def trace(text: str, packet: Packet, hook: str | None = None) -> Trace:
    dump = read_text(text, file="x")
    return Tracing(dump).ask(Question(packet=packet, family=packet.family, hook=hook))


def packet(src: str, dst: str, **fields: int | str) -> Packet:
    family = 6 if ":" in dst else 4
    plain = Packet(family=family).with_(src=parse_address(src)[0], dst=parse_address(dst)[0])
    return plain.with_(**fields)


def verdicts(found: Trace) -> list[str]:
    return [outcome.verdict for outcome in found.outcomes]


@pytest.mark.parametrize("words", ["log group 5", "log group 5 snaplen 20", 'log prefix "x"'])
def test_a_log_statement_is_read_whatever_it_names(words: str) -> None:
    text = chain("output", f"{words} udp dport 9 drop")
    one = packet("10.0.0.1", "10.0.0.2", proto=17, dport=9)
    assert verdicts(trace(text, one, "OUTPUT")) == ["DROP"]


def test_an_own_address_of_ipv6_is_local_and_not_unicast() -> None:
    text = chain("input", "fib daddr type vmap { unicast : drop, local : accept }", family="ip6")
    one = packet("fd00::9", "fd00::1", proto=17, dport=9)
    assert verdicts(trace(text, one, "INPUT")) == ["ACCEPT"]


def test_what_has_no_tcp_header_lacks_each_option_of_it() -> None:
    text = chain("output", "tcp option window missing drop")
    one = packet("10.0.0.1", "10.0.0.2", proto=17, dport=9)
    assert verdicts(trace(text, one, "OUTPUT")) == ["DROP"]


def test_a_port_that_is_written_is_the_packets_port() -> None:
    text = chain("output", "th dport set 80", "tcp dport 80 drop")
    one = packet("10.0.0.1", "10.0.0.2", proto=6, dport=8088)
    assert verdicts(trace(text, one, "OUTPUT")) == ["DROP"]


def test_a_bypassed_queue_of_filter_hides_no_chain_of_nat() -> None:
    nat = chain("postrouting", "udp dport 9 drop", family="ip", kind="nat")
    tracking = ("ct state invalid drop", "queue flags bypass to 0")
    text = chain("forward", *tracking, family="ip") + nat.replace("ip t", "ip n")
    one = packet("10.0.0.1", "10.9.0.2", proto=17, dport=9, in_="eth0", out="eth1")
    assert "DROP" in verdicts(trace(text, one, "PREROUTING"))


def test_endpoints_are_alternatives_with_their_share() -> None:
    text = kube_proxy(3)
    found = trace(text, packet("192.0.2.1", "10.96.0.2", proto=6, dport=80), "PREROUTING")
    told = {fact.detail for o in found.outcomes for cube in o.when for fact, _true in cube.facts}
    assert len(found.outcomes) == 2
    assert told == {"numgen random mod 2 0 (1 in 2)"}


def kube_proxy(services: int) -> str:
    def at(first: int, number: int) -> str:
        return f"10.{first}.{number >> 8}.{number & 255}"

    keys = ", ".join(f"{at(96, n)} . tcp . 80 : goto service-{n}" for n in range(services))
    ips = ", ".join(at(96, n) for n in range(services))
    parts = (_SERVICE.format(n=n, first=at(180, n), second=at(181, n)) for n in range(services))
    return (
        "table ip kube-proxy {\n"
        f"\tset ips {{\n\t\ttype ipv4_addr\n\t\telements = {{ {ips} }}\n\t}}\n"
        "\tmap services {\n\t\ttype ipv4_addr . inet_proto . inet_service : verdict\n"
        f"\t\telements = {{ {keys} }}\n\t}}\n"
        + "".join(parts)
        + "\tchain nat {\n\t\ttype nat hook prerouting priority -100; policy accept;\n"
        "\t\tip daddr . meta l4proto . th dport vmap @services\n\t}\n"
        "\tchain check {\n\t\ttype filter hook forward priority 0; policy accept;\n"
        "\t\tip daddr @ips reject\n\t}\n}\n"
    )


def calls_of(work: Callable[[], object]) -> int:
    """The functions of Python that are called, whatever time they take."""
    count = 0

    def note(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_a_first_trace_costs_no_more_with_many_services() -> None:
    one = packet("192.0.2.1", "10.96.0.2", proto=6, dport=80)

    def first(services: int) -> int:
        tracing = Tracing(read_text(kube_proxy(services), file="x"))
        return calls_of(lambda: tracing.ask(Question(packet=one, family=4, hook="PREROUTING")))

    first(20)  # what is imported late is imported now
    assert first(2000) <= 1.5 * first(20)


def test_an_element_is_found_whichever_it_is() -> None:
    text = kube_proxy(300)
    for number in (0, 255, 299):
        dst = f"10.96.{number >> 8}.{number & 255}"
        found = trace(text, packet("192.0.2.1", dst, proto=6, dport=80), "PREROUTING")
        ends = {dict(outcome.packet)["dst"] for outcome in found.outcomes}
        assert ends == {f"10.{a}.{number >> 8}.{number & 255}" for a in (180, 181)}


def test_a_set_of_pairs_is_asked_whole() -> None:
    pairs = ", ".join(f"10.0.0.{n} . {port}" for n in range(1, 90) for port in (80, 443))
    text = chain("input", f"ip daddr . tcp dport {{ {pairs} }} drop", family="ip")
    met = packet("192.0.2.1", "10.0.0.7", proto=6, dport=443)
    other = packet("192.0.2.1", "10.0.0.7", proto=6, dport=22)
    assert verdicts(trace(text, met, "INPUT")) == ["DROP"]
    assert verdicts(trace(text, other, "INPUT")) == ["ACCEPT"]
