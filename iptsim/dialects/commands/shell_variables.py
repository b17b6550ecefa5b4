"""What the variables of a shell script hold, as far as the script itself tells.

A value is told where the one assignment of that name in the whole text is a literal one and stands
above, outside of any condition, loop or function. All else, and what stands above a file that the
script takes in (`. /etc/fw.conf`) or an `eval`, is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from iptsim.dataclass import dataclass, field, replace
from iptsim.model import BUILTIN_CHAINS, TABLES
from iptsim.regex import regex

CALLED = regex(r"\$(?:[1-9]|\{?[A-Za-z_]\w*\}?)[\"']?\s+-")
"""A variable with an option behind it: it may be a program's name."""
_SET = regex(
    r"(?<![\w$./{-])(?P<name>[A-Za-z_]\w*)\+?=(?P<value>\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`"
    r"|\$\([^)\n]{0,128}\)|[^\s;&|]*)|\$\{(?P<default>[A-Za-z_]\w*):?="
)
_NAMING = regex(
    r"(?:^|[\s;&|])(?P<word>for|select|read|getopts|unset|mapfile|readarray)\s+(?P<rest>[^;&|\n]*)"
    r"|(?:^|[\s;&|])printf\s+-v\s+(?P<printed>\w+)"
)
_LASTING = regex(
    r"\s*(?:(?:export|readonly|typeset\s+-r|declare\s+-r)\s+)?[A-Za-z_]\w*="
    r"(?:\"[^\"$`\\]*\"|'[^']*'|[^\s;&|$`\"'\\]*)\s*(?:;\s*|\s#.*)?$"
)
_TAKEN_IN = regex(r"(?:^|[;&|{(]|\b(?:then|else|do))\s*(?:\.|source|eval)\s+\S")
_OPENS = regex(
    r"(?:^|[;&|({]|\b(?:then|else|do))\s*(?:if|for|while|until|case|select)\b|[{(]\s*(?:#.*)?$"
)
_CLOSES = regex(r"(?:^|[;&|])\s*(?:fi|done|esac)\b|^\s*[})]")
_LEFT_OPEN = regex(r"(?:\\|&&|\|\|?)\s*$")
_PLAIN = regex(r"[A-Za-z0-9_.:/,+-]+")
_PROGRAM = regex(r"(?:^|[\s/=({`-])ip(6?)tables(?:-legacy|-nft)?(?=$|[\s)`}\"'])")
_FLAGS = regex(r"(?:\s+[\w.:/-]+)*\s*")
_WORDS = regex(r"[A-Za-z_]\w*|\S+")
_BY_NAME = regex(r"(?i).*ip_?6?_?tables.*|ip_?6?_?t_?[46v]{0,2}|ip[46]_?tables?")
_OTHERS = regex(r"(?i)(?:eb|arp)t|ipset|nft")
_COMMANDS = frozenset(
    {"-A", "-I", "-D", "-R", "-P", "-F", "-N", "--append", "--insert", "--policy"}
)
_CHAINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)
_NAME = regex(r"(?<!\\)\$(?:([A-Za-z_]\w*|[1-9])|\{([A-Za-z_]\w*|[1-9])\})")
_MOST_NAMES = 4096
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One assignment: what it puts there as written, and whether it holds for all that follows."""

    text: str
    line: int
    lasting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that a variable names: its families, and the options that go with the name.

    `sure`: nothing else can stand there; where it is False, nobody knows which of the families.
    """

    families: tuple[int, ...]
    flags: tuple[str, ...] = ()
    sure: bool = True


