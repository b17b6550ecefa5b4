"""What rules of nftables write behind the back of nat and tracking, as the kernel does it."""

from __future__ import annotations

import pytest
from test_nft_meaning_more import chain, packet, trace, verdicts

from iptsim import codes
from iptsim.packet import Packet
from iptsim.tracer import Trace

_SYN, _RST = 2, 4


def base(name: str, hook: str, at: int, *rules: str, kind: str = "filter") -> str:
    body = "".join(f"\t\t{rule}\n" for rule in rules)
    head = f"\t\ttype {kind} hook {hook} priority {at}; policy accept;\n"
    return f"\tchain {name} {{\n{head}{body}\t}}\n"


def table(*chains: str) -> str:
    return f"table ip t {{\n{''.join(chains)}}}\n"


def by_lo(**fields: int | str) -> Packet:
    return packet("127.0.0.1", "127.0.0.1", proto=6, sport=40000, tcp_flags=_SYN, **fields)


def ends(found: Trace, name: str) -> set[object]:
    return {dict(outcome.packet).get(name) for outcome in found.outcomes}


TRACKED = base("track", "output", 50, "ct state new")
REDIRECT = base("nat", "output", -100, "tcp dport 80 redirect to :8080", kind="nat")


def test_nat_undoes_by_lo_what_a_rule_wrote_after_it() -> None:
    text = table(TRACKED, REDIRECT, base("late", "postrouting", 0, "tcp dport set 9"))
    assert ends(trace(text, by_lo(dport=80), "OUTPUT"), "dport") == {8080}


def test_without_a_translation_what_a_rule_wrote_stays() -> None:
    text = table(TRACKED, REDIRECT, base("late", "postrouting", 0, "tcp dport set 9"))
    assert ends(trace(text, by_lo(dport=81), "OUTPUT"), "dport") == {9}


@pytest.mark.parametrize(
    ("rule", "port"),
    [
        # An address alone: the whole half is the connection's again.
        ("dnat to 127.0.0.2", 80),
        # No translation: the connection has that port already.
        ("dnat to 127.0.0.1:80", 9),
        ("dnat to 127.0.0.1:81", 81),
    ],
)
def test_a_translation_is_of_the_connection_and_not_of_the_header(rule: str, port: int) -> None:
    early = base("early", "output", -150, "tcp dport set 9")
    nat = base("nat", "output", -100, f"meta l4proto tcp {rule}", kind="nat")
    found = trace(table(TRACKED, early, nat), by_lo(dport=80), "OUTPUT")
    assert ends(found, "dport") == {port}


def test_flags_that_a_rule_wrote_before_tracking_open_a_connection() -> None:
    early = base("early", "output", -310, "tcp flags set syn")
    text = table(early, base("late", "output", 0, "ct state new drop"))
    one = packet("10.0.0.1", "10.0.0.2", proto=6, dport=80, tcp_flags=_RST)
    assert verdicts(trace(text, one, "OUTPUT")) == ["DROP"]


@pytest.mark.parametrize(("word", "open_"), [("th", True), ("tcp", False)])
def test_a_checksum_left_wrong_may_make_the_packet_invalid(word: str, open_: bool) -> None:
    early = base("early", "prerouting", -310, f"meta l4proto tcp {word} dport set 9")
    text = table(early, base("late", "prerouting", 0, "ct state invalid drop"))
    found = trace(text, packet("192.0.2.7", "10.0.0.2", proto=6, dport=80, tcp_flags=_SYN))
    asked = {f.code for o in found.outcomes for cube in o.when for f, _yes in cube.facts}
    assert (codes.CHECKSUM_WRONG in asked) is open_
    assert ("DROP" in verdicts(found)) is open_


def test_th_sport_is_the_type_and_the_code_of_icmp() -> None:
    text = chain("output", "th sport set 0x0301", "icmp type 3 icmp code 1 drop", family="ip")
    one = packet("10.0.0.1", "10.0.0.2", proto=1, icmp_type=8, icmp_code=0)
    assert verdicts(trace(text, one, "OUTPUT")) == ["DROP"]


