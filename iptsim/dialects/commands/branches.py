"""Where in a script a command stands: in a branch, in a function, behind `exit`, behind `&&`.

Nobody knows from the text which branch was taken. A branch counts only where the shell's own words
show it (`then`, `in`, `{`), so prose with an `if` is none. Loops are no branches: see `calls`.
Source: dash(1), «Complex Commands», «Functions».
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from iptsim.dataclass import dataclass, field
from iptsim.regex import regex

_MOST, _DEEPEST, _LONGEST = 4096, 32, 4096
SHELL = regex(
    r"(?m)^\s*(?:if|case|elif|else|fi|esac|exit|function|\})(?![\w-])|\(\)\s*\{?\s*$|&&|\|\|"
    r"|^\s*[\w-]+\s*\(\)"
)
"""What a text without branches does not have."""
_TOKEN = regex(
    r"(?P<quoted>'[^']*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|\$\((?:[^()]|\([^()]*\))*\))"
    r"|(?P<comment>(?<![^\s;&|])\#.*)|(?P<op>;;&?|;&|&&|\|\||[;|&\n])"
    r"|(?P<name>[\w-]+)\s*\(\s*\)|(?P<word>\\.|[^\s;&|'\"`#]+|\#)"
)
_PATTERN = regex(r"\s*\(?\s*(?P<pattern>[^()\s;&|]+(?:\s*\|\s*[^()\s;&|]+)*)\s*\)")
_TESTS = regex(r"\[\[?|!|\(\(.*|(?:/\S*/)?(?:test|[ef]?grep|ip6?tables\S*)")
_HARMLESS = regex(
    r"(?:-x|command -v|which|type)\s+\S*(?:tables|IPT)|(?:tables\S*|\$\{?I\w+\}?\"?)(?:\s.*)?"
    r"\s(?:-[A-Za-z]*[CLS]|--check|--list\S*)(?![\w-])"
)
_LOOKS = regex(
    r"\s-(?:C|check|-check|L|-list|nL|S|-list-rules|nvL|vnL)(?![\w-])|\[\[?\s+(?:!\s+)?-[xfeds]\s"
    r"|\s-[A-Za-z]*[LS][A-Za-z]*(?![\w-])"
)


@dataclass(eq=False, slots=True, kw_only=True)
class Branch:
    """One way of an `if`, a `case`, an `&&`, or the body of a function (`function` is its name).

    `real`: the shell's words show that it is one.
    """

    told: str
    line: int
    kind: str
    way: int = 0
    real: bool = False
    complete: bool = False
    group: int = 0
    function: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call of a function: where it stands, and the command itself, "" where it is not whole."""

    at: tuple[int, int]
    name: str
    text: str
    path: tuple[Branch, ...]


