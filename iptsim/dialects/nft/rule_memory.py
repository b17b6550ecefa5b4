"""The memory of rules that were read: their texts repeat, and more often their shapes do.

The *shape* of a rule is what stays of it when addresses, ports, counts and chains' names are cut
out. The first rule of a shape is read word by word with marks in the place of its operands; where
each mark comes out once in its statements, these become a plan that makes them of other operands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from socket import inet_aton
from typing import Any

from iptsim.dialects.nft.nft_rules import read_rule
from iptsim.nftables import elements, expressions, nft_statements
from iptsim.nftables.expressions import Address
from iptsim.nftables.nft_statements import Statement
from iptsim.regex import regex

Read = tuple[tuple[Statement, ...], str | None]
Plan = Callable[[Sequence[str]], tuple[Statement, ...]]
MOST = 20_000
LONGEST_SHAPED = 1024
_OPERANDS = regex(
    r"((?<=[ ])\d{1,3}(?:\.\d{1,3}){3}(?=[ :,]|$)|(?<=(?:goto|jump) )[^\s,{}\";:]+(?=[ ,]|$)"
    r"|(?<=:)\d{1,5}(?=[ ,]|$)|(?<=packets )\d{1,19}(?=[ ]|$)|(?<=bytes )\d{1,19}(?=[ ]|$)"
    r"|(?<=[sd]port )\d{1,5}(?=[ ]|$))"
)
_COMMENT = regex(r' comment "([^"]*)"$')
_MARKS = 250
_NUMBER, _ADDRESS = 4_100_000_000, 0xFBFCFD00


class RuleMemory:
    """Reads rules; what was seen is not read word by word again."""

    def __init__(self) -> None:
        self._texts: dict[str, Read] = {}
        self._plans: dict[tuple[str, ...], Plan | None] = {}
        self._split = _OPERANDS.split

    def read(self, text: str) -> Read:
        """The statements of a rule and its comment."""
        found = self._texts.get(text)
        if found is None:
            found = self._shaped(text) if len(text) <= LONGEST_SHAPED else None
            if found is not None:
                return found
            found = read_rule(text)
            if len(self._texts) >= MOST:
                self._texts.clear()
            self._texts[text] = found
        return found

    def _shaped(self, text: str) -> Read | None:
        """What a rule is by its plan; None where it has none."""
        comment = None
        if text[-1:] == '"' and (told := _COMMENT.search(text)) is not None:
            comment, text = told[1], text[: told.start()]
        pieces = self._split(text)
        if len(pieces) == 1 and comment is None:
            return None
        shape = tuple(pieces[::2])
        if shape not in self._plans:
            if len(self._plans) >= MOST:
                self._plans.clear()
            self._plans[shape] = planned(text, pieces)
        plan = self._plans[shape]
        if plan is None:
            return None
        try:
            return plan(pieces[1::2]), comment
        except (ValueError, OSError):
            return None


def planned(text: str, pieces: Sequence[str]) -> Plan | None:
    """The plan of a rule's shape; None where its operands cannot be told apart in what it is."""
    literals, operands = pieces[::2], pieces[1::2]
    if len(operands) > _MARKS or "$" in text:
        return None
    marks = [
        _mark(at, before, each)
        for at, (before, each) in enumerate(zip(literals, operands, strict=False))
    ]
    marked = "".join(piece for pair in zip(literals, [*marks, ""], strict=True) for piece in pair)
    made, comment = read_rule(marked)
    source = _Source()
    told = source.of(made)
    if comment is not None or sorted(source.seen) != list(range(len(operands))):
        return None
    plan: Plan = eval(f"lambda o: {told}", source.names)  # noqa: S307  # of names of classes alone
    try:
        return plan if (plan(operands), None) == read_rule(text) else None
    except (ValueError, OSError):
        return None


def _mark(at: int, before: str, operand: str) -> str:
    if before.endswith(("goto ", "jump ")):
        return f"mark-{at}-of-a-chain"
    return f"251.252.253.{at}" if "." in operand else str(_NUMBER + at)


class _Source:
    """The expression that makes statements, an operand in the place of each mark."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.names: dict[str, Any] = {
            "inet_aton": inet_aton,
            "int": int,
            "from_bytes": int.from_bytes,
        }

    def of(self, made: Any) -> str:
        """The source of a value."""
        if isinstance(made, tuple):
            return "(" + "".join(f"{self.of(each)}, " for each in made) + ")"
        if isinstance(made, str) and made.startswith("mark-") and made.endswith("-of-a-chain"):
            return self._operand(int(made.split("-")[1]), "o[{}]")
        if isinstance(made, int) and made - _NUMBER in range(_MARKS):
            return self._operand(made - _NUMBER, "int(o[{}])")
        if isinstance(made, Address) and made.value - _ADDRESS in range(_MARKS):
            told = self._operand(made.value - _ADDRESS, "from_bytes(inet_aton(o[{}]))")
            return f"{self._name(Address)}(value={told}, width=32)"
        if type(made).__module__ in _OURS:
            return self._object(made)
        return self._constant(made)

    def _operand(self, at: int, told: str) -> str:
        self.seen.append(at)
        return told.format(at)

    def _object(self, made: Any) -> str:
        before = len(self.seen)
        fields = [f"{name}={self.of(getattr(made, name))}" for name in type(made).__fields__]
        if len(self.seen) == before:
            return self._constant(made)
        return f"{self._name(type(made))}({', '.join(fields)})"

    def _name(self, of: type) -> str:
        self.names[of.__name__] = of
        return of.__name__

    def _constant(self, made: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = made
        return name


_OURS = frozenset(each.__name__ for each in (elements, expressions, nft_statements))
