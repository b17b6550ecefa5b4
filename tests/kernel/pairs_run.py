"""Many pairs of rule sets: `python pairs_run.py N --seed S [--family 4] [--backend nft]`.

N packets, each sent under both rule sets of a pair. Ends with 1 where the told difference and the
kernel disagreed.
"""

from __future__ import annotations

import argparse
import sys
import time

from kernel_cases import Bench
from pairs import Pairs

from iptsim.kernel import Judge

_MOST_FOUND = 10


def main() -> int:
    """Runs a share of the packets on every backend and family that was asked for."""
    asked = _arguments()
    seed = asked.seed or str(int(time.time()))
    backends = [asked.backend] if asked.backend else ["nft", "legacy"]
    families = [asked.family] if asked.family else [4, 6]
    share = -(-asked.packets // len(backends) // len(families))
    found = sum(_run(seed, share, backend, family) for backend in backends for family in families)
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="told differences beside the real kernel's")
    parser.add_argument("packets", type=int, help="how many packets")
    parser.add_argument("--seed", default="")
    parser.add_argument("--family", type=int, choices=(4, 6))
    parser.add_argument("--backend", choices=("nft", "legacy"))
    return parser.parse_args()


def _run(seed: str, packets: int, backend: str, family: int) -> int:
    begun, found, number = time.monotonic(), 0, 0
    with Judge(backend=backend) as judge:
        pairs = Pairs(Bench(judge, family, delivers=False))
        tally = pairs.tally
        while tally.packets < packets and found < _MOST_FOUND:
            wrong = pairs.one(f"{seed}/{number}")
            if wrong is not None:
                found += 1
                _say(f"WRONG {found}: {backend}, IPv{family}, pair {seed}/{number}")
                _say(f"{pairs.smallest(wrong)}\n")
            number += 1
    _say(
        f"{backend} IPv{family}, seed {seed}: {tally.packets} packets under {tally.pairs} pairs"
        f" ({tally.skipped} skipped) in {time.monotonic() - begun:.0f} s; {tally.inside} inside a"
        f" difference, {tally.outside} outside, {tally.open_} open; {found} wrong"
    )
    return found


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
