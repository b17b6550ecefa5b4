"""What a script defines (`define lan = 10.0.0.0/8`), put in where it is used (`$lan`)."""

from __future__ import annotations

from iptsim.regex import regex

_DEFINE = regex(r"(?:re)?define\s+([A-Za-z_][\w./-]*)\s*=\s*(.*)", 16)  # DOTALL
_UNDEFINE = regex(r"undefine\s+(\S+)")
_USED = regex(r'"[^"]*"|\$([A-Za-z_][\w./-]*)')
MOST_LETTERS = 1 << 20
"""A statement is not made longer by what is put into it."""


class Definitions:
    """The names that are defined so far."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def takes(self, text: str) -> bool:
        """Whether a statement defines a name, or takes it back."""
        found = _DEFINE.fullmatch(text)
        if found is not None:
            self._texts[found[1]] = self.filled(found[2].strip())
            return True
        gone = _UNDEFINE.fullmatch(text)
        if gone is not None:
            self._texts.pop(gone[1], None)
        return gone is not None

    def filled(self, text: str) -> str:
        """A text with what its names stand for; those that nothing defines stay."""
        if "$" not in text or not self._texts:
            return text
        size = 0

        def put(found: object) -> str:
            nonlocal size
            name = found[1]  # type: ignore[index]  # a match
            told = self._texts.get(name) if name is not None else None
            size += len(told or "")
            return found[0] if told is None or size > MOST_LETTERS else told  # type: ignore[index]  # a match

        return _USED.sub(put, text)
