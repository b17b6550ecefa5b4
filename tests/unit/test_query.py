"""Which packets meet a fate: small rule sets whose answers can be read off."""

from __future__ import annotations

from typing import Any

import pytest

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.host import NOBODY, Host
from iptsim.model import Dump
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.query import Answer, Query, query
from iptsim.query.ask import starts
from iptsim.query.share import Shares
from iptsim.render.outputs.query_json import query_json
from iptsim.render.outputs.query_text import query_text
from iptsim.render.shared.cube_json import cube_json
from iptsim.render.shared.terminal import Style
from iptsim.symbolic.sets.diagrams import Manager, OxiddManager
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.sysctls import Sysctls
from iptsim.tracer.rules.asked_alone import only_in

LOOP = 0x7F000001
CHAINS = ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
NAT = "".join(f":{chain} ACCEPT [0:0]\n" for chain in CHAINS)
FILTER = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"


def nat(*rules: str) -> Dump:
    return read_text("\n".join(["*nat", NAT + "\n".join(rules), "COMMIT", ""]), file="rules")


def filters(*rules: str) -> Dump:
    return read_text("\n".join(["*filter", FILTER + "\n".join(rules), "COMMIT", ""]), file="rules")


def at(found: Query, hook: str) -> list[Answer]:
    return [answer for answer in found.answers if answer.hook == hook]


def places(answers: list[Answer]) -> list[tuple[str, int | None] | None]:
    steps = [answer.decided_by for answer in answers]
    return [None if step is None else (step.chain, step.rule) for step in steps]


def test_each_rule_answers_for_the_packets_that_come_to_it() -> None:
    dump = filters(
        "-A INPUT -p tcp -m tcp --dport 22 -j DROP",
        "-A INPUT -p tcp -m tcp --dport 22:23 -j DROP",
    )
    found = at(query(dump, fate="DROP"), "PREROUTING")
    assert places(found) in ([("INPUT", 1), ("INPUT", 2)], [("INPUT", 2), ("INPUT", 1)])
    told = {
        one.decided_by.rule: [cube_json(cube) for cube in one.where]
        for one in found
        if one.decided_by
    }
    assert told == {
        1: [{"proto": ["tcp"], "dport": ["22"]}],
        2: [{"proto": ["tcp"], "dport": ["23"]}],
    }


def test_larger_sets_come_first() -> None:
    dump = filters("-A INPUT -s 10.0.0.1 -j DROP", "-A INPUT -s 10.0.0.0/8 -j DROP")
    assert places(at(query(dump, fate="DROP"), "PREROUTING")) == [("INPUT", 2), ("INPUT", 1)]


@pytest.mark.parametrize(
    ("fate", "ports"),
    [
        ("DNAT:10.0.0.9:80", ["80"]),
        ("DNAT:10.0.0.9:81", ["81"]),
        ("DNAT:10.0.0.8:80", None),
        ("DNAT:10.0.0.9", ["80-82"]),
    ],
)
def test_a_port_that_no_rule_rewrites_is_the_packets_own(
    fate: str, ports: list[str] | None
) -> None:
    dump = nat("-A PREROUTING -p tcp -m tcp --dport 80:82 -j DNAT --to-destination 10.0.0.9")
    found = at(query(dump, Packet(ctstate="NEW"), fate), "PREROUTING")
    assert {tuple(cube_json(cube)["dport"]) for one in found for cube in one.where} == (  # type: ignore[arg-type]  # a list of texts
        {tuple(ports)} if ports else set()
    )


def test_of_many_addresses_that_one_is_found() -> None:
    dump = nat(
        *(
            f"-A PREROUTING -p tcp -m tcp --dport {port} -j DNAT --to-destination 10.0.0.{port}:80"
            for port in range(1, 60)
        )
    )
    (found,) = at(query(dump, Packet(ctstate="NEW"), "DNAT:10.0.0.7:80"), "PREROUTING")
    assert places([found]) == [("PREROUTING", 7)]
    assert dict(found.rewrites) == {"dst": "10.0.0.7", "dport": 80}
    assert cube_json(found.where[0])["dport"] == ["7"]


