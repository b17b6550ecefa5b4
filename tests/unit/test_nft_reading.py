"""Listings, scripts and JSON of nft: one rule set, whatever form tells it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from every_row import every_row

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects import read_text
from iptsim.dialects.nft.json_tables import read_nft_json
from iptsim.dialects.nft.nft_rules import read_rule
from iptsim.dialects.nft.nft_text import read_nft
from iptsim.dialects.nft.printed import write_nft
from iptsim.dialects.nft.printed_statements import statement
from iptsim.dialects.nft.rule_memory import RuleMemory
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Binary,
    Ct,
    Expression,
    Fib,
    MapLookup,
    Meta,
    Number,
    Payload,
    Prefix,
    Range,
)
from iptsim.nftables.nft_ruleset import NftRuleset, NftSet
from iptsim.nftables.nft_statements import Match, Nat, Reject, Statement, Unknown, Verdict

FIXTURES = Path(__file__).parents[2] / "fixtures" / "nft"
IMPLIED = frozenset({"dynamic"})
"""A flag that nft 1.0.6 leaves out of JSON, as a table's comment and `auto-merge`."""


def told(ending: str) -> NftRuleset:
    return read_nft((FIXTURES / f"gateway.{ending}").read_text()).ruleset


def as_in_json(ruleset: NftRuleset) -> NftRuleset:
    """Without what nft 1.0.6 leaves out of JSON."""

    def bare(one: NftSet) -> NftSet:
        return replace(one, flags=one.flags - IMPLIED, auto_merge=False)

    return NftRuleset(
        tables=tuple(
            replace(table, comment=None, sets=tuple(map(bare, table.sets)))
            for table in ruleset.tables
        )
    )


@pytest.mark.parametrize("ending", ["handles", "numbers", "stateless", "priorities"])
def test_every_listing_is_the_same_rule_set(ending: str) -> None:
    found, plain = told(ending), told("list")
    assert found == plain
    handles = [rule.handle for t in found.tables for c in t.chains for rule in c.rules]
    assert all(handles) == (ending == "handles")


def test_json_is_the_same_rule_set() -> None:
    found = read_nft_json((FIXTURES / "gateway.json").read_text(), "x")
    assert found is not None
    assert found.notes == ()
    by_name: Callable[[Any], Any] = lambda one: one.name  # noqa: E731  # a key
    orders = [
        [tuple(sorted(t.chains, key=by_name)) for t in as_in_json(each).tables]
        for each in (found.ruleset, told("list"))
    ]
    assert orders[0] == orders[1]
    sets = [[t.sets for t in as_in_json(each).tables] for each in (found.ruleset, told("list"))]
    assert sets[0] == sets[1]


def test_a_script_is_the_rule_set_that_it_makes() -> None:
    read = read_nft((FIXTURES / "gateway.nft").read_text())
    assert read.notes == ()
    assert not read.listed
    mine, listed = read.ruleset, told("list")
    for own, other in zip(mine.tables, listed.tables, strict=True):
        rules = [[c.rules for c in t.chains if c.name != "passing"] for t in (own, other)]
        assert rules[0] == rules[1]
        assert [c.hook for c in own.chains] == [c.hook for c in other.chains]


def test_without_elements_sets_are_unknown() -> None:
    read = read_nft((FIXTURES / "gateway.terse").read_text())
    assert {each.elements for t in read.ruleset.tables for each in t.sets} == {None}
    assert [note.code for note in read.notes] == [codes.NFT_ELEMENTS_UNTOLD]


@pytest.mark.parametrize("ending", ["list", "numbers", "nft"])
def test_what_is_printed_is_read_again(ending: str) -> None:
    again = read_nft(write_nft(told(ending))).ruleset
    assert again == told(ending)
    if ending == "list":
        assert write_nft(told(ending)) == (FIXTURES / "gateway.list").read_text()


DPORT = Payload(protocol="tcp", field="dport")
FLAGS = Payload(protocol="tcp", field="flags")
STATE = Ct(key="state")
MARK = Meta(key="mark")


def asks(left: Expression, right: Expression, operator: str = "==") -> Statement:
    return Match(left=left, operator=operator, right=right)


