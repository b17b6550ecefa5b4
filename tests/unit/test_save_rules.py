import pytest
from every_row import every_row
from save_texts import rules, tables
from unknown_names import NO_MATCH

from iptsim.model import Counters


@every_row(
    ("line", "canonical"),
    [
        ("-A INPUT", "-A INPUT"),
        ("-A INPUT -s 10.0.0.1 -j ACCEPT", "-A INPUT -s 10.0.0.1/32 -j ACCEPT"),
        ("-A INPUT -s 10/8", "-A INPUT -s 10.0.0.0/8"),
        ("-A INPUT -s 10.1", "-A INPUT -s 10.1.0.0/32"),
        ("-A INPUT -s 10.1.2.3/255.255.0.0", "-A INPUT -s 10.1.0.0/16"),
        ("-A INPUT -s 0.0.0.0/0 -d 0/0", "-A INPUT"),
        ("-A INPUT -s10.0.0.1 -ptcp -jDROP", "-A INPUT -s 10.0.0.1/32 -p tcp -j DROP"),
        ("-AINPUT --source=10.0.0.1", "-A INPUT -s 10.0.0.1/32"),
        ("-A INPUT -s ! 10.0.0.0/8 -i ! lo", "-A INPUT ! -s 10.0.0.0/8 ! -i lo"),
        ("-A INPUT ! -s 10.0.0.0/8 -p ! tcp", "-A INPUT ! -s 10.0.0.0/8 ! -p tcp"),
        ("-A INPUT -i + -o eth+", "-A INPUT -o eth+"),
        ("-A INPUT ! -i +", "-A INPUT ! -i +"),
        ("-A INPUT -p all", "-A INPUT"),
        ("-A INPUT -p TCP", "-A INPUT -p tcp"),
        ("-A INPUT -p 253", "-A INPUT -p 253"),
        ("-A INPUT -f -j DROP", "-A INPUT -f -j DROP"),
        ("-A INPUT ! -f -g other", "-A INPUT ! -f -g other"),
        ("-A INPUT -s printer.lan/24", "-A INPUT -s printer.lan/24"),
        ("-A INPUT -p tcp --dport 80 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"),
        ("-A INPUT -p tcp -m tcp", "-A INPUT -p tcp -m tcp"),
        ("-A INPUT -p tcp --dport ! 80", "-A INPUT -p tcp -m tcp ! --dport 80"),
        ("-A INPUT -p 6 --destination-port http", "-A INPUT -p tcp -m tcp --dport 80"),
        (
            "-A INPUT -p tcp -m state --state NEW --dport 22",
            "-A INPUT -p tcp -m state --state NEW -m tcp --dport 22",
        ),
        ("-A INPUT -p tcp -j web --dport 80", "-A INPUT -p tcp -m tcp --dport 80 -j web"),
        ("-A INPUT -j web -p tcp --dport 80", "-A INPUT -p tcp -m tcp --dport 80 -j web"),
        ("-A INPUT --proto udp --sport 53:", "-A INPUT -p udp -m udp --sport 53:65535"),
        (
            "--append INPUT --in-interface lo --protocol tcp --match tcp --dport 1 --jump DROP",
            "-A INPUT -i lo -p tcp -m tcp --dport 1 -j DROP",
        ),
        ("-A INPUT --goto a --fragment --dst 10.0.0.1", "-A INPUT -d 10.0.0.1/32 -f -g a"),
        ("-t filter -w 5 -A INPUT -v -n -j DROP", "-A INPUT -j DROP"),
        ("-A INPUT -m comment --comment 'a b'", '-A INPUT -m comment --comment "a b"'),
        (
            "-A INPUT -m string --string 'abc' --algo bm",
            "-A INPUT -m string --string \"'abc'\" --algo bm",
        ),
        ("-A INPUT -m comment --comment don't", '-A INPUT -m comment --comment "don\\\'t"'),
        (r'-A INPUT -m comment --comment "a \"b\""', r'-A INPUT -m comment --comment "a \"b\""'),
        ("-A INPUT -m comment --comment !", '-A INPUT -m comment --comment "!"'),
        ("-A INPUT -m comment --comment -j", "-A INPUT -m comment --comment -j"),
        ('-A INPUT -m comment --comment="-j x"', '-A INPUT -m comment --comment "-j x"'),
        (
            f"-A INPUT -m {NO_MATCH} ! --source-country CN,RU ! -i lo -j DROP",
            f"-A INPUT ! -i lo -m {NO_MATCH} ! --source-country CN,RU -j DROP",
        ),
        ("-A INPUT -j WEIRD --size 3 'a b'", '-A INPUT -j WEIRD --size 3 "a b"'),
        (
            "-A INPUT -m mark --mark 1 -j FOO --mark 2",
            "-A INPUT -m mark --mark 0x1 -j FOO --mark 2",
        ),
    ],
)
def test_a_line_of_restore_input_becomes_what_iptables_save_prints(
    line: str, canonical: str
) -> None:
    assert rules(line) == [canonical]


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ("-A INPUT -s 2001:DB8::1", "-A INPUT -s 2001:db8::1/128"),
        ("-A INPUT -s ::127.0.0.53", "-A INPUT -s ::127.0.0.53/128"),
        ("-A INPUT -p icmpv6", "-A INPUT -p ipv6-icmp"),
        ("-A INPUT -s ::/0", "-A INPUT"),
    ],
)
def test_family_6(line: str, canonical: str) -> None:
    assert rules(line, family=6) == [canonical]


