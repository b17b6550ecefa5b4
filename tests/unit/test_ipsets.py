"""IP sets from the text of ipset, and the packets that are in them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from every_row import every_row
from extension_cases import DEFAULTS, Value, evaluate, parse, read_values

from iptsim.errors import DumpError
from iptsim.extensions.lowering import lower_match
from iptsim.extensions.spec import Context
from iptsim.host import Host
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.predicate import Fact, Predicate, atoms

SAVED = """\
create blocked hash:ip family inet hashsize 1024 maxelem 65536 timeout 300 counters comment
add blocked 10.0.0.7 timeout 299 packets 1 bytes 60 comment "two words: here"
add blocked 10.0.0.8 timeout 0 packets 0 bytes 0
create nets hash:net family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x5fc23a94
add nets fd00::/16
add nets fd00:0:0:1::/64 nomatch
create both list:set size 8
add both blocked
add both nets
"""
LISTED = """\
Name: blocked
Type: hash:ip
Revision: 6
Header: family inet hashsize 1024 maxelem 65536 timeout 300 counters comment
Size in memory: 256
References: 1
Number of entries: 2
Members:
10.0.0.7 timeout 299 packets 1 bytes 60 comment "two words: here"
10.0.0.8 timeout 0 packets 0 bytes 0

Name: nets
Type: hash:net
Revision: 7
Header: family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x5fc23a94
Size in memory: 256
References: 1
Number of entries: 2
Members:
fd00::/16
fd00:0:0:1::/64 nomatch

