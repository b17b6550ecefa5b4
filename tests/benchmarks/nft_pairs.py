"""Rule sets of nftables beside those of iptables that should do the same, proved or told apart.

    python tests/benchmarks/nft_pairs.py FOLDER

Below FOLDER lie pairs: `NAME.list` (nft list ruleset), `NAME.iptables-save` and, where there is
one, `NAME.ip6tables-save`. Prints for each whether the effect is the same for all packets, and the
effects that are not.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from iptsim.dialects import read_text
from iptsim.dialects.nft.nft_text import read_nft
from iptsim.diff.effect import effect
from iptsim.diff.structure import structure
from iptsim.model import Dump, Ruleset
from iptsim.native_tables import with_native


def native(file: Path) -> Dump:
    """The tables of a listing, for both families."""
    nft = read_nft(file.read_text(), file.name).ruleset
    return Dump(rulesets=tuple(with_native(Ruleset(family=f, nft=nft)) for f in (4, 6)))


def restored(listing: Path) -> Dump:
    """The tables of the saves beside a listing; of a family without one, none."""
    found: list[Ruleset] = []
    for family, name in ((4, "iptables-save"), (6, "ip6tables-save")):
        file = listing.with_suffix(f".{name}")
        text = file.read_text() if file.exists() else ""
        if text.strip():
            found += read_text(text, file=file.name, family=family).rulesets
        else:
            found.append(Ruleset(family=family))
    return Dump(rulesets=tuple(found))


def main(folder: Path) -> int:
    """Print a line for each pair; the number of those that differ."""
    differing = 0
    for listing in sorted(folder.rglob("*.list")):
        if not listing.with_suffix(".iptables-save").exists():
            continue
        began = time.process_time()
        seen = effect(structure(restored(listing), native(listing)))
        took = time.process_time() - began
        differing += bool(seen.effects)
        name = listing.relative_to(folder).with_suffix("")
        print(f"{name}: {'equal' if not seen.effects else 'differs'} ({took:.1f} s)")
        for one in seen.effects:
            before, after = (f"{w.verdict} {dict(w.rewrites)}" for w in (one.before, one.after))
            sure = "" if one.certain else " (where it is told)"
            print(f"  IPv{one.family} {one.hook}: {before} -> {after}{sure} {one.example.given()}")
        for note in seen.notes:
            print(f"  {note.code} {dict(note.facts)}")
    return differing


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