@every_row(
    ("text", "expected"),
    [
        ("tcp dport 22", asks(DPORT, Number(value=22))),
        ("tcp dport ssh", asks(DPORT, Number(value=22))),
        ("tcp dport != 1-3", asks(DPORT, Range(low=Number(value=1), high=Number(value=3)), "!=")),
        ("tcp dport { 22 }", asks(DPORT, Number(value=22))),
        ("tcp flags syn,ack", asks(FLAGS, Number(value=18), "in")),
        ("tcp flags (syn|ack)", asks(FLAGS, Number(value=18), "in")),
        ("tcp flags { syn }", asks(FLAGS, Number(value=2), "in")),
        ("tcp flags == syn", asks(FLAGS, Number(value=2))),
        ("tcp flags ! syn", asks(FLAGS, Number(value=2), "!")),
        ("tcp flags syn / fin,syn",
         asks(Binary(operator="&", left=FLAGS, right=Number(value=3)), Number(value=2))),
        ("tcp flags & (fin | syn) == syn",
         asks(Binary(operator="&", left=FLAGS, right=Number(value=3)), Number(value=2))),
        ("ct state established,related", asks(STATE, Number(value=6), "in")),
        ("ct state 0x2,0x4", asks(STATE, Number(value=6), "in")),
        ("mark and 0xff == 0x10",
         asks(Binary(operator="&", left=MARK, right=Number(value=255)), Number(value=16))),
        ("ip saddr 10.1.2.3/8",
         asks(Payload(protocol="ip", field="saddr"),
              Prefix(base=Address(value=10 << 24, width=32), length=8))),
        ("fib saddr . iif oif missing",
         asks(Fib(flags=("saddr", "iif"), result="check"), Number(value=0))),
        ("reject with icmpx type no-route", Reject(kind="icmpx", code=0)),
        ("dnat to [fd00::1]:80",
         Nat(kind="dnat", address=Address(value=0xFD00 << 112 | 1, width=128),
             port=Number(value=80))),
        ("goto a/b_c__10.0.0.1/80", Verdict(kind="goto", chain="a/b_c__10.0.0.1/80")),
    ],
)  # fmt: skip
def test_a_statement_is_what_nft_takes_it_for(text: str, expected: Statement) -> None:
    assert read_rule(text) == ((expected,), None)


def test_sets_hold_values_and_not_bits() -> None:
    (found,), _ = read_rule("ct state { established, related }")
    assert isinstance(found, Match)
    assert found.operator == "=="
    assert isinstance(found.right, AnonymousSet)
    assert [each.key for each in found.right.elements] == [Number(value=2), Number(value=4)]


def test_operators_bind_as_in_nft() -> None:
    (found,), _ = read_rule("meta mark set ct mark & 0xfffff111 | 0x111 ^ 0x1")
    assert statement(found) == "meta mark set ct mark & 0xfffff111 | 0x00000110"


def test_what_a_map_holds_is_of_the_type_that_is_set() -> None:
    (found,), _ = read_rule("dnat ip to tcp dport map { 80 : 10.0.0.1 . 8080 }")
    assert isinstance(found, Nat)
    assert isinstance(found.address, MapLookup)
    assert statement(found) == "dnat ip to tcp dport map { 80 : 10.0.0.1 . 8080 }"


def test_what_nobody_knows_is_an_unknown_statement() -> None:
    found, comment = read_rule('tcp dport 22 frobnicate { 1, 2 } hard counter accept comment "x"')
    assert [type(each) for each in found[:2]] == [Match, Unknown]
    assert found[1] == Unknown(text="frobnicate { 1, 2 } hard")
    assert found[-1] == Verdict(kind="accept")
    assert comment == "x"
    hook = "type filter hook input priority 0; policy accept;"
    read = read_nft(
        f"table ip t {{\n\tchain c {{\n\t\t{hook}\n\t\tfrobnicate drop\n\t\taccept\n\t}}\n}}\n"
    )
    assert [n.code for n in read.notes] == [codes.NFT_STATEMENT_UNKNOWN]
    assert len(read.ruleset.tables[0].chains[0].rules) == 2


