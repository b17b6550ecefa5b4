"""One packet, every step: small rule sets whose answer is plain from the kernel's sources."""

from __future__ import annotations

from itertools import pairwise

import pytest

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Trace, trace
from iptsim.tracer.rules.jumps import LoopError
from iptsim.values import parse_address

ADDR = """[
 {"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "prefixlen": 8}]},
 {"ifname": "eth0", "addr_info": [{"local": "10.0.0.2", "prefixlen": 24}]},
 {"ifname": "eth1", "addr_info": [{"local": "172.16.0.1", "prefixlen": 16}]}]"""
ROUTE = """[
 {"dst": "default", "gateway": "10.0.0.1", "dev": "eth0"},
 {"dst": "10.0.0.0/24", "dev": "eth0"}, {"dst": "172.16.0.0/16", "dev": "eth1"}]"""
HOST = read_host(ADDR, ROUTE)


def ip(text: str) -> int:
    return parse_address(text)[0]


def ask(rules: str, packet: Packet, *, hook: str | None = None, host: bool = False) -> Trace:
    dump = read_text(rules, file="rules")
    return trace(dump.rulesets[0], packet, hook=hook, host=HOST if host else None)


def only(found: Trace) -> Outcome:
    assert len(found.outcomes) == 1, [outcome.when for outcome in found.outcomes]
    return found.outcomes[0]


def way(outcome: Outcome) -> list[str]:
    return [f"{s.hook} {s.table} {s.chain} {s.rule or 'policy'} {s.action}" for s in outcome.steps]


def rewritten(outcome: Outcome) -> dict[str, int | str]:
    return {rewrite.field: rewrite.after for rewrite in outcome.rewrites}


def save(table: str, chains: str, rules: str) -> str:
    return f"*{table}\n{chains}\n{rules}\nCOMMIT\n"


FILTER = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]"
NAT = (
    ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]"
)
MANGLE = NAT + "\n:FORWARD ACCEPT [0:0]"
RAW = ":PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]"
WEB = Packet(proto=6, src=ip("192.0.2.1"), dst=ip("10.0.0.2"), sport=40000, dport=80, in_="eth0")


def test_return_in_a_user_chain_goes_on_after_the_jump() -> None:
    rules = save(
        "filter", FILTER + "\n:A - [0:0]", "-A INPUT -j A\n-A INPUT -j DROP\n-A A -j RETURN"
    )
    found = only(ask(rules, WEB))
    assert way(found) == [
        "INPUT filter INPUT 1 jump",
        "INPUT filter A 1 return",
        "INPUT filter INPUT 2 drop",
    ]
    assert (found.verdict, found.destination) == ("DROP", None)


def test_return_in_a_built_in_chain_meets_the_policy() -> None:
    rules = save("filter", FILTER.replace("INPUT ACCEPT", "INPUT DROP"), "-A INPUT -j RETURN")
    assert way(only(ask(rules, WEB))) == [
        "INPUT filter INPUT 1 return",
        "INPUT filter INPUT policy policy",
    ]


def test_goto_returns_to_where_the_calling_chain_was_called_from() -> None:
    chains = FILTER + "\n:A - [0:0]\n:B - [0:0]"
    rules = "-A INPUT -j A\n-A INPUT -j REJECT\n-A A -g B\n-A A -j DROP\n-A B -p udp -j ACCEPT"
    found = only(ask(save("filter", chains, rules), WEB))
    assert way(found) == [
        "INPUT filter INPUT 1 jump",
        "INPUT filter A 1 goto",
        "INPUT filter INPUT 2 reject",
    ]
    assert found.verdict == "REJECT"


def test_goto_from_a_built_in_chain_ends_in_its_policy() -> None:
    chains = FILTER.replace("INPUT ACCEPT", "INPUT DROP") + "\n:B - [0:0]"
    found = only(ask(save("filter", chains, "-A INPUT -g B\n-A INPUT -j ACCEPT"), WEB))
    assert way(found)[-1] == "INPUT filter INPUT policy policy"
    assert found.verdict == "DROP"


def test_a_mark_carries_into_later_tables() -> None:
    rules = save("mangle", MANGLE, "-A PREROUTING -j MARK --set-xmark 0x1/0xff") + save(
        "filter", FILTER, "-A INPUT -m mark --mark 0x1/0xff -j DROP"
    )
    found = only(ask(rules, WEB.with_(mark=0xF00)))
    assert found.verdict == "DROP"
    assert rewritten(found) == {"mark": 0xF01}


