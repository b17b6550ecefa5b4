"""Rules of nftables in the words of iptables: each does what it did, and the rest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from called_program import called
from every_row import every_row

from iptsim.cli.said_in_save import said_in_save
from iptsim.dialects import read_text
from iptsim.dialects.writing.write import write_save
from iptsim.diff import diff
from iptsim.errors import DumpError
from iptsim.model import Dump

FIXTURES = Path(__file__).parents[2] / "fixtures"
_NOT_PROVED = ("limit", "queue")
"""What hangs on state that both texts have, each its own."""
_BASES = {
    "input": "type filter hook input priority filter; policy drop;",
    "forward": "type filter hook forward priority filter; policy accept;",
    "output": "type filter hook output priority filter; policy accept;",
    "pre": "type nat hook prerouting priority dstnat; policy accept;",
    "post": "type nat hook postrouting priority srcnat; policy accept;",
    "raw": "type filter hook prerouting priority raw; policy accept;",
}


def table(base: str, *rules: str, family: str = "inet", more: str = "") -> str:
    """A table with one base chain, which has these rules, and a chain of its user."""
    lines = "".join(f"    {rule}\n" for rule in rules)
    chains = f"  chain {base} {{\n    {_BASES[base]}\n{lines}  }}\n"
    return f"table {family} own {{\n{more}{chains}  chain web {{\n    tcp dport 81 drop\n  }}\n}}\n"


def told(text: str, family: int = 4) -> Dump:
    read = read_text(text, file="case")
    return Dump(rulesets=tuple(r for r in read.rulesets if r.family == family))


def lines(text: str, family: int = 4) -> list[str]:
    """The rules that are written, without those of the user's chain."""
    made, _notes = said_in_save(told(text, family))
    saved = "".join(write_save(ruleset) for ruleset in made.rulesets)
    rules = [line.removeprefix("-A ") for line in saved.splitlines() if line.startswith("-A ")]
    return [rule for rule in rules if not rule.startswith("web ")]


