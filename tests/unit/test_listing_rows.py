"""Rows of a listing: columns told by the title, texts run together, nothing lost."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import DumpError
from iptsim.extensions.text import write_rule
from iptsim.model import Counters, Rule, Unread

PLAIN = "target     prot opt source               destination"
VERBOSE = " pkts bytes target     prot opt in     out     source               destination"


def rule(row: str, *, title: str = PLAIN, family: int | None = None, chain: str = "INPUT") -> Rule:
    dump = read_text(f"Chain {chain} (policy ACCEPT)\n{title}\n{row}\n", family=family)
    [(_table, _chain, _number, found)] = list(dump.rulesets[0].rules())
    return found


@every_row(
    ("row", "saved"),
    [
        ("ACCEPT     tcp  --  10.0.0.0/8           0.0.0.0/0            tcp dpt:22",
         "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT"),
        ("ACCEPT all -- 0.0.0.0/0 0.0.0.0/0", "-A INPUT -j ACCEPT"),
        ("           all  --  0.0.0.0/0            224.0.0.0/4", "-A INPUT -d 224.0.0.0/4"),
        ("all -- 0.0.0.0/0 224.0.0.0/4", "-A INPUT -d 224.0.0.0/4"),
        ("           udplite--  0.0.0.0/0            0.0.0.0/0", "-A INPUT -p udplite"),
        ("DROP       udplite--  0.0.0.0/0            0.0.0.0/0", "-A INPUT -p udplite -j DROP"),
        ("DROP       all  -f  0.0.0.0/0            0.0.0.0/0", "-A INPUT -f -j DROP"),
        ("X          all  !f  0.0.0.0/0            0.0.0.0/0           [goto] ",
         "-A INPUT ! -f -g X"),
        ("a-chain-of-24-characters !17  -- !10.1.2.0/24          10.0.0.0/255.0.255.0",
         "-A INPUT ! -s 10.1.2.0/24 -d 10.0.0.0/255.0.255.0 ! -p udp -j a-chain-of-24-characters"),
        # Of readings that leave nothing over the likeliest is taken: a class, not a path.
        ("DROP       all  --  0.0.0.0/0            0.0.0.0/0            cgroup ! 1",
         "-A INPUT -m cgroup ! --cgroup 1 -j DROP"),
        ("ACCEPT     !6   --  0.0.0.0/0            0.0.0.0/0            tcp dpt:8443",
         "-A INPUT ! -p tcp -m tcp --dport 8443 -j ACCEPT"),
        ("ACCEPT     47   --  0.0.0.0/0            0.0.0.0/0", "-A INPUT -p gre -j ACCEPT"),
        ("ACCEPT     all  --  anywhere            !localhost/8",
         "-A INPUT ! -d 127.0.0.0/8 -j ACCEPT"),
        ("ACCEPT     tcp  --  anywhere             localhost            tcp dpt:ssh",
         "-A INPUT -d 127.0.0.1/32 -p tcp -m tcp --dport 22 -j ACCEPT"),
        ("ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0            /* a */ b */",
         '-A INPUT -m comment --comment "a */ b" -j ACCEPT'),
        ("ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            /* tcp dpt:1 */ tcp dpt:2",
         '-A INPUT -p tcp -m comment --comment "tcp dpt:1" -m tcp --dport 2 -j ACCEPT'),
        ("REJECT     tcp  --  0.0.0.0/0            0.0.0.0/0            reject-with tcp-reset",
         "-A INPUT -p tcp -j REJECT --reject-with tcp-reset"),
    ],
)  # fmt: skip
def test_a_row_reads_as_the_rule_that_iptables_saves(row: str, saved: str) -> None:
    assert write_rule("INPUT", rule(row), 4) == saved


@pytest.mark.parametrize(
    ("row", "saved"),
    [
        ("ACCEPT     tcp      ::/0                 ::/0                 tcp dpt:22",
         "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"),
        ("           tcp      ::/0                 fe80::/64            tcp dpt:22",
         "-A INPUT -d fe80::/64 -p tcp -m tcp --dport 22"),
        ("ACCEPT     all      anywhere             localhost", "-A INPUT -d ::1/128 -j ACCEPT"),
        ("tcp        tcp      ::/0                 ::/0", "-A INPUT -p tcp -j tcp"),
        ("ACCEPT     58   --  ::/0                 ::/0", "-A INPUT -p ipv6-icmp -j ACCEPT"),
    ],
)  # fmt: skip
def test_ip6tables_leaves_opt_blank_up_to_1_8_7(row: str, saved: str) -> None:
    assert write_rule("INPUT", rule(row, family=6), 6) == saved


def test_a_blank_opt_alone_tells_ipv6() -> None:
    text = (
        f"Chain INPUT (policy ACCEPT)\n{PLAIN}\nACCEPT     all      anywhere             anywhere\n"
    )
    assert [ruleset.family for ruleset in read_text(text).rulesets] == [6]


def test_interfaces_and_counters_are_there_with_v_only() -> None:
    shown = rule("12345 1000K ACCEPT     all  --  !eth+  !lo     0.0.0.0/0            0.0.0.0/0",
                 title=VERBOSE, chain="FORWARD")  # fmt: skip
    assert write_rule("FORWARD", shown, 4) == "-A FORWARD ! -i eth+ ! -o lo -j ACCEPT"
    assert shown.counters == Counters(packets=12345, bytes=1_000_000)
    assert shown.hides == frozenset()
    hidden = rule("ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0")
    assert hidden.counters is None
    assert hidden.hides == {"interfaces", "counters"}


@pytest.mark.parametrize("cell", ["--opt", "192.0.2.1", "192.0.2.300", "2001:db8::"])
def test_what_is_no_interface_is_a_shifted_cell(cell: str) -> None:
    with pytest.raises(DumpError, match="not an interface"):
        rule(f"    0     0 ACCEPT     all  --  {cell} *      0.0.0.0/0            0.0.0.0/0",
             title=VERBOSE, chain="FORWARD")  # fmt: skip


def test_any_stands_for_every_interface_without_n() -> None:
    found = rule("    0     0 ACCEPT     all  --  any    lo      anywhere             anywhere",
                 title=VERBOSE, chain="OUTPUT")  # fmt: skip
    assert write_rule("OUTPUT", found, 4) == "-A OUTPUT -o lo -j ACCEPT"


def test_the_hosts_own_names_are_kept_as_names() -> None:
    found = rule("ACCEPT     all  --  !gw.example.net/24    anywhere")
    assert found.address_names == (("src", "gw.example.net/24"),)
    assert found.header.not_ == {"src"}
    assert found.header.src is None


def test_a_match_may_repeat() -> None:
    found = rule("ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0            mark match 0x1 "
                 "mark match ! 0x2")  # fmt: skip
    assert [match.name for match in found.matches] == ["mark", "mark"]


def test_text_that_nobody_knows_is_kept_whole() -> None:
    found = rule("ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:1 "
                 "zig  tcp zag /* end */")  # fmt: skip
    assert [(match.name, match.raw) for match in found.matches] == [
        ("tcp", ()),
        ("?", ("zig  tcp zag",)),
        ("comment", ()),
    ]
    assert found.target is not None
    assert found.target.name == "ACCEPT"


def test_text_at_the_end_of_an_unknown_target_is_the_targets() -> None:
    found = rule(
        "ZIGZAG     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:1 zig level 5"
    )
    assert [match.name for match in found.matches] == ["tcp"]
    assert found.target is not None
    assert found.target.raw == ("?", "zig level 5")


def test_a_comment_may_hold_line_breaks() -> None:
    found = rule("DROP       all  --  0.0.0.0/0            0.0.0.0/0            /* one\n"
                 "ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0\n\n"
                 "last */ mark match 0x1")  # fmt: skip
    assert [match.name for match in found.matches] == ["comment", "mark"]


def place_of(row: str, title: str = PLAIN) -> tuple[str, int, str, str]:
    text = f"Chain INPUT (policy ACCEPT)\n{title}\nACCEPT all -- 0.0.0.0/0 0.0.0.0/0\n{row}\n"
    with pytest.raises(DumpError) as caught:
        read_text(text, file="d", strict=True)
    error = caught.value
    start = error.place.column - 1
    return str(error.place), error.length, error.text[start : start + error.length], error.code


def test_a_wrong_address_is_pointed_at() -> None:
    row = "ISTIO_IN_REDIRECT  tcp  --  0.0.0.300   0.0.0.0/0   tcp dpt:8088"
    assert place_of(row) == ("d:4", 9, "0.0.0.300", "IPT0111")


def test_a_name_amidst_numbers_is_a_wrong_address() -> None:
    assert place_of("ACCEPT     all  --  10.o.0.1   0.0.0.0/0")[2:] == ("10.o.0.1", "IPT0111")


def test_a_row_with_an_address_of_the_other_family_is_unknown() -> None:
    row = "ACCEPT     all  --  ::1   0.0.0.0/0"
    text = f"Chain INPUT (policy ACCEPT)\n{PLAIN}\nACCEPT all -- 0.0.0.0/0 0.0.0.0/0\n{row}\n"
    whole, torn = (found for *_, found in read_text(text).rulesets[0].rules())
    assert whole.unread is None
    assert torn.unread is not None
    assert (torn.unread.why, torn.unread.text) == ("torn", row)


@pytest.mark.parametrize("row", ["ACCEPT     tcp  --  0.0.0.0/0", "ACCEPT", "DROP       tc"])
def test_what_a_row_that_is_cut_off_does_is_unknown(row: str) -> None:
    text = f"Chain INPUT (policy ACCEPT)\n{PLAIN}\nACCEPT all -- 0.0.0.0/0 0.0.0.0/0\n{row}\n"
    _first, (*_where, number, last), more = read_text(text).rulesets[0].rules()
    assert (number, last.unread) == (2, Unread(why="cut", text=row, count=1))
    assert last.target is None
    assert more[-1].unread == Unread(why="cut")


def test_a_protocol_that_is_none_is_pointed_at() -> None:
    assert place_of("ACCEPT     tpc  --  0.0.0.0/0   0.0.0.0/0")[2:] == ("tpc", "IPT0111")
