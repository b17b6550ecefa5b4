"""The words of one statement, gone through from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.dialects.tokens import Token, UnexpectedError, tokens

MOST_NESTED = 60
"""So deep braces and parentheses may stand in each other in one statement."""
_OPEN, _CLOSE = frozenset(("OPEN", "PAREN")), frozenset(("CLOSE", "ENDPAREN"))


class StrangeWordsError(Exception):
    """The words from here on are none that are known."""


class Cursor:
    """Where in a statement a reader stands; '' is what follows its last word."""

    def __init__(self, text: str, words: Sequence[Token]) -> None:
        self.text, self._words, self.at = text, words, 0
        self.nested = 0

    @property
    def done(self) -> bool:
        """Whether no word is left."""
        return self.at >= len(self._words)

    def peek(self, ahead: int = 0) -> str:
        """The next word as it stands, or one behind it."""
        at = self.at + ahead
        return self._words[at] if at < len(self._words) else ""

    def kind(self, ahead: int = 0) -> str:
        """The terminal of the grammar that the next word is."""
        at = self.at + ahead
        return self._words[at].type if at < len(self._words) else ""

    def take(self) -> str:
        """The next word, which is behind the reader then."""
        if self.done:
            raise StrangeWordsError
        self.at += 1
        return self._words[self.at - 1]

    def accept(self, *words: str) -> bool:
        """Whether these words follow; they are taken then."""
        if all(self.peek(ahead) == word for ahead, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, word: str) -> None:
        """Take that word; anything else is strange."""
        if not self.accept(word):
            raise StrangeWordsError

    def nest(self) -> None:
        """One more operation within another; too many of them are nobody's rule."""
        self.nested += 1
        if self.nested > MOST_NESTED:
            raise StrangeWordsError

    def number(self) -> int:
        """A whole number, as it stands or in hexadecimal."""
        word = self.take()
        if not (word.isascii() and (word.isdigit() or word[:2] == "0x")) or len(word) > 40:
            raise StrangeWordsError
        try:
            return int(word, 0) if word[:2] == "0x" else int(word)
        except ValueError:
            raise StrangeWordsError from None

    def name(self) -> str:
        """A name, in quotes or not."""
        if self.kind() not in ("WORD", "STRING", "ADDRESS"):
            raise StrangeWordsError
        return unquoted(self.take())

    def upto(self, start: int) -> str:
        """The text of the words from the one of that number to the next word."""
        if self.at <= start:
            return ""
        last = self._words[self.at - 1]
        return self.text[self._words[start].start_pos : last.start_pos + len(last)]

    def skip_to(self, known: frozenset[str]) -> None:
        """Go behind at least one word, on to the next known one outside of all brackets."""
        depth = 0
        while not self.done:
            kind = self.kind()
            depth += (kind in _OPEN) - (kind in _CLOSE)
            self.at += 1
            if depth <= 0 and self.kind() == "WORD" and self.peek() in known:
                return


def unquoted(word: str) -> str:
    """A word without its quotes."""
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] == '"' else word


def cursor(text: str) -> Cursor:
    """The words of a statement; `StrangeWordsError` where its quotes or brackets are broken."""
    if text.count("{") + text.count("(") > MOST_NESTED and _deep(text):
        raise StrangeWordsError
    try:
        return Cursor(text, tokens("nft", text))
    except UnexpectedError:
        raise StrangeWordsError from None


def _deep(text: str) -> bool:
    depth = 0
    for letter in text:
        if letter in "{(":
            depth += 1
            if depth > MOST_NESTED:
                return True
        elif letter in "})":
            depth -= 1
    return False