def test_an_unknown_mark_keeps_the_bits_that_no_rule_set() -> None:
    rules = save("mangle", MANGLE, "-A OUTPUT -j MARK --set-xmark 0x1/0xff") + save(
        "filter", FILTER, "-A OUTPUT -m mark --mark 0x101/0xfff -j DROP"
    )
    found = ask(rules, WEB.with_(in_=None, out="lo"), hook="OUTPUT")
    assert [outcome.verdict for outcome in found.outcomes] == ["ACCEPT", "DROP"]
    condition = found.outcomes[1].when[0].conditions[0]
    assert (condition.field, condition.values) == ("mark", ("0x100/0xf00",))


def test_redirect_rewrites_before_input_is_asked() -> None:
    rules = save("nat", NAT, "-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080")
    rules += save("filter", FILTER, "-A INPUT -p tcp -m tcp --dport 80 -j DROP")
    found = only(ask(rules, WEB))
    assert rewritten(found) == {"dport": 8080}
    assert (found.verdict, found.destination) == ("ACCEPT", "local")


def test_redirect_goes_to_the_first_address_of_the_incoming_interface() -> None:
    rules = save("nat", NAT, "-A PREROUTING -p tcp -j REDIRECT --to-ports 8080")
    found = only(ask(rules, WEB.with_(dst=ip("8.8.8.8")), host=True))
    assert rewritten(found) == {"dst": "10.0.0.2", "dport": 8080}


def test_a_redirected_local_packet_comes_back_by_lo_with_nat_settled() -> None:
    nat = save("nat", NAT, "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001")
    rules = nat + save("filter", FILTER, "-A INPUT -i lo -j ACCEPT\n-A INPUT -j DROP")
    sent = Packet(
        proto=6, src=ip("10.0.0.2"), dst=ip("8.8.8.8"), sport=1, dport=80, uid=0, gid=0, out="eth0"
    )
    found = only(ask(rules, sent))
    assert way(found) == [
        "OUTPUT nat OUTPUT 1 rewrite",
        "OUTPUT filter OUTPUT policy policy",
        "POSTROUTING nat POSTROUTING policy policy",
        "INPUT filter INPUT 1 accept",
    ]
    assert rewritten(found) == {"dst": "127.0.0.1", "dport": 15001}
    assert found.destination == "local"


def test_only_a_new_connection_asks_nat() -> None:
    rules = save("nat", NAT, "-A PREROUTING -j REDIRECT")
    for state in ("ESTABLISHED", "INVALID", "UNTRACKED"):
        assert way(only(ask(rules, WEB.with_(ctstate=state)))) == []


@pytest.mark.parametrize(
    ("family", "proto", "asks"), [(4, 1, False), (6, 58, False), (4, 17, True), (6, 17, True)]
)
def test_what_is_expected_asks_nat_but_for_an_icmp_error(
    family: int, proto: int, asks: bool
) -> None:
    rules = save("nat", NAT, "-A PREROUTING -j REDIRECT")
    kind = {1: 3, 58: 1}.get(proto)
    packet = Packet(family=family, proto=proto, icmp_type=kind, in_="eth0", ctstate="RELATED")
    found = trace(read_text(rules, family=family).rulesets[0], packet)
    assert bool(way(only(found))) is asks


def test_notrack_keeps_nat_out_and_is_a_state_of_its_own() -> None:
    rules = save("raw", RAW, "-A PREROUTING -j NOTRACK") + save("nat", NAT, "-A INPUT -j ACCEPT")
    rules += save("filter", FILTER, "-A INPUT -m conntrack --ctstate UNTRACKED -j DROP")
    assert way(only(ask(rules, WEB))) == [
        "PREROUTING raw PREROUTING 1 continue",
        "PREROUTING raw PREROUTING policy policy",
        "INPUT filter INPUT 1 drop",
    ]


def test_before_tracking_a_packet_is_invalid() -> None:
    rules = save("raw", RAW, "-A PREROUTING -m conntrack --ctstate INVALID -j DROP")
    assert only(ask(rules, WEB)).verdict == "DROP"


def test_dnat_to_another_host_is_forwarded_with_the_ttl_taken_down() -> None:
    nat = save("nat", NAT, "-A PREROUTING -p tcp -j DNAT --to-destination 172.16.0.9:8080")
    rules = nat + save("filter", FILTER, "-A FORWARD -o eth1 -m ttl --ttl-eq 63 -j DROP")
    found = only(ask(rules, WEB.with_(ttl=64), host=True))
    assert way(found) == ["PREROUTING nat PREROUTING 1 rewrite", "FORWARD filter FORWARD 1 drop"]


@pytest.mark.parametrize(
    ("port", "moved"), [(3000, 5000), (3012, 5002), (2999, 5005), (65535, 5005)]
)
def test_dnat_shifts_ports_by_their_distance_in_16_bits(port: int, moved: int) -> None:
    nat = save("nat", NAT, "-A PREROUTING -p tcp -j DNAT --to-destination :5000-5009/3000")
    assert rewritten(only(ask(nat, WEB.with_(dport=port)))) == {"dport": moved}