def test_bytes_that_a_rule_writes_may_be_any_field_of_their_header() -> None:
    text = chain("output", "@nh,128,16 set 0x0a00", "ip daddr 10.0.0.9 drop", family="ip")
    one = packet("10.0.0.1", "10.0.0.2", proto=17, dport=9)
    assert set(verdicts(trace(text, one, "OUTPUT"))) == {"ACCEPT", "DROP"}


@pytest.mark.parametrize(("proto", "verdict"), [(6, "DROP"), (17, "ACCEPT")])
def test_an_option_is_reset_in_tcp_alone(proto: int, verdict: str) -> None:
    text = chain("output", "reset tcp option sack-perm drop")
    one = packet("10.0.0.1", "10.0.0.2", proto=proto, dport=9)
    assert verdicts(trace(text, one, "OUTPUT")) == [verdict]


def test_an_option_that_was_reset_is_there_no_more() -> None:
    text = chain("output", "reset tcp option sack-perm", "tcp option sack-perm exists drop")
    one = packet("10.0.0.1", "10.0.0.2", proto=6, dport=9, tcp_flags=_SYN, tcp_options=1 << 4)
    assert verdicts(trace(text, one, "OUTPUT")) == ["ACCEPT"]


@pytest.mark.parametrize(
    ("rule", "verdict"), [("ct mark 0 drop", "ACCEPT"), ("ct state new drop", "DROP")]
)
def test_what_a_zone_gives_an_invalid_packet_is_no_connection(rule: str, verdict: str) -> None:
    text = chain("output", "ct original zone set 2", rule, family="ip")
    one = packet("10.0.0.1", "10.0.0.2", proto=6, dport=80, tcp_flags=0)
    assert verdicts(trace(text, one, "OUTPUT")) == [verdict]


def test_nat_goes_on_where_the_packet_can_have_no_translation() -> None:
    zone = base("zone", "output", -150, "ct original zone set 2")
    first = base("first", "output", -110, "dnat to 10.0.0.9", kind="nat")
    then = base("then", "output", -100, "drop", kind="nat")
    one = packet("10.0.0.1", "10.0.0.2", proto=6, dport=80, tcp_flags=0)
    assert verdicts(trace(table(zone, first, then), one, "OUTPUT")) == ["DROP"]


def test_a_packet_with_a_zone_alone_is_tracked_again_by_lo() -> None:
    """It is INVALID again there, so nat isn't asked (nf_conntrack_in: nf_ct_is_template)."""
    zone = base("zone", "postrouting", 90, "ct original zone set 2", "ct state new accept")
    text = table(zone, base("then", "input", 100, "drop", kind="nat"))
    one = packet("10.0.0.2", "10.0.0.2", proto=6, dport=80, tcp_flags=0, out="lo")
    assert verdicts(trace(text, one, "OUTPUT")) == ["ACCEPT"]


def test_a_bit_field_of_a_listed_concatenation_is_unknown() -> None:
    """nft lists `ip6 dscp . tcp dport` as a shift, with other elements than were loaded."""
    text = chain("output", "ip6 dscp >> 6 . ip6 nexthdr { cs0 . tcp } drop", family="ip6")
    one = packet("fd00::1", "fd00::2", proto=6, dport=80, tcp_flags=_SYN, tos=0)
    assert set(verdicts(trace(text, one, "OUTPUT"))) == {"ACCEPT", "DROP"}


def test_what_each_look_changes_is_unknown_again_the_second_time() -> None:
    rules = "\tchain u {\n\t\tnumgen random mod 2 0 drop\n\t}\n"
    text = table(rules, base("one", "output", 0, "jump u", "jump u", "counter"))
    found = trace(text, packet("10.0.0.1", "10.0.0.2", proto=17, dport=9), "OUTPUT")
    dropped = [o for o in found.outcomes if o.verdict == "DROP"]
    facts = {fact.key for o in dropped for cube in o.when for fact, _yes in cube.facts}
    assert len(facts) == 2


