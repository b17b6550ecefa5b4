"""Time and memory of whole runs from 1,000 to 1,000,000 rules, and a picture of them.

python tests/benchmarks/growth.py PICTURE.svg [SIZE …] | --drawn FIGURES.json PICTURE.svg

Measures reading by the library, a trace of one packet and a diff of ten changed rules, on the rules
of kube-proxy, in CPU seconds and MB of whole programs; the figures are written beside the picture.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from math import log10
from pathlib import Path

from rule_sets import kube_proxy_rules
from whole_runs import Command, ours, run

SIZES = (1_000, 10_000, 100_000, 1_000_000)
READING = "import sys; from iptsim.dialects import read_files; read_files(sys.argv[1:])"
MOST_COMPARED = 100_000
"""Rules of a side beyond which none are compared: that takes minutes."""
PACKET = ("--src", "10.0.0.9", "--sport", "40000", "--dst", "10.96.0.7", "-p", "tcp")
COLOURS = {"parse": "#2a6fbb", "trace": "#c0582b", "diff": "#3d8a4e"}
SIDES: Mapping[str, tuple[int, str]] = {"seconds": (60, "CPU seconds"), "memory": (440, "MB")}
WIDTH, HEIGHT, TOP = 300, 240, 50

Figures = dict[str, dict[str, dict[str, float]]]
"""For each work and number of rules (as text), its seconds and memory."""


def measured(sizes: Sequence[int], kept: Path) -> Figures:
    """The figures of all sizes; one line is printed for each run, and they are kept in a file."""
    found: Figures = {work: {} for work in COLOURS}
    with tempfile.TemporaryDirectory() as folder:
        for rules in sizes:
            before, after = Path(folder) / "before.save", Path(folder) / "after.save"
            before.write_text(kube_proxy_rules(rules))
            after.write_text(kube_proxy_rules(rules, 10))
            for work, command in _works(before, after, rules):
                used = run(command)
                found[work][str(rules)] = {"seconds": used.seconds, "memory": used.memory}
                print(f"{work} {rules:,}: {used.seconds:.2f} s, {used.memory:.0f} MB", flush=True)
            kept.write_text(json.dumps(found, indent=2) + "\n")
    return found


def _works(before: Path, after: Path, rules: int) -> Iterator[tuple[str, Command]]:
    yield "parse", Command(words=(sys.executable, "-c", READING, str(before)))
    yield "trace", ours("trace", *PACKET, "--dport", "443", str(before))
    if rules <= MOST_COMPARED:
        yield "diff", ours("diff", str(before), str(after))


def picture(figures: Figures) -> str:
    """Both sides of the picture, on logarithmic scales."""
    parts = [part for side in SIDES for part in _side(figures, side)]
    legend = [
        f'<text x="{320 + 80 * number}" y="24" fill="{colour}" font-weight="bold">{work}</text>'
        for number, (work, colour) in enumerate(COLOURS.items())
    ]
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="780" height="350" viewBox="0 0 780 350"'
        ' font-family="sans-serif" font-size="13">'
    )
    back = '<rect width="780" height="350" fill="white"/>'
    title = '<text x="60" y="24" fill="#222">Growth with the rules</text>'
    return "\n".join([head, back, title, *legend, *parts, "</svg>", ""])


def _side(figures: Figures, side: str) -> Iterator[str]:
    left, title = SIDES[side]
    told = [one[side] for work in figures.values() for one in work.values()]
    low, high = _decade(min(told), up=False), _decade(max(told), up=True)
    sizes = sorted({int(size) for work in figures.values() for size in work})
    yield f'<text x="{left}" y="{TOP + HEIGHT + 42}" fill="#222">{title}, by rules</text>'
    for power in range(low, high + 1):
        y = _y(10**power, low, high)
        yield _line([(left, y), (left + WIDTH, y)], "#ddd", 1)
        yield f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{_short(10.0**power)}</text>'
    for size in sizes:
        x = _x(size, sizes, left)
        shown = f'<text x="{x:.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">'
        yield f"{shown}{_short(size)}</text>"
    for work, own in figures.items():
        points = [
            (_x(int(size), sizes, left), _y(one[side], low, high)) for size, one in own.items()
        ]
        yield _line(points, COLOURS[work], 2.5)
        yield from (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{COLOURS[work]}"/>' for x, y in points
        )


def _decade(value: float, *, up: bool) -> int:
    power = log10(value)
    return int(-(-power // 1)) if up else int(power // 1)


def _x(size: int, sizes: Sequence[int], left: int) -> float:
    first, last = log10(sizes[0]), log10(sizes[-1])
    return left + 20 + (WIDTH - 40) * (log10(size) - first) / ((last - first) or 1)


def _y(value: float, low: int, high: int) -> float:
    return TOP + HEIGHT * (high - log10(value)) / (high - low)


def _short(number: float) -> str:
    if number >= 1_000_000:
        return f"{number / 1_000_000:g} M"
    return f"{number / 1000:g} k" if number >= 1000 else f"{number:g}"


def _line(points: Sequence[tuple[float, float]], colour: str, width: float) -> str:
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def main() -> None:
    """Measure, or take the figures of an earlier run, and draw."""
    words = sys.argv[1:]
    if words[0] == "--drawn":
        figures, target = json.loads(Path(words[1]).read_text()), Path(words[2])
    else:
        target = Path(words[0])
        figures = measured([int(size) for size in words[1:]] or SIZES, target.with_suffix(".json"))
    target.write_text(picture(figures))


if __name__ == "__main__":
    main()
