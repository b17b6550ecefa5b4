"""What iptables prints below a command that it did not take (iptables/xshared.c, xtables.c)."""

from __future__ import annotations

import re

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.regex import regex

_FAILED = regex(
    r"\s*(?:"
    r"Bad argument [`'\"‘]"
    r"|(?:\S*/)?ip6?tables(?:-(?:nft|legacy))?(?:-restore)?"
    r"(?: v[\d.]+(?: \((?:nf_tables|legacy)\))?)?:"
    r" (?!\s*(?:Using |Warning|WARNING))\S"
    r"|(?:\S*/)?xtables-\S+ v[\d.]+ \(.*\): \S"
    r"|(?:\S*/)?(?:ba|da|z|a|k)?sh: (?:line )?(?:\d+: )?(?:\d+: )?(?:\S*/)?ip6?tables\S*: "
    r"|(?:\S*/)?ip6?tables\S*: (?:command )?not found"
    r"|(?:sudo: )?(?:\S*/)?ip6?tables\S*: command not found"
    r"|(?:Fatal|Error): can't (?:initialize|open) "
    r"|Can't (?:initialize|open) (?:ip6?tables|socket)"
    r"|Another app is currently holding the xtables lock(?!; (?:still|waiting))"
    r").*"
)
_HINT = regex(
    r"\s*(?:Try [`'\"‘]\S*ip6?tables -h['`’\"]|Perhaps (?:your|ip6?tables|you want)"
    r"|\(?do you need to insmod).*",
    re.IGNORECASE,
)
# Of iptables-restore, whose commands may be others than the one above (xtables-restore.c).
_OF_SOME = regex(r"\s*xtables (?:other|parameter|version|resource) problem: line \d+ failed.*")
# fail2ban: `… -- stderr: '…'` of a script of several commands, and the status of its last one.
_STDERR = regex(r".* -- std(?:err|out): (?P<told>.*)")
_RETURNED = regex(r".* -- (?P<told>returned [1-9]\d*|failed with .*)")
_OF_ALL = regex(r"Permission denied|must be root|not found|can't initialize")
_LONGEST = 400


def says_failed(text: str) -> bool:
    """Whether a line says that the command above it was not taken."""
    return len(text) < _LONGEST and _FAILED.fullmatch(text) is not None


def goes_with_it(text: str) -> bool:
    """Whether a line stands below such a one: `Try `iptables -h' …`."""
    return len(text) < _LONGEST and _HINT.fullmatch(text) is not None


class Errors:
    """The errors of the command right above, marked by the first; `told` are their lines."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self._lines: list[Line] = []
        self._script: list[Line] = []
        self._told = ""

    def below(self, lines: list[Line]) -> None:
        """The next line stands below the last of these, a command."""
        self._lines = self._script = lines
        self._told = ""

    def takes(self, text: str, number: int) -> bool:
        """Whether a line is such an error; the first that is none ends them."""
        taken = (" -- " in text and self._of_script(text)) or self._is_one(text)
        self.told += [number] if taken else []
        return taken

    def _is_one(self, text: str) -> bool:
        lines = self._lines
        if not lines or (lines[-1].failed and goes_with_it(text)):
            return bool(lines)
        if len(text) < _LONGEST and _OF_SOME.fullmatch(text) is not None:
            lines[-1] = replace(lines[-1], cut=True)
            return True
        if not says_failed(text):
            self._lines = []
            return False
        lines[-1] = replace(lines[-1], failed=lines[-1].failed or text.strip())
        return True

    def _of_script(self, text: str) -> bool:
        """What fail2ban tells of the commands right above, which it ran as one script."""
        told, returned = _STDERR.fullmatch(text), _RETURNED.fullmatch(text)
        if not self._script or len(text) > _LONGEST or not (told or returned):
            return False
        if told is not None:
            self._told = self._told or told["told"].strip("'\"")
        elif returned is not None:
            self._blame(self._told or returned["told"])
        return True

    def _blame(self, error: str) -> None:
        """The last command failed, and each where the error is one of all; else nobody knows."""
        lines, at = self._script, len(self._script) - 1
        lines[at] = replace(lines[at], failed=lines[at].failed or error)
        while (
            "-- exec:" not in lines[at].full
            and at > 0
            and lines[at - 1].number == lines[at].number - 1
        ):
            at -= 1
            every = _OF_ALL.search(error) is not None
            failed = replace(lines[at], failed=lines[at].failed or error)
            lines[at] = failed if every else replace(lines[at], cut=True)
        self._script = []
