"""Times the exact diff of filter rules and of kube-proxy rules in sizes that grow, and its memory.

python tests/benchmarks/engine.py [filter|kube-proxy] [SIZE …]

Each size is a process of its own. Seconds are of the processor, as other work does not count then.
`reading` is both dumps read, `engine` the walks over all packets of both sides from every hook and
what differs. The ratio tells the engine beside the reading, for machines differ; the growth is the
exponent by which seconds of the engine grew with the rules since the size before.
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
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.symbolic.comparing import Comparing
from iptsim.symbolic.diagrams import Manager, growing
from iptsim.symbolic.engine import Engine

HOOKS = ("PREROUTING", "FORWARD", "OUTPUT")
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
    sides = [read_text(text, file="rules").rulesets[0] for text in texts]
    read = time.process_time()
    differing = growing(lambda manager: _differing(manager, sides))
    done = time.process_time()
    return {
        "rules": sum(len(chain.rules) for table in sides[0].tables for chain in table.chains),
        "differing": differing,
        "reading": read - start,
        "engine": done - read,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _differing(manager: Manager, sides: Iterable[Ruleset]) -> int:
    """In how many ways fates differ."""
    engine = Engine(manager, sides)
    found = 0
    for hook in HOOKS:
        before, after = (engine.fates(which, Packet(), hook) for which in (0, 1))
        found += sum(1 for _ in Comparing(engine.universe, before, after).differing())
    return found


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
    print(f"{kind}: rules  reading s  engine s  ratio  MB  growth")
    rows = [measured(kind, rules) for rules in sizes]
    grown = ["", *(f"n^{growth(one, other):.2f}" for one, other in pairwise(rows))]
    for row, how in zip(rows, grown, strict=True):
        ratio = row["engine"] / row["reading"]
        print(
            f"{row['rules']:12.0f} {row['reading']:10.2f} {row['engine']:9.2f}"
            f" {ratio:6.1f} {row['memory']:5.0f}  {how}"
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
