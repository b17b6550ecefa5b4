"""Listings that a filter or `head` went through."""

from __future__ import annotations

import pytest
from every_row import every_row
from incomplete_texts import chain, codes, listed, row, rules, table

from iptsim.dialects import read_text
from iptsim.lint import lint
from iptsim.lint.finding import Kind
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.tracer import trace

DROPPED = row("DROP", "all", "")


def whole(dump: Dump, of: str = "filter") -> dict[str, bool]:
    return {each.name: each.whole for each in table(dump, of).chains}


@pytest.mark.parametrize("policy", ["ACCEPT", "DROP"])
def test_a_header_alone_tells_no_rules(policy: str) -> None:
    dump = read_text(f"Chain FORWARD (policy {policy})\n")
    assert whole(dump) == {"FORWARD": False}
    assert chain(dump, "FORWARD").policy == policy
    assert "IPT0152" in codes(dump)


def test_headers_alone_tell_no_rules() -> None:
    heads = [f"Chain {name} (policy ACCEPT)" for name in ("INPUT", "FORWARD", "OUTPUT")]
    assert not any(whole(read_text("\n".join(heads))).values())


def test_rows_below_a_header_without_its_title_may_be_of_any_chain() -> None:
    text = f"Chain INPUT (policy DROP)\n{DROPPED}\nChain AWAY (2 references)\n{DROPPED}\n"
    dump = read_text(text + f"{row('AWAY')}\n")
    assert whole(dump) == {"INPUT": False, "?": False, "AWAY": False, "?2": False}
    assert rules(dump, "AWAY") == rules(dump, "INPUT") == []
    assert rules(dump, "?2") == [(1, "DROP", 1), (2, "AWAY", 1)]


def test_blank_lines_keep_rows_with_a_header_without_its_title() -> None:
    text = f"Chain INPUT (policy DROP)\n{row()}\n\nChain OUTPUT (policy DROP)\n{DROPPED}\n"
    dump = read_text(text)
    assert whole(dump) == {"INPUT": False, "OUTPUT": False}
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1)]
    assert rules(dump, "OUTPUT") == [(1, "DROP", 1)]


def test_a_listing_with_its_titles_is_whole() -> None:
    text = listed("Chain INPUT (policy DROP)", row()) + listed("Chain FORWARD (policy DROP)")
    assert all(whole(read_text(text + listed("Chain OUTPUT (policy DROP)", DROPPED))).values())


MARKS = ["(output omitted)", "(many more)", "# more rules", "----", "***", "~", ">8", "-- more --"]


@every_row("mark", MARKS)
def test_marks_between_rows_are_gaps(mark: str) -> None:
    dump = read_text(listed("Chain INPUT (policy DROP)", row(), mark, DROPPED))
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1), (2, "elided", None), (3, "DROP", 1)]


@every_row("mark", MARKS)
def test_marks_between_rules_are_gaps(mark: str) -> None:
    dump = read_text(f"-P INPUT DROP\n-A INPUT -j LOG\n{mark}\n-A INPUT -j ACCEPT\n")
    assert rules(dump, "INPUT") == [(1, "LOG", 1), (2, "elided", None), (3, "ACCEPT", 1)]


@pytest.mark.parametrize("mark", ["(output omitted)", "-- more --", ">8"])
def test_marks_at_the_end_are_gaps(mark: str) -> None:
    text = listed("Chain INPUT (policy DROP)", row(), mark)
    assert rules(read_text(text), "INPUT") == [(1, "ACCEPT", 1), (2, "elided", None)]
    saved = read_text(f"-P INPUT DROP\n-A INPUT -j LOG\n{mark}\n")
    assert rules(saved, "INPUT") == [(1, "LOG", 1), (2, "elided", None)]


@pytest.mark.parametrize("bar", ["-----", "=====", "***"])
def test_a_bar_below_the_last_rule_parts_outputs(bar: str) -> None:
    first = listed("Chain INPUT (policy DROP)", row()).rstrip()
    dump = read_text(f"{first}\n{bar}\n" + listed("Chain PREROUTING (policy ACCEPT)"))
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1)]
    assert chain(dump, "INPUT").whole
    saved = read_text(f"-P INPUT DROP\n-A INPUT -j LOG\n{bar}\n")
    assert rules(saved, "INPUT") == [(1, "LOG", 1)]


