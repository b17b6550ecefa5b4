"""Requests through two pods, asked of dumps, and what is sent and seen at their hops."""

from __future__ import annotations

from called_program import ROOT

from iptsim.dialects import read_files, read_text
from iptsim.model import Dump
from iptsim.sidecars import Answer, journey, read_request
from iptsim.values import format_address

OUT, IN = "-A OUTPUT -p tcp -j ISTIO_OUTPUT", "-A PREROUTING -p tcp -j ISTIO_INBOUND"
FIRST_OUT = "-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN"
ALL_OUT = "-A ISTIO_OUTPUT -j ISTIO_REDIRECT"
ALL_IN = "-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT"
SERVICE = "10.96.0.7"
FIXTURES = ROOT / "fixtures" / "istio"
FILTER = "*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}\nCOMMIT\n"
OLD = FIXTURES / "upgrade" / "before.save.txt"


def dump(text: str) -> Dump:
    return read_text(text, file="pod.txt")


def fixture(name: str) -> Dump:
    return read_files([str(FIXTURES / name)])


Side = str | Dump | None


def asked_of(
    client: Side, server: Side, given: dict[str, str | int], *, probe: bool = False,
    itself: bool = False,
) -> Answer:  # fmt: skip
    sides = [dump(one) if isinstance(one, str) else one for one in (client, server)]
    request = read_request(given, probe=probe, itself=itself)
    return journey(request, client=sides[0], server=sides[1])


def asked(
    client: Side, server: Side, *, probe: bool = False, itself: bool = False, **given: str | int
) -> Answer:
    return asked_of(client, server, given, probe=probe, itself=itself)


def ends(answer: Answer) -> list[tuple[str, str]]:
    """What is sent and seen at each hop."""
    told = []
    for hop in answer.hops:
        sent = hop.packet
        left = f"{format_address(sent.src or 0, 32)} {format_address(sent.dst or 0, 32)}"
        seen = hop.seen
        told.append((f"{left}:{sent.dport}", "" if seen is None else _seen(seen.dst, seen.dport)))
    return told


def _seen(dst: int | str, dport: int | str) -> str:
    return f"{dst if isinstance(dst, str) else format_address(dst, 32)}:{dport}"
