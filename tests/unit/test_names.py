"""Names that only the dumping host knows: asked by the same word, or told by --name."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.extensions.values.hostnames import names_of, read_names, resolved
from iptsim.model import Dump, Ruleset
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.questions import read_packet
from iptsim.tracer import Trace, Tracer

LISTED = """Chain INPUT (policy DROP)
 pkts bytes target prot opt in out source destination
 0 0 REJECT tcp -- any any anywhere anywhere tcp spts:1024:2047 dpt:billing
 0 0 ACCEPT udp -- any any partner.example anywhere multiport dports domain,billing,7000:7010
 0 0 ACCEPT tcp -- any any !partner.example anywhere tcp dpts:billing:9999

Chain OUTPUT (policy ACCEPT)
 pkts bytes target prot opt in out source destination
 0 0 REJECT all -- any any anywhere partner.example owner UID match batch owner GID match batch
 0 0 DROP all -- any any anywhere anywhere owner UID match 500-599
"""
DUMP = read_text(LISTED)
ALL = ("billing=8600", "partner.example=192.0.2.7", "user:batch=510", "group:batch=77")


def asked(given: Mapping[str, str], *names: str) -> Trace:
    told = read_names(names)
    dump = resolved(DUMP, told)
    question = read_packet(given, names=names_of(DUMP, told))
    return Tracer.of(dump.rulesets[0]).trace(question.packet, hook=question.hook)


def met(given: Mapping[str, str], *names: str) -> set[tuple[str, int | None]]:
    """The verdicts, each with the rule of its last step."""
    found = asked(given, *names).outcomes
    return {(outcome.verdict, outcome.steps[-1].rule) for outcome in found}


PLAIN = {"in": "eth0", "src": "192.0.2.9", "sport": "1500"}


def test_the_same_word_is_the_same_port() -> None:
    trace = asked(PLAIN | {"dport": "billing"})
    assert [(o.verdict, o.when) for o in trace.outcomes] == [("REJECT", ())]
    assert trace.packet.names == (("dport", "billing"),)
    assert trace.packet.proto == 6


def test_of_the_rest_of_the_row_all_is_read() -> None:
    assert met({**PLAIN, "sport": "5000", "dport": "10"}) == {("DROP", None), ("ACCEPT", 3)}
    assert ("REJECT", 1) in met({**PLAIN, "dport": "10"})
    # The range ends at 9999, wherever it begins.
    assert met({**PLAIN, "sport": "5000", "dport": "10000"}) == {("DROP", None)}


def test_nothing_else_is_known_of_a_name() -> None:
    trace = asked({"uid": "batch", "dst": "192.0.2.80", "proto": "udp"})
    assert {outcome.verdict for outcome in trace.outcomes} == {"ACCEPT", "DROP", "REJECT"}
    fields = {c.field for o in trace.outcomes for cube in o.when for c in cube.conditions}
    assert "uid" in fields
    both = met({"uid": "batch", "gid": "batch", "dst": "partner.example", "proto": "udp"})
    assert both == {("REJECT", 1)}


def test_an_address_by_its_name() -> None:
    known = {"in": "eth0", "proto": "udp", "sport": "9", "src": "partner.example"}
    assert met(known | {"dport": "billing"}) == {("ACCEPT", 2)}
    assert met(known | {"dport": "7005"}) == {("ACCEPT", 2)}
    assert met({**known, "proto": "tcp", "dport": "billing"}) == {("DROP", None)}


def test_what_a_name_is_makes_all_firm() -> None:
    assert met(PLAIN | {"dport": "8600"}, *ALL) == {("REJECT", 1)}
    assert met(PLAIN | {"dport": "billing"}, *ALL) == {("REJECT", 1)}
    assert met({**PLAIN, "sport": "9", "dport": "9000"}, *ALL) == {("ACCEPT", 3)}
    assert met({**PLAIN, "sport": "9", "src": "192.0.2.7", "dport": "9000"}, *ALL) == {
        ("DROP", None)
    }
    assert met({"uid": "batch", "dst": "192.0.2.80", "gid": "1", "proto": "udp"}, *ALL) == {
        ("DROP", 2)
    }
    assert not names_of(resolved(DUMP, read_names(ALL))).used


def test_a_query_by_name_and_by_its_value() -> None:
    def certain(dump: Dump | Ruleset, packet: Packet) -> set[tuple[str, int | None]]:
        found = query(dump, packet, "REJECT", hook="PREROUTING").answers
        return {
            (each.verdict, each.decided_by.rule if each.decided_by else None)
            for each in found
            if each.certain
        }

    by_name = read_packet({"dport": "billing"}, names=names_of(DUMP)).packet
    assert certain(DUMP, by_name) == {("REJECT", 1)}
    assert certain(DUMP, Packet(proto=6, dport=8600)) == set()
    told = read_names(ALL)
    assert certain(resolved(DUMP, told), Packet(proto=6, dport=8600)) == {("REJECT", 1)}


def test_a_rewritten_address_is_another_one() -> None:
    save = (
        "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination "
        "10.1.1.1\nCOMMIT\n*filter\n:FORWARD DROP\n"
        "-A FORWARD -d partner.example -j ACCEPT\nCOMMIT\n"
    )
    dump = read_text(save)
    given = {"dst": "partner.example", "in": "eth0", "out": "eth1", "sport": "9"}
    tracer = Tracer.of(dump.rulesets[0])

    def verdicts(port: str) -> set[str]:
        question = read_packet(given | {"dport": port}, names=names_of(dump))
        return {outcome.verdict for outcome in tracer.trace(question.packet).outcomes}

    assert verdicts("81") == {"ACCEPT"}
    assert verdicts("80") == {"ACCEPT", "DROP"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"uid": "nobody-here"}, "IPT0006"),
        ({"dst": "other.example"}, "IPT0004"),
        ({"gid": "partner.example"}, "IPT0006"),
        ({"dport": "batch"}, "IPT0006"),
        ({"dport": "billing", "proto": "icmp"}, "IPT0005"),
        ({"uid": "batch", "in": "eth0"}, "IPT0009"),
    ],
)
def test_a_name_that_the_dump_does_not_use_so_is_refused(
    given: Mapping[str, str], code: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read_packet(given, names=names_of(DUMP))
    assert refused.value.code == code


@every_row(
    ("names", "code"),
    [
        (["billing"], "IPT0180"),
        (["billing="], "IPT0180"),
        (["=80"], "IPT0180"),
        (["billing=eighty"], "IPT0180"),
        (["service:billing=70000"], "IPT0180"),
        (["host:partner.example=80"], "IPT0180"),
        (["planet:x=80"], "IPT0180"),
        (["service:billing=80", "billing=81"], "IPT0181"),
        (["partner.example=10.0.0.1", "partner.example=10.0.0.2"], "IPT0181"),
        (["https=80"], "IPT0181"),
        (["user:root=5"], "IPT0181"),
    ],
)
def test_what_tells_no_name_is_refused(names: list[str], code: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_names(names)
    assert refused.value.code == code


def test_a_name_of_both_families() -> None:
    told = read_names(["partner.example=192.0.2.7", "partner.example=2001:db8::7"])
    six = read_text(LISTED.replace("--  ", "    "), family=6)
    assert [t.header.src for *_x, t in resolved(six, told).rulesets[0].rules()][1] is not None
    assert read_packet({"dst": "partner.example"}, 6, names_of(six, told)).packet.dst == (
        0x20010DB8 << 96 | 7
    )
