"""Packets through chains that differ in values alone: each answer is the plain one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples

from iptsim.dialects.dump import dump_of
from iptsim.dialects.one_text import OneText
from iptsim.dialects.quick.quickly import quickly
from iptsim.host import NOBODY, Host
from iptsim.late_rules import LateRules
from iptsim.many.answers import Counts, ManyAnswers
from iptsim.many.twin_chains import Twin, TwinChains
from iptsim.many.twin_drafts import Gone
from iptsim.many.twin_routes import Route
from iptsim.many.twin_texts import TwinText
from iptsim.model import Dump
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.render.outputs.trace_json import trace_json
from iptsim.render.shared.value_json import asked_json
from iptsim.tracing import Tracing
from iptsim.values import parse_address

ENCODE = partial(json.dumps, ensure_ascii=False)
HOST = read_host(
    json.dumps([{"ifname": "eth0", "addr_info": [{"local": "10.0.0.2", "prefixlen": 24}]}])
)
SERVICES = 300
"""So many that one chain is asked by its index alone."""
FORMS = (
    '! -s 10.244.0.0/16 {self} -m comment --comment "ns/s{n} masq" -j MASQ',
    "-s {pod}/32 -j MASQ",
    "{self} -j MASQ",
    "-p tcp -m tcp --sport {port} -j MASQ",
    "-p tcp -m tcp ! --dport {port} -j MASQ",
    "-p tcp -m multiport --dports 80,{port} -j MASQ",
    "-s {pod}/32 -m limit --limit 1/sec -j RETURN",
    "-m mark --mark 0x1/0x1 -j MARK --set-xmark 0x2/0xff",
    "-m conntrack --ctorigdst {vip}/32 -j MASQ",
    "-d {vip}/32 -m comment --comment c{n} -j LOG --log-prefix x{n}",
)
ENDS = (
    "-p tcp -m tcp -j DNAT --to-destination {pod}:{to}",
    "-p tcp -m tcp -j DNAT --to-destination {pod}",
    "-p tcp -m tcp -j DNAT --to-destination {vip}:{port}",
    "-p tcp -m tcp -j DNAT --to-destination 10.244.1.1-10.244.1.3",
    "-p tcp -j REDIRECT --to-ports {to}",
    "-j RETURN",
)


def rules(random: Random) -> tuple[str, list[tuple[str, int]]]:
    """A save with services of a few shapes, and where they are."""
    shapes = [_shape(random) for _ in range(3)]
    heads, first, body, asked = list[str](), list[str](), list[str](), list[tuple[str, int]]()
    same = random.random() < 0.5
    for n in range(SERVICES):
        vip, port = f"10.96.{n // 200}.{n % 200 + 1}", random.choice((80, 443, 1000 + n))
        pod = random.choice((f"10.244.{n // 200}.{n % 200 + 1}", "10.244.9.9" if same else vip))
        words = {"n": n, "vip": vip, "port": port, "pod": pod, "to": random.choice((8080, port))}
        words["self"] = f"-d {vip}/32 -p tcp -m tcp --dport {port}"
        heads += [f"SVC-{n}", f"SEP-{n}A", f"SEP-{n}B"]
        asked.append((vip, port))
        first.append(f'-A SVCS -d {vip}/32 -p tcp -m comment --comment "ns/s{n}" -j SVC-{n}')
        body += [line.format(**words) for line in shapes[n % 3]]
    return _saved(heads, [*first, "-A SVCS -m mark --mark 0x7 -j MASQ", *body]), asked


def _shape(random: Random) -> list[str]:
    chance = random.choice(("-m statistic --mode random --probability 0.50000000000 ", ""))
    own = [f"-A SVC-{{n}} {one}" for one in random.sample(FORMS, random.randint(0, 3))]
    own += [f"-A SVC-{{n}} {chance}-j SEP-{{n}}A", "-A SVC-{n} -j SEP-{n}B"]
    for end in "AB":
        own += [f"-A SEP-{{n}}{end} {one}" for one in random.sample(FORMS, random.randint(0, 1))]
        own.append(f"-A SEP-{{n}}{end} {random.choice(ENDS)}")
    return own


def _saved(chains: list[str], lines: list[str]) -> str:
    hooks = ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
    return "\n".join(
        (
            "*nat",
            *(f":{hook} ACCEPT [0:0]" for hook in hooks),
            *(f":{chain} - [0:0]" for chain in ("SVCS", "MASQ", *chains)),
            "-A PREROUTING -j SVCS",
            "-A OUTPUT -j SVCS",
            "-A POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
            "-A POSTROUTING -j MASQUERADE --random-fully",
            "-A MASQ -j MARK --set-xmark 0x4000/0x4000",
            *lines,
            "COMMIT",
            "",
        )
    )


def read(text: str) -> Dump:
    """The dump, its rules unread."""

    def told(one: OneText) -> Dump:
        return dump_of([one], None, None)

    dump, _again = quickly("x", (text,), told, fewest=0)
    assert dump is not None
    assert any(isinstance(c.rules, LateRules) for t in dump.rulesets[0].tables for c in t.chains)
    return dump


def packets(random: Random, asked: list[tuple[str, int]], count: int) -> Iterator[Question]:
    """Packets to services, each perhaps from or to what rules ask for elsewhere."""
    for number in range(count):
        vip, port = random.choice(asked)
        other, its = random.choice(asked)
        packet = Packet(
            family=4,
            proto=6,
            src=parse_address(random.choice(("10.0.0.9", "10.0.3.7", "10.244.0.5", vip, other)))[0],
            dst=parse_address(vip)[0],
            sport=random.choice((40000, 1000 + number, port, its)),
            dport=random.choice((port, port, port, its)),
            tcp_flags=2,
        )
        yield Question(packet=packet, family=4, hook=None, id=random.choice((number, None, "a\0")))


def check(dump: Dump, asked: Iterator[Question], host: Host) -> Counts:
    """Each packet's line is the plain one."""
    many, plain = ManyAnswers(dump, host, lang="en", encode=ENCODE), Tracing(dump)
    for question in asked:
        given_ = {**asked_json(question.packet), "id": question.id}
        told = {name: value for name, value in given_.items() if value is not None}
        trace = plain.ask(question, host=host)
        data = trace_json(trace, lang="en", identity=question.id, notes=dump.notes)
        assert many.line(told, partial(_same, question)) == ENCODE(data)
    assert many.counts.wrong == 0
    return many.counts


