"""The time and the sockets that somebody tells, and the matches that they decide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from every_row import every_row
from extension_cases import DEFAULTS, evaluate, parse, read_values

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.extensions.lowering import lower_match
from iptsim.extensions.spec import Context
from iptsim.host import Host
from iptsim.model import BUILTIN_CHAINS
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.netfilter.reading.typed import read_sockets, read_time
from iptsim.packet import Packet
from iptsim.predicate import ALWAYS, NEVER, Fact, Predicate
from iptsim.tracer import Trace, trace
from iptsim.values import parse_address

WEDNESDAY = "2025-01-01T12:00:00"
BOTH = "tcp:*:80,transparent tcp:10.0.0.2:80"
CONNECTED = "udp:10.0.0.2:53-10.0.0.7:9"


def lowered(words: str, host: Host, family: int = 4) -> Predicate:
    return lower_match(parse(f"-m {words}", family), Context(family=family, host=host))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2025-01-01T12:00:00", (2025, 1, 1, 12)),
        ("2025-01-01T12:00:00Z", (2025, 1, 1, 12)),
        ("2025-01-01 12:00", (2025, 1, 1, 12)),
        ("2025-01-01T14:00+02:00", (2025, 1, 1, 12)),
        ("2025-01-01", (2025, 1, 1, 0)),
    ],
)
def test_a_time_is_of_utc_unless_it_says_otherwise(
    text: str, meant: tuple[int, int, int, int]
) -> None:
    assert read_time(text) == int(datetime(*meant, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("text", ["", "noon", "2025-13-01", "1969-12-31", "9999-01-01", "12:00"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_time(text)
    assert caught.value.code == "IPT0166"


@every_row(
    ("words", "now", "matches"),
    [
        ("--timestart 09:00 --timestop 17:00", WEDNESDAY, True),
        ("--timestart 12:00:01 --timestop 17:00", WEDNESDAY, False),
        ("--timestart 09:00 --timestop 12:00:00", WEDNESDAY, True),
        ("--timestart 22:00 --timestop 06:00", "2025-01-01T23:00", True),
        ("--timestart 22:00 --timestop 06:00", "2025-01-01T05:00", True),
        ("--timestart 22:00 --timestop 06:00", "2025-01-01T07:00", False),
        ("--weekdays Wed", WEDNESDAY, True),
        ("! --weekdays Wed", WEDNESDAY, False),
        ("--monthdays 2,3", WEDNESDAY, False),
        # After midnight the day that counts is the one on which the span began.
        ("--timestart 22:00 --timestop 06:00 --weekdays Wed", "2025-01-02T05:00", False),
        (
            "--timestart 22:00 --timestop 06:00 --weekdays Wed --contiguous",
            "2025-01-02T05:00",
            True,
        ),
        (
            "--timestart 22:00 --timestop 06:00 --monthdays 31 --contiguous",
            "2025-01-01T05:00",
            True,
        ),
        ("--datestart 2025-01-01T12:00:00", WEDNESDAY, True),
        ("--datestart 2025-01-01T12:00:01", WEDNESDAY, False),
        ("--datestop 2025-01-01T12:00:00", WEDNESDAY, True),
        ("--datestop 2025-01-01T11:59:59", WEDNESDAY, False),
        ("", "2040-01-01", False),
        ("--datestart 2025-01-05 --kerneltz", WEDNESDAY, False),
    ],
)
def test_the_time_decides(words: str, now: str, matches: bool) -> None:
    assert lowered(f"time {words}", Host(time=read_time(now))) == (ALWAYS if matches else NEVER)


def test_the_time_zone_of_the_kernel_is_unknown() -> None:
    asked = lowered("time --timestart 09:00 --timestop 17:00 --kerneltz", Host(time=0))
    assert isinstance(asked, Fact)


@every_row(
    "text",
    [
        "tcp", "tcp:80", "sctp:*:80", "tcp:10.0.0.2:0", "tcp:10.0.0.2:65536", "tcp:10.0.0.2",
        "tcp:fd00::1:80", "tcp:[10.0.0.2]:80", "tcp:*:80-10.0.0.1:5", "tcp:10.0.0.2:80,open",
        "tcp:10.0.0.2:80-[fd00::1]:5", "tcp:10.0.0.300:80", "tcp:[::]:80-[::1]:5", "",
    ],
)  # fmt: skip
def test_what_is_no_socket(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_sockets([text])
    assert caught.value.code == "IPT0167"


def test_no_socket_goes_with_no_other() -> None:
    assert read_sockets(["none"]) == ()
    with pytest.raises(UsageError) as caught:
        read_sockets(["none", "tcp:*:80"])
    assert caught.value.code == "IPT0168"


@every_row(
    ("sockets", "words", "packet", "matches"),
    [
        ("none", "--nowildcard", "dport=80", False),
        ("tcp:10.0.0.2:80", "", "dst=10.0.0.2 dport=80", True),
        ("tcp:10.0.0.2:80", "", "dst=10.0.0.2 dport=80 proto=17", False),
        ("tcp:10.0.0.2:80", "--transparent", "dst=10.0.0.2 dport=80", False),
        ("tcp:10.0.0.2:80,transparent", "--transparent", "dst=10.0.0.2 dport=80", True),
        ("tcp:*:80", "", "dport=80", False),
        ("tcp:*:80", "--nowildcard", "dport=80", True),
        # The socket of the address is found before that of any address.
        (BOTH, "--transparent --nowildcard", "dst=10.0.0.2", False),
        (BOTH, "--transparent --nowildcard", "dst=10.0.0.3", True),
        (CONNECTED, "", "proto=17 dst=10.0.0.2 dport=53 src=10.0.0.7 sport=9", True),
        (CONNECTED, "", "proto=17 dst=10.0.0.2 dport=53 src=10.0.0.7 sport=8", False),
        # An answer to what was masqueraded is for the socket that first sent.
        (
            "tcp:10.0.0.2:80", "",
            "ctstate=ESTABLISHED ctdir=REPLY ct_snat=yes ctorigsrc=10.0.0.2 ctorigsrcport=80", True,
        ),
        ("tcp:[::]:80", "--nowildcard", "dport=80", False),
        ("tcp:*:80", "--nowildcard", "proto=1 icmp_type=8", False),
        ("none", "", "proto=1 icmp_type=3 'fact:-m socket=yes'", True),
    ],
)  # fmt: skip
def test_the_sockets_decide(sockets: str, words: str, packet: str, matches: bool) -> None:
    host = Host(sockets=read_sockets(sockets.split()))
    values, facts = read_values(packet)
    asked = lowered(f"socket {words}".strip(), host)
    assert evaluate(asked, {**DEFAULTS, **values}, facts) is matches


def test_two_sockets_at_one_place_leave_open_which_is_found() -> None:
    host = Host(sockets=read_sockets(["tcp:10.0.0.2:80", "tcp:10.0.0.2:80,transparent"]))
    assert isinstance(lowered("socket --transparent", host), Fact)
    assert not isinstance(lowered("socket", host), Fact)


SETS = read_sets("create s hash:ip\nadd s 10.0.0.7\ncreate m hash:ip skbinfo\nadd m 10.0.0.7\n")


def traced(rules: str, source: str, host: Host, **fields: int) -> Trace:
    (ruleset,) = read_text(rules, family=4).rulesets
    packet = Packet(src=parse_address(source)[0], dst=parse_address("10.0.0.2")[0], proto=6)
    return trace(ruleset, packet.with_(**fields), host=host)


HEADS = "*mangle\n" + "".join(f":{name} ACCEPT [0:0]\n" for name in BUILTIN_CHAINS["mangle"])
CHANGED = f"""{HEADS}-A PREROUTING -p tcp --dport 81 -j SET --add-set s src
-A PREROUTING -m set --match-set s src -j DROP
COMMIT
"""


def test_a_set_that_a_rule_changed_is_told_no_more() -> None:
    host = Host(sets=SETS)
    (told,) = traced(CHANGED, "10.0.0.7", host, dport=80).outcomes
    assert told.verdict == "DROP"
    (other,) = traced(CHANGED, "10.0.0.8", host, dport=80).outcomes
    assert other.verdict == "ACCEPT"
    changed = traced(CHANGED, "10.0.0.8", host, dport=81)
    assert {outcome.verdict for outcome in changed.outcomes} == {"ACCEPT", "DROP"}


def test_a_set_gives_its_mark_to_members_alone() -> None:
    rules = f"{HEADS}-A PREROUTING -j SET --map-set m src --map-mark\nCOMMIT\n"
    (member,) = traced(rules, "10.0.0.7", Host(sets=SETS), mark=5).outcomes
    (other,) = traced(rules, "10.0.0.8", Host(sets=SETS), mark=5).outcomes
    assert [rewrite.field for rewrite in member.rewrites] == ["mark"]
    assert other.rewrites == ()


def test_tproxy_gives_its_packet_another_socket() -> None:
    rules = HEADS + (
        "-A PREROUTING -p tcp --dport 81 -j TPROXY --on-port 9 --on-ip 0.0.0.0 --tproxy-mark 0x1\n"
        "-A INPUT -m socket --nowildcard -j DROP\nCOMMIT\n"
    )
    host = Host(sockets=read_sockets(["tcp:*:9,transparent"]))
    assert len(traced(rules, "10.0.0.7", host, dport=80).outcomes) == 1
    assert len(traced(rules, "10.0.0.7", host, dport=81).outcomes) == 2


def test_the_mark_of_a_socket_is_unknown() -> None:
    rules = (
        "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m socket --restore-skmark\n"
        "-A PREROUTING -m mark --mark 0x5 -j DROP\nCOMMIT\n"
    )
    host = Host(sockets=read_sockets(["tcp:10.0.0.2:80"]))
    (past,) = traced(rules, "10.0.0.7", host, dport=81, mark=5).outcomes
    assert past.verdict == "DROP"
    marked = traced(rules, "10.0.0.7", host, dport=80, mark=5)
    assert {outcome.verdict for outcome in marked.outcomes} == {"ACCEPT", "DROP"}
