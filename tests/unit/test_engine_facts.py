"""Facts in the walk over all packets: their names on two sides, and what a listing hides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iptsim.dialects import read_text
from iptsim.host import NOBODY
from iptsim.model import Ruleset
from iptsim.packet import FIELDS, Packet
from iptsim.symbolic.sets.packet_sets import Packets
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.sets.universe import Universe, classes
from iptsim.symbolic.walk.differences import Comparing
from iptsim.symbolic.walk.engine import Engine
from iptsim.symbolic.walk.equal_worlds import Merging
from iptsim.tracer import Tracer
from iptsim.tracer.rules.ready import Library
from iptsim.tracer.rules.worlds_at_a_rule import Flow
from iptsim.values import InterfacePattern, IntSet
from iptsim.worlds.domains import domain_of
from iptsim.worlds.fields import Fields
from iptsim.worlds.terms import Known, Mixed, Stepped, add, told
from iptsim.worlds.variables import ARRIVING, OneOfMany, Variable, Variables
from iptsim.worlds.world import Setting, World

HOOKS = {
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "raw": ("PREROUTING", "OUTPUT"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}


def save(**tables: str) -> Ruleset:
    """A rule set of these tables' rules, every chain accepting."""
    lines: list[str] = []
    for table, rules in tables.items():
        own = [line.split()[1] for line in rules.splitlines() if line.startswith("-A")]
        users = [name for name in dict.fromkeys(own) if name not in HOOKS[table]]
        lines += [f"*{table}", *(f":{hook} ACCEPT [0:0]" for hook in HOOKS[table])]
        lines += [*(f":{name} - [0:0]" for name in users), *rules.splitlines(), "COMMIT"]
    (ruleset,) = read_text("\n".join([*lines, ""]), file="rules").rulesets
    return ruleset


def differs(before: Ruleset, after: Ruleset, hook: str = "PREROUTING", **packet: Any) -> bool:
    engine = Engine(PureManager(), (before, after))
    fates = [engine.fates(which, Packet(**packet), hook) for which in (0, 1)]
    return bool(list(Comparing(engine.universe, *fates).differing()))


MARKED = "-A PREROUTING -j MARK --set-xmark 0x1/0x1\n"
SETS = "-A INPUT -m set --match-set known src -j DROP\n"
UNRELATED = "-A PREROUTING -p udp -j TRACE\n"
ASKS_CHANGED = (
    # A rewritten field, state outside of the packet, a choice of the kernel and one of many.
    (MARKED, SETS),
    ("-A PREROUTING -p tcp -j SET --add-set known src\n", SETS),
    (
        "-A PREROUTING -j HMARK --hmark-tuple src --hmark-mod 7 --hmark-rnd 0x1\n",
        "-A INPUT -m mark --mark 0x3 -j DROP\n",
    ),
    (
        "".join(f"-A PREROUTING -s 10.0.0.{n} -j MARK --set-mark {n}\n" for n in range(9)),
        SETS + "-A INPUT -m mark --mark 0x3 -j DROP\n",
    ),
    ("-A PREROUTING -j TTL --ttl-dec 1\n-A PREROUTING -j TTL --ttl-dec 1\n", SETS),
)


@pytest.mark.parametrize(("changing", "asking"), ASKS_CHANGED)
def test_the_same_unknown_has_one_name_wherever_the_rule_stands(changing: str, asking: str) -> None:
    before, after = (
        save(mangle=changing, filter=asking),
        save(mangle=UNRELATED + changing, filter=asking),
    )
    assert not differs(before, after)
    assert differs(before, save(mangle=changing, filter=asking.replace("DROP", "ACCEPT")))


def test_a_fact_is_another_one_after_another_value() -> None:
    before = save(mangle=MARKED, filter=SETS)
    assert differs(before, save(mangle=MARKED.replace("0x1/0x1", "0x2/0x2"), filter=SETS))
    assert differs(before, save(filter=SETS))


def test_the_order_of_two_rewrites_names_no_fact() -> None:
    mark, tos = MARKED, "-A PREROUTING -j TOS --set-tos 0x10/0xff\n"
    assert not differs(save(mangle=mark + tos, filter=SETS), save(mangle=tos + mark, filter=SETS))


