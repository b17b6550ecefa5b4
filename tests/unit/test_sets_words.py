"""Sets of packets as people are told of them, in both languages."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.explain.catalogue import LANGUAGES, knows
from iptsim.explain.set_sentences import set_words
from iptsim.explain.unions import Parts, excepting
from iptsim.knowledge.internet import NETWORK_KINDS, network, service
from iptsim.packet import CT_STATES, HOOKS
from iptsim.predicate import Fact
from iptsim.worlds.outcome import Condition, Cube


def cube(**asked: str) -> Cube:
    """`dport="22 80"`, `not_in="eth0"`, in that order; a fact as `fact` or `not_fact`."""
    conditions: list[Condition] = []
    facts: list[tuple[Fact, bool]] = []
    for key, text in asked.items():
        field = key.removeprefix("not_")
        if field in ("fact", "choice"):
            code = "IPT0406" if field == "choice" else "IPT0424"
            facts.append((Fact(key=text, code=code, detail=text), field == key))
        else:
            values = tuple(text.split())
            conditions.append(Condition(field=field, values=values, negate=field != key))
    return Cube(conditions=tuple(conditions), facts=tuple(facts))


WEB = cube(proto="tcp", dport="80")


@every_row(
    ("cubes", "hook", "english", "chinese"),
    [
        ([cube()], "PREROUTING",
         "any packet arriving from the network", "从网络进入的所有包"),
        ([], "PREROUTING", "no packet", "没有任何包"),
        ([cube(proto="tcp", dport="8088")], "PREROUTING",
         "tcp to port 8088, arriving from the network", "从网络进入、去往端口 8088 的 tcp 包"),
        ([cube(proto="tcp", src="10.0.0.0/8", not_src="10.1.0.0/16", dport="22", **{"in": "eth0"})],
         "PREROUTING",
         "tcp to port 22 (ssh) from 10.0.0.0/8 (private) except 10.1.0.0/16, arriving by eth0",
         "从 eth0 进入、去往端口 22（ssh）、来自 10.0.0.0/8（私有）（不含 10.1.0.0/16）的 tcp 包"),
        ([cube(not_dport="80 443"), cube(not_proto="tcp")], "FORWARD",
         "any packet passing through this host, except tcp to ports 80 (http) and 443 (https)",
         "经本机转发的所有包（不包括去往端口 80（http）和 443（https）的 tcp 包）"),
        ([cube(proto="udp", src="fd00::9/128")], "INPUT",
         "udp from fd00::9, for this host", "交给本机、来自 fd00::9 的 udp 包"),
        ([cube(ctstate="NEW RELATED")], "OUTPUT",
         "any packet of new and related connections, sent by this host",
         "本机发出、属于新建和关联连接的所有包"),
        ([cube(not_ctstate="NEW RELATED")], "FORWARD",
         "any packet not of new or related connections, passing through this host",
         "经本机转发、不属于新建或关联连接的所有包"),
        ([cube(not_ctstate="NEW INVALID")], "FORWARD",
         "any packet not in state NEW or INVALID, passing through this host",
         "经本机转发、状态不是 NEW 或 INVALID 的所有包"),
        ([cube(proto="udp", dst="169.254.169.254/32", dport="53", not_uid="0")], "OUTPUT",
         "udp to port 53 (dns) of 169.254.169.254 (cloud metadata) of any user but 0, "
         "sent by this host",
         "本机发出、去往 169.254.169.254（云元数据）的端口 53（dns）、不属于用户 0 的 udp 包"),
        ([cube(not_uid="1337", not_gid="1337", out="lo")], "OUTPUT",
         "any packet of neither user 1337 nor group 1337, sent by this host by lo",
         "本机发出、经过 lo、既不属于用户 1337 也不属于组 1337 的所有包"),
        ([cube(**{"in": "eth+", "not_in": "eth1", "not_out": "docker0"})], "FORWARD",
         "any packet passing through from eth+ except eth1 to any interface but docker0",
         "经本机转发、从 eth+（不含 eth1）进入、不从 docker0 发出的所有包"),
        # What every packet of a hook is goes without saying.
        ([cube(proto="tcp", dport="80", not_in="lo", not_src="127.0.0.0/8", not_ttl="0-1")],
         "PREROUTING",
         "tcp to port 80 (http), arriving from the network",
         "从网络进入、去往端口 80（http）的 tcp 包"),
        # A network less one address.
        ([cube(not_src="10.244.0.0-10.244.2.8 10.244.2.10-10.244.255.255")], "PREROUTING",
         "any packet from anywhere but 10.244.0.0/16 (save 10.244.2.9), arriving from the network",
         "从网络进入、来自 10.244.0.0/16（不含 10.244.2.9）以外的地址的所有包"),
        ([cube(icmp_type="8", proto="icmp")], "INPUT",
         "icmp of type 8 (echo-request), for this host",
         "交给本机、类型为 8（echo-request）的 icmp 包"),
        ([cube(ct_snat="yes", not_ct_dnat="yes", tcp_flags="SYN,ACK/SYN")], "POSTROUTING",
         "any packet whose source is translated whose destination is not translated with TCP flags "
         "SYN of SYN,ACK, about to leave this host",
         "即将离开本机、源地址被转换、目的地址未被转换、TCP 标志为 SYN,ACK 中只有 SYN 的所有包"),
        ([cube(proto="tcp", fact="-m limit")], "FORWARD",
         "tcp passing through this host, if -m limit matches",
         "经本机转发的 tcp 包（条件：-m limit 匹配）"),
        ([cube(dst_type="LOCAL", choice="out after the new route is not br0")], "OUTPUT",
         "any packet to an address of this host, sent by this host, if the new route does not "
         "leave by br0",
         "本机发出、去往本机地址的所有包（条件：新路由不从 br0 发出）"),
    ],
)  # fmt: skip
def test_one_set(cubes: list[Cube], hook: str, english: str, chinese: str) -> None:
    assert set_words(cubes, hook) == (english,)
    assert set_words(cubes, hook, "zh") == (chinese,)


def test_several_sets_are_a_list() -> None:
    assert set_words([WEB, cube(proto="udp", dport="514", ctstate="NEW")], "PREROUTING") == (
        "tcp to port 80 (http), arriving from the network",
        "or udp to port 514 (syslog) of new connections",
    )


def test_what_all_sets_ask_is_told_once() -> None:
    """Two sets of the same port on the same interface."""
    one = cube(proto="tcp", dport="80", src="10.0.0.9/32", ctstate="NEW", **{"in": "eth0"})
    two = cube(proto="tcp", dport="80", ctstate="INVALID", uid="7", **{"in": "eth0"})
    assert set_words([one, two], "PREROUTING") == (
        "tcp to port 80 (http), arriving by eth0: from 10.0.0.9 of new connections, "
        "or in state INVALID of user 7",
    )


def test_more_sets_than_anyone_reads() -> None:
    cubes = [cube(uid=str(n), gid=str(n)) for n in range(9)]
    told = set_words(cubes, "OUTPUT")
    assert len(told) == 5
    assert told[-1] == "and 5 more conditions (--format json)"
    assert set_words(cubes[:5], "OUTPUT")[-1] == "and 1 more condition (--format json)"


def test_more_values_than_anyone_reads() -> None:
    ports = " ".join(str(7 * n) for n in range(1, 100))
    (told,) = set_words([cube(dport=ports)], "FORWARD")
    assert "87 more (--format json has all)" in told
    assert len(told) < 200


def test_what_other_words_say_is_left_out() -> None:
    new = Condition(field="ctstate", values=("NEW",))
    elsewhere = Condition(field="dst", values=("10.0.0.9/32",), negate=True)
    asked = cube(proto="tcp", not_dst="10.0.0.9/32 10.0.0.1/32", ctstate="NEW")
    (told,) = set_words([asked], "FORWARD", unsaid=(new, elsewhere))
    assert told == "tcp to anywhere but 10.0.0.1, passing through this host"


def test_sets_that_differ_in_what_is_not_said_are_one() -> None:
    one = cube(proto="tcp", ctstate="NEW", not_dst="127.0.0.0/8")
    two = cube(proto="tcp", ctstate="INVALID")
    told = set_words([one, two], "PREROUTING")
    assert told == ("tcp in state NEW or INVALID, arriving from the network",)


def test_an_exception_is_no_double_negation() -> None:
    some: Parts = (Condition(field="dport", values=("80",)),)
    states: Parts = (Condition(field="ctstate", values=("NEW",)),)
    assert excepting([some, states]) is None


def test_a_port_is_named_for_its_protocol() -> None:
    assert service(443, ("tcp",)) == "https"
    assert service(443, ("udp",)) == "quic"
    assert service(443, ()) is None
    assert service(53, ("tcp", "udp")) == "dns"
    assert service(22, ("udp",)) is None
    assert service(22, ()) == "ssh"
    assert network("192.168.0.0/16") == "private"
    assert network("192.168.0.0/17") is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whatever_a_set_asks_has_words(lang: str) -> None:
    codes = [f"set.{hook}{form}" for hook in HOOKS for form in ("", ".some")]
    codes += [
        f"set.{hook}.{field}{form}"
        for hook in HOOKS
        for field in ("in", "out")
        for form in ("", ".not")
    ]
    codes += [f"set.net.{kind}" for kind in NETWORK_KINDS]
    codes += [f"set.state.{state}" for state in CT_STATES[:3]]
    assert [code for code in codes if not knows(code, lang)] == []