def test_the_nat_targets_option_in_istios_spelling() -> None:
    line = "-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-port 15001"
    assert rules(line, "nat") == ["-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001"]


def test_an_option_belongs_to_the_latest_module_that_knows_it() -> None:
    line = "-A PREROUTING -m mark --mark 1 -j MARK --set-mark 2"
    expected = "-A PREROUTING -m mark --mark 0x1 -j MARK --set-xmark 0x2/0xffffffff"
    assert rules(line, "mangle") == [expected]


def test_several_addresses_are_several_rules_in_the_order_of_appending() -> None:
    assert rules("-A INPUT -s 10.0.0.1,10.0.0.2 -d 1.1.1.1,2.2.2.2") == [
        "-A INPUT -s 10.0.0.1/32 -d 1.1.1.1/32",
        "-A INPUT -s 10.0.0.1/32 -d 2.2.2.2/32",
        "-A INPUT -s 10.0.0.2/32 -d 1.1.1.1/32",
        "-A INPUT -s 10.0.0.2/32 -d 2.2.2.2/32",
    ]


def test_several_addresses_are_put_in_with_the_last_first() -> None:
    assert rules("-I INPUT -s 10.0.0.1,10.0.0.2") == [
        "-A INPUT -s 10.0.0.2/32",
        "-A INPUT -s 10.0.0.1/32",
    ]


def test_a_line_for_the_other_family_is_passed_over() -> None:
    assert rules("-A INPUT -6 -s ::1") == []
    assert rules("-A INPUT -4 -s 10.0.0.1") == ["-A INPUT -s 10.0.0.1/32"]


def test_a_host_name_stands_beside_the_header() -> None:
    (table,) = tables("*filter\n-A INPUT ! -s printer.lan -j DROP\nCOMMIT")
    (rule,) = table.chains[0].rules
    assert rule.address_names == (("src", "printer.lan"),)
    assert rule.header.src is None
    assert rule.header.not_ == {"src"}


@pytest.mark.parametrize(
    "line",
    [
        "[12:720] -A INPUT -i lo",
        "-A INPUT -i lo -c 12 720",
        "-A INPUT -c 12,720 -i lo",
        "-A INPUT --set-counters 12 720 -i lo",
    ],
)
def test_counters_in_every_form(line: str) -> None:
    for text in (line, f"{line}\n{line}"):
        (table,) = tables(f"*filter\n{text}\nCOMMIT")
        assert table.chains[0].rules[-1].counters == Counters(packets=12, bytes=720)


def test_a_comment_may_hold_line_ends_that_look_like_other_lines() -> None:
    text = '*filter\n-A INPUT -m comment --comment "a\nCOMMIT\n*nat\n# x" -j DROP\n-A INPUT\nCOMMIT'
    (table,) = tables(text)
    first, second = table.chains[0].rules
    assert first.matches[0].value("--comment", str) == "a\nCOMMIT\n*nat\n# x"
    assert (str(first.place), str(second.place)) == ("dump:2", "dump:6")