@every_row(
    ("rule", "said"),
    [
        ("tcp dport 22 accept", ["-p tcp -m tcp --dport 22 -j ACCEPT"]),
        ("tcp dport != 22-25 drop", ["-p tcp -m tcp ! --dport 22:25 -j DROP"]),
        (
            "udp sport { 53, 67-68 } counter packets 1 bytes 2",
            ["-p udp -m multiport --sports 53,67:68"],
        ),
        ("sctp dport 7 drop", ["-p sctp -m multiport --dports 7 -j DROP"]),
        (
            "meta l4proto { tcp, udp } th dport 53 accept",
            [
                "-p tcp -m multiport --dports 53 -j ACCEPT",
                "-p udp -m multiport --dports 53 -j ACCEPT",
            ],
        ),
        ('iifname "eth*" oifname != "lo" accept', ["-i eth+ ! -o lo -j ACCEPT"]),
        ("ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 drop", [
            "-s 10.0.0.0/8 -m iprange ! --src-range 10.1.0.0-10.1.255.255 -j DROP"
        ]),
        ("ip daddr { 192.0.2.1, 192.0.2.8-192.0.2.9 } drop", [
            "-d 192.0.2.1/32 -j DROP",
            "-m iprange --dst-range 192.0.2.8-192.0.2.9 -j DROP",
        ]),
        ("ip6 saddr fd00::/8 drop", []),
        ("ct state established,related accept", [
            "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        ]),
        ("ct state vmap { invalid : drop, new : jump web }", [
            "-m conntrack --ctstate INVALID -j DROP",
            "-m conntrack --ctstate NEW -j web",
        ]),
        ("ct state invalid ct direction original drop", [
            "-m conntrack --ctstate INVALID -m conntrack --ctdir ORIGINAL -j DROP"
        ]),
        ("tcp flags syn / fin,syn,rst,ack drop", [
            "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"
        ]),
        ("tcp flags syn,ack drop", ["-p tcp -m tcp ! --tcp-flags SYN,ACK NONE -j DROP"]),
        ("meta mark & 0xf0 == 0x10 drop", ["-m mark --mark 0x10/0xf0 -j DROP"]),
        ("ct mark != { 1, 2 } drop", [
            "-m connmark ! --mark 0x1 -m connmark ! --mark 0x2 -j DROP"
        ]),
        ("icmp type echo-request limit rate 5/minute burst 9 packets accept", [
            "-p icmp -m icmp --icmp-type 8 -m limit --limit 5/min --limit-burst 9 -j ACCEPT"
        ]),
        ("ip ttl < 5 reject", ["-m ttl --ttl-lt 5 -j REJECT --reject-with icmp-port-unreachable"]),
        ("reject with tcp reset", ["-p tcp -j REJECT --reject-with tcp-reset"]),
        ("reject with icmpx admin-prohibited", ["-j REJECT --reject-with icmp-admin-prohibited"]),
        ('log prefix "in: " level info', ['-j LOG --log-prefix "in: " --log-level 6']),
        ('log prefix "in" group 3', ["-j NFLOG --nflog-prefix in --nflog-group 3"]),
        ("meta mark set meta mark & 0xff | 0x100", ["-j MARK --set-xmark 0x100/0xffffff00"]),
        ("fib daddr type { local, broadcast } drop", [
            "-m addrtype --dst-type LOCAL,BROADCAST -j DROP"
        ]),
        ("queue flags bypass to 3-5", ["-j NFQUEUE --queue-balance 3:5 --queue-bypass"]),
    ],
)  # fmt: skip
def test_a_rule_is_said(rule: str, said: list[str]) -> None:
    base = "forward" if "oifname" in rule else "input"
    text = table(base, rule)
    assert lines(text) == [f"{base.upper()} {one}" for one in said]
    proved = not any(word in rule for word in _NOT_PROVED)
    assert diff(told(text), said_in_save(told(text))[0]).same_effect == proved


def test_rules_of_several_things_have_a_chain_of_their_own() -> None:
    rule = 'udp dport { 4, 5 } meta mark set 7 log prefix "two" accept'
    assert lines(table("input", rule)) == [
        "INPUT -p udp -m multiport --dports 4,5 -j INPUT.2",
        "INPUT.2 -p udp -j MARK --set-xmark 0x7/0xffffffff",
        "INPUT.2 -p udp -j LOG --log-prefix two",
        "INPUT.2 -p udp -j ACCEPT",
    ]


def test_what_is_asked_behind_a_limit_takes_no_token_before() -> None:
    assert lines(table("input", "limit rate 1/second tcp dport 22 accept")) == [
        "INPUT -m limit --limit 1/sec -j INPUT.2",
        "INPUT.2 -p tcp -m tcp --dport 22 -j ACCEPT",
    ]


def test_a_packet_without_a_socket_meets_no_rule_about_its_owner() -> None:
    assert lines(table("output", "meta skuid != 1337 drop")) == [
        "OUTPUT -m owner --socket-exists ! --uid-owner 1337 -j DROP"
    ]


def test_a_built_in_chain_that_takes_no_such_interface_leads_to_one_that_does() -> None:
    assert lines(table("post", 'iifname "eth1" oifname "eth0" masquerade')) == [
        "POSTROUTING -j post",
        "post -i eth1 -o eth0 -j MASQUERADE",
    ]


def test_maps_of_translations_are_rules_for_their_elements() -> None:
    more = (
        "  map to { type inet_service : ipv4_addr . inet_service\n"
        "    elements = { 80 : 10.0.0.1 . 8080, 443 : 10.0.0.2 . 8443 } }\n"
    )
    assert lines(table("pre", "dnat ip to tcp dport map @to", more=more)) == [
        "PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1:8080",
        "PREROUTING -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.0.0.2:8443",
    ]


def test_types_of_addresses_are_asked_one_by_one_of_ipv6() -> None:
    assert lines(table("input", "fib daddr type { local, multicast } drop"), family=6) == [
        "INPUT -m addrtype --dst-type LOCAL -j DROP",
        "INPUT -m addrtype --dst-type MULTICAST -j DROP",
    ]


def test_chains_that_only_drop_stand_before_the_one_that_does_more() -> None:
    dropping = table("forward", "ip saddr 192.0.2.1 drop").replace("own", "early")
    text = dropping + table("forward", "tcp dport 22 accept", "tcp dport 23 drop")
    assert lines(text) == [
        "FORWARD -j forward",
        "FORWARD -p tcp -m tcp --dport 22 -j ACCEPT",
        "FORWARD -p tcp -m tcp --dport 23 -j DROP",
        "forward -s 192.0.2.1/32 -j DROP",
    ]
    assert diff(told(text), said_in_save(told(text))[0]).same_effect


@every_row(
    ("base", "rule", "words"),
    [
        ("input", "tcp flags == syn drop", "tcp flags"),
        ("input", "th dport 53 drop", "th "),
        ("input", "ip ecn 1 drop", "ip ecn"),
        ("input", "meta cpu 1 drop", "meta cpu"),
        ("input", "ct count over 5 drop", "ct count"),
        ("input", "limit rate over 5/second drop", "limit"),
        ("input", "tcp sport != 1 tcp dport != 2 drop", "!="),
        ("input", "ct state vmap { new : jump web } drop", "vmap"),
        ("input", "limit rate 1/second tcp dport 2 return", "return"),
        ("input", "meta mark { 1, 2 } jump web", "jump"),
        ("input", "notrack", ""),
        ("input", "icmp code 3 drop", "icmp code"),
        ("pre", "drop", ""),
        ("pre", "reject", "reject"),
        ("raw", "meta skuid 5 accept", "meta skuid"),
        ("raw", "tproxy to :1", "tproxy"),
        ("output", "meta mark set ct mark accept", "mark set"),
        ("input", "update @seen { ip saddr } accept", "update @"),
        ("input", "ip saddr @seen accept", "@seen"),
    ],
)
def test_what_has_no_words_is_refused_at_its_place(base: str, rule: str, words: str) -> None:
    more = "  set seen {\n    type ipv4_addr\n    flags dynamic,timeout\n  }\n"
    with pytest.raises(DumpError) as refused:
        said_in_save(told(table(base, rule, more=more)))
    error = refused.value
    why = "IPT0890" if words == "tproxy" else "IPT0887"
    assert (error.code, error.place.line) == (why, 8)
    assert error.text[error.place.column - 1 :].startswith(words)


@pytest.mark.parametrize(
    "changed",
    [
        "type filter hook input priority filter + 5; policy accept;",
        "type filter hook prerouting priority filter; policy accept;",
        "type filter hook output priority mangle; policy accept; meta mark set 1",
        "type nat hook prerouting priority dstnat; policy drop;",
    ],
)
def test_a_place_that_iptables_does_not_have_is_refused(changed: str) -> None:
    text = table("input", "accept").replace(_BASES["input"], changed.replace("; meta", ";\nmeta"))
    with pytest.raises(DumpError) as refused:
        said_in_save(told(text))
    assert refused.value.text == "chain input"


def test_a_place_that_a_chain_of_iptables_has_is_refused() -> None:
    text = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n" + table("input", "accept")
    with pytest.raises(DumpError, match=r"\*filter"):
        said_in_save(told(text))


@pytest.mark.parametrize("name", ["shop", "sidecar", "published"])
@pytest.mark.parametrize("family", [4, 6])
def test_fixtures_do_the_same_to_every_packet(name: str, family: int) -> None:
    before = told((FIXTURES / "nft" / f"{name}.list").read_text(), family)
    if not before.rulesets:
        return
    after, notes = said_in_save(before)
    assert not notes
    assert diff(before, after).same_effect


def test_the_program_says_where_and_what() -> None:
    shown = str(FIXTURES / "nft" / "gateway.list")
    done = called(["convert", "--to", "save", shown], b"", {})
    assert done.code == 2
    assert not done.out
    assert "iptables-save cannot say this: type filter hook input priority filter - 5" in done.err
    assert "gateway.list:37:8" in done.err


def test_names_that_iptables_does_not_take_are_others_and_told() -> None:
    long = "forwarded-from-the-guest-network"
    text = table("input", f"jump {long}", "jump LOG")
    text = text.replace(
        "  chain web {",
        f"  chain {long} {{ \n    accept\n  }}\n  chain LOG {{\n  }}\n  chain web {{",
    )
    made, notes = said_in_save(told(text))
    names = [chain.name for table in made.rulesets[0].tables for chain in table.chains]
    assert long[:28] in names
    assert "log_" in names
    assert [note.code for note in notes] == ["IPT0888", "IPT0888", "IPT0889"]


def test_what_is_left_out_keeps_the_kernel_tracking() -> None:
    text = table("pre", "tcp dport 1 mark set 7").replace("tcp dport 81", "ct state new")
    before = told(text)
    made, _notes = said_in_save(before)
    assert "connection-tracking" in made.rulesets[0].tables[0].by_name
    assert diff(before, made).same_effect
