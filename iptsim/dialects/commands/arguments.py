"""The arguments that a function of a script is given where it is called: `$1`, `$2`.

Source: dash(1), «Functions», «Positional Parameters».
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence

from iptsim.dialects.commands.branches import Called
from iptsim.dialects.commands.shell_variables import Filled, Variables
from iptsim.regex import regex

_PLAIN = regex(r"[A-Za-z0-9_.:/,+-]+")
_MOST = 9


def arguments(
    called: Sequence[Called], shifted: Collection[str], variables: Variables
) -> Mapping[str, str]:
    """What the innermost of calls gives, by number, as far as it is plain words.

    None of a function that is `shifted`: it gives its arguments other numbers, or others.
    """
    given: Mapping[str, str] = {}
    for call in called:
        filled = Filled(variables=variables, line=call.at[0], given=given)
        told = enumerate(_words(call.text)[1 : _MOST + 1], 1)
        plain = {str(number): filled.put_in(word) for number, word in told}
        given = {} if call.name in shifted else _plain(plain)
    return given


def _plain(told: Mapping[str, str]) -> Mapping[str, str]:
    return {number: word for number, word in told.items() if _PLAIN.fullmatch(word)}


def _words(text: str) -> Sequence[str]:
    """The words of a call; none where a shell would read more in them than quotes."""
    if "`" in text or "$(" in text or ("'" in text and "$" in text):
        return ()
    try:
        words = shlex.split(text, comments=True)
    except ValueError:  # a quote that stays open
        return ()
    blank = any(word in ("", "$@", "$*") or " " in word for word in words)
    return () if blank or any(map(_may_split, words)) else words


def _may_split(word: str) -> bool:
    """Whether it may become several words, or none, where the shell puts something in."""
    return any(letter in word for letter in "*?[{~") and "${" not in word
