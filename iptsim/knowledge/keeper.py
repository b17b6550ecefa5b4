"""Chains that programs keep in a rule set, be they empty or unused."""

from __future__ import annotations

import re
from collections.abc import Iterable

from iptsim.dataclass import dataclass

_NONE = r"(?!)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """A program and the chains that are its own.

    The texts are regular expressions for whole names: of its `chains`, of those that may stand
    `spare` (nothing leads to them, whatever they hold), of those that are for its `users`' own
    rules. `rules` is one for rules that it puts into built-in chains besides jumps to its own,
    `last` for those of its own that rules which fit `by` take everything from. Of a program with
    `marks` names count only beside a chain that fits them.
    """

    name: str
    chains: str
    marks: str = ""
    spare: str = _NONE
    users: str = _NONE
    rules: str = _NONE
    last: str = _NONE
    by: str = _NONE

    def is_among(self, names: Iterable[str]) -> bool:
        """Whether its chains are among the names."""
        return any(re.fullmatch(self.marks or self.chains, name) for name in names)

    def keeps(self, chain: str) -> bool:
        """Whether a chain is its own."""
        return re.fullmatch(self.chains, chain) is not None

    def spares(self, chain: str) -> bool:
        """Whether its chain may stand without a rule that leads to it."""
        return re.fullmatch(self.spare, chain) is not None

    def leaves(self, chain: str) -> bool:
        """Whether a chain of its own is for what its users write."""
        return re.fullmatch(self.users, chain) is not None

    def writes(self, text: str) -> bool:
        """Whether a rule of a built-in chain is of its making."""
        return re.fullmatch(self.rules, text) is not None

    def shadows(self, text: str, others: Iterable[str]) -> bool:
        """Whether it writes a rule that never matches for those other rules of its own."""
        own = re.fullmatch(self.last, text) is not None
        return own and all(re.fullmatch(self.by, other) for other in others)