def test_every_address_is_told_with_its_rule() -> None:
    dump = nat(
        *(
            f"-A PREROUTING -p tcp -m tcp --dport {port} -j DNAT --to-destination 10.0.0.{port}:80"
            for port in range(1, 20)
        )
    )
    found = at(query(dump, Packet(ctstate="NEW"), "DNAT"), "PREROUTING")
    told = {one.decided_by.rule: dict(one.rewrites)["dst"] for one in found if one.decided_by}
    assert told == {number: f"10.0.0.{number}" for number in range(1, 20)}


def test_what_the_kernel_chooses_is_only_possible() -> None:
    dump = nat("-A PREROUTING -p tcp -j REDIRECT --to-ports 8000-8003")
    kept, chosen = at(query(dump, Packet(ctstate="NEW"), "REDIRECT:8001"), "PREROUTING")
    assert kept.certain
    assert kept.example is not None
    # The port is in the range, so the kernel leaves it.
    assert kept.example.dport == 8001
    assert not chosen.certain
    assert chosen.example is not None
    assert chosen.example.dport not in range(8000, 8004)
    assert at(query(dump, Packet(ctstate="NEW"), "REDIRECT:9000"), "PREROUTING") == []
    assert all(
        one.certain for one in at(query(dump, Packet(ctstate="NEW"), "REDIRECT"), "PREROUTING")
    )


def test_a_translation_is_told_by_its_rule_whatever_comes_after() -> None:
    dump = nat(
        "-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.9",
        "-A POSTROUTING -j MASQUERADE",
    )
    assert set(places(at(query(dump, fate="DNAT:10.0.0.9"), "PREROUTING"))) == {("PREROUTING", 1)}


def test_what_hangs_on_a_fact_is_told_apart() -> None:
    dump = filters(
        "-A INPUT -m recent --name seen --rcheck --rsource -j DROP", "-A INPUT -p udp -j DROP"
    )
    found = at(query(dump, fate="DROP"), "PREROUTING")
    told = {(one.decided_by.rule, one.certain) for one in found if one.decided_by}
    # Of udp it is certain that it is dropped, not by which rule.
    assert told == {(1, True), (2, True), (1, False)}
    assert [one.certain for one in found] == sorted((one.certain for one in found), reverse=True)
    assert all(one.hangs_on for one in found)
    assert "Possibly" in query_text(query(dump, fate="DROP"), Style())


def test_both_families_are_asked() -> None:
    rules = "*filter\n" + FILTER + "-A INPUT -j DROP\nCOMMIT\n"
    six = rules.replace("-A INPUT", "-A INPUT -s fd00::1/128")
    dump = Dump(rulesets=(*read_text(rules, file="a").rulesets, *read_text(six, file="b").rulesets))
    assert {one.family for one in query(dump, fate="DROP").answers} == {4, 6}
    assert {one.family for one in query(dump, fate="DROP", family=6).answers} == {6}
    assert {one.family for one in query(dump, fate="DNAT:[fd00::9]:80").asked} == {6}
    assert "IPv6 " in query_text(query(dump, fate="DROP"), Style())


@pytest.mark.parametrize(
    ("packet", "hook", "asked"),
    [
        (Packet(), None, ("PREROUTING", "FORWARD", "OUTPUT")),
        (Packet(dport=80), None, ("PREROUTING", "FORWARD", "OUTPUT")),
        (Packet(), "INPUT", ("INPUT",)),
        (Packet(in_="eth0"), None, ("PREROUTING",)),
        (Packet(in_="eth0", out="eth1"), None, ("PREROUTING",)),
        (Packet(out="eth1"), None, ("OUTPUT",)),
        (Packet(uid=0), None, ("OUTPUT",)),
    ],
)
def test_where_packets_start(packet: Packet, hook: str | None, asked: tuple[str, ...]) -> None:
    assert starts(packet, hook) == asked


def test_refuses_what_is_no_fate() -> None:
    with pytest.raises(UsageError):
        query(filters(), fate="PERHAPS")


def test_a_payload_decides() -> None:
    dump = filters('-A INPUT -p tcp -m string --string "GET" --algo bm -j DROP')
    packet = Packet(proto=6, length=56, tcp_options=0, payload=b"GET / HTTP/1.1\r\n")
    assert [one.certain for one in at(query(dump, fate="DROP"), "PREROUTING")] == [False]
    (found,) = at(query(dump, packet, "DROP"), "PREROUTING")
    assert found.certain