@pytest.mark.parametrize(
    ("pattern", "name", "verdict"),
    [
        ("eth+", "eth", "DROP"),
        ("eth+", "eth0", "DROP"),
        ("eth+", "et", "ACCEPT"),
        ("eth", "eth0", "ACCEPT"),
        ("+", "lo", "DROP"),
    ],
)
def test_an_interface_pattern_stands_for_its_stem_too(
    pattern: str, name: str, verdict: str
) -> None:
    rules = save("filter", FILTER, f"-A INPUT -i {pattern} -j DROP")
    assert only(ask(rules, WEB.with_(in_=name))).verdict == verdict


@pytest.mark.parametrize(
    ("rule", "field", "after"),
    [
        ("POSTROUTING -j SNAT --to-source 192.0.2.0-192.0.2.9", "src", None),
        ("POSTROUTING -j SNAT --to-source 192.0.2.2-192.0.2.9", "src", "192.0.2.2-192.0.2.9"),
        ("PREROUTING -j DNAT --to-destination 10.0.0.2-10.0.0.9", "dst", "10.0.0.2-10.0.0.9"),
    ],
)
def test_an_address_in_the_range_stays_if_it_is_the_source(
    rule: str, field: str, after: str | None
) -> None:
    found = only(ask(save("nat", NAT, f"-A {rule}"), WEB.with_(out="eth1")))
    assert rewritten(found).get(field) == after


@pytest.mark.parametrize(
    ("ttl", "destination", "left"),
    [(3, "forward", 2), (2, "forward", 1), (1, None, 1), (0, None, 0)],
)
def test_what_would_have_no_ttl_left_is_not_forwarded(
    ttl: int, destination: str | None, left: int
) -> None:
    found = only(ask(save("filter", FILTER, ""), WEB.with_(ttl=ttl, out="eth1")))
    assert (found.destination, dict(found.packet)["ttl"]) == (destination, left)


def test_masquerade_takes_the_outgoing_address() -> None:
    rules = save("nat", NAT, "-A POSTROUTING -o eth0 -j MASQUERADE")
    packet = WEB.with_(src=ip("172.16.0.9"), dst=ip("8.8.8.8"), in_="eth1")
    found = only(ask(rules, packet, host=True))
    assert rewritten(found) == {"src": "10.0.0.2"}
    assert found.destination == "forward"


def test_filter_output_still_sees_the_interface_it_began_with() -> None:
    nat = save("nat", NAT, "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001")
    rules = nat + save("filter", FILTER, "-A OUTPUT -o eth0 -j DROP")
    sent = Packet(proto=6, src=ip("10.0.0.2"), dst=ip("8.8.8.8"), sport=1, dport=80, uid=0)
    assert only(ask(rules, sent.with_(gid=0), host=True)).verdict == "DROP"


def test_a_partly_given_packet_meets_every_fate_once() -> None:
    rules = save(
        "filter", FILTER, "-A INPUT -s 10.0.0.0/8 -j DROP\n-A INPUT -s 10.1.0.0/16 -j REJECT"
    )
    found = ask(rules, Packet(dport=80))
    assert [outcome.verdict for outcome in found.outcomes] == ["ACCEPT", "DROP"]
    conditions = [outcome.when[0].conditions[0] for outcome in found.outcomes]
    assert [(c.field, c.values, c.negate) for c in conditions] == [
        ("src", ("10.0.0.0/8",), True),
        ("src", ("10.0.0.0/8",), False),
    ]


def test_an_opaque_fact_forks_and_is_named() -> None:
    rules = save("filter", FILTER, "-A INPUT -m recent --rcheck --name bad --rsource -j DROP")
    found = ask(rules, WEB)
    assert [outcome.verdict for outcome in found.outcomes] == ["ACCEPT", "DROP"]
    ((fact, value),) = found.outcomes[1].when[0].facts
    assert "--name bad" in fact.key
    assert value is True


def test_a_chain_that_is_absent_is_unknown_never_a_pass() -> None:
    found = ask(save("filter", FILTER, "-A INPUT -j GONE"), WEB)
    assert found.outcomes[0].verdict == "ACCEPT"
    verdicts = sorted(outcome.verdict for outcome in found.outcomes)
    assert verdicts == ["ACCEPT", "ACCEPT", "DROP", "REJECT"]
    assert [note.code for note in found.notes] == ["IPT0303"]


def test_a_jump_loop_is_told_with_its_way() -> None:
    rules = save(
        "filter", FILTER + "\n:A - [0:0]\n:B - [0:0]", "-A INPUT -j A\n-A A -j B\n-A B -g A"
    )
    with pytest.raises(LoopError, match="A → B → A"):
        ask(rules, WEB)


def test_a_packet_of_the_other_family_is_refused() -> None:
    with pytest.raises(UsageError):
        ask(save("filter", FILTER, "-A INPUT -s 10.0.0.1/32 -j DROP"), Packet(family=6))


