"""What iptables prints below a command that it did not take (iptables/xshared.c, xtables.c)."""

from __future__ import annotations

import re
from dataclasses import replace

from iptsim.dialects.parts import Line

_FAILED = re.compile(
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
_HINT = re.compile(
    r"\s*(?:Try [`'\"‘]\S*ip6?tables -h['`’\"]|Perhaps (?:your|ip6?tables|you want)"
    r"|\(?do you need to insmod).*",
    re.IGNORECASE,
)
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

    def below(self, lines: list[Line]) -> None:
        """The next line stands below the last of these, a command."""
        self._lines = lines

    def takes(self, text: str, number: int) -> bool:
        """Whether a line is such an error; the first that is none ends them."""
        taken = self._is_one(text)
        self.told += [number] if taken else []
        return taken

    def _is_one(self, text: str) -> bool:
        lines = self._lines
        if not lines or (lines[-1].failed and goes_with_it(text)):
            return bool(lines)
        if not says_failed(text):
            self._lines = []
            return False
        lines[-1] = replace(lines[-1], failed=lines[-1].failed or text.strip())
        return True
