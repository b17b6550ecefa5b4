"""Names of chains that nft reads: a letter, then letters, digits and `/ \\ _ .` and dashes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from iptsim.regex import regex

_OTHER = regex(r"[^A-Za-z0-9/\\_.-]")
_LOWER = regex(r"[a-z][a-z0-9-]*", re.ASCII)


def chain_names(names: Iterable[str]) -> Mapping[str, str]:
    """A name for each chain: its own where nft takes it, else a like one that no other has.

    The words of nft's language are in small letters, so a name of those alone gets a line below.
    """
    found: dict[str, str] = {}
    every = list(names)
    taken = set(every)
    for name in every:
        wanted = _OTHER.sub(".", name)
        wanted = wanted if wanted[:1].isalpha() and wanted.isascii() else f"c{wanted}"
        wanted = f"{wanted}_" if _LOWER.fullmatch(wanted) else wanted
        while wanted != name and wanted in taken:
            wanted += "_"
        taken.add(wanted)
        found[name] = wanted
    return found
