"""What rule sets of nftables do with packets, where that is not what iptables would do."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.packet import Packet
from iptsim.tracer import Trace, trace
from iptsim.values import parse_address

TCP, UDP = 6, 17


def asked(rules: str, *, family: int = 4, hook: str | None = None, **fields: int | str) -> Trace:
    """A packet through rules; addresses as texts."""
    told = {
        name: parse_address(str(value))[0] if name in ("src", "dst") else value
        for name, value in fields.items()
    }
    found = read_text(rules, file="rules").family(family)
    assert found is not None
    packet = Packet(family=family).with_(**{"proto": TCP, **told})
    return trace(found, packet, hook=hook)


def chain(name: str, *rules: str, base: str = "") -> str:
    head = f"\t\ttype {base}\n" if base else ""
    return f"\tchain {name} {{\n{head}" + "".join(f"\t\t{rule}\n" for rule in rules) + "\t}\n"


def table(family: str, name: str, *members: str, flags: str = "") -> str:
    return f"table {family} {name} {{\n{flags}" + "\n".join(members) + "}\n"


def steps(found: Trace) -> list[tuple[str, str, int | None, str]]:
    return [(s.table, s.chain, s.rule, s.action) for s in found.outcomes[0].steps]


INPUT = "filter hook input priority {}; policy {};"


def test_accept_ends_one_base_chain_only() -> None:
    rules = table("ip", "a", chain("in", "accept", base=INPUT.format("filter", "accept")))
    rules += table("inet", "b", chain("late", "drop", base=INPUT.format("filter + 10", "accept")))
    found = asked(rules, dport=80)
    assert steps(found) == [("ip a", "in", 1, "accept"), ("inet b", "late", 1, "drop")]
    assert found.outcomes[0].verdict == "DROP"


def test_chains_of_iptables_and_nftables_run_by_priority() -> None:
    rules = table("ip", "n", chain("in", "meta mark 0x7 drop", base=INPUT.format(10, "accept")))
    save = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    save += "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"
    save += ":OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    save += "-A INPUT -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x7/0xffffffff\nCOMMIT\n"
    assert asked(save + rules, dport=80).outcomes[0].verdict == "DROP"
    assert asked(save + rules, dport=81).outcomes[0].verdict == "ACCEPT"


def test_what_stands_before_a_condition_that_fails_has_been_done() -> None:
    marking = "meta mark set 0x7 udp dport 9 drop"
    rules = table("ip", "t", chain("in", marking, base=INPUT.format("filter", "accept")))
    (only,) = asked(rules, dport=80).outcomes
    assert dict(only.packet)["mark"] == 7
    assert [(s.rule, s.action, s.broke) for s in only.steps] == [
        (1, "continue", True),
        (None, "policy", False),
    ]


@pytest.mark.parametrize("how", ["return", "goto empty"])
def test_return_and_the_end_behind_a_goto_mean_the_policy(how: str) -> None:
    base = chain("in", how, "accept", base=INPUT.format("filter", "drop"))
    found = asked(table("ip", "t", chain("empty"), base), dport=80)
    assert found.outcomes[0].verdict == "DROP"
    assert steps(found)[-1] == ("ip t", "in", None, "policy")


def test_a_map_without_the_key_goes_on_with_the_next_rule() -> None:
    told = "tcp dport vmap { 22 : accept, 80-90 : goto web }"
    base = chain("in", told, "drop", base=INPUT.format("filter", "accept"))
    rules = table("ip", "t", chain("web", "reject"), base)
    verdicts = [asked(rules, dport=port).outcomes[0].verdict for port in (22, 85, 443)]
    assert verdicts == ["ACCEPT", "REJECT", "DROP"]


def test_a_header_is_needed_by_its_contrary_as_well() -> None:
    base = chain("in", "ip saddr != 127.0.0.1 drop", base=INPUT.format("filter", "accept"))
    rules = table("inet", "t", base)
    assert asked(rules, src="10.0.0.7").outcomes[0].verdict == "DROP"
    assert asked(rules, family=6, src="fd00::7").outcomes[0].verdict == "ACCEPT"


def test_a_port_that_is_not_so_is_of_its_protocol_alone() -> None:
    base = chain("in", "tcp dport != 53 drop", base=INPUT.format("filter", "accept"))
    rules = table("ip", "t", base)
    assert asked(rules, proto=TCP, dport=80).outcomes[0].verdict == "DROP"
    assert asked(rules, proto=UDP, dport=80).outcomes[0].verdict == "ACCEPT"


def test_a_packet_without_a_socket_has_no_user_to_be_another_than() -> None:
    hook = "filter hook output priority filter; policy accept;"
    rules = table("ip", "t", chain("out", "meta skuid != 1337 drop", base=hook))
    assert asked(rules, hook="OUTPUT", uid=0).outcomes[0].verdict == "DROP"
    assert asked(rules, hook="OUTPUT", socket="no").outcomes[0].verdict == "ACCEPT"


def test_before_tracking_every_packet_is_invalid_and_has_no_mark() -> None:
    hook = "filter hook prerouting priority raw; policy accept;"
    rules = table("ip", "t", chain("early", "ct mark != 0x5 drop", "ct state invalid", base=hook))
    assert steps(asked(rules, dport=80))[0] == ("ip t", "early", 2, "continue")


def test_chains_of_one_priority_are_asked_in_an_order_that_no_listing_tells() -> None:
    one = chain("in", "meta mark set 0x1", base=INPUT.format("filter", "accept"))
    other = chain("in", "meta mark 0x1 drop", base=INPUT.format("filter", "accept"))
    found = asked(table("ip", "one", one) + table("ip", "other", other), dport=80)
    assert {outcome.verdict for outcome in found.outcomes} == {"ACCEPT", "DROP"}
    alike = asked(
        table("ip", "one", one) + table("ip", "two", chain("in", base=INPUT.format(0, "accept")))
    )
    assert len(alike.outcomes) == 1


def test_of_one_table_the_chain_made_last_is_asked_first() -> None:
    one = chain("a", "meta mark set 0x1", base=INPUT.format("filter", "accept"))
    other = chain("b", "meta mark 0x1 drop", base=INPUT.format("filter", "accept"))
    assert asked(table("ip", "t", one, other), dport=80).outcomes[0].verdict == "ACCEPT"
    assert asked(table("ip", "t", other, one), dport=80).outcomes[0].verdict == "DROP"


def test_chains_of_nat_are_asked_until_one_translates() -> None:
    hook = "nat hook prerouting priority {}; policy accept;"
    first = chain("a", "accept", base=hook.format("dstnat - 10"))
    second = chain("b", "tcp dport 80 redirect to :8080", base=hook.format("dstnat"))
    third = chain("c", "tcp dport 8080 redirect to :9090", base=hook.format("dstnat + 10"))
    (only,) = asked(table("ip", "t", first, second, third), dport=80).outcomes
    assert dict(only.packet)["dport"] == 8080
    assert [step.chain for step in only.steps] == ["a", "b"]


def test_a_chain_of_nat_is_asked_at_nats_own_place() -> None:
    """Whatever its priority: only among chains of nat does that count (nf_nat_register_fn)."""
    nat = chain(
        "n",
        "tcp dport 80 redirect to :8080",
        base="nat hook prerouting priority 50; policy accept;",
    )
    seen = chain(
        "f", "tcp dport 8080 drop", base="filter hook prerouting priority 0; policy accept;"
    )
    assert asked(table("ip", "t", nat, seen), dport=80).outcomes[0].verdict == "DROP"


def test_nat_is_idle_where_nothing_tracks() -> None:
    nat = chain(
        "n", "tcp dport 80 counter drop", base="nat hook prerouting priority dstnat; policy accept;"
    )
    assert asked(table("ip", "t", nat), dport=80).outcomes[0].verdict == "ACCEPT"


def test_a_dormant_table_is_off() -> None:
    base = chain("in", "drop", base=INPUT.format("filter", "accept"))
    assert (
        asked(table("ip", "t", base, flags="\tflags dormant\n"), dport=80).outcomes[0].verdict
        == "ACCEPT"
    )


def test_tproxy_without_a_socket_lets_the_packet_go_on() -> None:
    hook = "filter hook prerouting priority mangle; policy accept;"
    rule = "meta l4proto tcp tproxy to :15006 meta mark set 0x539 accept"
    found = asked(table("ip", "t", chain("p", rule, base=hook)), dport=80)
    assert [dict(outcome.packet).get("mark") for outcome in found.outcomes] == [0x539, None]


def test_a_map_tells_where_to_go_to() -> None:
    nat = "dnat to ip daddr . tcp dport map { 10.0.0.1 . 80 : 10.9.0.1 . 8080 }"
    rules = table(
        "ip", "t", chain("n", nat, base="nat hook prerouting priority dstnat; policy accept;")
    )
    packet = dict(asked(rules, dst="10.0.0.1", dport=80).outcomes[0].packet)
    assert (packet["dst"], packet["dport"]) == ("10.9.0.1", 8080)
    assert dict(asked(rules, dst="10.0.0.1", dport=81).outcomes[0].packet)["dport"] == 81


def test_flags_are_asked_bit_by_bit_or_as_a_whole() -> None:
    def hit(condition: str, flags: int) -> bool:
        base = chain("in", f"{condition} drop", base=INPUT.format("filter", "accept"))
        found = asked(table("ip", "t", base), tcp_flags=flags)
        return found.outcomes[0].verdict == "DROP"

    syn, both = 0x02, 0x12
    assert [hit("tcp flags syn", each) for each in (syn, both)] == [True, True]
    assert [hit("tcp flags == syn", each) for each in (syn, both)] == [True, False]
    assert [hit("tcp flags { syn, ack }", each) for each in (syn, both)] == [True, False]
    assert [hit("tcp flags ! ack", each) for each in (syn, both)] == [True, False]
