"""Rules of nftables are told in nft's words, and pieces of its tables are known as pieces."""

from __future__ import annotations

import json

import pytest
from called_program import called
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.explain.condition_words import describe_condition, subject
from iptsim.extensions.spec import Context
from iptsim.model import Ruleset

HOOK = "type filter hook input priority filter; policy drop;"
HERE = Context(family=4, table="inet f", chain="i")


def told(*rules: str, more: str = "") -> Ruleset:
    body = "".join(f"\t\t{each}\n" for each in (HOOK, *rules))
    text = f"table inet f {{\n{more}\tchain i {{\n{body}\t}}\n}}\n"
    return next(each for each in read_text(text, file="x").rulesets if each.family == 4)


def said_of(text: str, *options: str) -> str:
    return called(["trace", *options, "-"], text.encode(), {"LANG": "C.UTF-8"}).out


def asks(rule: str, more: str = "") -> str:
    return describe_condition(told(rule, more=more).tables[0].chains[0].rules[0], HERE)


@every_row(
    ("rule", "words"),
    [
        ("tcp dport 8088 accept", "tcp dport 8088"),
        ("ip saddr != 10.0.0.0/8 ct state new drop", "ip saddr != 10.0.0.0/8 ct state new"),
        ('iifname "lan*" accept', 'iifname "lan*"'),
        ("fib daddr type local accept", "fib daddr type local"),
        ("fib saddr . iif oif missing drop", "fib saddr . iif oif missing"),
        ("limit rate over 5/minute counter drop", "limit rate over 5/minute"),
        ("ct count over 10 tcp dport 22 drop", "ct count over 10 tcp dport 22"),
        ("meta mark set 0x7 udp dport 9 drop", "every packet"),
        ("counter packets 1 bytes 2 udp dport 9 drop", "udp dport 9"),
        ("ip6 saddr fe80::/10 accept", "no packet"),
        ("ct state vmap { new : accept, invalid : drop }", "by ct state"),
        ("accept", "every packet"),
    ],
)
def test_conditions_stand_as_nft_writes_them(rule: str, words: str) -> None:
    assert asks(rule) == words


def test_of_a_long_set_the_first_are_told() -> None:
    ports = ", ".join(str(8000 + 2 * n) for n in range(12))
    assert asks(f"tcp dport {{ {ports} }} accept").endswith("8012, 8014, … +4 }")


def test_a_limit_of_an_element_is_a_condition() -> None:
    meter = "\tset m {\n\t\ttype ipv4_addr\n\t\tsize 9\n\t\tflags dynamic\n\t}\n"
    rule = "update @m { ip saddr limit rate over 5/minute } drop"
    assert asks(rule, meter) == rule.removesuffix(" drop")


def test_sentences_leave_out_what_other_protocols_would_be_asked() -> None:
    rules = told("meta l4proto { tcp, udp } th dport 53 accept", 'iifname { "a*", "b" } accept')
    first, second = (subject(rule, HERE) for rule in rules.tables[0].chains[0].rules)
    assert first == "every packet of protocol tcp,udp to port 53 for this host"
    assert second == "every packet coming in by a* or b for this host"


def test_open_conditions_are_in_nfts_words() -> None:
    text = (
        f"table inet f {{\n\tchain i {{\n\t\t{HOOK}\n\t\tfib saddr . iif oif missing drop\n"
        '\t\tct count over 9 reject\n\t\tiifname "lan*" accept\n\t}\n}\n'
    )
    said = said_of(text, "--dport", "22")
    for words in ("fib saddr . iif oif exists", "ct count over 9 (inet f i) matches", "lan*"):
        assert words in " ".join(said.split())
    assert "rpfilter" not in said
    assert "lan+" not in said
    answer = json.loads(said_of(text, "--dport", "22", "--format", "json"))
    assert "lan+" in json.dumps(answer["outcomes"])


def test_a_plus_at_the_end_of_an_interface_is_a_letter_to_nft() -> None:
    text = f'table inet f {{\n\tchain i {{\n\t\t{HOOK}\n\t\tiifname "eth+" accept\n\t}}\n}}\n'
    assert "✘ DROP" in said_of(text, "--dport", "22", "--in", "eth0")


@pytest.mark.parametrize(
    "members",
    [
        "\t\ttcp dport 22 accept\n\t\tjump gone\n",
        "\t\tip saddr @gone accept\n",
        "\t\ttcp dport vmap @gone\n",
        '\t\tcounter name "gone" accept\n',
    ],
)
def test_a_table_that_names_what_is_not_there_has_other_chains_perhaps(members: str) -> None:
    text = f"table inet f {{\n\tchain i {{\n\t\t{HOOK}\n{members}\t}}\n}}\n"
    found = {each.family: each.beside for each in read_text(text, file="x").rulesets}
    assert found == {4: ("nft",), 6: ("nft",)}


@pytest.mark.parametrize(
    "text",
    [
        "table ip f {\n\tset s {\n\t\ttype ipv4_addr\n\t}\n}\n",
        "table ip f {\n\tchain c {\n\t\taccept\n\t}\n}\n",
    ],
)
def test_a_table_without_a_hooked_chain_is_a_piece_unless_all_is_listed(text: str) -> None:
    assert read_text(text, file="x").rulesets[0].beside == ("nft",)
    assert read_text(f"$ nft list ruleset\n{text}$\n", file="x").rulesets[0].beside == ()


@pytest.mark.parametrize(
    "words",
    ['tcp dport 22 accept comment "jump gone, @gone"', "@th,16,16 22 accept", "jump i2"],
)
def test_what_only_looks_like_a_name_is_none(words: str) -> None:
    more = "\tchain i2 {\n\t\taccept\n\t}\n"
    assert told(words, more=more).beside == ()


@pytest.mark.parametrize("name", ["my-iptables-compat", "iptables", "a.ip6tables", "iptables-x"])
def test_a_chain_may_have_the_programs_name_in_its_own(name: str) -> None:
    text = (
        f"table ip f {{\n\tchain {name} {{\n\t\ttcp dport 23 accept\n\t}}\n\tchain i {{\n"
        f"\t\t{HOOK}\n\t\tjump {name}\n\t\ttcp dport 24 goto {name}\n\t}}\n}}\n"
    )
    for given in (text, f"$ nft list ruleset\n{text}$ \n"):
        table = read_text(given, file="x").rulesets[0].tables[0]
        assert [(chain.name, len(chain.rules)) for chain in table.chains] == [(name, 1), ("i", 2)]
