"""Times `iptsim trace` beside `jc --iptables` on one dump: the best of several whole runs each.

python tests/benchmarks/startup.py [DUMP] [RUNS]
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

DUMP = Path(__file__).parents[2] / "fixtures" / "istio" / "both-directions" / "after.txt"


def best_of(command: list[str], dump: bytes, runs: int) -> float:
    """Seconds of the fastest run; the first one, which may have to compile, does not count."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, input=dump, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def main() -> None:
    """Print both times and their ratio."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DUMP
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    dump, folder = path.read_bytes(), Path(sys.executable).parent
    ours = best_of([str(folder / "iptsim"), "trace", "--dport", "8088", "-"], dump, runs)
    theirs = best_of([str(folder / "jc"), "--iptables"], dump, runs)
    bare = best_of([sys.executable, "-c", "pass"], b"", runs)
    print(f"iptsim trace   {ours * 1000:6.0f} ms")
    print(f"jc --iptables  {theirs * 1000:6.0f} ms")
    print(f"python itself  {bare * 1000:6.0f} ms")
    print(f"ratio          {ours / theirs:6.2f}")


if __name__ == "__main__":
    main()
