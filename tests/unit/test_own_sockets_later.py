"""What follows in a connection finds the socket that its first packet made here."""

from __future__ import annotations

from every_row import every_row
from test_transparent import CHAINS

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.netfilter.reading.typed import read_sockets
from iptsim.packet import Packet
from iptsim.sysctls import Sysctls
from iptsim.tracer import Trace, Tracer

TAKES = "-A PREROUTING -p {0} --dport 80 -j TPROXY --on-port 3129 --tproxy-mark 0x4/0x4"
PLAIN, CLEAR = "-m socket", "-m socket --transparent"
LISTENS = ("tcp:*:3129,transparent", "udp:*:3129,transparent", "tcp:*:81")
TCP, UDP = 6, 17


def later(
    kind: str, match: str, *sockets: str, dport: int = 80, proto: int = TCP, cookies: int = 1
) -> Trace:
    name = {TCP: "tcp", UDP: "udp"}[proto]
    divert = f"-A PREROUTING {match} -j MARK --set-mark 4\n-A PREROUTING {match} -j ACCEPT"
    lines = ["*mangle", *(f":{c} ACCEPT [0:0]" for c in CHAINS), divert, TAKES.format(name)]
    ruleset = read_text("\n".join([*lines, "COMMIT", ""]), file="rules").rulesets[0]
    host = Host(
        sockets=read_sockets(sockets) if sockets else None,
        sysctls=Sysctls(values={"net/ipv4/tcp_syncookies": cookies}),
    )
    tracer = Tracer.of(ruleset)
    first = tracer.trace(Packet(proto=proto, dport=dport), host=host).outcomes[-1]
    found = tracer.follow(first, kind)
    assert found is not None
    return found


def matched(trace: Trace) -> list[bool]:
    """Of each way whether the match took it."""
    return sorted(bool(way.steps) and way.steps[0].rule == 1 for way in trace.outcomes)


@every_row(
    ("kind", "match", "sockets", "dport", "expected"),
    [
        ("next", PLAIN, LISTENS, 80, [True]),
        ("next", CLEAR, LISTENS, 80, [True]),
        ("next", PLAIN, LISTENS, 81, [True]),
        ("next", CLEAR, LISTENS, 81, [False]),
        ("next", PLAIN, LISTENS, 82, [False]),
        ("again", CLEAR, LISTENS, 80, [False, True]),
        ("next", CLEAR, (), 80, [False, True]),
    ],
)
def test_of_tcp_it_is_found_where_a_listener_is_told(
    kind: str, match: str, sockets: tuple[str, ...], dport: int, expected: list[bool]
) -> None:
    assert matched(later(kind, match, *sockets, dport=dport)) == expected


def test_who_answers_by_udp_may_have_made_one() -> None:
    assert matched(later("again", CLEAR, *LISTENS, proto=UDP)) == [False]
    assert matched(later("next", CLEAR, *LISTENS, proto=UDP)) == [False, True]


def test_a_listener_that_answers_by_cookies_alone_keeps_none_yet() -> None:
    assert matched(later("next", CLEAR, *LISTENS, cookies=2)) == [False, True]
