"""Which groups of addresses reach which: exact for each pair, firm only where it is."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.host import NOBODY, Host
from iptsim.model import Ruleset
from iptsim.netfilter.reading.typed_sources import read_sources
from iptsim.packet import TCP_FLAGS, Packet
from iptsim.query.matrix import Group, Matrix, Reach, matrix, services
from iptsim.render.outputs.matrix_dot import matrix_dot
from iptsim.render.outputs.matrix_json import matrix_json
from iptsim.render.outputs.matrix_mermaid import matrix_mermaid
from iptsim.render.outputs.matrix_text import matrix_text
from iptsim.render.shared.terminal import Style
from iptsim.tracer import trace
from iptsim.values import IntSet, parse_address, parse_network

SSH = Packet(proto=6, dport=22)
TOWN = (
    "-A FORWARD -s 10.1.0.0/16 -d 10.2.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT\n"
    "-A FORWARD -s 10.2.0.9/32 -p tcp -j ACCEPT\n"
    "-A FORWARD -s 10.3.0.0/16 -d 10.1.0.0/16 -m limit --limit 3/min -j ACCEPT\n"
    "-A FORWARD -d 10.4.0.0/16 -o vpn0 -j ACCEPT\n"
    "-A FORWARD -d 10.5.0.0/16 -p tcp -m tcp --sport 1024:65535 -j ACCEPT\n"
    "-A FORWARD -s 10.6.0.0/16 -d 10.6.0.0/16 -p udp -j ACCEPT\n"
    "-A INPUT -s 10.1.0.0/16 -j ACCEPT\n"
)


def rules_of(rules: str) -> Ruleset:
    head = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    return read_text(f"{head}{rules}COMMIT\n", family=4).rulesets[0]


def town() -> Matrix:
    return matrix(rules_of(TOWN), SSH)


def group_of(found: Matrix, address: str) -> Group:
    number = parse_address(address)[0]
    (group,) = (one for one in found.groups if number in one.addresses)
    return group


def reach(found: Matrix, src: str, dst: str) -> Reach:
    return found.reach[group_of(found, src).name, group_of(found, dst).name]


@every_row(
    ("src", "dst", "fares"),
    [
        ("10.1.7.7", "10.2.0.1", Reach.YES),
        ("10.1.7.7", "10.3.0.1", Reach.NO),
        ("10.2.0.9", "203.0.113.1", Reach.YES),
        ("10.2.0.8", "203.0.113.1", Reach.NO),
        ("10.3.0.1", "10.1.0.1", Reach.MAYBE),
        ("203.0.113.1", "10.4.0.1", Reach.SOME),
        ("203.0.113.1", "10.5.0.1", Reach.SOME),
        ("10.6.0.1", "10.6.0.2", Reach.NO),
    ],
)
def test_each_pair_is_told_as_it_fares(src: str, dst: str, fares: Reach) -> None:
    assert reach(town(), src, dst) is fares


def test_this_host_is_a_destination_of_its_own() -> None:
    found = town()
    assert found.host[group_of(found, "10.1.0.1").name] is Reach.YES
    assert found.host[group_of(found, "10.2.0.1").name] is Reach.NO


def test_groups_do_not_overlap_and_no_two_fare_alike() -> None:
    found = town()
    assert sum(group.addresses.count for group in found.groups) == _union(found).count
    names = [group.name for group in found.groups]
    rows = {
        name: tuple((found.reach[name, other], found.reach[other, name]) for other in names)
        for name in names
    }
    assert len({(rows[name], found.host[name]) for name in names}) == len(names)
    assert names == [chr(ord("A") + n) for n in range(len(names))]


def _union(found: Matrix) -> IntSet:
    every = IntSet()
    for group in found.groups:
        every |= group.addresses
    return every


@pytest.mark.parametrize("seed", range(3))
def test_pairs_fare_as_the_tracer_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311  # rules, not secrets
    blocks = [f"10.{n}.0.0/16" for n in range(1, 5)]
    rules = "".join(
        f"-A FORWARD {_maybe(random, '-s', blocks)}{_maybe(random, '-d', blocks)}"
        f"-p tcp {random.choice(['', '-m tcp --dport 22 ', '-m tcp --dport 80 '])}"
        f"-j {random.choice(['ACCEPT', 'DROP'])}\n"
        for _ in range(8)
    )
    found = matrix(rules_of(rules), SSH)
    picks = [f"10.{n}.0.{n}" for n in range(1, 6)]
    for src in picks:
        for dst in picks:
            packet = SSH.with_(
                src=parse_address(src)[0], dst=parse_address(dst)[0], tcp_flags=TCP_FLAGS["SYN"]
            )
            verdicts = {o.verdict for o in trace(rules_of(rules), packet, hook="FORWARD").outcomes}
            wanted = Reach.YES if verdicts == {"ACCEPT"} else Reach.NO
            if any(parse_address(each)[0] in _union(found) for each in (src, dst)):
                assert (reach(found, src, dst), len(verdicts)) == (wanted, 1)


def _maybe(random: Random, option: str, blocks: list[str]) -> str:
    return f"{option} {random.choice(blocks)} " if random.random() < 0.7 else ""


def test_other_tables_decide_too() -> None:
    text = (
        "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        ":POSTROUTING ACCEPT [0:0]\n"
        "-A PREROUTING -d 192.0.2.1/32 -p tcp -j DNAT --to-destination 10.2.0.5\nCOMMIT\n"
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A FORWARD -d 10.2.0.5/32 -j ACCEPT\nCOMMIT\n"
    )
    found = matrix(read_text(text, family=4).rulesets[0], SSH)
    assert reach(found, "203.0.113.1", "192.0.2.1") is Reach.YES
    assert reach(found, "203.0.113.1", "192.0.2.2") is Reach.NO


def test_told_sources_leave_packets_by_their_interfaces_alone() -> None:
    rules = rules_of("-A FORWARD -i lan0 -j ACCEPT\n")
    assert reach(matrix(rules, SSH), "10.9.0.1", "203.0.113.1") is Reach.SOME
    host: Host = replace(NOBODY, sources=read_sources(["lan0=10.0.0.0/8", "wan0=!10.0.0.0/8"]))
    found = matrix(rules, SSH, host=host)
    assert found.interfaces == ("lan0", "wan0")
    assert reach(found, "10.9.0.1", "203.0.113.1") is Reach.YES
    assert reach(found, "203.0.113.1", "10.9.0.1") is Reach.NO


def test_a_set_of_sources_is_asked_alone() -> None:
    asked = SSH.with_(sets=(("src", parse_network("10.1.0.0/17").addresses),))  # type: ignore[arg-type]
    found = matrix(rules_of(TOWN), asked)
    assert reach(found, "10.1.0.1", "10.2.0.1") is Reach.YES
    assert reach(found, "10.1.128.1", "10.2.0.1") is Reach.NO


def test_usual_services_are_asked_where_none_is_told() -> None:
    assert [one.dport for one in services(Packet())] == [22, 80, 443]
    assert services(SSH) == (SSH,)
    assert services(Packet(proto=17)) == (Packet(proto=17),)


def test_what_comes_by_lo_is_forwarded_nowhere_by_lo() -> None:
    rules = "-A INPUT -i lo -j ACCEPT\n-A FORWARD -i eth0 -o eth1 -p tcp --dport 22 -j ACCEPT\n"
    found = matrix(rules_of(rules), SSH.with_(in_="lo"))
    (group,) = found.groups
    assert (found.host[group.name], found.reach[group.name, group.name]) == (Reach.YES, Reach.NO)


def test_ipv6_addresses_make_groups_too() -> None:
    text = (
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A FORWARD -s fd00:1::/32 -j ACCEPT\nCOMMIT\n"
    )
    found = matrix(read_text(text, family=6).rulesets[0], SSH.with_(family=6))
    assert reach(found, "fd00:1::5", "2001:db8::1") is Reach.YES
    assert reach(found, "2001:db8::1", "fd00:1::5") is Reach.NO


def test_json_has_addresses_and_who_reaches_whom() -> None:
    found = town()
    data: Any = matrix_json([found])
    assert data["schema"] == "iptsim.matrix/1"
    (one,) = data["matrices"]
    assert one["packet"] == {"proto": "tcp", "dport": 22}
    by_name = {group["name"]: group["addresses"] for group in one["groups"]}
    assert ["10.2.0.9"] in by_name.values()
    source = group_of(found, "10.1.0.1").name
    assert {"from": source, "to": "host", "fares": "yes"} in one["reach"]
    assert all(way["fares"] != "no" for way in one["reach"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_people_see_groups_and_a_table(lang: str) -> None:
    text = matrix_text([town()], Style(lang=lang, width=100))
    lines = text.splitlines()
    assert any(line.strip() == "A  10.2.0.9" for line in lines)
    assert ("all other addresses" in text) == (lang == "en")
    assert any("10.2.0.0/16" in line and "10.2.0.9" in line for line in lines)
    idle = "Reach nobody, nor does anybody reach them: 0.0.0.0."
    assert (f"  {idle}" in lines) == (lang == "en")
    told = [group.name for group in town().groups if 0 not in group.addresses]
    (head,) = (n for n, line in enumerate(lines) if " ".join(told) in " ".join(line.split()))
    rows = [line.split() for line in lines[head + 1 : head + 1 + len(told)]]
    assert [row[0] for row in rows] == told
    assert {len(row) for row in rows} == {len(told) + 2}


def test_a_table_without_room_becomes_lists() -> None:
    wide = matrix_text([town()], Style(width=100))
    narrow = matrix_text([town()], Style(width=40))
    assert "A → " not in wide
    assert "A → " in narrow
    assert max(map(len, narrow.splitlines())) <= 40


def test_nobody_is_said_where_nothing_is_let_through() -> None:
    assert "Nobody" in matrix_text([matrix(rules_of(""), SSH)], Style())


def test_pictures_have_an_arrow_for_each_way() -> None:
    found = town()
    ways = len([reach for reach in (*found.reach.values(), *found.host.values()) if reach != "no"])
    assert matrix_dot([found]).count(" -> ") == ways
    assert sum(matrix_mermaid([found]).count(arrow) for arrow in ("-->", "-.->")) == ways
