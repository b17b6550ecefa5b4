"""A text cut into the tokens of a grammar, as Lark would, without Lark.

Lark's tables (`token_tables.py`) are followed as its LALR parser and its contextual lexer do.
What they do not take is given to Lark, which says where it is wrong; so is every text of a grammar
that has no tables, or changed since they were written.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from iptsim.dialects.grammar import load, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lark.exceptions import UnexpectedInput

    from iptsim.dialects.grammar import Tables

_END = "$END"
LONG = 65_536
"""Letters of a text beside which it counts for nothing to load Lark."""


class Token(str):
    """A piece of a text: its terminal, its place, and its first and last line, from 1."""

    __slots__ = ("end_line", "line", "start_pos", "type")

    type: str
    start_pos: int
    line: int
    end_line: int


class UnexpectedError(Exception):
    """What a grammar does not take stands at `start` in that line.

    `ended`: the text ends too early. `strange`: no token of the grammar begins there.
    """

    def __init__(self, *, start: int, line: int, ended: bool, strange: bool) -> None:
        super().__init__(start)
        self.start, self.line, self.ended, self.strange = start, line, ended, strange


def tokens(name: str, text: str, start: str = "start") -> list[Token]:
    """The tokens of a text that is the rule `start` of `grammars/NAME.lark`, in their order.

    Those whose names begin with a bar are left out. Raises `UnexpectedError`.
    """
    found = tables(name) if len(text) < LONG else None
    read = None if found is None else _Reading(name, found, text).read(start)
    return by_lark(name, text, start) if read is None else read


def terminals(name: str) -> Mapping[str, str]:
    """The grammar's terminals as regular expressions."""
    found = tables(name)
    if found is not None:
        return found["terminals"]
    return {one.name: one.pattern.to_regexp() for one in load(name).terminals}


@cache
def tables(name: str) -> Tables | None:
    """What Lark made of the grammar as it stands; None where it is not kept."""
    from iptsim.dialects.token_tables import TABLES  # noqa: PLC0415  # a large module

    found = TABLES.get(name)
    return found if found is not None and found["stamp"] == stamp(name) else None


@cache
def _lexer(name: str, wanted: tuple[str, ...]) -> re.Pattern[str]:
    known = terminals(name)
    return re.compile("|".join(f"(?P<{one}>{known[one]})" for one in wanted))


def _token(text: str, terminal: str, place: int, line: int, end_line: int) -> Token:
    token = Token(text)
    token.type, token.start_pos, token.line, token.end_line = terminal, place, line, end_line
    return token


class _Reading:
    """One text on its way through the tables."""

    def __init__(self, name: str, tables: Tables, text: str) -> None:
        self._name, self._text = name, text
        self._states, self._begin, self._end = tables["states"], tables["begin"], tables["end"]
        self._ignored = frozenset(tables["ignored"])
        self._hidden = self._ignored.union(name for name in tables["terminals"] if name[0] == "_")
        self._way: list[int] = []

    def read(self, start: str) -> list[Token] | None:
        """The tokens; None where the tables do not take the text."""
        self._way = [self._begin[start]]
        text, tokens, place, line = self._text, list[Token](), 0, 1
        while place < len(text):
            found = _lexer(self._name, self._states[self._way[-1]][0]).match(text, place)
            if found is None or found.end() == place:
                return None
            ends = line + found[0].count("\n")
            terminal = str(found.lastgroup)
            if terminal not in self._ignored and not self._took(terminal):
                return None
            if terminal not in self._hidden:
                tokens.append(_token(found[0], terminal, place, line, ends))
            place, line = found.end(), ends
        return tokens if self._ends(self._end[start]) else None

    def _took(self, terminal: str) -> bool:
        """Whether the parser goes on with that terminal."""
        while isinstance(step := self._states[self._way[-1]][1].get(terminal), tuple):
            self._done(*step)
        if step is not None:
            self._way.append(step)
        return step is not None

    def _done(self, number: int, name: str) -> None:
        """So many states were the rule of that name."""
        del self._way[len(self._way) - number :]
        self._way.append(self._states[self._way[-1]][1][name])  # type: ignore[arg-type]  # no end

    def _ends(self, end: int) -> bool:
        while self._way[-1] != end:
            step = self._states[self._way[-1]][1].get(_END)
            if not isinstance(step, tuple):
                return False
            self._done(*step)
        return True


def by_lark(name: str, text: str, start: str = "start") -> list[Token]:
    """The tokens as Lark itself finds them; raises `UnexpectedError`."""
    from lark.exceptions import UnexpectedInput  # noqa: PLC0415  # a text without errors needs none

    try:
        return list(_of_tree(load(name).parse(text, start=start)))
    except UnexpectedInput as error:
        raise _unexpected(error) from None


def _of_tree(tree: Any) -> Iterator[Token]:
    for child in tree.scan_values(lambda child: hasattr(child, "start_pos")):
        yield _token(child, child.type, child.start_pos, child.line, child.end_line)


def _unexpected(error: UnexpectedInput) -> UnexpectedError:
    token = getattr(error, "token", None)
    return UnexpectedError(
        start=max(error.pos_in_stream or 0, 0),
        line=error.line,
        ended=token is not None and token.type == _END,
        strange=token is None,
    )