@dataclass(kw_only=True)
class Branches:
    """The branches of a text, fed line by line."""

    exits: tuple[int, int] | None = None
    called: list[Called] = field(default_factory=list)
    shifted: set[str] = field(default_factory=set)
    _at: list[tuple[int, int]] = field(default_factory=list)
    _paths: list[tuple[Branch, ...]] = field(default_factory=list)
    _stack: list[Branch] = field(default_factory=list)
    _chain: tuple[Branch, ...] = ()
    _functions: dict[str, int] = field(default_factory=dict)
    _words: list[str] = field(default_factory=list)
    _start: int = 0
    _begun: int = 0
    _text: str = ""
    _left_open: bool = False
    _groups: int = 0

    def __bool__(self) -> bool:
        return bool(self._at) or self.exits is not None

    def feed(self, text: str, number: int, shift: int = 0) -> None:
        """One more line of the text, of which `shift` letters were cut from its start."""
        if len(text) > _LONGEST or len(self._at) >= _MOST:
            return
        bare, place = " " * shift + text.rstrip(), 0
        self._text = bare
        if not self._left_open:
            self._begin(number, 0)
        while place < len(bare):
            pattern = _PATTERN.match(bare, place) if self._expects_pattern() else None
            found = pattern or _TOKEN.match(bare, place)
            if found is None:
                place += 1
                continue
            if pattern is not None:
                self._pattern(pattern, number)
            else:
                self._token(found, bare, number)
            place = max(found.end(), place + 1)
        ends = bare.endswith(("&&", "||", "\\", "|"))
        self._left_open = ends
        if not ends:
            self._statement(len(bare), number)
            self._and_or((), number, len(bare))

    def path(self, line: int, offset: int) -> tuple[Branch, ...]:
        """The branches in which what stands at a place stands, from the outside in."""
        index = bisect_right(self._at, (line, offset)) - 1
        return tuple(each for each in self._paths[index] if each.real) if index >= 0 else ()

    def _begin(self, number: int, place: int) -> None:
        self._words, self._start, self._begun = [], place, number
        self._note(number, place)

    def _note(self, number: int, place: int) -> None:
        path = (*self._stack, *self._chain)
        if (path or self._paths) and (not self._paths or self._paths[-1] != path):
            self._at.append((number, place))
            self._paths.append(path)

    def _token(self, found: re.Match[str], text: str, number: int) -> None:
        if found["name"] is not None and not self._words:
            name = found["name"]
            self._open(Branch(told=f"{name}()", line=number, kind="function", function=name))
        elif found["op"] is not None:
            self._operator(found["op"], text, found, number)
        elif found["word"] is not None:
            self._word(found["word"], text, found.start(), number)
        elif found["comment"] is None:
            self._words.append(found[0])

    def _operator(self, sign: str, text: str, found: re.Match[str], number: int) -> None:
        if sign in ("&&", "||"):
            branch = self._behind(sign, text[self._start : found.start()], number)
            self._statement(found.start(), number)
            chain = self._chain if branch is None else (*self._chain, branch)
            self._and_or(chain, number, found.end())
        elif sign in ("|", "&"):
            self._words.append(sign)
            return
        else:
            self._statement(found.start(), number)
            self._and_or((), number, found.end())
        if sign.startswith((";;", ";&")):
            self._next_way(number, found.end())
        self._begin(number, found.end())

    def _next_way(self, number: int, place: int) -> None:
        top = self._top("case")
        if top is not None:
            self._stack[-1] = Branch(
                told=top.told, line=top.line, kind="case", way=top.way + 1, real=False,
                group=top.group, complete=top.complete,
            )  # fmt: skip
            self._note(number, place)

    def _behind(self, sign: str, statement: str, number: int) -> Branch | None:
        """What stands behind `[ … ] &&`; behind what is taken to go well, no branch."""
        bare = statement.strip()
        for word in ("if", "elif", "then", "else", "do", "{", "while", "until"):
            bare = bare.removeprefix(f"{word} ").strip()
        first = bare.split(maxsplit=1)[0] if bare else ""
        if _TESTS.fullmatch(first) is None or _is_harmless(bare):
            return None
        edits = "tables" in first and _LOOKS.search(bare) is None
        if edits and sign == "&&":
            return None
        told = f"{' '.join(bare.split())[:60]} {sign}"
        return Branch(told=told, line=number, kind="chain", real=True)

    def _and_or(self, chain: tuple[Branch, ...], number: int, place: int) -> None:
        if chain != self._chain:
            self._chain = chain
            self._note(number, place)

    def _word(self, word: str, text: str, start: int, number: int) -> None:
        if self._words:
            self._words.append(word)
            if word == "in" and self._words[0] == "case":
                self._case(number)
            return
        handler = _WORDS.get(word)
        if handler is not None:
            handler(self, text, start, number)
        elif word in ("do", "!", "time"):
            self._start = start + len(word)
        else:
            self._words.append(word)
            self._start = start

    def _statement(self, end: int, number: int) -> None:
        """A statement is over: a call of a function, or `exit`."""
        words, self._words = self._words, []
        if not words:
            return
        real = [each for each in self._stack if each.real]
        if words[0] == "exit" and not real and not self._chain and self.exits is None:
            self.exits = (number, end)
        elif words[0] in self._functions:
            path = (*real, *self._chain)
            told = self._text[self._start : end] if self._begun == number else ""
            self.called.append(
                Called(at=(number, self._start), name=words[0], text=told, path=path)
            )
        elif words[0] in ("shift", "set") and real:
            self.shifted |= {each.function for each in real}

    def _open(self, branch: Branch) -> None:
        if len(self._stack) < _DEEPEST:
            self._stack.append(branch)

    def _top(self, kind: str) -> Branch | None:
        """The innermost branch, if it is of that kind; those that are none are forgotten."""
        while self._stack and self._stack[-1].kind != kind and not self._stack[-1].real:
            self._stack.pop()
        top = self._stack[-1] if self._stack else None
        return top if top is not None and top.kind == kind else None

    def _if(self, text: str, start: int, number: int) -> None:
        told = re.split(r";\s*then\b|\bthen\b", text[start:], maxsplit=1)[0].strip(" ;\\")
        self._groups += 1
        self._open(Branch(told=told[:80], line=number, kind="if", group=self._groups))
        self._start = start + 2

    def _then(self, _text: str, start: int, number: int) -> None:
        top = self._top("if")
        if top is not None:
            top.real = not _is_harmless(top.told)
            self._chain = ()
            self._note(number, start)
        self._start = start + 4

    def _else(self, text: str, start: int, number: int) -> None:
        top = self._top("if")
        if top is None:
            return
        last = text[start : start + 4] == "else"
        told = "else" if last else re.split(r";\s*then\b", text[start:], maxsplit=1)[0].strip()
        self._stack[-1] = Branch(
            told=f"{top.told} … {told}"[:120], line=top.line, kind="if", way=top.way + 1,
            real=top.real, complete=last, group=top.group,
        )  # fmt: skip
        self._note(number, start)
        self._start = start + 4

    def _fi(self, _text: str, start: int, number: int) -> None:
        self._closed("if", start, number)

    def _esac(self, _text: str, start: int, number: int) -> None:
        self._closed("case", start, number)

    def _brace(self, _text: str, start: int, number: int) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and top.kind == "function" and not top.real:
            top.real = True
            self._functions[top.function] = number
        else:
            self._open(Branch(told="{", line=number, kind="brace"))
        self._note(number, start)
        self._start = start + 1

    def _end(self, _text: str, start: int, number: int) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and top.kind == "brace":
            self._stack.pop()
        else:
            self._closed("function", start, number)

    def _closed(self, kind: str, start: int, number: int) -> None:
        if self._top(kind) is not None:
            self._stack.pop()
            self._note(number, start)
        self._words.append(kind)

    def _case(self, number: int) -> None:
        self._groups += 1
        told = f"case {self._words[1]} in" if len(self._words) > 2 else "case"
        self._open(Branch(told=told, line=number, kind="case", group=self._groups))
        self._words = []

    def _expects_pattern(self) -> bool:
        top = self._stack[-1] if self._stack else None
        return top is not None and top.kind == "case" and not top.real and not self._words

    def _pattern(self, found: re.Match[str], number: int) -> None:
        top = self._stack[-1]
        told = f"{top.told.partition(' in ')[0].removesuffix(' in')} in {found['pattern']})"
        self._stack[-1] = Branch(
            told=told[:120], line=top.line, kind="case", way=top.way, real=True, group=top.group,
            complete=found["pattern"] == "*",
        )  # fmt: skip
        self._begin(number, found.end())

    def _function(self, text: str, start: int, number: int) -> None:
        name = [*text[start:].replace("(", " ").split(), "", ""][1]
        opened = "{" in text[start:]
        self._open(
            Branch(told=f"{name}()", line=number, kind="function", function=name, real=opened)
        )
        if opened:
            self._functions[name] = number
            self._note(number, start)
        self._words.append("function")


def _is_harmless(told: str) -> bool:
    """Whether a condition asks only for the program itself, or whether a rule is there already."""
    return _HARMLESS.search(told) is not None


def described(path: Sequence[Branch]) -> str:
    """A path in the script's own words."""
    return ", ".join(f"{each.told} (line {each.line})" for each in path)


_WORDS = {
    "if": Branches._if, "then": Branches._then, "else": Branches._else, "elif": Branches._else,
    "fi": Branches._fi, "esac": Branches._esac, "{": Branches._brace, "}": Branches._end,
    "function": Branches._function,
}  # fmt: skip