def test_a_bar_in_a_comment_is_an_ornament() -> None:
    dump = read_text("*filter\n:INPUT DROP [0:0]\n# -----\n-A INPUT -j LOG\nCOMMIT\n")
    assert rules(dump, "INPUT") == [(1, "LOG", 1)]


def test_the_last_chain_is_shown_in_part_where_chains_are_missing_behind_it() -> None:
    text = listed("Chain INPUT (policy DROP)", row()) + listed("Chain FORWARD (policy DROP)", row())
    assert whole(read_text(text)) == {"INPUT": True, "FORWARD": False}


def test_the_last_chain_is_shown_in_part_where_a_chain_that_is_led_to_is_missing() -> None:
    heads = ("Chain INPUT (policy DROP)", "Chain FORWARD (policy DROP)")
    text = "".join(listed(head, row("AWAY"), row("WIDE")) for head in heads)
    text += listed("Chain OUTPUT (policy ACCEPT)") + listed("Chain AWAY (2 references)", row())
    assert [name for name, all_ in whole(read_text(text)).items() if not all_] == ["AWAY"]
    text += listed("Chain WIDE (2 references)", row())
    assert all(whole(read_text(text)).values())


def test_a_chain_that_was_asked_for_alone_is_whole() -> None:
    assert whole(read_text(listed("Chain INPUT (policy DROP)", row("AWAY")))) == {"INPUT": True}


REDIRECTED = row("REDIRECT", text="tcp dpt:80 redir ports 8080")
BEFORE = "Chain PREROUTING (policy ACCEPT)"


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ("Chain INPUT (policy DROP)", row()),
        ("Chain INPUT (policy ACCEPT)", DROPPED),
        ("Chain INPUT (policy ACCEPT)", row("REJECT", "all", "reject-with icmp-port-unreachable")),
    ],
)
def test_nat_neither_drops_nor_rejects(header: str, rule: str) -> None:
    tables = read_text(listed(BEFORE, REDIRECTED) + listed(header, rule)).rulesets[0].tables
    assert [(t.name, [c.name for c in t.chains]) for t in tables] == [
        ("nat", ["PREROUTING"]),
        ("filter", ["INPUT"]),
    ]


def test_what_drops_is_not_taken_for_nat() -> None:
    dump = read_text(listed(BEFORE, DROPPED))
    assert [each.name for each in dump.rulesets[0].tables] == ["mangle"]
    assert "IPT0121" in codes(dump)


def test_a_filter_behind_a_chain_of_nat() -> None:
    refused = row("REJECT", "all", "reject-with icmp-port-unreachable")
    text = listed(BEFORE, row("DOCKER")) + listed("Chain INPUT (policy ACCEPT)", row())
    text += listed("Chain FORWARD (policy ACCEPT)", refused) + listed("Chain OUTPUT (policy DROP)")
    tables = read_text(text).rulesets[0].tables
    assert [each.name for each in tables] == ["nat", "filter"]
    assert len(tables[1].chains) == 3


def test_mangle_stays_one_table() -> None:
    names = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
    text = "".join(listed(f"Chain {name} (policy DROP)", DROPPED) for name in names)
    assert list(whole(read_text(text), "mangle")) == list(names)


def test_rows_of_unknown_chains_are_not_judged_by_each_other() -> None:
    text = f"Chain INPUT (policy DROP)\n{DROPPED}\nChain AWAY (1 references)\n{DROPPED}\n"
    found = lint(read_text(f"{text}{row('AWAY')}\n{DROPPED}\n")).findings
    assert not {each.kind for each in found} & {
        Kind.SHADOWED,
        Kind.DUPLICATE,
        Kind.EMPTY,
        Kind.LOOP,
    }


@pytest.mark.parametrize("end", ["*filter\n", "*filter\n:INPUT DROP [", "*filter\n:INP"])
def test_a_save_that_ends_with_a_tables_head_tells_nothing_of_the_table(end: str) -> None:
    ruleset = read_text(end).family(4)
    assert ruleset is not None
    packet = Packet(family=4).with_(proto=6, dport=22)
    found = {each.verdict for each in trace(ruleset, packet, hook="INPUT").outcomes}
    assert {"ACCEPT", "DROP"} <= found
