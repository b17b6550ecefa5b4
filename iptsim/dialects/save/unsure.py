"""Commands of which not all can be read, carried out as far as they tell.

A rule that cannot be read stands in its chain as one that may do anything; what a command may have
taken away leaves the chain unknown. Nothing is taken for certain that hangs on such a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from iptsim import codes
from iptsim.dialects.rule import iptables_options as options
from iptsim.dialects.rule.plans import Read
from iptsim.dialects.rule.spoiled import GLUED, spoiled_note, unread_rule
from iptsim.dialects.rule.words import LONGEST_NAME, UNSUPPORTED, Source, Word
from iptsim.dialects.save.mistyped import is_misspelt, meant
from iptsim.dialects.save.table_so_far import (
    EDITS,
    BadCommandError,
    ChainState,
    TableState,
    obscure,
)
from iptsim.errors import DumpError
from iptsim.model import Rule

UNKNOWN = "?"
"""The letter of a command that did nobody knows what to the chain that it names, or to any."""


def crude_words(source: Source) -> list[Word]:
    """The words of a line as blanks part them, whatever its quotes say."""
    found = re.finditer(r"\S+", source.text)
    return [Word(text=each[0], start=each.start(), end=each.end()) for each in found]


def unsure(
    state: TableState, words: Sequence[Word], read: Read | None, source: Source, wrong: DumpError
) -> tuple[Read, ...]:
    """Carry out a command of which `read` is what can be read; `wrong` is what is at fault.

    Gives what it comes to for another table of that name (`UNKNOWN`: nobody knows).
    """
    printed = wrong.text[wrong.place.column - 1 :].startswith(UNSUPPORTED[0])
    commands = list(_commands(words))
    state.notes.append(spoiled_note(wrong, codes.OLD_PRINTER if printed else codes.RULE_UNREADABLE))
    place = source.place(words[0].start if words else 0)
    if read is not None and read.letter != "D" and _is_name(read.operands[0]):
        try:
            state.run(read, place)
        except BadCommandError:
            state.chain(read.operands[0], place).whole = False
        return (read,)
    rule = unread_rule(source.text, source)
    for letter, operands in commands or [("", ())]:
        state.edited = state.edited or letter in EDITS
        _done(state, letter, operands, rule)
    return tuple(_told(letter, operands, rule) for letter, operands in commands or [("", ())])


def _told(letter: str, operands: tuple[str, ...], rule: Rule) -> Read:
    known = operands[:1] if operands and _is_name(operands[0]) else ()
    if letter == "A" and known:
        return Read(letter="A", operands=known, spans=(), rules=(rule,))
    quiet = letter != "" and letter in "NXZC"
    return Read(letter=letter if quiet else UNKNOWN, operands=known, spans=(), rules=())


def _commands(words: Sequence[Word]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The letters of a line's commands with what stands right behind them."""
    for number, word in enumerate(words):
        letter = _letter(word)
        strange = number == 0 and word.plain and is_misspelt(word.text)
        if letter in options.COMMANDS or strange:
            behind = [each.text for each in words[number + 1 : number + 3]]
            yield letter, tuple(takewhile(lambda text: not text.startswith("-"), behind))


def _letter(word: Word) -> str:
    glued = GLUED.fullmatch(word.text) if word.plain else None
    if glued is not None:
        return glued[1]
    if not word.plain or not word.text.startswith("-"):
        return ""
    if is_misspelt(word.text):
        return meant(word.text)
    if word.text.startswith("--"):
        return options.long_letter(word.text[2:]) or ""
    return word.text[1:] if len(word.text) == 2 else ""


def _done(state: TableState, letter: str, operands: tuple[str, ...], rule: Rule) -> None:
    if letter in "NXZC" and letter:
        return
    name = operands[0] if operands and _is_name(operands[0]) else None
    if name is not None and letter != "E":
        chains = [state.chain(name, rule.place or state.place)]
    else:
        chains = list(state.chains.values())
    for chain in chains:
        _to_chain(chain, letter, operands[1:], rule)
    if name is not None and letter == "A":
        state.order += [] if state.order[-1:] == [name] else [name]


def _to_chain(chain: ChainState, letter: str, more: tuple[str, ...], rule: Rule) -> None:
    if letter == "P":
        chain.behind, chain.declared = (rule,), True
    elif letter == "I" and not more:
        chain.rules.insert(0, rule)
    elif letter == "I":
        chain.whole = False  # nobody knows at which place
    elif letter in "RDFE" and letter:
        _obscured(chain, rule)
    else:
        chain.rules.append(rule)


def _obscured(chain: ChainState, rule: Rule) -> None:
    assert rule.unread is not None
    obscure(chain, rule.unread.text, rule.place)


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and not options.is_filled_in(text) and not text.startswith("-")
