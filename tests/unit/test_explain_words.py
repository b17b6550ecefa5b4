"""Rules in plain words, read from their meaning."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.diff.difference import Way
from iptsim.explain.condition_words import describe_condition, subject
from iptsim.explain.deeds import deed
from iptsim.explain.effect_sentences import way_words
from iptsim.extensions.spec import Context
from iptsim.model import Rule, Table

HEADS = {
    "nat": ":PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]",
    "filter": ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]",
    "mangle": ":PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]",
}


def rule_of(table: str, text: str) -> tuple[Rule, Context, Table]:
    chain = text.split()[1]
    dump = read_text(f"*{table}\n{HEADS[table]}\n:WEB - [0:0]\n{text}\nCOMMIT\n")
    read = dump.rulesets[0].tables[0]
    found = read.chain(chain)
    assert found is not None
    return found.rules[0], Context(table=table, chain=chain), read


@pytest.mark.parametrize(
    ("table", "text", "short"),
    [
        ("nat", "-A PREROUTING -p tcp -m tcp --dport 8088 -j WEB", "tcp dport 8088"),
        ("nat", "-A OUTPUT ! -d 127.0.0.1/32 -o lo -j WEB", "!dst 127.0.0.1 out lo"),
        ("nat", "-A OUTPUT -m owner ! --uid-owner 1337 -j WEB", "!uid 1337"),
        ("filter", "-A INPUT -m conntrack --ctstate NEW -j ACCEPT", "ctstate NEW"),
        ("filter", "-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT", "icmp icmp-type 8"),
        ("filter", "-A INPUT -j ACCEPT", "every packet"),
    ],
)
def test_short_conditions(table: str, text: str, short: str) -> None:
    rule, where, _table = rule_of(table, text)
    assert describe_condition(rule, where) == short


@pytest.mark.parametrize(
    ("table", "text", "english", "chinese"),
    [
        (
            "nat", "-A PREROUTING -p tcp -j WEB",
            "every TCP connection that arrives now goes through WEB",
            "进入本机的所有 TCP 连接现在跳转到 WEB",
        ),
        (
            "nat", "-A WEB -p tcp -m tcp --dport 8088 -j REDIRECT --to-ports 15001",
            "every TCP connection to port 8088 that comes to WEB is now redirected to port 15001",
            "目的端口为 8088、到达 WEB 的所有 TCP 连接现在被重定向到本地端口 15001",
        ),
        (
            "nat", "-A PREROUTING -d 192.0.2.1/32 -p udp -j DNAT --to-destination 10.0.0.9:53",
            "every UDP connection to 192.0.2.1 that arrives is now sent on to 10.0.0.9:53",
            "去往 192.0.2.1、进入本机的所有 UDP 连接现在被转到 10.0.0.9:53",
        ),
        (
            "filter", "-A INPUT -s 10.0.0.0/8 -i eth+ -j DROP",
            "every packet from 10.0.0.0/8 coming in by eth+ for this host is now dropped",
            "来自 10.0.0.0/8、从 eth+ 进入、交给本机的所有包现在被丢弃",
        ),
        (
            "mangle", "-A OUTPUT -m owner --uid-owner 1337 -j MARK --set-xmark 0x1/0xffffffff",
            "every packet of user 1337 that a program on this host sends now gets mark 0x1",
            "属于用户 1337、由本机程序发出的所有包现在的 mark 被设为 0x1",
        ),
    ],
)  # fmt: skip
def test_sentences(table: str, text: str, english: str, chinese: str) -> None:
    rule, where, read = rule_of(table, text)
    said = f"{subject(rule, where)} {deed(rule, where, read, now='word.now')}"
    assert said == english
    assert subject(rule, where, "zh") + deed(rule, where, read, "zh", "word.now") == chinese


@pytest.mark.parametrize(
    ("table", "target", "words"),
    [
        ("filter", "RETURN", "returns to the chain it came from"),
        ("filter", "ACCEPT", "is accepted"),
        ("filter", "REJECT --reject-with icmp-port-unreachable", "is rejected"),
        ("filter", "LOG", "is logged and goes on"),
        ("nat", "MASQUERADE", "leaves with the source address of its interface"),
        ("nat", "SNAT --to-source 192.0.2.7", "leaves with source 192.0.2.7"),
        ("nat", "NETMAP --to 10.9.0.0/16", "leaves with the same host of 10.9.0.0/16 as source"),
    ],
)
def test_what_targets_do(table: str, target: str, words: str) -> None:
    rule, where, read = rule_of(table, f"-A WEB -j {target}")
    assert deed(rule, where, read) == words


def test_a_rule_without_a_target_only_counts() -> None:
    rule, where, read = rule_of("filter", "-A INPUT -p tcp")
    assert deed(rule, where, read) == "is counted and goes on"


@pytest.mark.parametrize(
    ("table", "text", "words"),
    [
        ("filter", "-A INPUT -p tcp -j SYNPROXY", "is handed to SYNPROXY, which decides"),
        ("mangle", "-A OUTPUT -p tcp -j TCPOPTSTRIP --strip-options 8", "struck out and goes on"),
        ("mangle", "-A OUTPUT -p tcp -j TCPMSS --set-mss 1400", "gets its TCP MSS set"),
    ],
)
def test_targets_that_decide_by_the_packet_have_words(table: str, text: str, words: str) -> None:
    assert words in deed(*rule_of(table, text))


@pytest.mark.parametrize(
    ("destination", "rewrites", "told"),
    [
        ("forward", {"dst": "10.0.0.9", "dport": 80}, "sent on to 10.0.0.9:80"),
        ("forward", {"dst": "fd00::9", "dport": 80}, "sent on to [fd00::9]:80"),
        ("forward", {"dst": "fd00::9"}, "sent on to fd00::9"),
        ("forward", {"dport": 80}, "redirected to port 80"),
        ("local", {"dst": "10.0.0.9", "dport": 80}, "redirected to port 80"),
    ],
)
def test_where_a_packet_is_sent(
    destination: str, rewrites: dict[str, str | int], told: str
) -> None:
    way = Way(verdict="ACCEPT", destination=destination, rewrites=tuple(rewrites.items()))
    assert way_words(way) == told