LISTING = """Chain PREROUTING (policy ACCEPT)
target     prot opt source               destination

Chain INPUT (policy ACCEPT)
target     prot opt source               destination

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
RETURN     tcp  --  0.0.0.0/0           !127.0.0.1            ! owner UID match 1337
REDIRECT   tcp  --  0.0.0.0/0            0.0.0.0/0            redir ports 15001

Chain POSTROUTING (policy ACCEPT)
target     prot opt source               destination
"""


def test_what_a_listing_hides_forks_second_and_only_where_it_matters() -> None:
    sent = Packet(
        proto=6, src=ip("10.0.0.2"), dst=ip("8.8.8.8"), sport=1, dport=80, uid=7, gid=7, out="eth0"
    )
    found = ask(LISTING, sent)
    assert [rewritten(outcome) for outcome in found.outcomes] == [
        {},
        {"dst": "127.0.0.1", "dport": 15001},
    ]
    facts = [{(fact.code, value) for fact, value in o.when[0].facts} for o in found.outcomes]
    assert facts == [{("IPT0402", False)}, {("IPT0402", True)}]
    assert "IPT0301" in [note.code for note in found.notes]
    envoy = ask(LISTING, sent.with_(uid=1337))
    assert only(envoy).when == ()


def test_a_listing_rule_that_changes_no_fate_makes_no_second_outcome() -> None:
    listing = LISTING.replace("RETURN     tcp", "REDIRECT   tcp", 1).replace(
        "! owner UID match 1337", "redir ports 15001"
    )
    sent = Packet(
        proto=6, src=ip("10.0.0.2"), dst=ip("8.8.8.8"), sport=1, dport=80, uid=7, gid=7, out="eth0"
    )
    assert only(ask(listing, sent)).when == ()


def test_many_open_matches_without_an_end_stay_quick() -> None:
    lines = [f"-A INPUT -m limit --limit {n}/sec -j LOG" for n in range(1, 40)]
    found = ask(save("filter", FILTER, "\n".join([*lines, "-A INPUT -j DROP"])), WEB)
    assert {outcome.verdict for outcome in found.outcomes} == {"DROP"}
    assert len(found.outcomes) <= 200
    assert "IPT0304" in [note.code for note in found.notes]


def test_two_limits_that_read_the_same_are_two_unknowns() -> None:
    lines = (
        "-A INPUT -p tcp -m limit --limit 1/sec -j DROP\n-A INPUT -m limit --limit 1/sec -j REJECT"
    )
    found = ask(save("filter", FILTER, lines), WEB)
    assert [outcome.verdict for outcome in found.outcomes] == ["DROP", "REJECT", "ACCEPT"]


def test_a_long_listing_stays_quick_for_a_packet_hardly_given() -> None:
    asks = (
        "10.{n}.0.0/16 0.0.0.0/0",
        "0.0.0.0/0 10.{n}.0.0/16",
        "{any} tcp spt:{n}",
        "{any} tcp dpt:{n}",
    )
    rows = [
        "ACCEPT tcp -- " + asks[n % 4].format(n=n, any="0.0.0.0/0 0.0.0.0/0") for n in range(60)
    ]
    head = "Chain INPUT (policy DROP)\ntarget     prot opt source               destination\n"
    found = ask(head + "\n".join([*rows, ""]), Packet(proto=6))
    assert {outcome.verdict for outcome in found.outcomes} == {"ACCEPT", "DROP"}
    assert "IPT0306" in [note.code for note in found.notes]


def test_chains_nested_deeper_than_any_kernel_takes_are_refused() -> None:
    names = [f"C{number}" for number in range(3000)]
    chains = FILTER + "".join(f"\n:{name} - [0:0]" for name in names)
    jumps = [f"-A {one} -j {other}" for one, other in pairwise(names)]
    with pytest.raises(LoopError, match="deep"):
        ask(save("filter", chains, "\n".join(["-A INPUT -j C0", *jumps])), WEB)


def test_chains_that_multiply_are_refused() -> None:
    names = [f"C{number}" for number in range(60)]
    chains = FILTER + "".join(f"\n:{name} - [0:0]" for name in names)
    jumps = [f"-A {one} -j {other}" for one, other in pairwise(names) for _ in range(2)]
    with pytest.raises(UsageError, match="steps"):
        ask(save("filter", chains, "\n".join(["-A INPUT -j C0", *jumps])), WEB)


def test_thousands_of_open_facts_are_refused() -> None:
    lines = [f"-A INPUT -m recent --rcheck --name n{n} --rsource -j DROP" for n in range(3000)]
    with pytest.raises(UsageError, match="too many ways"):
        ask(save("filter", FILTER, "\n".join(lines)), WEB)
