"""Commands with a misspelt letter: `-a INPUT …`, `--A INPUT …`, `-append INPUT …`, `-Q INPUT …`.

iptables takes none of them. Whether the host has the rule, nobody knows: somebody may have
retyped it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, takewhile

from iptsim.dialects.rule import iptables_options as options
from iptsim.dialects.signs.shapes import EDITING
from iptsim.regex import regex

_HEREDOC = regex(r"(?<!<)<<(?!<)-?\s*['\"]?\w")
_STATEMENT = regex(
    r"\s*(?:\[\d+:\d+\]\s*)?(?P<flag>-{1,3}[A-Za-z][A-Za-z-]*)\s+[A-Za-z_][\w.-]*(?:\s|$)"
)


def mistyped(text: str) -> bool:
    """Whether a line begins with such a command."""
    found = _STATEMENT.match(text)
    return found is not None and is_misspelt(found["flag"])


def edits(called: Sequence[str], text: str) -> bool:
    """Whether a call of iptables in a line changes anything by itself, or somebody meant it to."""
    if _HEREDOC.search(text):
        return False
    return any(EDITING.match(word) for word in called) or calls_misspelt(called)


def calls_misspelt(called: Sequence[str]) -> bool:
    """Whether a call of iptables has such a command, and a word behind it."""
    own = [*takewhile(lambda word: word[:1] not in "|;&><", called)]
    if not own or own[0].endswith(("-save", "-restore")):
        return False
    pairs = pairwise(own[1:])
    return any(is_misspelt(word) and not behind.startswith("-") for word, behind in pairs)


def is_misspelt(word: str) -> bool:
    """Whether a word stands for a command or for no option at all, and is none of iptables'."""
    dashes = len(word) - len(word.lstrip("-"))
    bare = word[dashes:]
    if not bare.isascii() or not bare.replace("-", "").isalpha():
        return False
    if len(bare) == 1:
        strange = bare not in options.LETTERS
        return strange if dashes == 1 else dashes > 1 and bare in options.COMMANDS
    known = options.long_letter(bare.casefold()) in options.COMMANDS
    return known and (dashes != 2 or not bare.islower())


def meant(word: str) -> str:
    """The letter of the command that a misspelt one most likely stands for; '' for none."""
    bare = word.lstrip("-")
    if len(bare) > 1:
        return options.long_letter(bare.casefold()) or ""
    return bare.upper() if bare.upper() in options.COMMANDS else ""
