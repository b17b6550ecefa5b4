"""What `lint` says of all packets holds for every packet that is traced.

A rule that can never match is in no trace; without a rule that has no effect every trace ends the
same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples

from iptsim.dialects import read_text
from iptsim.lint import Finding, Kind, lint
from iptsim.model import BUILTIN_CHAINS, Dump, Ruleset
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Tracer
from iptsim.values import parse_address

HOSTS = [parse_address(text)[0] for text in ("10.0.0.1", "10.1.0.9", "192.0.2.7", "198.51.100.2")]
CONDITIONS = (
    "", "", "-s 10.0.0.0/8", "-s 10.0.0.0/16", "-d 192.0.2.7", "! -s 10.0.0.1", "-p tcp",
    "-p tcp -m tcp --dport 80", "-p tcp -m multiport --dports 80,8000:9000", "-p udp",
    "-p udp -m udp --sport 53", "-m mark --mark 0x1/0x3", "-m mark ! --mark 0x10/0xf0",
    "-m ttl --ttl-lt 11", "-m conntrack --ctstate NEW", "-m conntrack --ctstate ESTABLISHED",
    "-m conntrack --ctstate NEW,ESTABLISHED,RELATED,INVALID", "-m limit --limit 3/min",
    "-m recent --name seen --rcheck --rsource", "-m recent --name seen --set --rsource",
    "-m set --match-set known src", "-m length --length 60:80", "-m length ! --length 0:70",
    "-m addrtype --dst-type LOCAL",
)  # fmt: skip
ARRIVING, SENT, THROUGH = ("-i eth0", "-i eth+", "! -i lo"), ("-o eth0", "! -o eth+"), ("-i eth1",)
TARGETS = {
    "mangle": (
        "-j MARK --set-xmark 0x1/0x1", "-j MARK --set-xmark 0x10/0xf0", "-j TTL --ttl-dec 1",
        "-j TOS --set-tos 0x10/0x3f", "-j CONNMARK --save-mark", "-j DROP",
    ),
    "nat": ("-p tcp -j REDIRECT --to-ports 15001", "-p tcp -j REDIRECT --to-ports 15001"),
    "filter": (
        "-j DROP", "-j REJECT --reject-with icmp-port-unreachable", "-j ACCEPT", "-j LOG", "",
        "-j SET --add-set known src --exist",
    ),
}  # fmt: skip
USERS = ("one", "two", "three")
PACKETS = 40


def _words(random: Random, table: str, chain: str) -> str:
    at = {"INPUT": ARRIVING, "PREROUTING": ARRIVING, "OUTPUT": SENT, "FORWARD": THROUGH}
    later = USERS[USERS.index(chain) + 1 :] if chain in USERS else USERS
    leaps = [f"{flag} {name}" for name in later for flag in ("-j", "-j", "-g")]
    target = random.choice([*TARGETS[table], *leaps, "-j RETURN", "-j ACCEPT"])
    condition = random.choice([*CONDITIONS, *at.get(chain, ())])
    if "-p " in target and "-p " in condition:
        condition = ""
    return f"-A {chain} {condition} {target}"


def _table(random: Random, table: str) -> Iterator[str]:
    yield f"*{table}"
    for chain in BUILTIN_CHAINS[table]:
        drops = table == "filter" and random.random() < 0.3
        yield f":{chain} {'DROP' if drops else 'ACCEPT'} [0:0]"
    yield from (f":{name} - [0:0]" for name in USERS)
    for chain in (random.choice(("INPUT", "OUTPUT")), random.choice(BUILTIN_CHAINS[table]), *USERS):
        for _ in range(random.randint(0, 5)):
            if table != "nat" or chain != "INPUT":
                yield " ".join(_words(random, table, chain).split())
    yield "COMMIT"


def dump_of(random: Random) -> Dump:
    tables = random.sample(list(TARGETS), random.randint(1, 3))
    lines = [line for table in tables for line in _table(random, table)]
    return read_text("\n".join([*lines, ""]), file="rules")


def packet_of(random: Random) -> tuple[Packet, str]:
    proto = random.choice((6, 17))
    hook = random.choice(("PREROUTING", "OUTPUT", "FORWARD"))
    sent = hook == "OUTPUT"
    out = random.choice(("eth0", "wlan0", "lo"))
    loops = sent and out == "lo"
    return (
        Packet(
            proto=proto,
            src=parse_address("127.0.0.1")[0] if loops else random.choice(HOSTS),
            dst=parse_address("127.0.0.1")[0] if loops else random.choice(HOSTS),
            sport=random.choice((53, 40000)),
            dport=random.choice((80, 8080, 22)),
            in_=None if sent else random.choice(("eth0", "eth1", "wlan0")),
            out=out if sent else "eth0" if hook == "FORWARD" else None,
            mark=random.choice((0, 1, 0x10)),
            ttl=random.choice((9, 64)),
            tos=0,
            length=random.choice((60, 100)),
            tcp_flags=2 if proto == 6 else None,
            ctstate=random.choice(("NEW", "ESTABLISHED", "INVALID", "RELATED")),
        ),
        hook,
    )


def fared(outcome: Outcome) -> tuple[object, ...]:
    return (outcome.verdict, outcome.destination, str(outcome.packet))


def without(ruleset: Ruleset, finding: Finding) -> Ruleset:
    """The rule set without the rule of a finding."""
    at = finding.at
    assert at.rule is not None
    index = at.rule - 1

    def kept(table: str, chain: str) -> bool:
        return (table, chain) != (at.table, at.chain)

    return replace(
        ruleset,
        tables=tuple(
            replace(
                table,
                chains=tuple(
                    chain
                    if kept(table.name, chain.name)
                    else replace(chain, rules=(*chain.rules[:index], *chain.rules[index + 1 :]))
                    for chain in table.chains
                ),
            )
            for table in ruleset.tables
        ),
    )


NEVER_MET = {
    Kind.SHADOWED, Kind.SHADOWED_OTHERWISE, Kind.NOT_ASKED, Kind.CONTRADICTION, Kind.NOT_AT_HOOK,
    Kind.DUPLICATE,
}  # fmt: skip


def check(seed: int) -> None:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    dump = dump_of(random)
    (ruleset,) = dump.rulesets
    findings = lint(dump).findings
    dead = {(f.at.table, f.at.chain, f.at.rule) for f in findings if f.kind in NEVER_MET}
    dead |= {(f.at.table, f.at.chain, None) for f in findings if f.kind is Kind.POLICY}
    gone = {
        (f.at.table, f.at.chain) for f in findings if f.kind in (Kind.UNREACHED, Kind.UNREFERENCED)
    }
    tracer = Tracer.of(ruleset)
    idle = [f for f in findings if f.kind in (Kind.NO_EFFECT, Kind.EMPTY)]
    others = [(f, Tracer.of(without(ruleset, f))) for f in idle]
    for _ in range(PACKETS):
        packet, hook = packet_of(random)
        outcomes = tracer.trace(packet, hook=hook).outcomes
        steps = [step for outcome in outcomes for step in outcome.steps]
        assert not dead & {(step.table, step.chain, step.rule) for step in steps}
        assert not gone & {(step.table, step.chain) for step in steps}
        before = {fared(outcome) for outcome in outcomes}
        for finding, other in others:
            after = {fared(outcome) for outcome in other.trace(packet, hook=hook).outcomes}
            assert before == after, (finding, packet, hook)


@settings(max_examples=examples(10, at_length=100), deadline=None)
@given(st.integers(0, 1 << 32))
def test_traces_bear_findings_out(seed: int) -> None:
    check(seed)


@pytest.mark.parametrize("seed", [7, 11])
def test_there_is_something_to_bear_out(seed: int) -> None:
    randoms = [Random(seed + n) for n in range(12)]  # noqa: S311  # see above
    found = [f for random in randoms for f in lint(dump_of(random)).findings]
    assert {Kind.SHADOWED, Kind.NO_EFFECT} <= {finding.kind for finding in found}
