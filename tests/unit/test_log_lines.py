"""Lines that LOG wrote, as the packets that they speak of; and the rules that wrote them."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.log_writers import where_written, writers
from iptsim.netfilter.reading.log_line import read_log_line

KERNEL = "Jan  2 03:04:05 gate kernel: [ 9876.543210] "
ARRIVED = (
    "drop: IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=192.0.2.7 DST=10.0.0.2 "
    "LEN=60 TOS=0x10 PREC=0x20 TTL=54 ID=543 DF PROTO=TCP SPT=40000 DPT=8080 WINDOW=64240 "
    "RES=0x00 ACK SYN URGP=0 MARK=0x1"
)
RULES = """*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:logged - [0:0]
-A INPUT -p udp -j LOG
-A INPUT -j logged
-A FORWARD -j LOG --log-prefix "fwd-drop: "
-A logged -j LOG --log-prefix "drop: "
COMMIT
"""
GIVEN = {
    ARRIVED: {
        "in": "eth0", "mac_src": "02:00:00:00:00:02", "src": "192.0.2.7", "dst": "10.0.0.2",
        "length": "60", "tos": "48,49", "ttl": "54", "proto": "tcp", "sport": "40000",
        "dport": "8080", "tcp_flags": "ACK,SYN", "mark": "0x1",
    },
    "IN= OUT=lo SRC=10.0.0.2 DST=10.0.0.9 LEN=40 PROTO=UDP SPT=5 DPT=53 LEN=20 UID=101 GID=7": {
        "out": "lo", "src": "10.0.0.2", "dst": "10.0.0.9", "length": "40", "proto": "udp",
        "sport": "5", "dport": "53", "uid": "101", "gid": "7", "mark": "0",
    },
    "IN=a OUT=b SRC=10.0.0.2 DST=10.0.0.9 LEN=56 PROTO=ICMP TYPE=3 CODE=1 "
    "[SRC=192.0.2.1 DST=10.0.0.2 PROTO=TCP SPT=1 DPT=2 ] ": {
        "in": "a", "out": "b", "src": "10.0.0.2", "dst": "10.0.0.9", "length": "56",
        "proto": "icmp", "icmp_type": "3/1",
    },
    "IN=a OUT= SRC=fd00::1 DST=fd00::2 LEN=104 TC=16 HOPLIMIT=63 FLOWLBL=0 PROTO=ICMPv6 "
    "TYPE=128 CODE=0": {
        "in": "a", "src": "fd00::1", "dst": "fd00::2", "length": "104", "tos": "16", "ttl": "63",
        "proto": "ipv6-icmp", "icmp_type": "128/0",
    },
    "IN=a OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=40 FRAG:64 PROTO=47": {
        "in": "a", "src": "10.0.0.1", "dst": "10.0.0.2", "length": "40", "fragment": "1",
        "proto": "47",
    },
    "IN=a OUT= SRC=fd00::1 DST=fd00::2 LEN=96 FRAG:0 INCOMPLETE ID:12ab PROTO=UDP SPT=1 DPT=2": {
        "in": "a", "src": "fd00::1", "dst": "fd00::2", "length": "96", "proto": "udp",
        "sport": "1", "dport": "2",
    },
    "IN=a OUT= SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=1 DPT=2 ACK URGP=0 UID=7 GID=8 ": {
        "in": "a", "src": "10.0.0.1", "dst": "10.0.0.2", "proto": "tcp", "sport": "1",
        "dport": "2", "tcp_flags": "ACK", "mark": "0",
    },
    "IN=a OUT= SRC=10.0.0.1 DST=10.0.0.2 PROTO=ESP SPI=0x10 ": {
        "in": "a", "src": "10.0.0.1", "dst": "10.0.0.2", "proto": "esp", "spi": "0x10",
    },
}  # fmt: skip


@every_row(("line", "given"), GIVEN.items())
def test_a_line_tells_its_packet(line: str, given: dict[str, str]) -> None:
    assert read_log_line(line).given == given
    assert read_log_line(KERNEL + line).given == given


@pytest.mark.parametrize(
    ("before", "prefix", "exact"),
    [
        (KERNEL, "", True),
        (f"{KERNEL}x: ", "x: ", True),
        ("[12.5] x: ", "x: ", True),
        ("host kernel: x: ", "x: ", True),
        ("host x: ", "host x: ", False),
        ("", "", False),
    ],
)
def test_what_stands_before_is_the_prefix(before: str, prefix: str, exact: bool) -> None:
    line = read_log_line(f"{before}IN=a OUT= SRC=10.0.0.1 DST=10.0.0.2")
    assert (line.prefix, line.exact) == (prefix, exact)


@every_row(
    ("line", "rules", "hook"),
    [
        (KERNEL + ARRIVED, ["filter logged 1"], "INPUT"),
        (ARRIVED, ["filter logged 1"], "INPUT"),
        (f"gate {ARRIVED}", ["filter logged 1"], "INPUT"),
        (ARRIVED.removeprefix("drop: "), ["filter INPUT 1", "filter logged 1"], "INPUT"),
        (KERNEL + ARRIVED.removeprefix("drop: "), ["filter INPUT 1"], "INPUT"),
        (f"{KERNEL}fwd-{ARRIVED.replace('OUT=', 'OUT=b')}", ["filter FORWARD 1"], "FORWARD"),
        (f"{KERNEL}other-{ARRIVED}", [], "PREROUTING"),
        (f"{KERNEL}fwd-{ARRIVED}", [], "PREROUTING"),
    ],
)
def test_the_rule_that_wrote_it_is_found(line: str, rules: list[str], hook: str) -> None:
    (ruleset,) = read_text(RULES).rulesets
    read = read_log_line(line)
    found = writers(ruleset, read)
    assert [str(writer) for writer in found] == rules
    assert where_written(found, read) == hook


def test_what_log_does_not_write_is_refused() -> None:
    bridged = "IN=br0 OUT=br0 PHYSIN=a PHYSOUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=2"
    for text in ("", "hello", bridged, "IN=eth0 OUT=", "SRC=10.0.0.1 DST=10.0.0.2"):
        with pytest.raises(UsageError):
            read_log_line(text)
