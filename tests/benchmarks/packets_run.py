"""Many packets through kube-proxy's rules, beside the kernel: `packets_run.py [RULES] [PACKETS]`.

Prints what a packet costs after loading, in CPU time of the whole program, that of one packet taken
off (`iptsim trace --packets`), what a first packet costs the kernel through the same rules, and the
ratio. The kernel needs root, `unshare`, iptables and conntrack; without them only ours is told.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from rule_sets import kube_proxy_rules

KERNEL = "--kernel"
_SERVICE = re.compile(r"-A KUBE-SERVICES -d ([\d.]+)/32 -p tcp .*?--dport (\d+)")
_MISSES = 20
"""One packet in so many is for an address that no service has."""
_ROUNDS = 3
_MOST_SENT = 5_000
"""Packets that the kernel is sent."""


def main() -> int:
    words = [word for word in sys.argv[1:] if word != KERNEL]
    rules = int(words[0]) if words else 10_000
    packets = int(words[1]) if len(words) > 1 else 5_000
    if KERNEL in sys.argv:
        print(f"{_kernel(Path(words[2]), packets):.9f}")
        return 0
    ours, kernel = measured(rules, packets)
    print(f"{rules} rules, {packets} packets: {ours * 1e6:.0f} µs a packet")
    if kernel is not None:
        print(f"the kernel: {kernel * 1e6:.0f} µs a first packet; ratio {ours / kernel:.2f}")
    return 0


def measured(rules: int, packets: int) -> tuple[float, float | None]:
    """Our seconds for a packet, and the kernel's, if it can be asked."""
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "rules.save"
        dump.write_text(kube_proxy_rules(rules))
        ours = _ours(dump, packets)
        return ours, _kernel_apart(dump, rules, min(packets, _MOST_SENT))


def is_root() -> bool:
    """Whether namespaces can be made."""
    return os.geteuid() == 0


def _asked(targets: list[tuple[str, str]], count: int) -> Iterator[dict[str, object]]:
    """Packets to services, some to none, from sources and ports of their own."""
    random = Random(1)  # noqa: S311  # the same packets each time
    for number in range(count):
        address, port = random.choice(targets)
        yield {
            "id": number,
            "src": f"10.0.{random.randrange(4)}.{random.randrange(1, 250)}",
            "dst": address if number % _MISSES else f"203.0.113.{random.randrange(1, 250)}",
            "proto": "tcp",
            "sport": 1024 + number % 60000,
            "dport": int(port),
            "tcp_flags": "SYN",
        }


def _ours(dump: Path, packets: int) -> float:
    """Seconds of CPU for a packet more."""
    lines = [json.dumps(one) for one in _asked(_SERVICE.findall(dump.read_text()), packets)]
    one, many = (min(_cpu(dump, lines[:n]) for _ in range(_ROUNDS)) for n in (1, packets))
    return (many - one) / (packets - 1)


def _cpu(dump: Path, lines: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = [sys.executable, "-m", "iptsim", "trace", "--packets", "-", str(dump)]
    subprocess.run(
        program, input="\n".join(lines), text=True, check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _kernel_apart(dump: Path, rules: int, packets: int) -> float | None:
    """The kernel's seconds, measured in a network namespace of its own."""
    tools = ("unshare", "iptables-restore", "conntrack", "ip")
    if not is_root() or not all(map(shutil.which, tools)):
        return None
    again = [sys.executable, __file__, str(rules), str(packets), str(dump), KERNEL]
    done = subprocess.run(["unshare", "-n", *again], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _kernel(dump: Path, packets: int) -> float:
    """What the rules cost a first packet: with them, less without, each the best of three."""
    _set_up()
    random, targets = Random(1), _SERVICE.findall(dump.read_text())  # noqa: S311  # the same ones
    chosen = [random.choice(targets) for _ in range(packets)]
    frames = [(_syn(a, 1024 + n % 60000, int(port)), a) for n, (a, port) in enumerate(chosen)]
    bare = min(_sent(frames) for _ in range(_ROUNDS))
    subprocess.run(["iptables-restore"], input=dump.read_text(), text=True, check=True)
    return min(_sent(frames) for _ in range(_ROUNDS)) - bare


def _set_up() -> None:
    for line in (
        "link set lo up",
        "link add e0 type veth peer name e1",
        "addr add 10.0.0.2/24 dev e0",
        "link set e0 up",
        "link set e1 up",
        "neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev e0 nud permanent",
        "route add default via 10.0.0.1",
    ):
        subprocess.run(["ip", *line.split()], check=True)


def _sent(frames: list[tuple[bytes, str]]) -> float:
    """CPU seconds of a packet: the kernel walks its rules in the call that sends it."""
    subprocess.run(["conntrack", "-F"], capture_output=True, check=False)
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    begun = time.process_time()
    for data, address in frames:
        try:
            sender.sendto(data, (address, 0))
        except OSError:
            continue  # a full queue: the rules were walked
    return (time.process_time() - begun) / len(frames)


def _syn(address: str, sport: int, dport: int) -> bytes:
    source, target = socket.inet_aton("10.0.0.2"), socket.inet_aton(address)

    def tcp(check: int) -> bytes:
        return struct.pack("!HHLLBBHHH", sport, dport, 1, 0, 5 << 4, 2, 8192, check, 0)

    whole = source + target + struct.pack("!BBH", 0, 6, 20) + tcp(0)
    total = sum(struct.unpack(f"!{len(whole) // 2}H", whole))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, sport, 0, 64, 6, 0, source, target)
    return head + tcp(~total & 0xFFFF)


if __name__ == "__main__":
    sys.exit(main())
