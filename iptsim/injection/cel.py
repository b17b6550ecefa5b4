"""Evaluates matchConditions (CEL), as far as a pod's text decides them.

Sources: cel-spec, doc/langdef.md (an error beside a value that decides `&&` and `||` is no error);
k8s.io/apiserver, pkg/admission/plugin/cel (the variables). What the text does not tell, and what is
not evaluated here, is `UNTOLD`.
"""

from __future__ import annotations

import operator
from ast import literal_eval
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from os import path
from typing import TYPE_CHECKING, Any, Final

from iptsim.dataclass import dataclass, replace
from iptsim.grammar_files import FOLDER
from iptsim.injection.cel_objects import UNTOLD, Failure, Fields, Untold, Value, has, plain, select
from iptsim.regex import regex

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

_LONGEST = 10_000
_MOST_STEPS = 100_000
_PLAIN_PATTERN = regex(r"\^?(?:[\w/-]|\.\*){0,60}\$?")
_MOST_WILD = 2
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS: Final[Mapping[str, Value]] = {"true": True, "false": False, "null": None}
_BOTH = 2


def evaluated(expression: str, variables: Mapping[str, Value]) -> Value:
    """The value of an expression: True or False of a condition, a `Failure`, or `UNTOLD`."""
    from lark.exceptions import LarkError  # noqa: PLC0415  # only a condition needs a parser

    if len(expression) > _LONGEST:
        return UNTOLD
    try:
        return _Evaluation(variables=variables, left=[_MOST_STEPS]).of(_parser().parse(expression))
    except (LarkError, RecursionError, SyntaxError, ValueError):
        return UNTOLD


