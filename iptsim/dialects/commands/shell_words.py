"""The words of a shell's line: quotes, escapes, and where one command ends and another begins.

Source: dash(1), «Lexical Structure».
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dialects.commands.shell_variables import Filled
from iptsim.dialects.rule.words import Source, Word, refuse_huge
from iptsim.dialects.tokens import Token, UnexpectedError, tokens
from iptsim.errors import DumpError
from iptsim.regex import regex

_PIECE = regex(
    r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^'"\\]+)""", re.DOTALL
)  # fmt: skip
_EXPANDED = regex(r"(?<!\\)(?:\$[A-Za-z0-9_@*#?{(-]|`)")
_IN_DOUBLE = regex(r'\\([\\"$`])')
_PLACEHOLDER = regex(r"(?<![^\s=:,])<[A-Za-z][\w.-]{0,60}>(?![^\s:,/])")


def shell_commands(source: Source, filled: Filled) -> Iterator[list[Word]]:
    """The words of a line, parted where the shell parts commands."""
    refuse_huge(source)
    try:
        found = tokens("command", _protected(source.text))
    except UnexpectedError as wrong:
        raise _open_quote(source, wrong.start) from None
    words: list[Word] = []
    for token in found:
        if token.type == "WORD":
            words.append(_word(token, source.text, filled))
        else:
            yield words
            words = []
    yield words


def _open_quote(source: Source, offset: int) -> DumpError:
    found = re.search("[\"']", source.text[offset:])
    start = offset + found.start() if found else offset
    return source.error("this quote is never closed", start, start + 1, "the same quote again")


def _protected(text: str) -> str:
    """`<your-ip>` stands for a word, and is no file: with other brackets, of the same length."""
    return _PLACEHOLDER.sub(lambda found: f"\u2039{found[0][1:-1]}\u203a", text)


def _word(token: Token, source: str, filled: Filled) -> Word:
    start = token.start_pos
    text = source[start : start + len(token)]
    return Word(text=_unquoted(text, filled), start=start, end=start + len(text))


def _unquoted(text: str, filled: Filled) -> str:
    r"""A word as the shell hands it on: `'!'` is !, `\!` too."""
    return "".join(
        single or escaped or filled.put_in(bare) or _IN_DOUBLE.sub(r"\1", filled.put_in(double))
        for single, double, escaped, bare in _PIECE.findall(text)
    )


def literal(words: Sequence[Word], source: Source, filled: Filled) -> None:
    """Raise `DumpError` where the shell would put something else in the place of a word."""
    for word in words:
        for piece in _PIECE.finditer(source.text, word.start, word.end):
            if piece[1] is not None or piece[3] is not None:
                continue
            for found in _EXPANDED.finditer(source.text, piece.start(), piece.end() + 1):
                if found.start() < piece.end() and not filled.is_known(source.text, found.start()):
                    raise source.error(
                        "this is not a literal rule: a shell fills it in",
                        found.start(),
                        word.end,
                        "the rule with its values, as `sh -x` or iptables-save prints it",
                        code=codes.NOT_A_LITERAL_RULE,
                    )