def test_two_changes_of_a_set_are_not_the_last_of_them_alone() -> None:
    add_, delete = (f"-A PREROUTING -j SET --{do}-set known src\n" for do in ("add", "del"))
    both, one = save(mangle=add_ + delete, filter=SETS), save(mangle=delete, filter=SETS)
    assert differs(both, one)
    assert not differs(both, save(mangle=UNRELATED + add_ + delete, filter=SETS))


def test_a_port_out_of_a_range_is_the_same_choice_after_a_shift() -> None:
    nat = "-A PREROUTING -p tcp -j REDIRECT --to-ports 8000-8009\n"
    asks = "-A INPUT -p tcp -m tcp --dport 8003 -j DROP\n"
    shifted = "-A PREROUTING -s 10.0.0.1/32 -p udp -j ACCEPT\n" + nat
    assert not differs(save(nat=nat, filter=asks), save(nat=shifted, filter=asks))


MANGLED = OneOfMany(where="mangle INPUT of 1")


def test_what_a_field_holds_has_one_text() -> None:
    assert told(Known(value=7)) == "7"
    assert told(Variable(field="mark", origin=MANGLED)) == "mark rewritten"
    mark, connmark = ARRIVING["mark"], ARRIVING["connmark"]
    left = Mixed(parts=((mark, 0xF0), (connmark, 0xF)), constant=1)
    right = Mixed(parts=((connmark, 0xF), (mark, 0xF0)), constant=1)
    assert told(left) == told(right) == "connmark&0xf^mark&0xf0^0x1"
    ttl = ARRIVING["ttl"]
    down = add(add(ttl, -1), -1)
    assert told(down) == told(add(ttl, -2)) == "ttl -2 within 0..253"
    assert told(add(add(ttl, -255), 3)) == "ttl +3 within 3..3"
    assert isinstance(down, Stepped)


QUEUED = save(
    nat="-A POSTROUTING -j NFQUEUE --queue-num 5 --queue-bypass\n"
    "-A INPUT -j NFQUEUE --queue-num 6\n",
    filter="-A FORWARD -m conntrack --ctstate INVALID -j DROP\n",
)


def test_a_bypassed_queue_binds_no_translation_in_either_walk() -> None:
    packet = Packet(proto=6, src=0x7F000001, dst=0x7F000001, sport=1, dport=80)
    outcomes = Tracer.of(QUEUED).trace(packet, hook="OUTPUT").outcomes
    by_fact = {
        (o.verdict, fact.detail, value) for o in outcomes for c in o.when for fact, value in c.facts
    }
    assert by_fact == {("QUEUE", "5", True), ("QUEUE", "5", False)}
    engine = Engine(PureManager(), (QUEUED,))
    fates = engine.fates(0, packet, "OUTPUT")
    assert {end.fate.value for end in fates.ends} == {"QUEUE"}


def test_worlds_of_different_zones_are_not_one() -> None:
    raw = "-A PREROUTING -s 10.0.0.1 -j CT --zone 1\n-A PREROUTING -j CT --zone 2\n"
    engine = Engine(PureManager(), (save(raw=raw, filter=""),))
    ends = engine.fates(0, Packet(), "PREROUTING").ends
    zones = {end.world.zones["ORIGINAL"] for end in ends if end.destination == "local"}
    assert zones == {Known(value=1), Known(value=2)}


def test_many_rewrites_leave_the_ways_known() -> None:
    """Marks of many worlds are told by a variable; the interface that MASQUERADE asks is not."""
    universe = Universe(PureManager(), classes(InterfacePattern(text=f"e{n}") for n in range(9)))
    number = universe.declare("src", domain_of("src", 4))
    domains = Variables({n: domain_of(n, 4) for n in FIELDS})
    setting = Setting(family=4, host=NOBODY, domains=domains)
    first = World(fields=Fields.of(ARRIVING))
    worlds = [
        replace(
            first.holding(mark=Known(value=n), out=Known(value=f"e{n % 2}")),
            regions=(Packets(universe=universe, held=universe.numbers(number, IntSet.single(n))),),
        )
        for n in range(12)
    ]
    left = Merging().out(Flow(back=worlds), setting, "nat OUTPUT").back
    assert {world.known("out") for world in left} == {"e0", "e1"}
    assert len(left) == 2
    assert all(isinstance(world.fields["mark"], Variable) for world in left)


