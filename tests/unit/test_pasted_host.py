"""What a paste tells of the host beside its rules is read, and never more than it tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.host import NOBODY, Host
from iptsim.model import Dump, Note
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.pasted import host_told
from iptsim.netfilter.reading.ss_text import read_ss

TEXTS = Path(__file__).parent / "host_texts"
RULES = """Chain INPUT (policy DROP)
target     prot opt source               destination
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22

"""
SETS = "create friends hash:ip family inet hashsize 1024 maxelem 65536\nadd friends 10.0.0.7\n"


def text(name: str) -> str:
    return (TEXTS / f"{name}.txt").read_text()


def told(paste: str, host: Host = NOBODY) -> tuple[Host, tuple[Note, ...], Dump]:
    dump = read_text(paste, file="paste.txt")
    found, notes = host_told((dump,), host)
    return found, notes, dump


def codes(notes: tuple[Note, ...]) -> list[str]:
    return [note.code for note in notes]


@every_row("prompt", ["", "$ {}\n", "root@node:~# sudo {}\n", "[root@node ~]# {}\n"])
@every_row(
    ("command", "name"),
    [
        ("ip addr", "ip-addr"),
        ("ip -br a", "ip-br-addr"),
        ("ip -o addr show", "ip-o-addr"),
        ("ifconfig -a", "ifconfig"),
        ("ifconfig", "busybox-ifconfig"),
    ],
)
def test_addresses_are_those_of_the_same_text_given_alone(
    prompt: str, command: str, name: str
) -> None:
    shown = prompt.format(command) + text(name)
    for paste in (RULES + shown, shown + "\n" + RULES):
        host, notes, dump = told(paste)
        assert host.addresses == read_host(text(name)).addresses
        assert host.devices == read_host(text(name)).devices
        assert "IPT0182" in codes(notes)
        assert ("IPT0191" in codes(notes)) is ("ifconfig" in name)
        assert [len(c.rules) for t in dump.rulesets[0].tables for c in t.chains] == [1]


def test_routes_rules_settings_and_sets() -> None:
    paste = (
        RULES
        + "$ ip route show table all\n" + text("ip-route-all")
        + "$ ip rule\n" + text("ip-rule")
        + "$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 0\n"
        + "$ ipset save\n" + SETS
    )  # fmt: skip
    host, notes, _dump = told(paste)
    assert host.routes == read_host(None, text("ip-route-all")).routes
    assert [rule.priority for rule in host.rules_of(32) or ()] == [0, 32765, 32766, 32767]
    assert host.sysctls.of("net/ipv4/conf/all/forwarding") == 0
    assert [each.name for each in host.sets or ()] == ["friends"]
    (used,) = (note for note in notes if note.code == "IPT0182")
    first = RULES.count("\n") + 2
    assert f"ip route {first}-" in dict(used.facts)["told"]


@pytest.mark.parametrize("name", ["route-n", "netstat-rn", "ip-route"])
def test_routes_are_known_by_their_form(name: str) -> None:
    assert told(RULES + text(name))[0].routes == read_host(None, text(name)).routes


def test_options_count_more() -> None:
    mine = read_host(
        "1: lo    inet 127.0.0.1/8 scope host lo\n2: x    inet 192.0.2.9/24 scope global x\n"
    )
    host, notes, _dump = told(RULES + "$ ip addr\n" + text("ip-addr"), mine)
    assert host.addresses == mine.addresses
    assert host.devices is None
    assert codes(notes) == []


WHOLE = text("ip-addr").splitlines(keepends=True)


@pytest.mark.parametrize(
    "shown",
    [
        "$ ip addr | tail\n" + text("ip-addr"),
        "$ ip addr show eth0\n" + "".join(WHOLE[9:]),
        "$ ip addr\n" + "".join(WHOLE[6:]),
        "$ ip addr\n" + "".join(WHOLE[:9]) + "...\n" + "".join(WHOLE[9:]),
        "$ ip addr\n" + "".join(WHOLE[:9]) + "    inet 10.0.0\n" + "".join(WHOLE[9:]),
        text("ip-addr") + "\n" + text("ip-addr").replace("10.0.0.2/", "10.0.0.9/"),
        "".join(WHOLE[6:]),
    ],
)
def test_half_a_list_of_addresses_tells_nothing(shown: str) -> None:
    host, notes, _dump = told(RULES + shown)
    assert host.addresses is None
    assert "IPT0182" not in codes(notes)


@pytest.mark.parametrize(
    "shown",
    [
        "$ ip route | grep default\ndefault via 10.0.0.1 dev eth0\n10.0.0.0/24 dev eth0\n",
        "default via 10.0.0.1 dev eth0\n",
        "$ ip route get 8.8.8.8\n8.8.8.8 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 0\n    cache\n",
        "$ ip rule | head -2\n" + text("ip-rule"),
        "0:\tfrom all lookup local\n32765:\tfrom all fwmark 0x1 lookup 100\n",
        "You should set\nnet.ipv4.ip_forward = 0\nin /etc/sysctl.conf\n",
        "net.ipv4.ip_forward is off\n",
    ],
)
def test_half_a_list_of_anything_tells_nothing(shown: str) -> None:
    host, _notes, _dump = told(RULES + shown)
    assert (host.routes, host.rules, host.sysctls.values) == (None, None, {})


def test_two_dumps_tell_what_they_tell_alike() -> None:
    one = read_text(RULES + "$ ip addr\n" + text("ip-addr") + "$ sysctl -a\nnet.ipv4.a = 1\n")
    other = read_text(RULES + "$ sysctl -a\nnet.ipv4.a = 2\nnet.ipv4.b = 3\n")
    moved = text("ip-addr").replace("10.0.0.2/", "10.0.0.9/")
    third = read_text(RULES + "$ ip addr\n" + moved)
    host, _notes = host_told((one, other), NOBODY)
    assert host.addresses == read_host(text("ip-addr")).addresses
    assert host.sysctls.values == {"net/ipv4/b": 3}
    assert host_told((one, third), NOBODY)[0].addresses is None


COLLECTED = """#iptsim# collect 1
#iptsim# begin time
2030-12-31T12:00:00+0200