@cache
def _parser() -> Lark:
    from lark import Lark  # noqa: PLC0415

    return Lark.open(path.join(FOLDER, "cel.lark"), parser="lalr", maybe_placeholders=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evaluation:
    """`left`: how many steps it may take yet, with all that are within it."""

    variables: Mapping[str, Value]
    left: list[int]

    def of(self, tree: Tree[Token]) -> Value:
        self._takes(1)
        found: Value = getattr(self, f"_{tree.data}")(*tree.children)
        return found

    def _takes(self, steps: int) -> None:
        """Kubernetes ends what costs too much, too (RuntimeCELCostBudget)."""
        self.left[0] -= steps
        if self.left[0] < 0:
            raise ValueError

    def _choice(self, asked: Tree[Token], one: Tree[Token], other: Tree[Token]) -> Value:
        value = self.of(asked)
        if isinstance(value, bool):
            return self.of(one if value else other)
        return value if isinstance(value, Untold) else Failure("no such overload")

    def _or_(self, one: Tree[Token], other: Tree[Token]) -> Value:
        return _decided(self.of(one), self.of(other), by=True)

    def _and_(self, one: Tree[Token], other: Tree[Token]) -> Value:
        return _decided(self.of(one), self.of(other), by=False)

    def _negated(self, one: Tree[Token]) -> Value:
        value = self.of(one)
        if isinstance(value, bool):
            return not value
        return value if isinstance(value, Untold | Failure) else Failure("no such overload")

    def _compared(self, one: Tree[Token], sign: Token, other: Tree[Token]) -> Value:
        return _compare(plain(self.of(one)), str(sign), plain(self.of(other)))

    def _added(self, one: Tree[Token], other: Tree[Token]) -> Value:
        left, right = plain(self.of(one)), plain(self.of(other))
        if isinstance(left, str) and isinstance(right, str):
            self._takes(len(left) + len(right))
            return left + right
        return _odd(left, right) or UNTOLD

    def _selected(self, one: Tree[Token], name: Token) -> Value:
        return select(self.of(one), str(name))

    def _indexed(self, one: Tree[Token], key: Tree[Token]) -> Value:
        value, at = self.of(one), plain(self.of(key))
        if isinstance(value, tuple) and type(at) is int:
            return value[at] if 0 <= at < len(value) else Failure("index out of bounds")
        return select(value, at) if isinstance(at, str) else _odd(value, at) or UNTOLD

    def _method(self, one: Tree[Token], name: Token, words: Tree[Token]) -> Value:
        if str(name) in ("exists", "all"):
            return self._each(one, words, by=str(name) == "exists")
        found = [plain(self.of(each)) for each in (one, *words.children)]  # type: ignore[arg-type]
        known = _METHODS.get(str(name))
        if known is None:
            return UNTOLD
        texts = [each for each in found if isinstance(each, str)]
        if len(texts) == _BOTH == len(found):
            return known(texts[0], texts[1])
        return _odd(*found) or Failure("no such overload")

    def _each(self, one: Tree[Token], words: Tree[Token], *, by: bool) -> Value:
        """A macro: whether it holds of one, or of all."""
        listed = self.of(one)
        if not isinstance(listed, tuple):
            return _odd(listed) or UNTOLD
        variable, asked = words.children
        name = str(variable.children[0])  # type: ignore[union-attr]
        so_far: Value = not by
        for value in listed:
            inner = replace(self, variables={**self.variables, name: value})
            so_far = _decided(so_far, inner.of(asked), by=by)  # type: ignore[arg-type]
        return so_far

    def _function(self, name: Token, words: Tree[Token]) -> Value:
        asked: Sequence[Tree[Token]] = words.children  # type: ignore[assignment]
        if str(name) == "has" and len(asked) == 1 and asked[0].data == "selected":
            below, key = asked[0].children
            return has(self.of(below), str(key))  # type: ignore[arg-type]
        value = plain(self.of(asked[0])) if asked else UNTOLD
        if str(name) == "size" and isinstance(value, str | tuple):
            return len(value)
        return _odd(value) or UNTOLD

    def _name(self, name: Token) -> Value:
        if str(name) in self.variables:
            return self.variables[str(name)]
        return _WORDS.get(str(name), UNTOLD)

    def _text(self, text: Token) -> Value:
        read: str = literal_eval(str(text))
        return read

    def _number(self, text: Token) -> Value:
        return int(text)

    def _minus(self, text: Token) -> Value:
        return -int(text)

    def _listed(self, *each: Tree[Token]) -> Value:
        return tuple(map(self.of, each))


def _decided(one: Value, other: Value, *, by: bool) -> Value:
    """`by` decides alone, whatever the other is."""
    if one is by or other is by:
        return by
    if isinstance(one, bool) and isinstance(other, bool):
        return not by
    for each in (one, other):
        if isinstance(each, Untold):
            return each
    return next((e for e in (one, other) if isinstance(e, Failure)), Failure("no such overload"))


def _odd(*values: Value) -> Untold | Failure | None:
    """What stops a call: an error first, for it stays one whatever is untold."""
    found = [one for one in values if isinstance(one, Untold | Failure)]
    return next((one for one in found if isinstance(one, Failure)), next(iter(found), None))


def _compare(one: Value, sign: str, other: Value) -> Value:
    if sign == "in":
        return _within(one, other)
    stopped = _odd(one, other)
    if stopped is not None:
        return stopped
    if isinstance(one, Fields) or isinstance(other, Fields):
        return UNTOLD
    if sign in ("==", "!="):
        same = _same(one, other)
        return same if isinstance(same, Untold) else same is (sign == "==")
    if type(one) is not type(other) or not isinstance(one, int | str):
        return Failure("no such overload")
    return _ORDERS[sign](one, other)


def _same(one: Value, other: Value) -> bool | Untold:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return UNTOLD
    return type(one) is type(other) and one == other


def _within(one: Value, other: Value) -> Value:
    if isinstance(other, Fields):
        return has(other, one) if isinstance(one, str) else _odd(one) or UNTOLD
    if not isinstance(other, tuple):
        return _odd(one, other) or Failure("no such overload")
    found: Value = False
    for each in other:
        found = _decided(found, _compare(plain(each), "==", one), by=True)
    return found


def _matches(text: str, pattern: str) -> Value:
    if _PLAIN_PATTERN.fullmatch(pattern) is None or pattern.count("*") > _MOST_WILD:
        return UNTOLD
    return regex(pattern).search(text) is not None


_METHODS: Final[Mapping[str, Callable[[str, str], Value]]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
    "matches": _matches,
}
