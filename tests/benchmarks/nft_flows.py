"""kube-proxy's flows through its nftables rule sets, held to what the kernel did with them.

    python tests/benchmarks/nft_flows.py FOLDER

FOLDER has `flows.jsonl` (a flow a line: case, family, src, dst, proto, dport, node_ips, and what
the kernel's nftables made of it) and a `CASE.list` for each. Prints what fares otherwise here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from nft_pairs import native

from iptsim.host import Host, InterfaceAddress
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Tracer
from iptsim.values import parse_address, parse_network

_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}


def host_of(flow: dict[str, Any]) -> Host:
    """The node, all of whose addresses are on one interface."""
    return Host(addresses=tuple(map(_own, flow["node_ips"])))


def _own(text: str) -> InterfaceAddress:
    address = parse_address(text)[0]
    return InterfaceAddress(interface="eth0", address=address, network=parse_network(text))


def ends_at(outcome: Outcome) -> str:
    """Where a packet goes, as the flows tell it: the new destination, DROP, or nothing new."""
    if outcome.verdict != "ACCEPT":
        return "DROP"
    if not any(one.field in ("dst", "dport") for one in outcome.rewrites):
        return ""
    packet = dict(outcome.packet)
    address = f"[{packet['dst']}]" if ":" in str(packet["dst"]) else packet["dst"]
    return f"{address}:{packet['dport']}"


def faring(flow: dict[str, Any], tracer: Tracer) -> str:
    """All ends that a flow may have, in order."""
    src, dst = (parse_address(flow[name])[0] for name in ("src", "dst"))
    sent = flow["src"] in flow["node_ips"]
    packet = Packet(
        family=flow["family"], proto=_PROTOCOLS[flow["proto"]], src=src, dst=dst, sport=40000,
        dport=flow["dport"], in_=None if sent else "eth0",
    )  # fmt: skip
    hook = "OUTPUT" if sent else "PREROUTING"
    found = tracer.trace(packet, hook=hook, host=host_of(flow))
    # Of what the node sends itself masquerading may leave the address as it was.
    masked = not sent and any(
        one.field == "src" for outcome in found.outcomes for one in outcome.rewrites
    )
    ends = ", ".join(sorted({ends_at(one) for one in found.outcomes}))
    return f"{ends} masqueraded" if masked else ends


def main(folder: Path) -> int:
    """Print what fares otherwise; how many do."""
    wrong = 0
    flows = [json.loads(line) for line in (folder / "flows.jsonl").read_text().splitlines()]
    for flow in flows:
        rules = native(folder / f"{flow['case']}.list").family(flow["family"])
        assert rules is not None
        ours, told = faring(flow, Tracer.of(rules)), flow["kernel"]["nft"]
        theirs = (
            f"{told['output']} masqueraded"
            if told["masq"] and flow["src"] not in flow["node_ips"]
            else told["output"]
        )
        wrong += ours != theirs
        if ours != theirs:
            print(f"{flow['case']}, {flow['name']}: {ours!r}, the kernel's {theirs!r}")
    print(f"{len(flows)} flows, {wrong} fare otherwise")
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