def test_a_variable_without_a_value_is_unknown() -> None:
    assert read_rule("ip saddr $lan accept")[0] == (
        Unknown(text="ip saddr $lan", why="variable"),
        Verdict(kind="accept"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "ip daddr 10.0.0.1 ip saddr != 10.0.0.0/8 jump a-b",
        "meta l4proto tcp dnat to 10.0.0.9:8080",
        "numgen random mod 2 vmap { 0 : goto x/1, 1 : goto y/2 }",
        'tcp dport 22 counter packets 7 bytes 9 accept comment "a: # {"',
        "ip saddr 300.1.1.1 drop",
        "jump x",
    ],
)
def test_a_shape_that_was_seen_is_read_alike(text: str) -> None:
    memory = RuleMemory()
    other = text.replace("10.0.0", "10.9.8").replace("x", "z").replace("22", "23")
    for each in (text, other, text):
        assert memory.read(each) == read_rule(each)


SCRIPT = """\
#!/usr/sbin/nft -f
define lan = 10.0.0.0/8
define web = { 80, 443 }
include "/etc/nftables.d/*.nft"
table inet t
delete table inet t
table inet t {
	set s { type ipv4_addr; elements = { 1.1.1.1 } }
	chain c { type filter hook input priority 0; policy drop; ip saddr $lan tcp dport $web accept; }
}
add chain inet t d { type nat hook prerouting priority dstnat ; }
add rule inet t d tcp dport 80 redirect to :8080
insert rule inet t d udp dport 53 accept
add rule inet t c index 0 counter
add element inet t s { 2.2.2.2 }
delete element inet t s { 1.1.1.1 }
"""


def test_a_script_is_carried_out() -> None:
    read = read_text(SCRIPT)
    assert read.nft is not None
    assert [(n.code, n.place and n.place.line) for n in read.notes] == [(codes.NFT_INCLUDED, 4)]
    (table,) = read.nft.tables
    assert write_nft(read.nft) == (
        "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 2.2.2.2 }\n\t}\n\n"
        "\tchain c {\n\t\ttype filter hook input priority 0; policy drop;\n"
        "\t\tip saddr 10.0.0.0/8 tcp dport { 80, 443 } accept\n\t\tcounter\n\t}\n\n"
        "\tchain d {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
        "\t\tudp dport 53 accept\n\t\ttcp dport 80 redirect to :8080\n\t}\n}\n"
    )
    assert table.chain_of["d"].rules[1].place is not None
    assert table.chain_of["d"].rules[1].place.line == 12


def test_a_chain_without_a_name_has_rules() -> None:
    text = "table ip t {\n\tchain c {\n\t\tip saddr 1.1.1.1 jump {\n\t\t\tdrop\n\t\t}\n\t}\n}\n"
    (table,) = read_nft(text).ruleset.tables
    assert [chain.name for chain in table.chains] == ["c", "__chain1"]
    assert table.chain_of["c"].rules[0].statements[-1] == Verdict(kind="jump", chain="__chain1")


def test_a_table_that_is_cut_says_so() -> None:
    read = read_nft("table ip t {\n\tchain c {\n\t\taccept\n")
    (table,) = read.ruleset.tables
    assert table.unread
    assert not table.chains[0].whole
    assert [n.code for n in read.notes] == [codes.NFT_TABLE_CUT]


@pytest.mark.parametrize(
    "text",
    [
        "ip saddr " + "{ " * 5000,
        "ip saddr " + "(" * 5000 + "1",
        "meta mark set " + "meta mark | " * 3000 + "1",
        'tcp dport 1 comment "' + "{" * 20000,
        "x" * 200_000,
    ],
)
def test_hostile_rules_are_unknown_and_bounded(text: str) -> None:
    found, _ = read_rule(text)
    assert any(isinstance(each, Unknown) for each in found) or "meta mark set" in text
    nested = "table ip t {\n" + "chain c {\n" * 3000
    assert read_nft(nested + text).ruleset.tables


def test_nested_json_is_refused() -> None:
    assert read_nft_json('{"nftables": ' + "[" * 100_000, "x") is None
    deep = '{"nftables": [{"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [' + (
        '{"match": {"left": ' * 900 + "1" + "}}" * 900 + "]}}]}"
    )
    found = read_nft_json(deep, "x")
    assert found is None or found.notes