def _same(question: Question) -> Question:
    return question


@settings(max_examples=examples(4, at_length=50), deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from((NOBODY, HOST)))
def test_packets_through_twins_fare_as_each_alone(random: Random, host: Host) -> None:
    text, asked = rules(random)
    check(read(text), packets(random, asked, examples(50, at_length=80)), host)


def services(odd: Mapping[int, Mapping[str, str]] = {}) -> str:  # never changed
    """Services of one shape; `odd` has words of those whose number has that rest of 11."""
    lines = ["-A SVC-{n} ! -s 10.244.0.0/16 {self} -j MASQ", "-A SVC-{n} -j SEP-{n}"]
    lines += ["-A SEP-{n} -s {pod}/32 -j MASQ", "-A SEP-{n} " + ENDS[0]]
    first, body = list[str](), list[str]()
    for n in range(SERVICES):
        vip, pod = f"10.96.{n // 200}.{n % 200 + 1}", f"10.244.{n // 200}.{n % 200 + 1}"
        here = f"-d {vip}/32 -p tcp -m tcp --dport {1000 + n}"
        first.append(f"-A SVCS {here} -j SVC-{n}")
        words = {"n": n, "self": here, "pod": pod, "to": 8080}
        words |= {
            key: word.format(vip=vip, port=1000 + n) for key, word in odd.get(n % 11, {}).items()
        }
        body += [line.format(**words) for line in lines]
    chains = [name for n in range(SERVICES) for name in (f"SVC-{n}", f"SEP-{n}")]
    return _saved(chains, [*first, *body])


def to_service(n: int, source: int) -> Question:
    packet = Packet(
        family=4, proto=6, src=source, dst=parse_address(f"10.96.{n // 200}.{n % 200 + 1}")[0],
        sport=40000 + n, dport=1000 + n, tcp_flags=2,
    )  # fmt: skip
    return Question(packet=packet, family=4, hook=None, id=n)


def test_first_packets_to_services_are_told_by_those_of_others() -> None:
    counts = check(read(services()), (to_service(n, 10 << 24 | 9) for n in range(100)), NOBODY)
    assert counts.twins > 80


ODD = {
    5: {"to": "{port}"},
    6: {"pod": "{vip}"},
    7: {"pod": "127.0.0.9"},
    8: {"to": "9090"},
    9: {"pod": "10.0.0.9"},
    10: {"pod": "10.96.0.1", "to": "1000"},
}


def test_services_that_only_look_alike_are_told_apart() -> None:
    asked = (to_service(n, 10 << 24 | 8 + n % 2) for _ in range(2) for n in range(240))
    assert check(read(services(ODD)), asked, NOBODY).twins > 300


def test_later_packets_to_a_service_ask_no_chain_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, look = list[str](), Route.gone
    parted, of = [], TwinChains.of

    def watched(way: Route, destination: str) -> Gone | None:
        looks.append(destination)
        return look(way, destination)

    def watched_twin(chains: TwinChains, *asked: Any) -> Twin | None:
        parted.append(asked)
        return of(chains, *asked)

    monkeypatch.setattr(Route, "gone", watched)
    monkeypatch.setattr(TwinChains, "of", watched_twin)
    each = [to_service(n, 10 << 24 | by + n % 3) for by in (4, 9) for n in range(100)]
    check(read(services()), iter(each), NOBODY)
    later = {f"10.96.0.{n + 1}" for n in range(50, 100)}
    assert {looks.count(one) for one in later} == {1}  # the first packet's alone
    assert not [asked for asked in parted if not later.isdisjoint(asked)]


def test_a_text_is_told_only_where_all_that_is_possible_tells_the_same() -> None:
    text = TwinText()
    for one, other in (("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")):
        text.learn(f"{one} x {other}", (one, other, other, "x"))
    assert text.told(("k", "l", "l", "x")) == "k x l"
    assert text.told(("k", "l", "m", "x")) is None
    assert text.told(("k", "l", "l", "y")) is None
    text.learn("k y l", ("k", "l", "l", "y"))
    assert text.told(("k", "l", "l", "z")) == "k z l"


@pytest.mark.parametrize("wrong", ["k x m", "k x"])
def test_a_text_that_was_foretold_wrongly_is_never_told(wrong: str) -> None:
    text = TwinText()
    for one, other in (("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")):
        text.learn(f"{one} x {other}", (one, other, "x"))
    text.learn(wrong, ("k", "l", "x"))
    assert text.dead
    assert text.told(("k", "l", "x")) is None
