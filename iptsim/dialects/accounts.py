"""What each line of a text was read as: one account for every line, whatever it is.

It is drawn up from what was read, and not from how lines look: a line holds a rule where a rule of
the dump has its place, and goes on in one where the reader joined it. Looks tell only what else it
is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from enum import StrEnum

from iptsim import codes
from iptsim.dataclass import dataclass, field
from iptsim.dialects.commands.failures import goes_with_it, says_failed
from iptsim.dialects.finding.noise import is_fence, plain
from iptsim.dialects.listing.chain_headers import is_header, is_title, looks_like_header, with_next
from iptsim.dialects.native_lines import native_lines
from iptsim.dialects.one_text import OneText
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.save.other_tools import other_program
from iptsim.dialects.signs.elided import says_left_out
from iptsim.dialects.signs.shapes import OPTISH, ROW_LIKE
from iptsim.dialects.states.states import State, sliced
from iptsim.extensions.values.hidden_addresses import is_spoiled
from iptsim.model import Dump, Note, Rule, Unread
from iptsim.regex import regex


class Account(StrEnum):
    """What a line is; its value is the key of a report."""

    RULE = "rule"
    PART = "part"
    REST = "rest"
    DOUBTFUL = "doubtful"
    ELIDED = "elided"
    CHAIN = "chain"
    TITLE = "title"
    TABLE = "table"
    MARKUP = "markup"
    COMMAND = "command"
    AGAIN = "again"
    HEARD = "heard"
    HOST = "host"
    VARIABLE = "variable"
    FAILED = "failed"
    FAILURE = "failure"
    STATE = "state"
    OTHER = "other"
    UNREAD = "unread"
    DISABLED = "disabled"
    COMMENT = "comment"
    FENCE = "fence"
    NONE = "none"
    BLANK = "blank"


USED = frozenset(
    {
        Account.RULE, Account.PART, Account.REST, Account.ELIDED, Account.CHAIN, Account.TITLE,
        Account.TABLE, Account.MARKUP, Account.COMMAND,
    }
)  # fmt: skip
"""What the rules were read from."""
ALONE = frozenset({Account.UNREAD, Account.FAILED, Account.DISABLED})
"""Of these each line is told: what it says might have been a rule."""
_MADE = frozenset({"missing", "gap"})
_LIKE = regex(
    r"(?:^|\s)(?:-[AIDRP]|--(?:append|insert|delete|replace|policy))\s+\w\S*\s+\S"
    r"|\s-[jg]\s+[A-Za-z]|\bip6?tables\S*\s+-|\bnft\s+(?:add|insert|delete|replace|flush)\s"
    r"|\bipset\s+(?:add|create|del|destroy)\s"
)
_CHAIN = regex(r"\s(?:-[PN]|--(?:policy|new-chain))\s")
_DECLARES = regex(r"\s*(?::|-[PN]\s|--(?:policy|new-chain)\s)")
_OF_PATCH = regex(r"@@ -|--- |\+\+\+ ")
_LONGEST = 4096


def accounts(
    view: OneText, others: Sequence[OneText], content: str, dump: Dump
) -> tuple[Account, ...]:
    """The account of each line, in order.

    `view` is the state of a text that was read, `others` are all that it tells.
    """
    found = _Found.of(view, others, dump)
    lines = enumerate(text_lines(content), 1)
    return tuple(found.account(number, raw) for number, raw in lines)


def text_lines(content: str) -> list[str]:
    """The lines of a text, as places count them: only a line feed ends one."""
    return content.removesuffix("\n").split("\n") if content else []


@dataclass(slots=True, kw_only=True)
class _Found:
    """What is known of lines by their numbers."""

    text: OneText
    rules: dict[int, Account] = field(default_factory=dict)
    rest: dict[int, int] = field(default_factory=dict)
    again: Set[int] = frozenset()
    lines: dict[int, tuple[str, Line]] = field(default_factory=dict)
    sure: dict[int, Account] = field(default_factory=dict)
    patched: bool = False

    @classmethod
    def of(cls, view: OneText, others: Sequence[OneText], dump: Dump) -> _Found:
        """What the reading of a text found."""
        own = list(_sections(view, view.state))
        held = {line.number for section in own for line in section.lines}
        return cls(
            text=view,
            rules=dict(_rules(dump, view.file)),
            rest={line: head for table in view.read for line, head in table.joined},
            again={
                rule.place.line
                for table in view.read
                for chain in table.chains
                for rule in chain.rules
                if rule.place is not None and _stands(rule)
            },
            lines={line.number: (each.form, line) for each in own for line in each.lines},
            sure=_sure(view, others, held, dump),
            patched=bool(others) and view.state is None,
        )

    def account(self, number: int, raw: str) -> Account:
        """What the line of that number, which stands so in its file, is."""
        bare = plain(raw).strip()
        head = self.rest.get(number)
        if not bare:
            return Account.BLANK
        if number in self.rules:
            return self.rules[number]
        if head is not None:
            return self._of_rest(head)
        sure = self.sure.get(number)
        if sure is not None:
            return sure
        told = self._of_section(number)
        return told if told is not None else self._looks(number, raw)

    def _of_rest(self, head: int) -> Account:
        """What a line is that goes on in the line `head`: what that is.

        Of a rule that is known in part nobody knows whether it is.
        """
        told = self.rules.get(head)
        if told is not None:
            return Account.REST if told is Account.RULE else Account.DOUBTFUL
        return self.sure.get(head) or self._of_section(head) or Account.NONE

    def _of_section(self, number: int) -> Account | None:
        """What a line is that a section of the dump holds, and no rule stands at."""
        if number not in self.lines:
            return None
        form, line = self.lines[number]
        if number in self.again:
            return Account.AGAIN
        if not line.text.strip():
            return Account.BLANK
        if says_left_out(line.text):
            return Account.ELIDED
        above = self.lines.get(number - 1)
        if above is not None and with_next(above[1].text, line) is not None:
            return _KINDS[form](above[1])
        return _KINDS[form](line)

    def _looks(self, number: int, raw: str) -> Account:
        """What a line looks like that nobody read."""
        shown = self.text.bare(number, raw) or plain(raw).strip()
        if is_fence(shown):
            return Account.FENCE
        if shown == "COMMIT" or (self.patched and _OF_PATCH.match(shown)):
            return Account.HEARD
        if says_failed(shown) or goes_with_it(shown):
            return Account.FAILURE
        short = shown[:_LONGEST]
        like = _LIKE.search(short) is not None or ROW_LIKE.match(short) is not None
        if shown.startswith("#"):
            return Account.DISABLED if like else Account.COMMENT
        return Account.UNREAD if like else Account.NONE


def _sections(view: OneText, state: State | None) -> Iterator[Section]:
    """The sections of iptables' rules that are of a state."""
    for section in view.sections():
        kept = section if state is None else sliced(section, state)
        if kept is not None and other_program(kept) is None:
            yield kept


