"""A request through both sidecars: what each party really sees is what `istio journey` tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from two_pods import CLIENT, SERVER, SERVICE, two_pods, what_they_see

from iptsim.dialects import read_files
from iptsim.sidecars import Answer, Ending, Hop, Party, journey, read_request
from iptsim.values import format_address

ISTIO = Path(__file__).parents[2] / "fixtures" / "istio"
SIDECAR = ISTIO / "ports-1.30" / "before.save.txt"
AMBIENT = ISTIO / "ambient-1.25" / "after.save.txt"
TPROXY = ISTIO / "tproxy-1.10" / "after.save.txt"

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("real_kernel")]

_LISTENS = {Party.ENVOY, Party.ZTUNNEL, Party.APPLICATION}


def told_by_us(client: Path, server: Path, **given: str | int) -> Answer:
    request = read_request({"client_ip": CLIENT, "server_ip": SERVER, **given})
    dumps = [read_files([str(file)]) for file in (client, server)]
    return journey(request, client=dumps[0], server=dumps[1])


def sent_by(hop: Hop) -> dict[str, Any]:
    """What makes a party send the packet of a hop."""
    packet = hop.packet
    src, dst = (format_address(one or 0, 32) for one in (packet.src, packet.dst))
    to = [src, packet.sport, dst, packet.dport, packet.mark or 0]
    return {"to": to, "uid": packet.uid, "gid": packet.gid}


def parties(answer: Answer) -> list[tuple[Hop, str, dict[str, Any]]]:
    """Who listens: where a hop ends, with what the next of the way sends on."""
    found: list[tuple[Hop, str, dict[str, Any]]] = []
    for hop in answer.hops:
        if hop.receiver not in _LISTENS:
            continue
        assert hop.seen is not None
        own = {"uid": 1000, "gid": 1000}
        on = next((one for one in answer.hops[hop.number :] if one.sender is hop.receiver), None)
        if on is not None and hop.receiver is not Party.APPLICATION:
            own = sent_by(on)
        port = hop.port or hop.seen.dport
        # Only a transparent socket is given what TPROXY hands on.
        clear = hop.port is not None and hop.seen.dport != hop.port
        found.append((hop, hop.side, {**own, "port": port, "transparent": clear}))
    return found


def expected(hop: Hop) -> list[str | int]:
    assert hop.seen is not None
    seen = hop.seen
    src, dst = (
        one if isinstance(one, str) else format_address(one, 32) for one in (seen.src, seen.dst)
    )
    return [src, seen.sport, dst, seen.dport]


REQUESTS: dict[str, tuple[Path, Path, dict[str, str | int], int]] = {
    "through both": (SIDECAR, SIDECAR, {"dst": SERVICE, "dport": 80, "target_port": 8080}, 3),
    "past the client's": (SIDECAR, SIDECAR, {"dport": 8080, "client_uid": 1337}, 2),
    "past the server's": (SIDECAR, SIDECAR, {"dport": 9090}, 2),
    "past both": (
        SIDECAR, SIDECAR, {"dport": 9090, "client_gid": 1337}, 1,
    ),
    "an excluded outbound port": (SIDECAR, SIDECAR, {"dport": 5432}, 2),
    "TPROXY": (SIDECAR, TPROXY, {"dst": SERVICE, "dport": 80, "target_port": 8080}, 3),
    "ambient": (AMBIENT, AMBIENT, {"dst": SERVICE, "dport": 80, "target_port": 8080}, 3),
    "from a sidecar to ambient": (SIDECAR, AMBIENT, {"dport": 8080}, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_everyone_sees_what_we_tell(name: str) -> None:
    client, server, given, listening = REQUESTS[name]
    answer = told_by_us(client, server, **given)
    listed = parties(answer)
    assert len(listed) == listening
    with two_pods({"client": client, "server": server}) as pods:
        caller = sent_by(answer.hops[0])
        got, seen = what_they_see(pods, [(side, told) for _hop, side, told in listed], caller)
    assert got == "hello"
    assert [one["seen"] for one in seen] == [expected(hop) for hop, *_ in listed]
    for (hop, *_), one in zip(listed, seen, strict=True):
        if hop.original is not None and hop.seen is not None and hop.seen.dport == hop.port:
            address, port = hop.original
            assert one["original"] == [format_address(address, 32), port]


def test_a_pod_that_calls_itself() -> None:
    given: dict[str, str | int] = {"dst": SERVICE, "target_port": 8080, "client_ip": CLIENT}
    dump = read_files([str(SIDECAR)])
    answer = journey(read_request(given, itself=True), client=dump, server=None)
    listed = parties(answer)
    with two_pods({"client": SIDECAR, "server": SIDECAR}) as pods:
        inside = [("client", told) for _hop, _side, told in listed]
        got, seen = what_they_see(pods, inside, sent_by(answer.hops[0]))
    assert (got, len(seen)) == ("hello", 3)
    assert [one["seen"] for one in seen] == [expected(hop) for hop, *_ in listed]


def test_envoy_without_a_rule_that_lets_it_go(tmp_path: Path) -> None:
    lines = SIDECAR.read_text().splitlines(keepends=True)
    rules = tmp_path / "loop.txt"
    rules.write_text("".join(one for one in lines if "id-owner 1337 -j RETURN" not in one))
    answer = told_by_us(rules, SIDECAR, dport=8080)
    assert answer.ending is Ending.LOOP
    again = answer.hops[1]
    with two_pods({"client": rules, "server": SIDECAR}) as pods:
        listener = ("client", {"port": 15001, "uid": 1337, "gid": 1337})
        got, seen = what_they_see(pods, [listener], sent_by(again))
    assert (got, seen[0]["seen"]) == ("hello", expected(again))
