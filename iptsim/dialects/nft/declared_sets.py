"""A block that declares a set, a map, an object or a flowtable, to its value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from iptsim.dialects.nft import constants, nft_fields, rare_statements, stateful
from iptsim.dialects.nft.cursor import Cursor, StrangeWordsError, cursor, unquoted
from iptsim.dialects.nft.elements_read import read_elements
from iptsim.dialects.nft.outline import Block, Piece
from iptsim.dialects.nft.priorities import priority_of
from iptsim.errors import Place
from iptsim.nftables.datatypes import types_of
from iptsim.nftables.expressions import Concatenation, Expression
from iptsim.nftables.nft_ruleset import NftFlowtable, NftObject, NftSet
from iptsim.nftables.nft_statements import Statement
from iptsim.regex import regex

_TYPED = regex(r"type\s+([\w.\s]+?)\s*(?::\s*(interval\s+)?([\w.\s]+))?$")
_ELEMENTS = regex(r"elements\s*=\s*\{(.*)\}$", 16)  # DOTALL
_HOOK = regex(r"hook\s+(\w+)\s+priority\s+(.+)$")
_OBJECTS = frozenset({"counter", "quota", "limit", "synproxy", "secmark"})
_CT_OBJECTS = frozenset({"helper", "timeout", "expectation"})
_DEVICES = regex(r"devices\s*=\s*\{([^{}]*)\}$")


class Declared:
    """The fields of a set while its lines are read; `strange` are those that nobody can read."""

    def __init__(self, name: str, *, is_map: bool) -> None:
        self.values: dict[str, Any] = {"name": name, "key_type": ()}
        self.values["value_type"] = () if is_map else None
        self.statements: list[Statement] = []
        self.elements: list[str] = []
        self.strange: list[str] = []

    def feed(self, text: str) -> None:
        """One line of the block."""
        try:
            if not self._line(text):
                self.strange.append(text)
        except StrangeWordsError:
            self.strange.append(text)

    def _line(self, text: str) -> bool:
        if text.startswith("elements"):
            found = _ELEMENTS.match(text)
            self.elements += [found[1]] if found else []
            return found is not None
        if text.startswith("type "):
            return self._typed(text)
        words = cursor(text)
        read = _LINES.get(words.peek())
        if read is not None:
            words.take()
            read(words, self.values)
        while read is None and not words.done:
            self.statements.append(self._statement(words))
        return words.done

    def _typed(self, text: str) -> bool:
        found = _TYPED.match(text)
        if found is not None:
            self.values["key_type"] = tuple(found[1].replace(" ", "").split("."))
            if found[3]:
                self.values["value_type"] = tuple(found[3].replace(" ", "").split("."))
        return found is not None

    @staticmethod
    def _statement(words: Cursor) -> Statement:
        found = stateful.statement(words)
        if found is None:
            raise StrangeWordsError
        return found

    def made(self, handle: int | None, place: Place) -> NftSet:
        """The set; what nobody can read of its elements is among the strange lines then."""
        kinds, values = self.values["key_type"], self.values["value_type"]
        found: list[Any] = []
        for text in self.elements:
            read, strange = read_elements(text, kinds, values or ())
            found += read
            self.strange += strange
        self.values["flags"] = set_flags(self.values.get("flags", ()), self.values.get("timeout"))
        return NftSet(
            **self.values,
            elements=tuple(found),
            statements=tuple(self.statements),
            unread=tuple(self.strange),
            handle=handle,
            place=place,
        )


def set_flags(told: Iterable[str], timeout: int | None) -> frozenset[str]:
    """The flags of a set: a time that all elements have is a flag, too, and not always listed."""
    return frozenset(told) | ({"timeout"} if timeout is not None else frozenset())


def _typeof(words: Cursor, values: dict[str, Any]) -> None:
    keys = nft_fields.expression(words)
    values["typeof"], values["key_type"] = _parts(keys), types_of(keys)
    if words.accept(":"):
        words.accept("interval")
        if words.accept("verdict"):
            values["value_type"] = (constants.VERDICT,)
            return
        if words.peek() in _OBJECTS or (words.peek() == "ct" and words.peek(1) in _CT_OBJECTS):
            kind = [words.take() for _ in range(2 if words.peek() == "ct" else 1)]
            values["value_type"] = (" ".join(kind),)
            return
        held = nft_fields.expression(words)
        values["typeof_value"], values["value_type"] = _parts(held), types_of(held)


def _parts(of: Expression) -> tuple[Expression, ...]:
    return of.parts if isinstance(of, Concatenation) else (of,)


def _flags(words: Cursor, values: dict[str, Any]) -> None:
    found = [str(words.take())]
    while words.accept(","):
        found.append(str(words.take()))
    values["flags"] = frozenset(found)


def _time(name: str) -> Callable[[Cursor, dict[str, Any]], None]:
    def read(words: Cursor, values: dict[str, Any]) -> None:
        values[name] = stateful.timespan(words)

    return read


def _size(words: Cursor, values: dict[str, Any]) -> None:
    values["size"] = words.number()


def _policy(words: Cursor, values: dict[str, Any]) -> None:
    values["policy"] = words.name()


def _comment(words: Cursor, values: dict[str, Any]) -> None:
    values["comment"] = words.name()


def _merge(_words: Cursor, values: dict[str, Any]) -> None:
    values["auto_merge"] = True


_LINES: dict[str, Callable[[Cursor, dict[str, Any]], None]] = {
    "typeof": _typeof,
    "flags": _flags,
    "timeout": _time("timeout"),
    "gc-interval": _time("gc_interval"),
    "size": _size,
    "policy": _policy,
    "comment": _comment,
    "auto-merge": _merge,
}


def texts(block: Block) -> Iterator[str]:
    """The statements of a block that has no blocks in it."""
    for each in block.body:
        yield each.text if isinstance(each, Piece) else each.head


_OBJECT_READERS: dict[str, Callable[[Cursor], Statement]] = {
    **stateful.READERS,
    "synproxy": rare_statements.synproxy,
}


def made_object(kind: str, name: str, block: Block, place: Place) -> NftObject:
    """A stateful object; a counter, quota, limit or synproxy has its lines in one statement."""
    comment = None
    body = []
    for text in texts(block):
        if text.startswith("comment "):
            comment = unquoted(text.removeprefix("comment ").strip())
        else:
            body.append(text)
    read = _OBJECT_READERS.get(kind)
    statement = None if read is None else _object_statement(read, " ".join(body))
    return NftObject(
        kind=kind,
        name=name,
        statement=statement,
        body=() if statement is not None else tuple(body),
        comment=comment,
        handle=block.handle,
        place=place,
    )


def _object_statement(read: Callable[[Cursor], Statement], text: str) -> Statement | None:
    try:
        words = cursor(text)
        found = read(words)
    except StrangeWordsError:
        return None
    return found if words.done else None


def made_flowtable(name: str, family: str, block: Block, place: Place) -> NftFlowtable:
    """A flowtable; what is strange in it decides nothing that is asked here."""
    found: dict[str, Any] = {}
    for text in texts(block):
        if (hook := _HOOK.match(text)) is not None:
            found |= {"hook": hook[1], "priority_text": hook[2].strip()}
            found["priority"] = priority_of(hook[2], family, hook[1]) or 0
        elif (devices := _DEVICES.match(text)) is not None:
            found["devices"] = names(devices[1])
        elif text.startswith("flags "):
            found["flags"] = frozenset(text.removeprefix("flags ").replace(",", " ").split())
        elif text == "counter":
            found["counter"] = True
    return NftFlowtable(name=name, handle=block.handle, place=place, **found)


def names(text: str) -> tuple[str, ...]:
    """`"eth0", eth1` to names."""
    return tuple(name for word in text.split(",") if (name := unquoted(word.strip())))
