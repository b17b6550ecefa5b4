"""`--packets`: what many packets are answered is, byte by byte, what each is alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

import pytest
from every_row import every_row
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples
from small_rules import Rules, ruleset_of

from iptsim.dialects import read_files, read_text
from iptsim.errors import IptsimError
from iptsim.host import NOBODY, Host
from iptsim.many.answers import Counts, ManyAnswers
from iptsim.model import Dump, Ruleset
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.predicate import InSet, atoms
from iptsim.questions import Question
from iptsim.render.outputs.trace_json import trace_json
from iptsim.render.shared.value_json import asked_json
from iptsim.tracer import Tracer
from iptsim.tracing import Tracing

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
DUMPS = sorted(
    path.relative_to(FIXTURES)
    for path in FIXTURES.rglob("*")
    if path.suffix in (".txt", ".rules") and not {"expected", "manifests"} & {*path.parts}
)
ENCODE = partial(json.dumps, ensure_ascii=False)
FACTS = ("-m limit --limit 1/sec", "-m statistic --mode random --probability 0.5")
ALIKE = 4
"""Packets of one kind in a row: the later ones are answered by what the first ones taught."""
OWN = {4: (10 << 24 | 7, 192 << 24 | 2 << 8 | 9), 6: (0xFD << 120 | 7, 0x2001 << 112 | 9)}
HOST = read_host(
    json.dumps([{"ifname": "eth0", "addr_info": [{"local": "10.0.0.2", "prefixlen": 24}]}])
)


def check(dump: Dump, packets: Sequence[Question], host: Host = NOBODY) -> Counts:
    """Each packet's line is the plain one, and nothing that was learned had to be taken back."""
    many, plain = ManyAnswers(dump, host, lang="en", encode=ENCODE), Tracing(dump)
    for question in packets:
        asked = {**asked_json(question.packet), "hook": question.hook, "id": question.id}
        told = {name: value for name, value in asked.items() if value is not None}
        try:
            trace = plain.ask(question, host=host)
        except IptsimError as error:
            with pytest.raises(type(error)):
                many.line(told, partial(_same, question))
            continue
        data = trace_json(trace, lang="en", identity=question.id, notes=dump.notes)
        assert many.line(told, partial(_same, question)) == ENCODE(data)
    assert many.counts.wrong == 0
    return many.counts


def _same(question: Question) -> Question:
    return question


def drawn(random: Random, rules: Ruleset, kinds: int) -> Iterator[Question]:
    """Packets that rules ask for, some of each kind that differ in what may be their own."""
    asked = {name: list(_asked(rules, name)) for name in ("src", "dst", "sport", "dport", "mark")}
    for number in range(kinds):
        kind, hook = _kind(random, rules.family, asked)
        for again in range(ALIKE):
            packet = kind if not again else _other(random, kind)
            yield Question(packet=packet, family=rules.family, hook=hook, id=number * ALIKE + again)


def _asked(rules: Ruleset, name: str) -> Iterator[int]:
    library = Tracer.of(rules).library
    for table in library.ruleset.tables:
        for chain in table.chains:
            for ready in library.chain(table, chain):
                for atom in atoms(ready.condition):
                    if isinstance(atom, InSet) and atom.field == name:
                        yield from (end for pair in atom.values.ranges[:2] for end in pair)


def _kind(random: Random, family: int, asked: dict[str, list[int]]) -> tuple[Packet, str | None]:
    hook = random.choice((None, None, "PREROUTING", "OUTPUT"))
    proto = random.choice((6, 6, 17))
    packet = Packet(
        family=family,
        proto=proto,
        src=random.choice((*OWN[family], *asked["src"])),
        dst=random.choice((*OWN[family], *asked["dst"])),
        sport=random.choice((40000, *asked["sport"])) & 0xFFFF,
        dport=random.choice((80, *asked["dport"])) & 0xFFFF,
        tcp_flags=2 if proto == 6 else None,
        mark=random.choice((None, 0, *asked["mark"])),
        length=random.choice((None, 200)),
    )
    if hook == "OUTPUT":
        return packet.with_(
            uid=random.choice((0, 1000, 1337)), out=random.choice((None, "eth0"))
        ), hook
    return packet.with_(in_=random.choice((None, "eth0", "eth0", "lo"))), hook


def _other(random: Random, packet: Packet) -> Packet:
    assert packet.src is not None
    near = packet.src ^ random.randrange(256)
    src = random.choice((packet.src, near))
    dport = random.choice((packet.dport, packet.dport, 443))
    return packet.with_(src=src, sport=random.randrange(1024, 65536), dport=dport)


@settings(max_examples=examples(10, at_length=100), deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from((NOBODY, HOST)))
def test_many_packets_fare_as_each_alone(random: Random, host: Host) -> None:
    rules = Rules(random).drawn()
    for fact in FACTS:
        table = random.choice(("mangle", "filter"))
        chain = random.choice(("one", "two", "INPUT"))
        target = random.choice(("-j ACCEPT", "-j RETURN", "", "-j LOG"))
        rules[table].insert(
            random.randint(0, len(rules[table])), f"-A {chain} {fact} {target}".strip()
        )
    ruleset = ruleset_of(rules)
    check(Dump(rulesets=(ruleset,)), [*drawn(random, ruleset, 6)], host)


@every_row("file", DUMPS[:: examples(12, at_length=1)], ids=str)
def test_packets_of_fixtures_fare_as_each_alone(file: Path) -> None:
    dump = read_files([str(FIXTURES / file)])
    for rules in dump.rulesets:
        random = Random(str(file))  # noqa: S311  # the same packets each time
        check(dump, [*drawn(random, rules, 3)])


SERVICES = 4
"""As kube-proxy writes them: services with endpoints that chance picks."""


def services() -> str:
    lines = ["*nat", ":PREROUTING ACCEPT", ":INPUT ACCEPT", ":OUTPUT ACCEPT", ":POSTROUTING ACCEPT"]
    lines += [":SVCS -", ":MASQ -", *(f":SVC-{n} -" for n in range(SERVICES))]
    lines += ["-A PREROUTING -j SVCS", "-A MASQ -j MARK --set-xmark 0x4000/0x4000"]
    lines += ["-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE --random-fully"]
    for n in range(SERVICES):
        lines += [f"-A SVCS -d 10.96.0.{n}/32 -p tcp -m tcp --dport {80 + n} -j SVC-{n}"]
        lines += [f"-A SVC-{n} ! -s 10.244.0.0/16 -j MASQ"]
        chance = "-m statistic --mode random --probability 0.5"
        lines += [f"-A SVC-{n} -p tcp {chance} -j DNAT --to-destination 10.244.0.{2 * n}:8080"]
        lines += [f"-A SVC-{n} -p tcp -j DNAT --to-destination 10.244.0.{2 * n + 1}:8080"]
    return "\n".join([*lines, "COMMIT", ""])


def syn(number: int, service: int) -> Question:
    packet = Packet(
        proto=6, src=10 << 24 | number, dst=(10 << 24 | 96 << 16) + service, sport=2000 + number,
        dport=80 + service, tcp_flags=2,
    )  # fmt: skip
    return Question(packet=packet, family=4, id=number)


def test_services_that_differ_in_names_and_addresses_alone_are_learned_once() -> None:
    dump = read_text(services(), file="services")
    asked = [syn(number, number % SERVICES) for number in range(1, 101)]
    counts = check(dump, asked)
    # One packet teaches the way, one of another service proves it; each service walks once.
    assert (counts.plain, counts.moulds, counts.flows) == (2, SERVICES, 98 - SERVICES)
