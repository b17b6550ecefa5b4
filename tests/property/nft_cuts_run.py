"""Many cuts of nft's listings: `python tests/property/nft_cuts_run.py 4000 [SEED [FOLDER]]`.

Prints each wrong one. With a folder its listings are cut, too.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from cuts import Denied, Wrong
from cuts_run import _in_time, _without_conditions, told
from nft_cuts import listings, wrongs


def main(count: int, seed: int = 0, folder: str = "") -> int:
    """Exit code 1 where an answer was wrong."""
    _without_conditions()
    texts = (*listings(), *_more(folder))
    found: list[Wrong | Denied] = []
    late = 0
    for number in range(seed * 10_000_000, seed * 10_000_000 + count):
        answer = _in_time(lambda each: wrongs(each, texts=texts), number)
        late += answer is None
        for wrong in answer or ():
            found.append(wrong)
            print(f"--- {wrong.file} {wrong.cutter} seed {number}", *told(wrong), sep="\n")
    kinds = Counter(wrong.cutter for wrong in found)
    print(f"{count} cuts of {len(texts)} listings, {len(found)} wrong, {late} not in time", kinds)
    return 1 if found else 0


def _more(folder: str) -> list[tuple[str, str]]:
    paths = sorted(Path(folder).rglob("*.list")) if folder else []
    texts = [(str(path), path.read_text()) for path in paths]
    return [each for each in texts if each[1].startswith("table ")]


if __name__ == "__main__":
    count, seed, folder = (*sys.argv[1:], *("0", "")[len(sys.argv) - 2 :])
    sys.exit(main(int(count), int(seed), folder))
