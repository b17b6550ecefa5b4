"""What a paste tells of its host is seen behind what lies around the dump's lines, too."""

from __future__ import annotations

from collections.abc import Callable

from every_row import every_row

from iptsim.dialects import read_text

PASTE = """\
$ ip addr
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default
    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0
$ ip route
default via 192.0.2.1 dev eth0
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.7
$ iptables-save
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
"""

Wrap = Callable[[int, str], str]
WRAPS: dict[str, Wrap] = {
    "a quote": lambda _number, line: f"> {line}",
    "a quote of a quote": lambda _number, line: f"> > {line}",
    "journald": lambda _number, line: f"Feb 03 12:00:01 gw fw.sh[512]: {line}",
    "kubectl logs --prefix": lambda _number, line: f"[pod/web-a/init] {line}",
    "two words of stern": lambda _number, line: f"web-1 init {line}",
    "pdsh": lambda _number, line: f"node1: {line}",
    "grep -n": lambda number, line: f"{number}:{line}",
    "a time": lambda _number, line: f"2024-05-08T09:12:44.123456Z {line}",
    "a box": lambda _number, line: f"│ {line:110} │",
}


@every_row("wrap", WRAPS.values(), ids=WRAPS.keys())
def test_the_host_is_the_same_within_a_wrapper(wrap: Wrap) -> None:
    lines = PASTE.splitlines()
    text = "".join(f"{wrap(number, line)}\n" for number, line in enumerate(lines, 1))
    bare, found = read_text(PASTE, file="a"), read_text(text, file="a")
    assert [(each.kind, each.place.line) for each in bare.host] == [("addr", 2), ("route", 7)]
    shown = [(each.kind, each.place.line, each.whole) for each in found.host]
    assert shown == [(each.kind, each.place.line, each.whole) for each in bare.host]
    texts = [[line.split() for line in each.text.splitlines()] for each in found.host]
    assert texts == [[line.split() for line in each.text.splitlines()] for each in bare.host]
    assert found.rulesets == bare.rulesets


def test_rules_that_name_a_loopback_or_a_default_are_no_text_of_a_host() -> None:
    text = (
        "> -P INPUT DROP\n> -A INPUT -i lo -j ACCEPT\n"
        '> -A INPUT -s 192.0.2.0/24 -m comment --comment "default via dev" -j ACCEPT\n'
    )
    assert read_text(text).host == ()
