"""How far one packet's trace walks through the house: `python tests/benchmarks/walk.py [DUMP]`.

Counts the program's own files that are loaded and entered (a function of theirs is called after
all was imported), and the calls of its functions, for `iptsim trace --dport 8088` on a dump of
the first story. Module bodies and the making of classes are not counted.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).resolve().parents[2]
HOUSE = f"{ROOT}/iptsim/"
DUMP = ROOT / "fixtures/istio/both-directions/1.8.9/after.txt"


def calls(dump: Path) -> Counter[CodeType]:
    """Each function of the house that a trace calls, and how often."""
    from iptsim.cli.app import run  # noqa: PLC0415  # what it loads is counted

    seen: Counter[CodeType] = Counter()

    def on_event(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(HOUSE):
            seen[frame.f_code] += 1

    sys.setprofile(on_event)
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        run(["trace", "--dport", "8088", str(dump)])
    sys.setprofile(None)
    return seen


def main(dump: Path = DUMP) -> None:
    """Print the counts, and the files with the most calls."""
    seen = {code: n for code, n in calls(dump).items() if not _makes(code)}
    files: Counter[str] = Counter()
    for code, number in seen.items():
        files[code.co_filename.removeprefix(HOUSE)] += number
    loaded = [m for name, m in sys.modules.items() if name.split(".")[0] == "iptsim"]
    print(f"{len(loaded)} files loaded, {len(files)} entered, {sum(seen.values())} calls")
    for file, number in files.most_common(15):
        print(f"{number:7} {file}")


def _makes(code: CodeType) -> bool:
    """Whether this is the body of a module or of a class, which runs when it is imported."""
    return code.co_name == "<module>" or not code.co_flags & 2  # CO_NEWLOCALS: functions have it


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