@pytest.mark.parametrize("manager", [OxiddManager, PureManager])
def test_shares(manager: type[Manager]) -> None:
    held = manager()
    held.add(3)
    one, other = held.variable(0), held.variable(2)
    shares = Shares(held)
    assert [shares.of(each) for each in (held.true, held.false, one, one & other, one | other)] == [
        1,
        0,
        0.5,
        0.25,
        0.75,
    ]


def test_many_answers_are_counted() -> None:
    dump = filters(*(f"-A INPUT -p tcp -m tcp --dport {port} -j DROP" for port in range(1, 41)))
    told = query_text(query(dump, fate="DROP"), Style())
    assert "… and 34 more answers arriving from the network" in told


def test_where_addresses_are_told_routing_knows_what_is_forwarded() -> None:
    told = '[{"ifname": "eth0", "addr_info": [{"local": "10.0.0.2", "prefixlen": 24}]}]'
    assert starts(Packet(), None, read_host(told)) == ("PREROUTING", "OUTPUT")


def test_answers_beyond_those_asked_for_are_only_counted() -> None:
    dump = filters(*(f"-A INPUT -p tcp --dport {port} -j DROP" for port in (80, 81, 82)))
    every, few = (query(dump, fate="DROP", most=most) for most in (None, 1))
    assert [one.decided_by for one in few.answers] == [one.decided_by for one in every.answers]
    assert [one.where for one in at(few, "PREROUTING")] == [
        at(every, "PREROUTING")[0].where, (), (),
    ]  # fmt: skip
    assert [one.told for one in at(few, "PREROUTING")] == [True, False, False]


def listed_alone() -> Dump:
    """A user chain as `iptables -nvL CHAIN` lists it: nothing tells who leads to it."""
    rows = (
        "Chain GUARD (1 references)",
        " pkts bytes target     prot opt in     out     source               destination",
        "    0     0 RETURN     0    --  *      *       0.0.0.0/0            0.0.0.0/0"
        "            ctstate RELATED,ESTABLISHED",
        "    0     0 DROP       6    --  wan0   *      !203.0.113.0/24       0.0.0.0/0"
        "            tcp dpt:5432",
        "    0     0 RETURN     0    --  *      *       0.0.0.0/0            0.0.0.0/0",
    )
    return read_text("\n".join((*rows, "")), file="rules")


def test_an_example_tells_each_of_its_conditions_once_and_none_against_another() -> None:
    found = query(listed_alone(), fate="DROP")
    asked = [answer for answer in found.answers if answer.example is not None]
    assert any(answer.hangs_on for answer in asked)
    for answer in asked:
        what = [(fact.code, fact.detail) for fact, _true in answer.hangs_on]
        assert len(what) == len(set(what))


def test_an_example_hangs_on_the_facts_of_one_set_that_it_is_of() -> None:
    found = query(listed_alone(), fate="DROP")
    for answer in found.answers:
        of_sets = [{(fact.key, true) for fact, true in cube.facts} for cube in answer.where]
        assert {(fact.key, true) for fact, true in answer.hangs_on} in of_sets


def test_whether_there_is_a_connection_makes_no_other_unknown_of_what_is_not_told() -> None:
    found = query(listed_alone(), fate="DROP")
    facts = {fact for one in found.answers for cube in one.where for fact, _true in cube.facts}
    assert not any("connmark" in fact.key for fact in facts)


def test_a_few_rules_of_two_tables_hang_on_few_facts() -> None:
    dump = read_text(
        "-A GUARD ! -s 203.0.113.0/24 -i wan0 -p tcp -m tcp --dport 5432 -j DROP\n"
        "-A PUBLISHED ! -i br9 -p tcp -m tcp --dport 5432 -j DNAT --to-destination 10.9.0.2:5432\n"
    )
    found = query(dump, fate="DROP")
    arriving = [cube for one in at(found, "PREROUTING") for cube in one.where]
    facts = {fact.key for cube in arriving for fact, _true in cube.facts}
    assert 0 < len(facts) < 30
    assert len(arriving) < 400


def assumed(dump: Dump, packet: Packet, host: Host = NOBODY) -> set[str]:
    return {note.code for note in query(dump, packet, "local", host=host).assumed}


