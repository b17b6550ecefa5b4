"""Rules of iptables in nft's words: each means what it did, and what has no words is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.dialects.nft.nft_text import read_nft
from iptsim.dialects.nft.printed import write_nft
from iptsim.diff import diff
from iptsim.model import Dump, Ruleset
from iptsim.native_tables import with_native
from iptsim.to_nft.converted import Converted, converted
from iptsim.to_nft.nft_names import chain_names

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAVES = sorted(
    path
    for path in FIXTURES.rglob("*.save.txt")
    if path.parent.parent.name in ("istio", "docker") or path.parent.name == "nft"
)
_DOUBTED = "tproxy-1.10"
"""nft goes on where TPROXY finds no socket, and a text does not tell whether one is there."""


def of(*rules: str, table: str = "filter", family: int = 4) -> Converted:
    chains = {
        "filter": ("INPUT", "FORWARD", "OUTPUT"),
        "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    }
    declared = "".join(f":{name} ACCEPT\n" for name in chains[table])
    text = f"*{table}\n{declared}:user -\n" + "".join(f"{rule}\n" for rule in rules) + "COMMIT\n"
    return converted(read_text(text, file="case", family=family).rulesets)


def lines(found: Converted) -> list[str]:
    """The rules that are written, without counters."""
    told = [line.strip() for line in write_nft(found.ruleset).splitlines()]
    no = ("table", "chain", "type", "}")
    kept = [line for line in told if line and not line.startswith(no)]
    return [line.removeprefix("counter ").replace(" counter", "") for line in kept]


@every_row(
    ("rule", "said"),
    [
        ("-A INPUT -p tcp --dport 22 -j ACCEPT", ["tcp dport 22 accept"]),
        ("-A INPUT -p tcp ! --dport 22 -j DROP", ["tcp dport != 22 drop"]),
        ("-A INPUT -p tcp -j RETURN", ["meta l4proto tcp return"]),
        (
            "-A INPUT ! -s 10.0.0.0/8 -i eth+ -j user",
            ['iifname "eth*" ip saddr != 10.0.0.0/8 jump user'],
        ),
        ("-A INPUT -m conntrack --ctstate NEW,RELATED -g user", ["ct state related,new goto user"]),
        (
            "-A INPUT -p udp -m multiport --ports 53,67 -j ACCEPT",
            ["udp sport { 53, 67 } accept", "udp sport != { 53, 67 } udp dport { 53, 67 } accept"],
        ),
        ("-A INPUT -p tcp --tcp-flags SYN,ACK SYN -j DROP", ["tcp flags syn / syn,ack drop"]),
        ("-A INPUT -p tcp --tcp-flags SYN SYN -j DROP", ["tcp flags syn drop"]),
        (
            "-A INPUT -m mark --mark 0x10/0xf0 -j DROP",
            ["meta mark & 0x000000f0 == 0x00000010 drop"],
        ),
        (
            "-A INPUT -m mark ! --mark 1 -j MARK --or-mark 4",
            ["meta mark != 0x00000001 meta mark set meta mark | 0x00000004"],
        ),
        (
            "-A INPUT -p icmp --icmp-type 8 -m limit --limit 5/min -j ACCEPT",
            ["icmp type echo-request limit rate 5/minute burst 5 packets accept"],
        ),
        (
            "-A INPUT -m statistic --mode random --probability 0.25 -j DROP",
            ["numgen random mod 4 0 drop"],
        ),
        ('-A INPUT -j LOG --log-prefix "in: " --log-level 6', ['log prefix "in: " level info']),
        (
            "-A INPUT -j REJECT --reject-with icmp-host-unreachable",
            ["reject with icmp type host-unreachable"],
        ),
        ("-A OUTPUT -m owner --uid-owner 0-999 -j ACCEPT", ["meta skuid 0-999 accept"]),
        ("-A INPUT -f -j DROP", []),
        ("-A FORWARD -f -j DROP", ["ip frag-off & 8191 != 0 drop"]),
    ],
)
def test_a_rule_is_said(rule: str, said: list[str]) -> None:
    found = of(rule)
    assert not found.unsaid
    assert lines(found) == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080",
            "tcp dport 80 redirect to :8080",
        ),
        (
            "-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.2-10.0.0.9:80-90",
            "meta l4proto tcp dnat to 10.0.0.2-10.0.0.9:80-90",
        ),
        (
            "-A POSTROUTING -o eth0 -j MASQUERADE --random-fully",
            'oifname "eth0" masquerade fully-random',
        ),
        (
            "-A POSTROUTING -j SNAT --to-source 192.0.2.1 --persistent",
            "snat to 192.0.2.1 persistent",
        ),
    ],
)
def test_a_translation_is_said(rule: str, said: str) -> None:
    assert lines(of(rule, table="nat")) == [said]


def test_who_has_no_socket_meets_the_rule_that_leaves_one_out() -> None:
    """`meta skuid != 1337` is false without a socket: packets go around the rule instead."""
    found = of("-A OUTPUT -m owner ! --uid-owner 1337 -j user", "-A OUTPUT -p tcp -j DROP")
    assert lines(found) == [
        "meta skuid 1337 goto OUTPUT.2",
        "jump user",
        "goto OUTPUT.2",
        "meta l4proto tcp drop",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "-A INPUT -m recent --name bad --update -j DROP",
        "-A INPUT -m set --match-set blocked src -j DROP",
        "-A INPUT -j ELSEWHERE",
        "-A INPUT -p tcp -m limit --limit 1/s -m tcp --dport 22 -j DROP",
    ],
)
def test_what_has_no_words_stands_as_a_comment_and_is_told(rule: str) -> None:
    found = of(rule)
    assert [note.code for note in found.unsaid] == ["IPT0880"]
    assert found.unsaid[0].place is not None
    assert all(line.startswith("# not said in nft") for line in lines(found))


def test_a_rule_that_never_matches_keeps_tracking_on() -> None:
    rules = (
        "-A OUTPUT -p tcp -j MARK --set-mark 1",
        "-A INPUT -p udp -m state ! --state NEW,ESTABLISHED,RELATED,INVALID,UNTRACKED",
    )
    assert "ct state new" in lines(of(*rules, table="nat"))[-1]
    assert not any("ct state" in line for line in lines(of(rules[0], table="nat")))


def test_a_name_that_nft_does_not_take_is_another() -> None:
    names = ["INPUT", "user0", "limit", "limit_", "a:b", "a.b", "1st", "_x"]
    assert list(chain_names(names).values()) == [
        "INPUT",
        "user0",
        "limit__",
        "limit_",
        "a.b_",
        "a.b",
        "c1st",
        "c_x",
    ]


@every_row("file", SAVES, ids=lambda file: str(file.relative_to(FIXTURES)))
def test_what_is_converted_does_the_same_to_every_packet(file: Path) -> None:
    before = read_text(file.read_text(), file=file.name)
    made = converted(before.rulesets)
    nft = read_nft(write_nft(made.ruleset), "made").ruleset
    after = Dump(
        rulesets=tuple(with_native(Ruleset(family=r.family, nft=nft)) for r in before.rulesets)
    )
    found = diff(before, after)
    assert not made.unsaid
    assert not [e for e in found.effects if e.certain or _DOUBTED not in file.parts]
    assert found.same_effect or _DOUBTED in file.parts


@pytest.mark.parametrize("file", sorted((FIXTURES / "nft").glob("*.list")), ids=lambda f: f.name)
def test_tables_of_nftables_are_written_as_nft_lists_them(file: Path) -> None:
    text = file.read_text()
    nft = read_nft(text, file.name).ruleset
    assert write_nft(converted([Ruleset(nft=nft)]).ruleset) == text
