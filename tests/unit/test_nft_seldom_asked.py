"""What rules of nftables ask and do seldom: bits of addresses, times, IPsec, flowtables."""

from __future__ import annotations

from every_row import every_row

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects import read_text
from iptsim.host import NOBODY
from iptsim.packet import Packet
from iptsim.predicate import Fact
from iptsim.questions import Question
from iptsim.tracer import Trace
from iptsim.tracing import Tracing
from iptsim.values import parse_address

NOON = 1_750_248_000
"""2025-06-18T12:00:00, a Wednesday."""


def at(text: str) -> int:
    return parse_address(text)[0]


def trace(
    rule: str, hook: str = "forward", now: int | None = None, more: str = "", **given: int | str
) -> Trace:
    kind = "nat" if "dnat" in rule else "filter"
    head = f"type {kind} hook {hook} priority 0; policy accept;"
    text = f"table ip t {{\n{more}\nchain c {{\n{head}\n{rule}\n}}\n}}\n"
    packet = Packet(proto=6, src=at("192.0.2.1"), dst=at("10.1.2.9"), in_="e0").with_(**given)
    host = replace(NOBODY, time=now)
    asked = Question(packet=packet, family=4, hook=hook.upper())
    return Tracing(read_text(text, file="x")).ask(asked, host=host)


def verdicts(found: Trace) -> list[str]:
    return sorted({outcome.verdict for outcome in found.outcomes})


def facts(found: Trace) -> set[Fact]:
    return {f for one in found.outcomes for cube in one.when for f, _is in cube.facts}


@every_row(
    ("asked", "met"),
    [
        ("ip daddr & 255.0.0.0 == 10.0.0.0", True),
        ("ip daddr & 255.0.0.0 != 10.0.0.0", False),
        ("ip daddr & 0.0.0.255 == 0.0.0.9", True),
        ("ip daddr & 255.0.0.255 == { 10.0.0.8, 10.0.0.9 }", True),
        ("ip daddr & 0.0.0.8 > 0.0.0.8", False),
        ("@nh,128,16 0xa01", True),
        ("@nh,152,8 9", True),
        ("@nh,156,4 8", False),
        ("@nh,0,4 4", True),
        ("@nh,1,3 3", False),
    ],
)
def test_bits_of_an_address_are_known(asked: str, met: bool) -> None:
    assert verdicts(trace(f"{asked} drop")) == ["DROP" if met else "ACCEPT"]


def test_bits_that_no_field_holds_alone_are_open() -> None:
    found = trace("@nh,120,16 0x10a drop")
    assert verdicts(found) == ["ACCEPT", "DROP"]
    assert {fact.detail for fact in facts(found)} == {"@nh,120,16 266"}


def test_a_network_is_mapped_by_bits_of_the_address() -> None:
    for rule in ("dnat to ip daddr & 0.0.0.255 | 172.16.5.0", "dnat prefix to 172.16.5.0/24"):
        found = trace(rule, "prerouting", more="chain x {\nct state new\n}")
        assert {dict(one.packet)["dst"] for one in found.outcomes} == {"172.16.5.9"}
    other = trace("dnat to ip saddr & 0.0.0.255 | 172.16.5.0", "prerouting")
    assert "172.16.5.9" not in {dict(one.packet).get("dst") for one in other.outcomes}


def test_bits_of_an_address_are_written() -> None:
    found = trace("ip daddr set ip daddr & 0.0.0.255 | 172.16.5.0 drop")
    assert [dict(one.packet)["dst"] for one in found.outcomes] == ["172.16.5.9"]


@every_row(
    ("asked", "now", "met"),
    [
        ('meta time > "2024-01-01 00:00:00"', NOON, True),
        ('meta time "2024-01-01 00:00:00"-"2025-01-01 00:00:00"', NOON, False),
        ('meta time < "2025-06-18 12:00:00"', NOON, None),
        ('meta time > "2024-01-01 00:00:00"', None, None),
        ('meta day { "Monday", "Tuesday" }', NOON, None),
        ('meta day "Tuesday"-"Thursday"', NOON, True),
        ('meta day { "Saturday", "Sunday" }', NOON, False),
        ('meta hour "10:00"-"14:00"', NOON, None),
        ('meta hour "22:00"-"02:00"', NOON, None),
    ],
)
def test_a_time_decides_if_any_zone_agrees(asked: str, now: int | None, met: bool | None) -> None:
    found = trace(f"{asked} drop", now=now)
    assert verdicts(found) == (["ACCEPT", "DROP"] if met is None else ["DROP" if met else "ACCEPT"])
    assert {fact.code for fact in facts(found)} == ({codes.TIME} if met is None else set())


def test_ipsec_is_a_fact_in_words_of_nft() -> None:
    came, leaves = (trace(f"{way} ipsec exists drop") for way in ("meta", "rt"))
    assert {(fact.code, fact.detail) for fact in facts(came)} == {
        (codes.IPSEC_POLICY, "meta ipsec exists")
    }
    assert {fact.detail for fact in facts(leaves)} == {"rt ipsec exists"}
    without = trace("meta ipsec missing drop")
    assert facts(without) == facts(came)


def test_a_system_is_told_by_a_syn_alone() -> None:
    rule = 'osf name != "Linux" drop'
    assert verdicts(trace(rule, proto=17)) == ["ACCEPT"]
    assert verdicts(trace(rule, tcp_flags=0x10)) == ["ACCEPT"]
    found = trace(rule, tcp_flags=0x02)
    assert verdicts(found) == ["ACCEPT", "DROP"]
    assert {fact.detail for fact in facts(found)} == {'osf name "Linux"'}


FLOWS = "flowtable ft {\nhook ingress priority 0\ndevices = { e0, e1 }\n}"


def test_the_first_packet_of_a_connection_does_not_pass_a_flow_add() -> None:
    first = trace("flow add @ft drop", more=FLOWS, ctstate="NEW", dport=80)
    assert verdicts(first) == ["ACCEPT"]
    assert codes.FLOWS_PAST_RULES in {note.code for note in first.notes}


def test_whether_a_later_packet_passes_a_flow_add_is_open() -> None:
    later = trace("flow add @ft drop", more=FLOWS, ctstate="ESTABLISHED", dport=80)
    assert verdicts(later) == ["ACCEPT", "DROP"]
    assert {fact.detail for fact in facts(later)} == {"flow add @ft"}
    echo = trace("flow add @ft drop", more=FLOWS, ctstate="ESTABLISHED", proto=1)
    assert verdicts(echo) == ["ACCEPT"]
