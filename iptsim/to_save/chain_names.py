"""Names of chains that iptables takes: at most 28 bytes, and none that a target has."""

from __future__ import annotations

from iptsim.packet import HOOKS
from iptsim.regex import regex

_LONGEST = 28
_OTHER = regex(r"[^A-Za-z0-9_./:-]")
_TARGET = regex(r"[A-Z0-9]+")
"""What a target may be called: `-j LOG` would be the target, though a chain has its name."""
_OWN = regex(r"(KUBE|DOCKER|ISTIO|CNI|LIBVIRT)[A-Z0-9]*")


class Names:
    """The names of one table, each given once."""

    def __init__(self) -> None:
        self._taken = {*HOOKS, "ACCEPT", "DROP", "RETURN", "QUEUE"}

    def take(self, name: str) -> str:
        """The name itself where iptables takes it, else one that is like it."""
        plain = _OTHER.sub("_", name)
        if plain.startswith("-") or (_TARGET.fullmatch(plain) and not _OWN.fullmatch(plain)):
            plain = f"{plain.lstrip('-').lower()}_"
        return self._free(plain, "")

    def fresh(self, chain: str) -> str:
        """The name of a chain for the rest of a rule of another."""
        return self._free(chain, ".2")

    def _free(self, stem: str, end: str) -> str:
        number = 2
        found = f"{stem[: _LONGEST - len(end)]}{end}"
        while found in self._taken:
            end = f".{number}"
            found, number = f"{stem[: _LONGEST - len(end)]}{end}", number + 1
        self._taken.add(found)
        return found
