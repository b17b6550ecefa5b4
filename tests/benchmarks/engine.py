"""Times the exact diff of filter rules and of kube-proxy rules in sizes that grow, and its memory.

python tests/benchmarks/engine.py [filter|kube-proxy] [SIZE …]

Each size is a process of its own. Seconds are of the processor, as other work does not count then.
`reading` is both dumps read, `structure` their rules aligned, `engine` the exact effect: the walks
from every hook and in every state, what differs, told and with examples that were followed. The
ratio tells the engine beside the reading, for machines differ; the growth is the exponent by which
seconds of the engine grew with the rules since the size before.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from math import log

from rule_sets import filter_rules, kube_proxy_rules

from iptsim.dialects import read_text
from iptsim.diff.effect import effect
from iptsim.diff.structure import structure

CHANGES = 10
SIZES = {"filter": (500, 5_000, 20_000), "kube-proxy": (1_000, 10_000, 100_000)}
KINDS: Mapping[str, Callable[[int, int], str]] = {
    "filter": filter_rules,
    "kube-proxy": kube_proxy_rules,
}
Figures = dict[str, float]


def figures(kind: str, rules: int) -> Figures:
    """The figures of one size: rules of a side, seconds of each part, MB of memory."""
    texts = [KINDS[kind](rules, changes) for changes in (0, CHANGES)]
    start = time.process_time()
    before, after = (read_text(text, file="rules") for text in texts)
    read = time.process_time()
    found = structure(before, after, comments=False)
    compared = time.process_time()
    seen = effect(found)
    done = time.process_time()
    (ruleset,) = before.rulesets
    return {
        "rules": sum(len(chain.rules) for table in ruleset.tables for chain in table.chains),
        "effects": len(seen.effects),
        "reading": read - start,
        "structure": compared - read,
        "engine": done - compared,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def measured(kind: str, rules: int) -> Figures:
    """The figures of a process of its own."""
    command = [sys.executable, __file__, "--one", kind, str(rules)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    found: Figures = json.loads(done.stdout)
    return found


def growth(smaller: Figures, larger: Figures) -> float:
    """The exponent by which the engine's seconds grow with the rules."""
    return log(larger["engine"] / smaller["engine"]) / log(larger["rules"] / smaller["rules"])


def table(kind: str, sizes: Iterable[int]) -> None:
    """Print a table with a line for each size."""
    print(f"{kind}: rules  reading s  structure s  engine s  ratio  MB  growth")
    rows = [measured(kind, rules) for rules in sizes]
    grown = ["", *(f"n^{growth(one, other):.2f}" for one, other in pairwise(rows))]
    for row, how in zip(rows, grown, strict=True):
        ratio = row["engine"] / row["reading"]
        print(
            f"{row['rules']:12.0f} {row['reading']:10.2f} {row['structure']:12.2f}"
            f" {row['engine']:9.2f} {ratio:6.1f} {row['memory']:5.0f}  {how}"
        )


def main() -> None:
    """Print the table of every kind, or of the one and the sizes that are asked for."""
    asked = sys.argv[1:]
    if asked[:1] == ["--one"]:
        print(json.dumps(figures(asked[1], int(asked[2]))))
        return
    for kind in asked[:1] or KINDS:
        table(kind, [int(size) for size in asked[1:]] or SIZES[kind])


if __name__ == "__main__":
    main()