@pytest.mark.parametrize(
    ("packet", "told"),
    [
        (Packet(dst=LOOP, in_="eth0"), True),
        (Packet(src=LOOP, in_="eth0"), True),
        (Packet(dst=LOOP, in_="lo"), False),
        (Packet(dst=LOOP + (9 << 24), in_="eth0"), False),
        (Packet(in_="eth0"), False),
    ],
)
def test_that_loopback_addresses_come_by_no_wire_is_told_where_one_is_asked_for(
    packet: Packet, *, told: bool
) -> None:
    dump = filters("-A INPUT -p tcp -m tcp --dport 22 -j DROP")
    assert ("IPT0361" in assumed(dump, packet)) is told


def test_nothing_is_taken_of_what_is_told_or_what_answers_hang_on() -> None:
    asked = Packet(dst=LOOP, in_="eth0")
    plain = filters("-A INPUT -p tcp -m tcp --dport 22 -j DROP")
    names = ("all", "eth0")
    values = {f"net/ipv4/conf/{name}/route_localnet": 0 for name in names}
    off = Host(sysctls=Sysctls(values=values))
    assert "IPT0361" in assumed(plain, asked)
    assert "IPT0361" not in assumed(plain, asked, off)
    speaking = filters("-A INPUT -d 127.0.0.8/32 -j DROP")
    assert "IPT0361" not in assumed(speaking, asked)
    (answer,) = query(speaking, asked, "local").answers
    assert [fact.key for fact, true in answer.hangs_on if true] == ["route_localnet"]


def test_an_example_in_words_names_the_state_that_decides() -> None:
    dump = filters(
        "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        "-A INPUT -p tcp -m tcp --dport 23 -j ACCEPT",
        "-A INPUT -j DROP",
    )
    told = query_text(query(dump, Packet(in_="eth9"), "local"), Style(width=200))
    (state,) = [line for line in told.splitlines() if "ctstate" in line]
    assert state.endswith("in eth9 ctstate ESTABLISHED")
    assert told.count("e.g.") == 2


def test_an_example_opens_a_connection_where_it_may() -> None:
    dump = filters(
        "-A INPUT -s 10.7.0.0/16 -j DROP",
        "-A INPUT -m conntrack --ctstate ESTABLISHED -j DROP",
    )
    (answer,) = [
        one
        for one in query(dump, Packet(in_="eth0"), "DROP").answers
        if one.decided_by is not None and one.decided_by.rule == 1
    ]
    assert answer.example is not None
    assert answer.example.ctstate in (None, "NEW")


def test_the_rules_that_return_from_a_chain_are_named() -> None:
    dump = filters(
        ":GATE - [0:0]",
        ":INNER - [0:0]",
        "-A INPUT -j GATE",
        "-A GATE -p udp -j RETURN",
        "-A GATE -p tcp -j INNER",
        "-A GATE -p tcp -m tcp --dport 80 -j RETURN",
        "-A INNER -p tcp -m tcp --dport 81 -j RETURN",
        "-A INNER -p tcp -m tcp --dport 82 -j DROP",
    )
    found = query(only_in(dump, "GATE"), fate="RETURN")
    assert set(places(at(found, "INPUT"))) == {("GATE", 1), ("GATE", 3), None}
    (end,) = [one for one in at(found, "INPUT") if one.decided_by is None]
    # What INNER gives back comes to GATE's end.
    assert end.verdict == "RETURN"
    assert not any(cube_json(cube).get("dport") == ["82"] for cube in end.where)


def test_an_example_in_words_names_what_decides_of_its_connection() -> None:
    dump = filters(
        "-A INPUT -p tcp -m conntrack --ctstate ESTABLISHED --ctorigdstport 5432 -j DROP",
        "-A INPUT -m conntrack --ctdir REPLY -j DROP",
    )
    found = query(dump, Packet(in_="eth9"), "DROP")
    told = query_text(found, Style(width=200))
    first, second = sorted(line for line in told.splitlines() if "e.g." in line)
    assert "ctstate ESTABLISHED" in first
    assert "ctstate ESTABLISHED" in second
    assert {"ctorigdstport 5432" in first, "ctorigdstport 5432" in second} == {True, False}
    assert "ctdir REPLY" in first + second
    answers: Any = query_json(found)["answers"]
    told_of = [answer["example"] for answer in answers if "ctdir" in answer["example"]]
    assert [example["ctdir"] for example in told_of] == ["REPLY"]
    assert 5432 in {answer["example"].get("ctorigdstport") for answer in answers}
