"""What a text does not tell is never answered firmly: chains, policies, rules, tables it lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.errors import UsageError
from iptsim.model import BUILTIN_CHAINS, Chain, Dump, Rule, Ruleset, Table, Unread
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.tracer import Outcome, Trace, Tracer
from iptsim.tracer.rules.asked_alone import only, only_in
from iptsim.tracer.rules.untold_chains import completed
from iptsim.tracing import trace_grouped
from iptsim.values import parse_address

FILTER = (
    "*filter\n:INPUT {input} [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"
)
NAT = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    ":POSTROUTING ACCEPT [0:0]\n{rules}COMMIT\n"
)
WEB = Packet(
    proto=6, src=parse_address("192.0.2.1")[0], dport=8443, sport=40000, in_="eth0", ttl=64
)


def whole(*rules: str, policy: str = "ACCEPT") -> Ruleset:
    text = FILTER.format(input=policy, rules="".join(f"{rule}\n" for rule in rules))
    return read_text(text).rulesets[0]


def without(ruleset: Ruleset, *names: str) -> Ruleset:
    """The rule set as a text tells it in which these chains do not stand."""
    tables = [
        replace(table, chains=tuple(c for c in table.chains if c.name not in names))
        for table in ruleset.tables
    ]
    return replace(ruleset, tables=tuple(tables))


def with_rules(ruleset: Ruleset, chain: str, *rules: Rule, keep: int = 0) -> Ruleset:
    """The rule set with rules put into a chain of its only table."""
    (table,) = ruleset.tables
    found = table.by_name[chain]
    more = replace(found, rules=(*found.rules[:keep], *rules, *found.rules[keep:]))
    chains = tuple(more if c is found else c for c in table.chains)
    return replace(ruleset, tables=(replace(table, chains=chains),))


def ask(ruleset: Ruleset, packet: Packet = WEB, hook: str | None = None) -> Trace:
    return trace_grouped(Tracer.of(ruleset), packet, hook=hook)


def fates(found: Trace) -> set[str]:
    return {outcome.verdict for outcome in found.outcomes}


def by(outcome: Outcome) -> str:
    step = outcome.decided_by
    return "" if step is None else f"{step.table} {step.chain} {step.rule}"


def test_a_whole_table_is_not_completed() -> None:
    ruleset = whole("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT")
    assert completed(ruleset) is ruleset


def test_completing_twice_is_completing_once() -> None:
    ruleset = completed(without(whole("-A INPUT -j GONE"), "FORWARD"))
    assert completed(ruleset) is ruleset


@pytest.mark.parametrize("policy", ["ACCEPT", "DROP"])
def test_a_built_in_chain_that_is_not_there_may_drop(policy: str) -> None:
    found = ask(without(whole(policy=policy), "INPUT"))
    assert fates(found) == {"ACCEPT", "DROP", "REJECT"}
    assert {by(outcome) for outcome in found.outcomes} == {"filter INPUT None"}
    assert "IPT0387" in {note.code for note in found.notes}


def test_only_packets_that_would_come_to_it_are_open() -> None:
    found = ask(without(whole("-A INPUT -j DROP"), "FORWARD"))
    assert fates(found) == {"DROP"}


def test_a_chain_nothing_leads_to_is_led_to_by_what_is_missing() -> None:
    dump = read_text(
        "Chain SHOP (1 references)\ntarget     prot opt source               destination\n"
        "DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:8443\n"
    )
    found = ask(dump.rulesets[0])
    assert "filter SHOP 1" in {by(outcome) for outcome in found.outcomes}


def test_no_way_leads_to_a_chain_without_references() -> None:
    dump = read_text(
        "Chain IDLE (0 references)\ntarget     prot opt source               destination\n"
        "DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:8443\n"
    )
    found = ask(dump.rulesets[0])
    assert "filter IDLE 1" not in {by(outcome) for outcome in found.outcomes}


def test_the_table_of_restore_input_begins_empty() -> None:
    (table,) = without(whole("-A INPUT -j DROP"), "FORWARD").tables
    fresh = Ruleset(tables=(replace(table, fresh=True),))
    found = ask(fresh, replace(WEB, out="eth1"))
    assert fates(found) == {"ACCEPT"}
    assert "IPT0322" in {note.code for note in found.assumed}


def test_a_policy_that_is_not_told_may_be_either() -> None:
    ruleset = whole("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT")
    (table,) = ruleset.tables
    chains = (replace(table.by_name["INPUT"], policy=None), *table.chains[1:])
    untold = Ruleset(tables=(replace(table, chains=chains),))
    assert fates(ask(untold)) == {"ACCEPT", "DROP"}
    assert fates(ask(untold, replace(WEB, dport=22))) == {"ACCEPT"}


def test_what_stands_before_rules_left_out_stays_certain() -> None:
    gap = Rule(unread=Unread(why="elided", text="..."))
    ruleset = with_rules(
        whole("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -j DROP"),
        "INPUT", gap, keep=1,
    )  # fmt: skip
    assert fates(ask(ruleset, replace(WEB, dport=22))) == {"ACCEPT"}
    found = ask(ruleset)
    assert fates(found) == {"ACCEPT", "DROP", "REJECT"}
    assert {by(o) for o in found.outcomes} == {"filter INPUT None", "filter INPUT 3"}


def test_rules_have_the_numbers_that_were_printed() -> None:
    gap = Rule(unread=Unread(why="gap", count=6))
    numbered = with_rules(whole("-A INPUT -j DROP"), "INPUT", gap)
    assert [number for number, _rule in numbered.tables[0].by_name["INPUT"].numbered()] == [1, 7]
    assert "filter INPUT 7" in {by(outcome) for outcome in ask(numbered).outcomes}


def test_a_rule_cut_off_asks_what_is_left_of_it() -> None:
    cut = read_text(FILTER.format(input="DROP", rules="-A INPUT -p tcp -m tcp --dport 8443\n"))
    (table,) = cut.rulesets[0].tables
    rule = replace(table.by_name["INPUT"].rules[0], unread=Unread(why="cut"))
    ruleset = with_rules(whole(policy="DROP"), "INPUT", rule)
    assert fates(ask(ruleset)) == {"ACCEPT", "DROP", "REJECT"}
    assert fates(ask(ruleset, replace(WEB, dport=8080))) == {"DROP"}


def test_a_chain_shown_in_part_decides_nothing_for_sure() -> None:
    ruleset = whole("-A INPUT -p tcp -m tcp --dport 8443 -j ACCEPT", policy="DROP")
    (table,) = ruleset.tables
    part = replace(table.by_name["INPUT"], whole=False)
    grepped = Ruleset(tables=(replace(table, chains=(part, *table.chains[1:])),))
    assert fates(ask(grepped)) == {"ACCEPT", "DROP", "REJECT"}


def test_an_absent_chain_of_nat_may_redirect() -> None:
    text = NAT.format(rules="-A PREROUTING -p tcp -j MESH\n") + FILTER.format(
        input="DROP", rules="-A INPUT -p tcp -m tcp --dport 17006 -j ACCEPT\n"
    )
    found = ask(read_text(text).rulesets[0])
    assert fates(found) == {"ACCEPT", "DROP"}
    ports = {r.after for o in found.outcomes for r in o.rewrites if r.field == "dport"}
    assert ports == {"unknown"}


def test_a_mark_is_unknown_behind_a_chain_that_is_not_there() -> None:
    mangle = NAT.replace("*nat", "*mangle").replace(
        "{rules}", ":FORWARD ACCEPT [0:0]\n-A PREROUTING -j MARKS\n"
    )
    text = mangle + FILTER.format(input="DROP", rules="-A INPUT -m mark --mark 0x2 -j ACCEPT\n")
    found = ask(read_text(text).rulesets[0], replace(WEB, mark=0))
    assert fates(found) == {"ACCEPT", "DROP"}
    assert all(not outcome.rewrites for outcome in found.outcomes)


def test_an_absent_chain_of_raw_may_leave_packets_untracked() -> None:
    raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -j FEED\nCOMMIT\n"
    rules = "-A INPUT -m conntrack --ctstate UNTRACKED -j REJECT\n"
    found = ask(read_text(raw + FILTER.format(input="ACCEPT", rules=rules)).rulesets[0])
    assert fates(found) == {"ACCEPT", "DROP", "REJECT"}


def test_the_rule_that_leads_away_is_the_one_to_blame() -> None:
    found = ask(whole("-A INPUT -p tcp -j GONE", policy="DROP"))
    deciders = {(outcome.verdict, by(outcome)) for outcome in found.outcomes}
    assert ("ACCEPT", "filter INPUT 1") in deciders
    assert ("DROP", "filter INPUT None") in deciders


def test_what_another_back_end_holds_may_drop() -> None:
    beside = replace(whole(), beside=("legacy",))
    found = ask(beside)
    assert "DROP" in fates(found)
    assert "IPT0390" in {note.code for note in found.notes}


def test_a_table_that_cannot_be_listed_is_unknown() -> None:
    found = ask(replace(Ruleset(tables=(Table(name="nat", fresh=True),)), beside=("filter",)))
    assert "DROP" in fates(found)


def test_a_table_that_is_not_there_at_all_is_taken_to_let_pass() -> None:
    found = ask(read_text(NAT.format(rules="")).rulesets[0])
    assert fates(found) == {"ACCEPT"}
    (note,) = (note for note in found.assumed if note.code == "IPT0393")
    assert dict(note.facts)["tables"] == "mangle, filter"


def test_an_arriving_packet_has_mark_0_where_that_decides() -> None:
    ruleset = whole("-A INPUT -m mark --mark 0x1 -j DROP")
    found = ask(ruleset)
    assert fates(found) == {"ACCEPT"}
    assert "IPT0395" in {note.code for note in found.assumed}
    assert "IPT0395" not in {note.code for note in ask(whole("-A INPUT -j DROP")).assumed}


def test_a_query_says_what_may_be() -> None:
    found = query(without(whole(policy="DROP"), "INPUT"), WEB, "DROP")
    assert found.answers
    assert not any(answer.certain for answer in found.answers)


def listed(*rows: str) -> Dump:
    head = "Chain SHOP (1 references)\ntarget     prot opt source               destination\n"
    return read_text(head + "".join(f"{row}\n" for row in rows))


RETURN = "RETURN     all  --  0.0.0.0/0            0.0.0.0/0"
DROP = "DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:8443"


def test_a_diff_of_a_chain_alone_has_an_effect_that_is_not_certain() -> None:
    found = diff(listed(RETURN), listed(DROP, RETURN))
    assert not found.same_effect
    assert not any(effect.certain for effect in found.effects)
    assert {"IPT0394", "IPT0381"} <= {note.code for note in found.notes}


def test_a_diff_of_the_chain_that_is_asked_is_certain() -> None:
    found = diff(listed(RETURN), listed(DROP, RETURN), chain=("SHOP", None))
    (effect,) = found.effects
    assert (effect.before.verdict, effect.after.verdict) == ("RETURN", "DROP")
    assert effect.certain


def test_a_chain_is_asked_alone() -> None:
    asked = only(listed(DROP, RETURN).rulesets[0], "SHOP")
    found = ask(asked)
    assert found.outcomes[0].verdict == "DROP"
    assert fates(found) == {"DROP", "RETURN"}  # the listing hides interfaces
    (returned,) = ask(asked, replace(WEB, dport=80)).outcomes
    assert (returned.verdict, returned.destination) == ("RETURN", None)
    assert query(asked, WEB, "DROP").answers


def test_a_built_in_chain_asked_alone_has_its_policy() -> None:
    asked = only(whole("-A INPUT -p udp -j ACCEPT", policy="DROP"), "INPUT")
    (found,) = ask(asked).outcomes
    assert found.verdict == "DROP"
    with pytest.raises(UsageError, match="OUTPUT"):
        ask(asked, hook="OUTPUT")


def test_a_chain_that_no_table_has_cannot_be_asked() -> None:
    with pytest.raises(UsageError, match="no chain NONE"):
        only_in(listed(RETURN), "NONE")


def test_a_chain_of_two_tables_wants_its_table() -> None:
    chain = Chain(name="BOTH", rules=(Rule(),))
    tables = (Table(name="nat", chains=(chain,)), Table(name="filter", chains=(chain,)))
    with pytest.raises(UsageError, match="-t"):
        only(Ruleset(tables=tables), "BOTH")
    assert only(Ruleset(tables=tables), "BOTH", "nat").only == ("nat", "BOTH")


def test_a_listing_that_hides_interfaces_says_so_even_of_one_rule() -> None:
    text = "Chain INPUT (policy DROP)\ntarget prot opt source destination\n"
    ruleset = read_text(f"{text}ACCEPT 0 -- 0.0.0.0/0 0.0.0.0/0\n", table="filter").rulesets[0]
    assert "IPT0301" in {note.code for note in ask(ruleset).notes}
    assert "IPT0301" in {note.code for note in Tracer.of(ruleset).trace(WEB).notes}


def test_an_absent_chain_of_mangle_may_hand_packets_to_a_proxy() -> None:
    heads = "".join(f":{name} ACCEPT [0:0]\n" for name in BUILTIN_CHAINS["mangle"])
    for hook, ends in (("PREROUTING", {"local", "forward"}), ("FORWARD", {"forward"})):
        text = f"*mangle\n{heads}-A {hook} -j GONE\nCOMMIT\n"
        found = ask(read_text(text).rulesets[0], replace(WEB, out="eth1"))
        assert {o.destination for o in found.outcomes if o.verdict == "ACCEPT"} == ends


def test_what_is_cut_off_may_make_nat_rules_alive() -> None:
    text = NAT.format(rules="-A PREROUTING -p tcp\n").removesuffix("\nCOMMIT\n")
    found = ask(read_text(text).rulesets[0])
    assert "IPT0372" not in {note.code for note in found.assumed}
    assert {r.field for outcome in found.outcomes for r in outcome.rewrites} >= {"dport"}


def test_a_filter_shows_headers_without_their_titles() -> None:
    grepped = (
        "Chain INPUT (policy ACCEPT)\nChain FORWARD (policy ACCEPT)\nChain OUTPUT (policy ACCEPT)\n"
    )
    found = ask(read_text(grepped, family=4).rulesets[0])
    assert {"ACCEPT", "DROP"} <= fates(found)


def test_a_saved_table_that_breaks_off_before_its_chains_is_not_an_empty_one() -> None:
    text = "# Generated by iptables-save v1.8.9 (nf_tables)\n*filter\n"
    assert {"ACCEPT", "DROP"} <= fates(ask(read_text(text).rulesets[0]))
    assert fates(ask(read_text("*filter\nCOMMIT\n").rulesets[0])) == {"ACCEPT"}


def test_base_chains_that_iptables_does_not_list_may_do_anything() -> None:
    said = "# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.\n"
    text = FILTER.format(input="ACCEPT", rules="")
    assert fates(ask(read_text(text).rulesets[0])) == {"ACCEPT"}
    assert fates(ask(read_text(said + text).rulesets[0])) == {"ACCEPT", "DROP", "REJECT"}


def test_a_packet_that_comes_to_a_chain_may_be_translated_already() -> None:
    rule = "-A MINE -p tcp -m conntrack --ctorigdstport 8080 -j DROP"
    ruleset = whole("-N MINE", "-A FORWARD -j MINE", rule)
    passing = replace(WEB, out="eth1")
    assert fates(ask(only(ruleset, "MINE"), passing, "FORWARD")) == {"DROP", "RETURN"}
    assert fates(ask(ruleset, passing, "FORWARD")) == {"ACCEPT"}


@pytest.mark.parametrize(
    ("table", "verdicts"),
    [("mangle", {"RETURN"}), ("filter", {"DROP", "RETURN"}), ("security", {"DROP", "RETURN"})],
)
def test_at_output_so_it_is_behind_nat(table: str, verdicts: set[str]) -> None:
    rule = "-A MINE -p tcp -m conntrack --ctorigdstport 8080 -j DROP"
    text = f"*{table}\n:OUTPUT ACCEPT\n:MINE -\n-A OUTPUT -j MINE\n{rule}\nCOMMIT\n"
    sent = replace(WEB, in_=None, out="eth1")
    assert fates(ask(only(read_text(text).rulesets[0], "MINE"), sent, "OUTPUT")) == verdicts


@pytest.mark.parametrize("source", ["192.0.2.1", None])
def test_an_absent_chain_of_nat_may_send_packets_where_routing_throws_them_away(
    source: str | None,
) -> None:
    address = None if source is None else parse_address(source)[0]
    found = ask(
        without(read_text(NAT.format(rules="")).rulesets[0], "PREROUTING"), WEB.with_(src=address)
    )
    (lost,) = [outcome for outcome in found.outcomes if outcome.verdict == "DROP"]
    assert not any(cube.conditions for cube in lost.when)
    chosen = {fact.detail for cube in lost.when for fact, _holds in cube.facts}
    assert any("127.0.0.0/8" in detail for detail in chosen)
    assert "IPT0309" in {note.code for note in found.notes}


def test_of_a_source_that_routing_lets_nowhere_a_new_destination_is_thrown_away() -> None:
    rules = "-A PREROUTING -j DNAT --to-destination 198.51.100.1-198.51.100.9\n"
    told = read_text(NAT.format(rules=rules)).rulesets[0]
    nobody = WEB.with_(src=0)
    assert fates(ask(told, nobody)) == {"DROP"}
    assert "DROP" in fates(ask(without(told, "PREROUTING"), nobody))


def test_an_address_out_of_a_range_that_routing_takes_in_part_is_told_apart() -> None:
    rules = "-A PREROUTING -j DNAT --to-destination 126.255.255.255-127.0.0.1\n"
    found = ask(read_text(NAT.format(rules=rules)).rulesets[0])
    assert fates(found) == {"ACCEPT", "DROP"}
