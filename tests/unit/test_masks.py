"""Addresses that a writer hid: what shows of them holds, the rest is unknown."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import DumpError
from iptsim.extensions.values.hidden_addresses import mask_of
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.tracer import Tracer
from iptsim.tracing import trace_grouped
from iptsim.values import parse_address

SAVE = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
LISTING = (
    "Chain INPUT (policy DROP 0 packets, 0 bytes)\n"
    " pkts bytes target     prot opt in     out     source      destination\n{}"
    "    0     0 ACCEPT  udp  --  *  *  127.0.0.1  0.0.0.0/0\n"
)


@every_row(
    ("text", "known"),
    [
        ("192.0.x.x", "192.0.0.0/16"),
        ("203.XXX.XXX.XXX", "203.0.0.0/8"),
        ("198.51.100.xx/24", "198.51.100.0/24"),
        ("10.1.x.x/8", "10.0.0.0/8"),
        ("10.1.x.x/xx", None),
        ("x.x.x.7", "0.0.0.7/0.0.0.255"),
        ("19x.0.2.1", "0.0.2.1/0.255.255.255"),
        ("XX.XX.XX.XX", None),
        ("***.***.***.***", None),
        ("a.b.c.d", None),
        ("<ip>", None),
        ("[redacted]", None),
        ("MY.IP", None),
        ("your_server_ip/32", None),
    ],
)
def test_what_shows_of_an_address_is_known(text: str, known: str | None) -> None:
    mask = mask_of(text, 32)
    assert mask is not None
    assert (mask.known and str(mask.known)) == known


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2001:db8:xxxx::1", "2001:db8::/32"),
        ("2001:db8:xxxx:xxxx::/48", "2001:db8::/32"),
        ("fe80::xxxx", "fe80::/16"),
        ("xxxx::1", None),
        ("<my-ip>", None),
    ],
)
def test_of_ipv6_too(text: str, known: str | None) -> None:
    mask = mask_of(text, 128)
    assert mask is not None
    assert (mask.known and str(mask.known)) == known


@pytest.mark.parametrize(
    "text", ["192.0.2.1", "0.0.0.300", "example.com", "www.a.example", "{{ip}}", "@IP@", "1.2.3"]
)
def test_what_hides_nothing_is_no_mask(text: str) -> None:
    assert mask_of(text, 32) is None


def verdicts(dump: Dump, src: str, dport: int = 22) -> set[str | None]:
    address = parse_address(src)[0]
    packet = Packet(family=4, proto=6, src=address, dport=dport, sport=40000, in_="eth0")
    found = trace_grouped(Tracer.of(dump.rulesets[0]), packet)
    return {outcome.verdict for outcome in (*found.outcomes, *found.untold)}


@pytest.mark.parametrize(
    ("save", "row"),
    [
        ("-A INPUT -s {} -j ACCEPT\n", "0 0 ACCEPT  all  --  * *  {}  0.0.0.0/0\n"),
        ("-A INPUT ! -s {} -j ACCEPT\n", "0 0 ACCEPT  all  --  * *  !{}  0.0.0.0/0\n"),
    ],
)
def test_a_packet_from_elsewhere_is_judged_for_certain(save: str, row: str) -> None:
    outside = {"ACCEPT"} if "!" in save else {"DROP"}
    for text in (SAVE.format(save), LISTING.format(row)):
        dump = read_text(text.format("198.51.x.x"), family=4)
        assert verdicts(dump, "203.0.113.9") == outside
        assert verdicts(dump, "198.51.100.9") == {"ACCEPT", "DROP"}


def test_what_reads_alike_may_hide_two_addresses() -> None:
    rules = (
        "-A INPUT -s XX.XX.XX.XX -p tcp --dport 22 -j REJECT\n"
        "-A INPUT -s XX.XX.XX.XX -p tcp -j ACCEPT\n"
    )
    assert verdicts(read_text(SAVE.format(rules)), "10.0.0.1") == {"REJECT", "ACCEPT", "DROP"}


def test_a_note_says_so_and_strict_refuses() -> None:
    text = LISTING.format("0 0 ACCEPT  all  --  * *  x.x.x.x  0.0.0.0/0\n")
    notes = [note for note in read_text(text).notes if note.code == "IPT0506"]
    assert [note.place.line for note in notes if note.place] == [3]
    with pytest.raises(DumpError) as caught:
        read_text(text, strict=True)
    assert (caught.value.place.line, caught.value.place.column) == (3, 27)