ISTIO = """\
Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
ISTIO_OUTPUT  tcp  --  0.0.0.0/0            0.0.0.0/0

Chain ISTIO_IN_REDIRECT (1 references)
target     prot opt source               destination
REDIRECT   tcp  --  0.0.0.0/0            0.0.0.0/0            redir ports 15006

Chain ISTIO_OUTPUT (1 references)
target     prot opt source               destination
ISTIO_IN_REDIRECT  all  --  0.0.0.0/0           !127.0.0.1
RETURN     all  --  0.0.0.0/0            0.0.0.0/0            owner UID match 1337
RETURN     all  --  0.0.0.0/0            127.0.0.1
"""
HEAD = "Chain INPUT (policy DROP)\ntarget     prot opt source               destination\n"
FORTY = "".join(
    f"DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:{n}\n"
    for n in range(1, 41)
)
ANY = "ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0\n"
SSH, WEB = FORTY.splitlines(keepends=True)[21], FORTY.splitlines(keepends=True)[38]
UDP = "RETURN     udp  --  0.0.0.0/0            0.0.0.0/0\n"
NOT_UDP = "DROP      !udp  --  0.0.0.0/0            0.0.0.0/0\n"


def kept(*texts: str) -> list[tuple[str, int]]:
    """The rules of the first listing that may be limited to a hidden interface."""
    rulesets = [read_text(text, file="listing").rulesets[0] for text in texts]
    engine = Engine(PureManager(), rulesets)
    library = engine.libraries[0]
    return [
        (chain.name, ready.number)
        for table in library.ruleset.tables
        for chain in table.chains
        for ready in library.chain(table, chain)
        if ready.hidden is not None
    ]


@pytest.mark.parametrize(
    ("listing", "numbers"),
    [
        (HEAD + ANY + FORTY, [1]),
        (HEAD + SSH + WEB, []),
        (HEAD + FORTY, []),
        (HEAD + SSH + SSH, [1]),
        # The first two together leave the others nothing.
        (HEAD + UDP + NOT_UDP + ANY + SSH, [1, 2, 3]),
        # Either alone leaves the last rule nothing, so both are limited.
        (HEAD + SSH + ANY + SSH, [1, 2]),
        (HEAD + "LOG        all  --  0.0.0.0/0            0.0.0.0/0\n" + SSH, []),
    ],
)  # fmt: skip
def test_a_rule_that_leaves_a_later_one_nothing_is_limited(
    listing: str, numbers: list[int]
) -> None:
    assert kept(listing) == [("INPUT", number) for number in numbers]


def test_a_jump_takes_what_does_not_come_back_and_loopback_does_not_count() -> None:
    assert kept(ISTIO) == [("ISTIO_OUTPUT", 1)]
    returning = ISTIO.replace("REDIRECT   tcp  --  0.0.0.0/0 ", "RETURN     tcp  --  0.0.0.0/0 ")
    assert kept(returning.replace("redir ports 15006", "")) == []


def test_a_dump_with_interfaces_has_no_such_facts() -> None:
    assert kept("*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\n-A INPUT -j DROP\nCOMMIT\n") == []


def test_both_sides_of_a_diff_doubt_the_same_rules() -> None:
    head = HEAD.replace("policy DROP", "policy ACCEPT")
    assert head != HEAD
    assert kept(head + ANY) == []
    assert kept(head + ANY, head + ANY + SSH) == [("INPUT", 1)]


def test_a_last_rule_that_leaves_a_drop_policy_idle_is_doubted() -> None:
    assert kept(HEAD + ANY) == [("INPUT", 1)]
    assert kept(HEAD + SSH) == []


def test_too_much_work_leaves_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(HEAD + FORTY) == []
    monkeypatch.setattr("iptsim.symbolic.walk.hidden_interfaces.MOST_WORK", 3)
    assert kept(HEAD + FORTY) == [("INPUT", number) for number in range(1, 40)]


def test_the_tracer_doubts_every_rule_but_the_last() -> None:
    (ruleset,) = read_text(HEAD + SSH + WEB, file="listing").rulesets
    (table,) = ruleset.tables
    ready = Library(ruleset=ruleset).chain(table, table.chains[0])
    assert [one.hidden is not None for one in ready] == [True, False]