@pytest.mark.parametrize("rule", ["ip saddr @few drop", 'ct expectation set "soon" drop'])
def test_what_may_break_a_rule_is_a_fact(rule: str) -> None:
    held = (
        "\tset few {\n\t\ttype ipv4_addr\n\t\tlimit rate over 1/hour burst 1 packets\n"
        "\t\telements = { 10.0.0.1 }\n\t}\n"
        "\tct expectation soon {\n\t\tprotocol tcp\n\t\tdport 9\n\t\ttimeout 2m\n\t\tsize 12\n"
        "\t\tl3proto ip\n\t}\n"
    )
    text = table(held, base("one", "output", 0, rule))
    found = trace(text, packet("10.0.0.1", "10.0.0.2", proto=17, dport=9), "OUTPUT")
    assert set(verdicts(found)) == {"ACCEPT", "DROP"}


@pytest.mark.parametrize(("rule", "steps"), [("quota over 10 bytes", 1), ("quota 10 bytes", 2)])
def test_a_rule_that_ends_in_a_limit_is_a_step_only_within_it(rule: str, steps: int) -> None:
    one = packet("10.0.0.1", "10.0.0.2", proto=17, dport=9)
    found = trace(chain("output", rule), one, "OUTPUT")
    assert [len(outcome.steps) for outcome in found.outcomes] == [steps]


@pytest.mark.parametrize("rule", ["ether type ip drop", "meta iiftype 1 drop", "iifgroup 0 drop"])
def test_what_is_asked_of_an_interface_that_is_not_there_breaks_the_rule(rule: str) -> None:
    one = packet("10.0.0.1", "10.0.0.2", proto=17, dport=9)
    assert verdicts(trace(chain("output", rule, family="ip"), one, "OUTPUT")) == ["ACCEPT"]


def test_a_destination_that_a_filter_wrote_is_not_routed() -> None:
    text = table(base("one", "output", 0, "ip daddr set 10.9.9.9"), base("two", "input", 0))
    found = trace(text, by_lo(dport=80), "OUTPUT")
    assert {outcome.destination for outcome in found.outcomes} == {"local"}


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ('\tct helper h {\n\t\ttype "ftp" protocol tcp\n\t}\n', True),
        ("\tset s {\n\t\ttype ipv4_addr\n\t\tflags dynamic\n\t\tct count over 5\n\t}\n", True),
        ("\tquota q {\n\t\t10 bytes\n\t}\n", False),
    ],
)
def test_an_object_that_no_rule_uses_has_connections_tracked(held: str, asked: bool) -> None:
    text = table(held, base("nat", "output", -100, "drop", kind="nat"))
    found = trace(text, packet("10.0.0.1", "10.0.0.2", proto=17, dport=9), "OUTPUT")
    assert verdicts(found) == ["DROP" if asked else "ACCEPT"]


@pytest.mark.parametrize("before", ["", "notrack "])
@pytest.mark.parametrize("zone", ["2", "numgen inc mod 2"])
def test_a_zone_is_given_to_what_is_not_tracked_too(before: str, zone: str) -> None:
    early = base("early", "output", -310, f"{before}ct zone set {zone}")
    text = table(early, base("late", "output", 0, "ct state new drop"))
    one = packet("10.0.0.1", "10.0.0.2", proto=17, dport=9)
    assert verdicts(trace(text, one, "OUTPUT")) == ["DROP"]


def test_two_limits_of_a_rule_are_two_facts() -> None:
    text = chain("output", "limit rate over 1/hour limit rate 10/second drop")
    one = packet("10.0.0.1", "10.0.0.2", proto=17, dport=9)
    assert set(verdicts(trace(text, one, "OUTPUT"))) == {"ACCEPT", "DROP"}
