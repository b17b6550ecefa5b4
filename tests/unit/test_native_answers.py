"""What is said of answers from tables of nftables: chains asked alone, what is not here, deeds."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.errors import UsageError
from iptsim.explain.catalogue import sentence
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.questions import Question
from iptsim.render.shared.journey_rows import deed_of
from iptsim.tracer import Trace
from iptsim.tracer.premises import missing_tables
from iptsim.tracer.rules.asked_alone import only_in
from iptsim.tracing import Tracing

RULES = """table inet f {
	chain shop {
		tcp dport 22 accept
	}
	chain i {
		type filter hook input priority 0; policy drop;
		jump shop
	}
	chain lone {
		tcp dport 23 drop
	}
	chain early {
		type filter hook ingress device "e" priority 0; policy accept;
	}
}
table ip g {
	chain shop {
		drop
	}
}
"""
SSH = Packet(family=4, proto=6, dport=22)


def trace(dump: Dump, packet: Packet = SSH, hook: str | None = None) -> Trace:
    return Tracing(dump).ask(Question(packet=packet, family=4, hook=hook))


def asked(chain: str, table: str | None = None, text: str = RULES) -> Dump:
    return only_in(read_text(text, file="x"), chain, table)


def input_chain(*rules: str, head: str = "") -> Dump:
    body = "\n".join(rules)
    base = "type filter hook input priority 0; policy drop;"
    return read_text(f"table ip t {{\n{head}\nchain i {{\n{base}\n{body}\n}}\n}}\n", file="x")


@pytest.mark.parametrize(
    ("chain", "table"),
    [("i", None), ("shop", "inet f"), ("shop", "f"), ("inet f shop", None)],
)
def test_a_native_chain_is_asked_at_the_hook_that_leads_to_it(
    chain: str, table: str | None
) -> None:
    found = trace(asked(chain, table))
    assert found.hook == "INPUT"
    assert [outcome.verdict for outcome in found.outcomes] == ["ACCEPT"]


def test_a_native_chain_of_several_tables_wants_its_table() -> None:
    with pytest.raises(UsageError, match="inet f and ip g"):
        asked("shop")


def test_a_native_chain_to_which_nothing_leads_wants_a_hook() -> None:
    with pytest.raises(UsageError, match="--hook") as told:
        trace(asked("lone"))
    assert told.value.code == codes.CHAIN_WANTS_HOOK
    found = trace(asked("lone"), replace(SSH, dport=23), "FORWARD")
    assert [outcome.verdict for outcome in found.outcomes] == ["DROP"]


@pytest.mark.parametrize(("chain", "hook"), [("i", "OUTPUT"), ("early", None)])
def test_a_native_base_chain_is_at_one_hook(chain: str, hook: str | None) -> None:
    with pytest.raises(UsageError, match="no packet comes") as told:
        trace(asked(chain), hook=hook)
    assert told.value.code == codes.CHAIN_NOT_AT_THIS_HOOK


def test_a_native_chain_is_queried_alone() -> None:
    ruleset = asked("shop", "inet f").rulesets[0]
    (answer,) = query(ruleset, Packet(family=4), "ACCEPT").answers
    assert answer.told


@pytest.mark.parametrize("chain", ["i", "shop", "lone"])
def test_native_chains_are_compared_alone(chain: str) -> None:
    text = RULES.replace("dport 2", "dport 3")
    found = diff(read_text(RULES, file="a"), read_text(text, file="b"), chain=(chain, "inet f"))
    assert found.effects


def test_a_native_chain_that_one_side_lacks_is_empty_there() -> None:
    other = read_text("table inet h {\n}\n", file="b")
    found = diff(read_text(RULES, file="a"), other, chain=("i", "inet f"))
    assert {(e.before.verdict, e.after.verdict) for e in found.effects} == {("DROP", "ACCEPT")}


def test_other_tables_than_those_of_a_native_text_are_taken_to_let_through() -> None:
    dump = input_chain("tcp dport 22 accept")
    (note,) = (n for n in trace(dump).assumed if n.code == codes.ABSENT_CHAINS_LET_THROUGH)
    assert dict(note.facts) == {"tables": "nftables, iptables"}


def test_a_whole_native_rule_set_lacks_those_of_the_older_tables_alone() -> None:
    (ruleset,) = input_chain().rulesets
    assert ruleset.nft is not None
    whole = replace(ruleset, nft=replace(ruleset.nft, whole=True))
    assert missing_tables(whole) == ("iptables-legacy",)


@every_row(
    ("rule", "deed"),
    [
        ("meta mark set 0x5", "meta mark set  0x0 → 0x5"),
        ("ct mark set 7", "ct mark set 7"),
        ('tcp dport 22 ct mark set meta mark comment "x"', "ct mark set meta mark"),
        ("notrack", "notrack"),
        ('log prefix "a: "', "log"),
        ("tcp option maxseg size set 1200", "tcp option maxseg size set 1200"),
        ("meta priority set 1:2", "meta priority set 1:2"),
        ("add @s { ip saddr }", "set"),
        ("dup to 10.0.0.9", "dup"),
        ("counter packets 1 bytes 2", "counted, goes on"),
    ],
)
def test_a_native_rule_that_goes_on_tells_what_it_did(rule: str, deed: str) -> None:
    dump = read_text(
        f"table ip t {{\nset s {{\ntype ipv4_addr\n}}\nchain p {{\n"
        f"type filter hook prerouting priority -300;\n{rule}\n}}\n}}\n",
        file="x",
    )
    step = trace(dump, SSH.with_(in_="e")).outcomes[0].steps[0]
    assert deed_of(step, "en").replace("\N{NO-BREAK SPACE}", " ") == deed


def test_an_address_of_others_may_meet_no_rule() -> None:
    found = trace(input_chain(), SSH.with_(in_="e", dst=0x05060708))
    (note,) = (n for n in found.notes if n.code == codes.WERE_ADDRESS_NOT_OURS_UNDECIDED)
    assert dict(note.facts) == {"address": "5.6.7.8", "verdict": "ACCEPT"}
    for lang in ("en", "zh"):
        assert "ACCEPT" in sentence(note.code, lang, **dict(note.facts))


def test_a_dormant_table_is_not_asked_and_named() -> None:
    dump = input_chain("drop", head="flags dormant")
    found = trace(dump)
    assert [outcome.verdict for outcome in found.outcomes] == ["ACCEPT"]
    (note,) = (n for n in found.notes if n.code == codes.TABLES_DORMANT)
    assert dict(note.facts) == {"tables": "ip t"}
    ruleset = dump.rulesets[0]
    told = query(ruleset, Packet(family=4), "DROP").notes
    assert codes.TABLES_DORMANT in {n.code for n in told}
