"""One rule of nftables of each shape tells what all of them speak of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from every_row import every_row

from iptsim.actions import Action, Cases, questions_of, ways_of
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.extensions.nft import nft_programs
from iptsim.model import Ruleset
from iptsim.native_tables import NativeRule
from iptsim.predicate import Fact, InSet, OneOf, Predicate, atoms
from iptsim.symbolic.walk.engine import patterns_in
from iptsim.symbolic.walk.localnet import speaking_of_loopback
from iptsim.tracer.rules.kinds import each_kind
from iptsim.tracer.rules.ready import Library, Ready

T = TypeVar("T")
NFT = Path(__file__).parents[2] / "fixtures" / "nft"


def rules(*lines: str, more: str = "") -> Ruleset:
    body = "\n".join(f"\t\t{line}" for line in lines)
    chains = "\tchain one {\n\t\taccept\n\t}\n\tchain two {\n\t\tdrop\n\t}\n"
    base = f"\tchain in {{\n\t\ttype filter hook input priority 0;\n{body}\n\t}}\n"
    return read_text(f"table ip t {{\n{more}{chains}{base}}}\n", file="t").rulesets[0]


def shapes(ruleset: Ruleset) -> int:
    """How many shapes the rules of the base chain are of."""
    (base,) = (c for table in ruleset.tables for c in table.chains if c.base is not None)
    return len({rule.shape for rule in base.rules if isinstance(rule, NativeRule)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ip saddr 10.1.2.3 drop", "ip saddr 192.0.2.9 drop"),
        ("ip saddr 10.1.0.0/16 drop", "ip saddr 192.2.0.0/16 drop"),
        ("tcp dport 80 jump one", "tcp dport 443 jump two"),
        ("ip daddr { 10.0.0.1, 10.0.0.2 } accept", "ip daddr { 10.0.0.3, 10.0.0.4 } accept"),
        ("numgen random mod 2 vmap { 0 : goto one, 1 : goto two }",
         "numgen random mod 2 vmap { 0 : goto two, 1 : goto one }"),
        ("ip saddr 10.1.2.3 counter packets 0 bytes 0",
         "ip saddr 10.9.9.9 counter packets 7 bytes 8"),
    ],
)  # fmt: skip
def test_other_values_are_the_same_shape(one: str, other: str) -> None:
    assert shapes(rules(one, other)) == 1


@every_row(
    ("one", "other"),
    [
        ("ip saddr 10.1.2.3 drop", "ip daddr 10.1.2.3 drop"),
        ("ip saddr 10.1.2.3 drop", "ip saddr != 10.1.2.3 drop"),
        ("ip saddr 10.1.2.3 drop", "ip saddr 127.0.0.1 drop"),
        ("ip saddr 10.1.2.3 drop", "ip saddr 128.0.0.0 drop"),
        ("ip saddr 10.1.0.0/16 drop", "ip saddr 64.0.0.0/2 drop"),
        ("ip saddr 10.1.0.0/16 drop", "ip saddr 10.0.0.0/8 drop"),
        ("ip saddr 10.1.2.3 drop", "ip saddr 10.1.2.3 accept"),
        ("ip saddr & 0.0.0.255 == 0.0.0.3 drop", "ip saddr & 0.0.0.255 == 0.0.1.3 drop"),
        ("tcp dport 80 jump one", "tcp dport 80 goto one"),
        ("tcp dport 80 jump one", "udp dport 80 jump one"),
        ('iifname "eth0" drop', 'iifname "eth1" drop'),
        ("ct state new drop", "ct state related drop"),
        ("meta mark 1 drop", "meta mark 2 drop"),
        ("ip saddr 10.1.2.3 ip saddr 10.1.2.4 drop", "ip saddr 10.1.2.3 ip saddr 10.1.2.5 drop"),
    ],
)
def test_what_asks_or_does_something_else_is_another_shape(one: str, other: str) -> None:
    assert shapes(rules(one, other)) == 2


def test_a_jump_to_a_chain_that_is_not_there_is_another_shape() -> None:
    assert shapes(rules("tcp dport 80 jump one", "tcp dport 80 jump nowhere")) == 2


def asked_in(actions: Iterable[Action]) -> Iterator[Predicate]:
    """What is asked once a rule has done something."""
    for action in actions:
        yield from questions_of(action)
        for way in ways_of(action):
            yield from asked_in(way)


def told(readies: Iterable[Ready]) -> tuple[object, ...]:
    """What a diff wants to know of rules before it asks any packet."""
    given = list(readies)
    conditions = [part for ready in given for part in (ready.condition, *asked_in(ready.actions))]
    found = [atom for part in conditions for atom in atoms(part) if not isinstance(atom, Fact)]
    return (
        {atom.field for atom in found},
        {(atom.field, atom.names) for atom in found if isinstance(atom, OneOf)},
        set(patterns_in(conditions)),
        frozenset(name for ready in given for name in ready.asks),
    )


@pytest.mark.parametrize("file", sorted(NFT.glob("*.list")), ids=lambda file: str(file.name))
def test_one_of_each_shape_tells_what_all_rules_tell(file: Path) -> None:
    for ruleset in read_text(file.read_text(), file=file.name).rulesets:
        library = Library(ruleset=ruleset, limited=frozenset())
        native = [table for table in ruleset.tables if table.nft_table is not None]
        every = [r for t in native for chain in t.chains for r in library.chain(t, chain)]
        some = [ready for ready in each_kind(library) if ready.rule.nft is not None]
        assert told(some) == told(every)


def test_an_address_near_loopback_stays_told_among_many_that_are_not() -> None:
    plain = [f"ip daddr 10.0.0.{n} drop" for n in range(9)]
    for rule, apart in (("ip daddr 127.0.0.1 drop", {"dst"}), ("ip daddr 10.9.9.9 drop", set())):
        library = Library(ruleset=rules(*plain, rule), limited=frozenset())
        assert speaking_of_loopback([library], "PREROUTING") == apart


def services(count: int, pod: str) -> str:
    """Services of one pod each; that of the first is told."""
    chains = []
    for n in range(count):
        address = pod if n == 0 else f"10.180.{n >> 8}.{n & 255}"
        chains.append(
            f"chain service-{n} {{\n ip daddr 10.96.{n >> 8}.{n & 255} "
            "ip saddr != 10.180.0.0/14 jump mark\n"
            f" goto endpoint-{n}\n}}\n"
            f"chain endpoint-{n} {{\n meta l4proto tcp dnat to {address}:8080\n}}\n"
        )
    fronts = ", ".join(f"10.96.{n >> 8}.{n & 255} . 80 : goto service-{n}" for n in range(count))
    return (
        "table ip proxy {\nmap fronts {\n type ipv4_addr . inet_service : verdict\n"
        f" elements = {{ {fronts} }}\n}}\nchain mark {{\n meta mark set meta mark | 0x4000\n}}\n"
        "chain pre {\n type nat hook prerouting priority dstnat; policy accept;\n"
        " ip daddr . tcp dport vmap @fronts\n}\n" + "".join(chains) + "}\n"
    )


def counted(work: Callable[[], T], patched: pytest.MonkeyPatch) -> tuple[int, T]:
    """How many rules of nftables are lowered meanwhile, and what comes of it."""
    own, calls = nft_programs.done_then, []

    def done_then(*given: object) -> object:
        calls.append(given)
        return own(*given)  # type: ignore[arg-type]  # as it was called

    with patched.context() as context:
        context.setattr(nft_programs, "done_then", done_then)
        found = work()
    return len(calls), found


def test_a_diff_lowers_no_more_rules_of_more_services(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    for count in (20, 120):
        sides = [read_text(services(count, f"10.180.0.{pod}"), file="s") for pod in (200, 201)]
        number, found = counted(partial(diff, *sides), monkeypatch)
        assert [effect.example.dst for effect in found.effects] == [0x0A600000] * 2
        looks.append(number)
    # Two hundred rules more on each side; a walk more or less of the few that are met is no matter.
    assert looks[1] < looks[0] + 20


def vmap_of(count: int) -> Cases:
    """What the map of so many services does."""
    (ruleset,) = (
        r for r in read_text(services(count, "10.180.0.9"), file="s").rulesets if r.tables
    )
    library = Library(ruleset=ruleset, limited=frozenset())
    ready = next(r for r in each_kind(library) if r.where.chain == "pre")
    return next(found for found in inside(ready.actions) if isinstance(found, Cases))


def inside(actions: Iterable[Action]) -> Iterator[Action]:
    for action in actions:
        yield action
        yield from (found for way in ways_of(action) for found in inside(way))


def test_elements_of_a_large_map_stand_by_some_with_what_their_packets_hold() -> None:
    cases = vmap_of(1000)
    (first, alone), *others = cases.by_some((None, None))
    assert (first[0], alone) == (cases.cases[0], None)
    assert [*first, *(case for some, _when in others for case in some)] == [*cases.cases]
    assert len(others) < 20
    for some, when in others:
        assert isinstance(when, InSet)
        for case in some:
            asked = [a for a in atoms(case.when) if isinstance(a, InSet) and a.field == when.field]
            assert asked
            assert all(a.values & when.values == a.values for a in asked)


def test_a_small_map_and_a_packet_that_tells_its_key_are_asked_case_by_case() -> None:
    assert [when for _some, when in vmap_of(20).by_some((None, None))] == [None]
    ((some, when),) = vmap_of(1000).by_some((0x0A600007, 80))
    assert (len(some), when) == (1, None)