@dataclass(kw_only=True)
class Variables:
    """The assignments of a text, fed line by line."""

    _values: dict[str, list[Value]] = field(default_factory=dict)
    _looped: dict[str, str] = field(default_factory=dict)
    _taken_in: list[int] = field(default_factory=list)
    _depth: int = 0
    _open: bool = False
    _full: bool = False

    def feed(self, text: str, number: int) -> None:
        """One more line of the text."""
        code = text if text.lstrip()[:1] != "#" else ""
        if not code.strip():
            return
        if len(code) > _LONGEST:
            self._full = True  # what it sets is not looked for
            return
        if "=" in code:
            self._assigned(code, number)
        for found in _NAMING.finditer(code):
            self._named(found, number)
        if _TAKEN_IN.search(code):
            self._taken_in.append(number)
        opened, closed = len(_OPENS.findall(code)), len(_CLOSES.findall(code))
        self._depth = max(0, self._depth + opened - closed)
        self._open = _LEFT_OPEN.search(code) is not None

    def _assigned(self, code: str, number: int) -> None:
        lasting = not (self._depth or self._open) and _LASTING.match(code) is not None
        for found in _SET.finditer(code):
            name = found["name"] or found["default"]
            self._add(name, Value(text=found["value"] or "$", line=number, lasting=lasting))

    def _named(self, found: re.Match[str], number: int) -> None:
        words = [found["printed"]] if found["printed"] else _WORDS.findall(found["rest"])
        if found["word"] in ("for", "select"):
            name, _, items = found["rest"].partition(" in ")
            words = [name.strip()]
            self._looped[words[0]] = items
        for name in words:
            self._add(name, Value(text="$", line=number, lasting=False))

    def _add(self, name: str, value: Value) -> None:
        if name not in self._values and len(self._values) >= _MOST_NAMES:
            self._full = True
            return
        # More than two tell no more than two.
        told = self._values.setdefault(name, [])
        told += [value] if len(told) < 2 or value.text not in {each.text for each in told} else []
        del told[16:]

    def value(self, name: str, number: int) -> Value | None:
        """What a name holds at that line, plain enough to be one word; None where not known."""
        values = self._values.get(name, ())
        if self._full or len(values) != 1 or not self._holds(values[0], number):
            return None
        bare = _unquoted(values[0].text)
        return replace(values[0], text=bare) if _PLAIN.fullmatch(bare) else None

    def _holds(self, value: Value, number: int) -> bool:
        taken = any(value.line < each < number for each in self._taken_in)
        return value.lasting and value.line < number and not taken

    def program(self, name: str, behind: Sequence[str]) -> Program | None:
        """The iptables that a variable names, by its values or else by its name; None for none.

        `behind` are the words that follow it, which may be iptables' own.
        """
        if name in self._looped:
            told = {6 if six else 4 for six in _PROGRAM.findall(self._looped[name])}
            return Program(families=tuple(sorted(told))) if told else _guessed(name, behind)
        values = [_unquoted(each.text) for each in self._values.get(name, ())]
        found = [(text, each) for text in values if (each := _PROGRAM.search(text))]
        if not found:
            other = any(_PLAIN.fullmatch(text) for text in values)
            return None if other else _guessed(name, behind)
        families = tuple(sorted({6 if each[1] else 4 for _, each in found}))
        flags = {text[each.end() :].strip(" )`}\"'") for text, each in found}
        (behind,) = flags if len(flags) == 1 else ("$",)
        sure = len(families) == 1 and _FLAGS.fullmatch(f" {behind}") is not None
        return Program(families=families, flags=tuple(behind.split()) if sure else (), sure=sure)


def _guessed(name: str, behind: Sequence[str]) -> Program | None:
    """What a name that nothing is put in stands for: by what it is called, or by its options."""
    own = any(
        (flag in _COMMANDS and word in _CHAINS) or (flag in ("-t", "--table") and word in TABLES)
        for flag, word in pairwise(behind)
    )
    if _OTHERS.search(name) or not (own or _BY_NAME.fullmatch(name)):
        return None
    if name.isdigit():
        return Program(families=(4, 6), sure=False)  # a function's argument
    return Program(families=(6 if "6" in name else 4,))


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


@dataclass(kw_only=True)
class Filled:
    """What is put in the place of the variables of one line, and which of them were asked for.

    `given` are the arguments of the function whose body the line is of, by their numbers.
    """

    variables: Variables
    line: int
    used: dict[str, Value] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def put_in(self, text: str) -> str:
        """A piece of a word with the variables put in whose values are told."""
        return _NAME.sub(self._put, text) if "$" in text else text

    def _put(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name in self.given:
            return self.given[name]
        value = self.variables.value(name, self.line)
        if value is None:
            return found[0]
        self.used[name] = value
        return value.text

    def is_known(self, text: str, start: int) -> bool:
        """Whether the variable that stands at that place was put in."""
        found = _NAME.match(text, start)
        return found is not None and (found[1] or found[2]) in {*self.used, *self.given}


def is_shell(text: str) -> bool:
    """Whether variables stand in a piece of text that matter to calls of iptables."""
    return "$" in text and ("tables" in text or CALLED.search(text) is not None)