#iptsim# end time rc=0
#iptsim# begin iptables-legacy-save
*filter
:INPUT ACCEPT [0:0]
-A INPUT -p udp -j DROP
COMMIT

#iptsim# end iptables-legacy-save rc=0
#iptsim# absent ip6tables-legacy-save empty
#iptsim# begin iptables-nft-save
# Warning: iptables-legacy tables present, use iptables-legacy-save to see them
*filter
:INPUT ACCEPT [0:0]
COMMIT

#iptsim# end iptables-nft-save rc=0
#iptsim# begin ip6tables-nft-save

#iptsim# end ip6tables-nft-save rc=0
#iptsim# absent nft-list-ruleset no nft
#iptsim# begin sysctl
net/ipv4/conf/eth0.100/rp_filter = 1

#iptsim# end sysctl rc=0
#iptsim# absent ipset-save no ipset
#iptsim# done
"""


def test_a_collected_text_tells_the_back_end_that_holds_rules() -> None:
    host, notes, dump = told(COLLECTED)
    ruleset = dump.family(4)
    assert ruleset is not None
    assert ruleset.beside == ()
    assert [len(chain.rules) for table in ruleset.tables for chain in table.chains] == [1]
    (rule,) = ruleset.tables[0].chains[0].rules
    assert rule.place is not None
    assert (rule.place.file, rule.place.line) == ("paste.txt", 9)
    assert host.time == 1924941600
    assert host.sysctls.of("net/ipv4/conf/eth0.100/rp_filter") == 1
    assert [dict(n.facts) for n in dump.notes if n.code == "IPT0189"] == [
        {"sections": "nft-list-ruleset (no nft), ipset-save (no ipset)"}
    ]
    assert codes(notes) == ["IPT0182"]


@pytest.mark.parametrize(
    ("change", "beside"),
    [
        (("[0:0]\nCOMMIT", "[0:0]\n-A INPUT -p tcp -j DROP\nCOMMIT"), ("filter",)),
        (("end iptables-legacy-save rc=0", "end iptables-legacy-save rc=1"), ("legacy",)),
        (("#iptsim# end iptables-nft-save rc=0\n", ""), ("nft",)),
        (("empty", "empty"), ()),
    ],
)
def test_what_another_back_end_may_hold_is_unknown(
    change: tuple[str, str], beside: tuple[str, ...]
) -> None:
    ruleset = read_text(COLLECTED.replace(*change)).family(4)
    assert ruleset is not None
    assert ruleset.beside == beside


def test_cut_before_a_section_nothing_is_known_of_it() -> None:
    part = COLLECTED.partition("#iptsim# begin iptables-nft-save")[0]
    dump = read_text(part)
    assert dump.rulesets[0].beside == ("nft",)
    assert "IPT0185" in codes(dump.notes)
    inside = COLLECTED.partition(":INPUT ACCEPT [0:0]\nCOMMIT")[0]
    assert "IPT0186" in codes(read_text(inside).notes)


def test_no_rules_at_all_is_said() -> None:
    empty = COLLECTED.replace("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -j DROP\nCOMMIT\n", "")
    dump = read_text(empty.replace("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", ""))
    assert all(not ruleset.tables for ruleset in dump.rulesets)
    assert "IPT0128" in codes(dump.notes)


SS = """Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
udp   UNCONN 0      0           10.0.0.2:53         0.0.0.0:*
tcp   LISTEN 0      128          0.0.0.0:8081       0.0.0.0:*
\t inet-sockopt: ( is_icsk transparent mc_loop)
tcp   ESTAB  0      0          127.0.0.1:39380    127.0.0.1:8080
tcp   LISTEN 0      128                *:9090             *:*
tcp   LISTEN 0      128             [::]:9091          [::]:*
"""


def test_sockets_of_ss() -> None:
    found = read_ss(SS) or ()
    assert [(s.proto, s.family, s.address, s.port) for s in found] == [
        (17, 4, 10 << 24 | 2, 53),
        (6, 4, None, 8081),
        (6, 4, 127 << 24 | 1, 39380),
        (6, None, None, 9090),
        (6, 6, None, 9091),
    ]
    assert [s.transparent for s in found] == [False, True, False, False, False]
    assert found[2].peer == (127 << 24 | 1, 8080)


def test_a_socket_of_one_interface_leaves_all_open() -> None:
    assert read_ss("udp UNCONN 0 0 0.0.0.0%eth0:68 0.0.0.0:*\n") is None
    assert len(read_ss("udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*\n") or ()) == 1
