"""kube-proxy's table of nftables in any size, and what its speed is measured by: CPU seconds."""

from __future__ import annotations

import gc
import resource
import subprocess
import time
from base64 import b32encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.tracer import trace

_HEAD = """	chain nat-output {
		type nat hook output priority -100; policy accept;
		jump services
	}

	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump services
	}

	chain nat-postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		jump masquerading
	}

	chain masquerading {
		meta mark & 0x00004000 == 0x00000000 return
		meta mark set meta mark ^ 0x00004000
		masquerade fully-random
	}

	chain mark-for-masquerade {
		meta mark set meta mark | 0x00004000
	}

	chain services {
		ip daddr . meta l4proto . th dport vmap @service-ips
	}
"""


def kube_proxy_table(services: int, changes: int = 0) -> str:
    """`nft list table ip kube-proxy` of so many services on two pods; of some a pod is another.

    Those stand all over the table, and the chain of an endpoint is named by its pod.
    """
    moved = {services * number // max(1, changes) for number in range(changes)}
    held = [f"{_front(n)} . tcp . 80 : goto service-{_name(n)}" for n in range(services)]
    elements = ",\n\t\t\t     ".join(held)
    chains = (line for n in range(services) for line in _service(n, changed=n in moved))
    return "\n".join(
        [
            "table ip kube-proxy {",
            "\tmap service-ips {",
            "\t\ttype ipv4_addr . inet_proto . inet_service : verdict",
            f"\t\telements = {{ {elements} }}",
            "\t}\n",
            _HEAD,
            *chains,
            "}\n",
        ]
    )


def _front(n: int) -> str:
    return f"10.{96 + (n >> 16)}.{n >> 8 & 255}.{n & 255}"


def _name(n: int) -> str:
    return f"{b32encode(sha256(str(n).encode()).digest()).decode()[:8]}-shop/s{n}/tcp/http"


def _service(n: int, *, changed: bool) -> Iterator[str]:
    pods = [f"10.{180 + pod}.{n >> 8 & 255}.{n & 255}" for pod in range(2)]
    pods[1] = f"10.200.{n >> 8 & 255}.{n & 255}" if changed else pods[1]
    ends = [f"endpoint-{_name(n)}__{pod}/8080" for pod in pods]
    drawn = ", ".join(f"{at} : goto {end}" for at, end in enumerate(ends))
    asked = f"ip daddr {_front(n)} tcp dport 80 ip saddr != 10.180.0.0/14 jump mark-for-masquerade"
    yield from _chain(f"service-{_name(n)}", asked, f"numgen random mod 2 vmap {{ {drawn} }}")
    for end, pod in zip(ends, pods, strict=True):
        own = f"ip saddr {pod} jump mark-for-masquerade"
        yield from _chain(end, own, f"meta l4proto tcp dnat to {pod}:8080")


def _chain(name: str, *rules: str) -> Iterator[str]:
    yield from (f"\tchain {name} {{", *(f"\t\t{rule}" for rule in rules), "\t}\n")


def taken(work: Callable[[], object]) -> float:
    """The CPU seconds of a piece of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def traces(services: int, rounds: int = 20) -> float:
    """A trace through so many services, the rules read and looked at once before.

    Rubbish is looked for as seldom as in the program (`iptsim.cli.main`).
    """
    dump = read_text(kube_proxy_table(services), file="nft")
    ruleset = dump.rulesets[0]
    packet = Packet(proto=6, src=0x0A090909, dst=0x0A600000 + services // 2, dport=80)
    trace(ruleset, packet)
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 50)
    try:
        return taken(lambda: [trace(ruleset, packet) for _ in range(rounds)]) / rounds
    finally:
        gc.set_threshold(*usual)


def first_trace(services: int) -> float:
    """The first trace through so many services after they were read; another was traced before."""
    small = read_text(kube_proxy_table(10), file="nft").rulesets[0]
    packet = Packet(proto=6, src=0x0A090909, dst=0x0A600000, dport=80)
    trace(small, packet)
    ruleset = read_text(kube_proxy_table(services), file="nft").rulesets[0]
    return taken(lambda: trace(ruleset, packet))


def reads(path: Path) -> float:
    """Reading a listing."""
    text = path.read_text()
    return taken(lambda: read_text(text, file=str(path)))


def checks(path: Path) -> float:
    """`nft -c -f` on it, in a network namespace of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["unshare", "-n", "nft", "-c", "-f", str(path)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def diffs(before: str, after: str) -> float:
    """The exact diff of two texts, reading aside."""
    sides: list[Dump] = [read_text(text, file=name) for name, text in (("a", before), ("b", after))]
    return taken(lambda: diff(*sides, briefly=True))