Name: both
Type: list:set
Revision: 3
Header: size 8
Size in memory: 176
References: 0
Number of entries: 2
Members:
blocked
nets
"""


def lowered(sets: str, words: str, family: int = 4) -> Predicate:
    host = Host(sets=read_sets(sets))
    return lower_match(parse(f"-m set {words}", family), Context(family=family, host=host))


def matches(sets: str, words: str, told: str, family: int = 4) -> bool:
    values, facts = read_values(told)
    packet: Mapping[str, Value] = {**DEFAULTS, **values}
    return evaluate(lowered(sets, words, family), packet, facts)


def made(kind: str, *members: str) -> str:
    return "\n".join((f"create s {kind}", *(f"add s {member}" for member in members)))


def test_a_listing_says_what_a_save_says() -> None:
    assert read_sets(LISTED) == read_sets(SAVED)
    assert [len(each.members) for each in read_sets(SAVED)] == [2, 2, 2]


def test_what_is_no_member_is_left_alone() -> None:
    text = "# a comment\n\n-exist create a hash:ip\r\nadd -exist a 10.0.0.1\r\nCOMMIT\n"
    (only,) = read_sets(text)
    assert (only.name, len(only.members)) == ("a", 1)
    assert read_sets("") == ()


@every_row(
    ("text", "line", "at_fault", "code"),
    [
        ("create a hash:ip\nadd a 10.0.0.300", 2, "10.0.0.300", "IPT0162"),
        ("create a hash:ip\nadd a fd00::1", 2, "fd00::1", "IPT0162"),
        ("create a hash:ip,port\nadd a 10.0.0.1", 2, "10.0.0.1", "IPT0162"),
        ("create a hash:ip,port\nadd a 10.0.0.1,tcp:99999", 2, "10.0.0.1,tcp:99999", "IPT0162"),
        ("create a hash:ip,port\nadd a 10.0.0.1,icmp:up", 2, "10.0.0.1,icmp:up", "IPT0162"),
        ("create a hash:mac\nadd a 02:00", 2, "02:00", "IPT0162"),
        ("create a hash:net,iface\nadd a 10.0.0.0/8,eth+", 2, "10.0.0.0/8,eth+", "IPT0162"),
        ("create a hash:ip\nadd b 10.0.0.1", 2, "b", "IPT0163"),
        ("create a hash:ip\ncreate a hash:net", 2, "a", "IPT0164"),
        ("create a hash:up", 1, "hash:up", "IPT0161"),
        ("create a hash:ip netmask 33", 1, "netmask 33", "IPT0165"),
        ("create a hash:ip netmask", 1, "netmask", "IPT0165"),
        ("create a hash:ip colour", 1, "colour", "IPT0165"),
        ("create a", 1, " ", "IPT0160"),
        ("*filter", 1, "*filter", "IPT0160"),
        ("Members:\n10.0.0.1", 1, "Members", "IPT0160"),
    ],
)
def test_a_wrong_line_has_a_place(text: str, line: int, at_fault: str, code: str) -> None:
    with pytest.raises(DumpError) as caught:
        read_sets(text, "sets.txt")
    error = caught.value
    assert (error.code, error.place.file, error.place.line) == (code, "sets.txt", line)
    start = error.place.column - 1
    assert error.text.ljust(start + 1)[start : start + error.length] == at_fault


@every_row(
    ("sets", "words", "inside", "outside"),
    [
        (SAVED, "--match-set blocked src", "src=10.0.0.7", "src=10.0.0.6 dst=10.0.0.7"),
        (SAVED, "! --match-set blocked dst", "dst=10.0.0.6", "dst=10.0.0.8"),
        (SAVED, "--match-set nets src", "", ""),
        (SAVED, "--match-set both src", "src=10.0.0.8", "src=10.0.0.9"),
        (
            made("hash:ip netmask 24", "10.0.0.7"),
            "--match-set s src", "src=10.0.0.9", "src=10.0.1.7",
        ),
        (
            made("hash:ip bitmask 255.0.0.255", "10.0.0.7"),
            "--match-set s src", "src=10.9.9.7", "src=10.0.0.8",
        ),
        (
            made("hash:net", "10.0.0.0/8", "10.0.0.0/16 nomatch", "10.0.0.7"),
            "--match-set s src", "src=10.0.0.7", "src=10.0.0.8",
        ),
        (
            made("hash:net", "10.0.0.0/8", "10.0.0.0/16 nomatch", "10.0.0.7"),
            "--match-set s src --return-nomatch", "src=10.0.0.8", "src=10.9.0.7",
        ),
        (
            made("hash:net", "10.0.0.2-10.0.0.9"),
            "--match-set s src", "src=10.0.0.9", "src=10.0.0.10",
        ),
        (
            made("hash:ip,port", "10.0.0.1,80-90", "10.0.0.1,udp:53"),
            "--match-set s src,dst", "src=10.0.0.1 dport=85", "src=10.0.0.1 dport=53",
        ),
        (
            made("hash:ip,port", "10.0.0.1,80", "10.0.0.1,gre:0"),
            "--match-set s src,dst", "src=10.0.0.1 proto=47", "src=10.0.0.1 dport=80 fragment=1",
        ),
        (
            made("hash:ip,port", "10.0.0.1,icmp:3/9"),
            "--match-set s src,src",
            "src=10.0.0.1 proto=1 icmp_type=3 icmp_code=9",
            "src=10.0.0.1 proto=1 icmp_type=3 icmp_code=8",
        ),
        (
            made("hash:ip,mark markmask 0xff00", "10.0.0.1,0x1234"),
            "--match-set s src,src", "src=10.0.0.1 mark=0x1299", "src=10.0.0.1 mark=0x1334",
        ),
        (
            made("hash:mac", "02:00:00:00:00:09"),
            "--match-set s src",
            "mac_src=02:00:00:00:00:09 in=eth0", "mac_src=02:00:00:00:00:09 in=lo ethernet=no",
        ),
        (
            made("hash:ip,mac", "10.0.0.1,02:00:00:00:00:09"),
            "--match-set s src,src",
            "src=10.0.0.1 mac_src=02:00:00:00:00:09 in=eth0", "src=10.0.0.1 in=eth0",
        ),
        (
            made("hash:net,net", "10.0.0.0/8,10.0.0.0/8", "10.0.0.0/24,10.0.0.0/24 nomatch"),
            "--match-set s src,dst", "src=10.0.0.1 dst=10.0.1.1", "src=10.0.0.1 dst=10.0.0.2",
        ),
        (
            # The first network's length counts before the second's.
            made("hash:net,net", "10.0.0.0/24,10.0.0.0/8 nomatch", "10.0.0.0/8,10.0.0.0/24"),
            "--match-set s src,dst", "src=10.0.1.1 dst=10.0.0.2", "src=10.0.0.1 dst=10.0.0.2",
        ),
        (
            made(
                "hash:net,port,net", "10.0.0.0/8,80,10.1.0.0/16", "10.0.0.0/24,80,10.1.0.9 nomatch"
            ),
            "--match-set s src,dst,dst",
            "src=10.0.1.1 dst=10.1.0.9 dport=80", "src=10.0.0.1 dst=10.1.0.9 dport=80",
        ),
        (
            made("hash:net,iface", "10.0.0.0/8,eth0", "10.0.0.0/24,wl wildcard"),
            "--match-set s src,src", "src=10.0.0.1 in=wlan0", "src=10.0.0.1 in=eth0",
        ),
        (
            made("hash:net,iface", "10.0.0.0/8,physdev:eth0", "10.0.0.0/8,eth1"),
            "--match-set s src,dst", "src=10.0.0.1 out=eth1", "src=10.0.0.1 in=eth1 out=eth0",
        ),
    ],
)  # fmt: skip
def test_packets_are_in_a_set_or_not(sets: str, words: str, inside: str, outside: str) -> None:
    if inside:
        assert matches(sets, words, inside)
    assert not matches(sets, words, outside)


def test_a_set_of_the_other_family_holds_nothing() -> None:
    assert matches(SAVED, "--match-set nets src", "src=fd00::1", family=6)
    assert not matches(SAVED, "--match-set nets src", "src=fd00:0:0:1::1", family=6)
    assert matches(SAVED, "! --match-set blocked src", "src=fd00::1", family=6)


def fact(sets: str, words: str) -> Fact:
    asked = list(atoms(lowered(sets, words)))
    assert [type(each) for each in asked] == [Fact]
    (only,) = asked
    assert isinstance(only, Fact)
    return only


def test_what_is_not_told_stays_a_fact() -> None:
    absent = fact(SAVED, "! --match-set other src")
    assert (absent.key, absent.code) == ("-m set --match-set other src", "IPT0355")
    counted = fact(SAVED, "--match-set blocked src --packets-gt 3")
    assert (counted.code, counted.told) == ("IPT0441", None)
    receiver = fact(made("hash:mac", "02:00:00:00:00:09"), "--match-set s dst")
    assert receiver.told is None
    listed = fact("create l list:set\nadd l other", "--match-set l src")
    assert listed.told is None


def test_counters_that_a_set_has_not_ask_nothing() -> None:
    sets = made("hash:ip", "10.0.0.7")
    assert matches(sets, "--match-set s src --packets-gt 3 --bytes-eq 7", "src=10.0.0.7")


def test_a_set_is_told_until_a_rule_changes_it_or_one_that_it_lists() -> None:
    (found,) = (a for a in atoms(lowered(SAVED, "--match-set both src")) if isinstance(a, Fact))
    assert found.until == ("set both", "set blocked", "set nets")


def test_sets_of_many_members() -> None:
    single = "".join(f"add a 10.{n >> 8 & 255}.{n & 255}.7\n" for n in range(20_000))
    paired = "".join(
        f"add b 10.{n >> 8}.{n & 255}.7,tcp:{n},10.{n >> 8}.{n & 255}.7\n" for n in range(4_000)
    )
    text = f"create a hash:ip\n{single}create b hash:ip,port,ip\n{paired}"
    assert matches(text, "--match-set a src", "src=10.78.31.7")
    assert matches(text, "--match-set b src,dst,dst", "src=10.1.2.7 dst=10.1.2.7 dport=258")
    assert not matches(text, "--match-set b src,dst,dst", "src=10.1.2.7 dst=10.1.2.7 dport=259")


def test_networks_in_networks_have_a_bound() -> None:
    """Each of 300 networks in one would repeat the second networks of that one."""
    outer = [f"0.0.0.0/0,{n >> 8}.{n & 255}.0.1" for n in range(0, 8000, 2)]
    inner = [f"10.{n >> 8}.{n & 255}.0/24,192.0.2.1" for n in range(300)]
    sets = made("hash:net,net", *outer, *inner)
    assert fact(sets, "--match-set s src,dst").told is None
