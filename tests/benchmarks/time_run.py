"""A long run that looks for questions which take too long: `python time_run.py SECONDS [SEED]`.

Random listings that hide interfaces, with matches that nobody knows, RETURNs, nested chains and
limits are traced, queried, compared and linted, with packets told wholly, in part or not at all.
Prints each run that takes more than `SLOW` seconds of CPU, fails as a bug does, or does not end.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

SLOW, ENDS = 10, 90
ANY = "0.0.0.0/0"
TAILS = (
    "", "", "", "tcp dpt:{n}", "tcp dpts:{n}:65000", "udp dpt:{n}", "state NEW", "mark match 0x{b}",
    "ctstate RELATED,ESTABLISHED", "LAYER7 l7proto app{n}", "geo of {b}", "limit: avg {n}/min",
    "recent: CHECK seconds: {n} name: r{b} side: source mask: 255.255.255.255",
    "match-set s{b} src", "TTL match TTL < {b}", "tcp flags:0x17/0x02", "multiport dports {n},{b}",
    "statistic mode random probability 0.5{b}", "owner UID match {n}",
    "TIME from 08:00:00 to 17:00:00",
)  # fmt: skip
ENDINGS = (
    "ACCEPT",
    "DROP",
    "RETURN",
    "RETURN",
    "REJECT",
    "LOG",
    "MARK",
    "absent",
    "c0",
    "c1",
    "c2",
)
EXTRA = {"MARK": "MARK set 0x{b}", "REJECT": "reject-with icmp-port-unreachable",
         "LOG": "LOG flags 0 level 4"}  # fmt: skip
PACKETS = (
    "", "-p tcp", "--dport 80", "-i eth0", "-i eth0 -o eth1", "--src 10.0.1.1 --dport 80",
    "-i eth0 --src 10.0.1.1 --dst 10.0.2.2 --dport 80 --sport 4000", "-p udp --dport 53", "--uid 0",
    "--mark 1", "--dst 10.0.2.2 -o eth0",
)  # fmt: skip


def row(random: Random, depth: int) -> str:
    """A row of a chain; chains only jump to later ones."""
    numbers = {"n": random.choice((22, 80, 443, random.randint(1, 999))), "b": random.randint(1, 9)}
    endings = [e for e in ENDINGS if not e.startswith("c") or int(e[1:]) >= depth]
    target, tail = random.choice(endings), random.choice(TAILS).format(**numbers)
    proto = tail[:3] if tail[:3] in ("tcp", "udp") else random.choice(("all", "all", "tcp"))
    proto = "tcp" if tail.startswith("multiport") else proto
    ends = [random.choice((ANY, ANY, f"10.0.{numbers['b']}.0/24", "10.0.1.1")) for _ in range(2)]
    extra = EXTRA.get(target, "").format(**numbers)
    return f"{target:10} {proto:4} --  {ends[0]:20} {ends[1]:20} {tail} {extra}".rstrip()


def listing(random: Random) -> list[str]:
    """A listing of the filter table; mostly short, sometimes long."""
    lines: list[str] = []
    most = random.choice((4, 8, 20, 20, 60, 200))
    heads = [
        f"{c} (policy {random.choice(('ACCEPT', 'DROP'))})" for c in ("INPUT", "FORWARD", "OUTPUT")
    ]
    for number, head in enumerate((*heads, *(f"c{n} (1 references)" for n in range(3)))):
        lines += [f"Chain {head}", "target     prot opt source               destination"]
        depth = max(0, number - 2)
        lines += [row(random, depth) for _ in range(random.randint(0, most))]
        lines.append("")
    return lines


def questions(random: Random, folder: Path) -> Iterator[list[str]]:
    """The commands that are asked of one listing."""
    lines = listing(random)
    changed = [line for line in lines if not (line[:1].isalpha() and random.random() < 0.03)]
    changed = (
        changed
        if all(one in changed for one in lines if one[:6] in ("Chain ", "target"))
        else lines
    )
    for name, text in (("a.txt", lines), ("b.txt", changed)):
        (folder / name).write_text("\n".join(text) + "\n")
    a, b = str(folder / "a.txt"), str(folder / "b.txt")
    for packet in random.sample(PACKETS, 3):
        yield ["trace", *packet.split(), a]
    yield ["trace", *random.choice(PACKETS).split(), "--format", "json", a]
    fate = random.choice(("ACCEPT", "DROP", "local", "forward"))
    yield ["query", "--fate", fate, *random.choice(PACKETS).split(), a]
    yield ["diff", a, b]
    yield ["lint", a]


def run(seconds: float, seed: int) -> None:
    """Ask until the time is over; print what takes long."""
    end, count, slowest = time.monotonic() + seconds, 0, 0.0
    while time.monotonic() < end:
        with tempfile.TemporaryDirectory() as folder:
            for command in questions(Random(seed), Path(folder)):  # noqa: S311  # to be had again
                told, used = asked(command)
                count, slowest = count + 1, max(slowest, used)
                if told not in (0, 1, 2) or used > SLOW:
                    words = " ".join(command).replace(folder, ".")
                    print(f"seed {seed}: {words}: exit {told}, {used:.1f} s", flush=True)
        seed += 1
    print(f"{count} questions, up to seed {seed - 1}; the slowest took {slowest:.1f} s of CPU")


def asked(command: list[str]) -> tuple[int | None, float]:
    """The exit code (None: it did not end) and the CPU time of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        program = [sys.executable, "-m", "iptsim", *command]
        code = subprocess.run(program, capture_output=True, check=False, timeout=ENDS).returncode
    except subprocess.TimeoutExpired:
        code = None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return code, after.ru_utime - before.ru_utime


if __name__ == "__main__":
    run(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
