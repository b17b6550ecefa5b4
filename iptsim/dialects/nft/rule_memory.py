"""The memory of rules that were read: their texts repeat."""

from __future__ import annotations

from iptsim.dialects.nft.rules import read_rule
from iptsim.nftables.nft_statements import Statement

Read = tuple[tuple[Statement, ...], str | None]
MOST = 50_000


class RuleMemory:
    """Reads rules; one whose text was seen is not read again."""

    def __init__(self) -> None:
        self._texts: dict[str, Read] = {}

    def read(self, text: str) -> Read:
        """The statements of a rule and its comment."""
        found = self._texts.get(text)
        if found is None:
            found = read_rule(text)
            if len(self._texts) >= MOST:
                self._texts.clear()
            self._texts[text] = found
        return found