def _rules(dump: Dump, file: str) -> Iterator[tuple[int, Account]]:
    """The lines at which rules of the dump stand; one that is known in part makes its line so."""
    told: dict[int, Account] = {}
    for ruleset in dump.rulesets:
        width = 128 if ruleset.family == 6 else 32
        for table in ruleset.tables:
            for chain in table.chains:
                for rule in chain.rules:
                    if rule.place is None or rule.place.file != file or not _stands(rule):
                        continue
                    mine, line = of_rule(rule, width), rule.place.line
                    told[line] = max(told.get(line, mine), mine, key=_WORSE.index)
    yield from told.items()


_WORSE = (Account.RULE, Account.ELIDED, Account.PART)


def _stands(rule: Rule) -> bool:
    """Whether the text itself has the rule: not for what a reader put where it tells nothing."""
    return rule.unread is None or (bool(rule.unread.text) and rule.unread.why not in _MADE)


def of_rule(rule: Rule, width: int) -> Account:
    """Whether a rule is told whole, in part, or left out; `width` are the bits of an address."""
    if is_elided(rule.unread):
        return Account.ELIDED
    return Account.PART if rule.unread is not None or is_spoiled(rule, width) else Account.RULE


def is_elided(unread: Unread | None) -> bool:
    """Whether something stands for rules that the text leaves out."""
    return unread is not None and (unread.why in ("elided", *_MADE) or may_follow(unread))


def may_follow(unread: Unread | None) -> bool:
    """Whether it is what may follow where a text was cut off: a rule that was cut has a word."""
    return unread is not None and unread.why == "cut" and not unread.text


def _sure(
    view: OneText, others: Sequence[OneText], held: Set[int], dump: Dump
) -> dict[int, Account]:
    """What lines without a rule are for certain; of two reasons the later one holds."""
    accounts: Mapping[str, Account] = {
        codes.CALL_NOT_READ: Account.UNREAD,
        codes.COMMAND_FAILED: Account.FAILED,
    }
    noted = [n for n in (*dump.notes, *_notes(view)) if n.place and n.place.file == view.file]
    told: dict[int, Account] = {}
    told |= dict.fromkeys(_of_others(view), Account.OTHER)
    told |= {line: Account(what) for line, what in native_lines(view.beside)}
    told |= dict.fromkeys(view.signs.marked_up - held, Account.MARKUP)
    told |= dict.fromkeys(view.signs.heard - held, Account.HEARD)
    told |= dict.fromkeys(_lines(others) - held, Account.STATE)
    told |= dict.fromkeys((line.number for line in view.uncalled), Account.UNREAD)
    told |= {n.place.line: accounts[n.code] for n in noted if n.place and n.code in accounts}
    told |= dict.fromkeys(view.failures, Account.FAILURE)
    for note in dump.notes:
        if note.code == codes.SCRIPT_VARIABLES and note.place and note.place.file == view.file:
            named = dict(note.facts)["lines"].split(", ")
            told |= dict.fromkeys(map(int, named), Account.VARIABLE)
    told |= dict.fromkeys(view.host.told, Account.HOST)
    return told


def _notes(view: OneText) -> Iterator[Note]:
    return (note for table in view.read for note in table.notes)


def _of_others(view: OneText) -> set[int]:
    """The lines of other programs: nft's, and rules of arptables and ebtables."""
    strange = (each for each in view.sections() if other_program(each) is not None)
    return view.signs.others | {line.number for each in strange for line in each.lines}


def _lines(views: Iterable[OneText]) -> set[int]:
    """The lines of the states."""
    sections = (each for view in views for each in _sections(view, view.state))
    return {line.number for section in sections for line in section.lines}


def _of_listing(line: Line) -> Account | None:
    if is_header(line.text) or looks_like_header(line.text):
        return Account.UNREAD if OPTISH.search(line.text) else Account.CHAIN
    return Account.TITLE if is_title(line.text) else None


def _of_save(line: Line) -> Account | None:
    text = line.text.lstrip()
    if text.startswith(("*", "COMMIT")):
        return Account.TABLE
    if _DECLARES.match(text):
        return Account.CHAIN
    return Account.COMMAND if re.match(r"(?:\[\d+:\d+\]\s+)?-", text) else None


def _of_commands(line: Line) -> Account | None:
    if line.rest:
        return None
    return Account.CHAIN if _CHAIN.search(line.text) else Account.COMMAND


_KINDS = {"listing": _of_listing, "save": _of_save, "commands": _of_commands}
