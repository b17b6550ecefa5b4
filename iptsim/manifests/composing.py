"""From YAML's events to values with places, within bounds: the text is nobody's that we trust.

PyYAML parses alone: it neither makes objects nor follows aliases here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from iptsim import codes
from iptsim.errors import DumpError, UsageError
from iptsim.manifests.nodes import Node, Shape, Source
from iptsim.manifests.scalars import scalar
from iptsim.manifests.yaml_errors import DEEPEST, not_yaml, template_at, too_deep, unrendered
from iptsim.regex import regex

MOST_VALUES = 400_000
"""Values of a text, those counted that aliases repeat."""
_UNPRINTABLE = regex(
    "[^\\x09\\x0A\\x0D\\x20-\\x7E\\x85\\xA0-\\uD7FF\\uE000-\\uFFFD\\U00010000-\\U0010FFFF]"
)
_PAIR = regex(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB]\w\w)\\u([dD][c-fC-F]\w\w)")
_BREAK = regex(r"\r\n|[\n\r\x85\u2028\u2029]")
_TAGS = "tag:yaml.org,2002:"
_OF_TAGS = {"str": Shape.TEXT, "map": Shape.MAPPING, "seq": Shape.LIST}
_PLAIN_TAGS = frozenset({"int", "float", "bool", "null", "timestamp"})


def compose(text: str, file: str) -> Iterator[Node]:
    """Each document of a text, but empty ones.

    Raises `DumpError` with the place of what is wrong.
    """
    source = Source(file=file, lines=tuple(_BREAK.split(text)))
    _refuse_unprintable(text, source)
    if text.lstrip()[:1] in ("{", "["):
        text = _of_json(text)
    yield from _Composer(text, source).documents()


def _of_json(text: str) -> str:
    """JSON as YAML: tabs are its blanks, its texts hold none; two escapes make a letter."""
    return _PAIR.sub(_letter, text.replace("\t", " "))


def _letter(found: re.Match[str]) -> str:
    high, low = int(found[2], 16) - 0xD800, int(found[3], 16) - 0xDC00
    return f"{found[1]}\\U{0x10000 + (high << 10) + low:08x}"


def _refuse_unprintable(text: str, source: Source) -> None:
    found = _UNPRINTABLE.search(text)
    if found is None:
        return
    before = _BREAK.split(text[: found.start()])
    why = "a control character"
    raise source.error(
        f"not YAML: {why}",
        len(before),
        len(before[-1]) + 1,
        code=codes.NOT_YAML,
        expected="a text without control characters",
        why=why,
    )


class _Composer:
    def __init__(self, text: str, source: Source) -> None:
        yaml = _yaml()
        self.source = source
        self.wrong: type[Exception] = yaml.MarkedYAMLError
        self.coming = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.anchors: dict[str, Node | None] = {}
        self.sizes: dict[str, int] = {}
        self.values = 0
        self.depth = 0

    def documents(self) -> Iterator[Node]:
        while True:
            event = self.event()
            if event is None:
                return
            if _kind(event) == "DocumentStart":
                self.anchors, self.sizes = {}, {}
                node = self.node(self.next(), "")
                if node.shape is not Shape.NULL:
                    yield node

    def event(self) -> Any:
        """The next event; None behind the last."""
        try:
            return next(self.coming, None)
        except self.wrong as error:
            raise not_yaml(error, self.source) from None

    def next(self) -> Any:
        event = self.event()
        assert event is not None  # a node's end comes before the stream's
        return event

    def node(self, event: Any, name: str) -> Node:
        kind = _kind(event)
        if kind == "Alias":
            return self.aliased(event)
        self.count(1, event)
        anchor, before = event.anchor, self.values
        if anchor is not None:
            self.anchors[anchor] = None
        node = self.scalar(event, name) if kind == "Scalar" else self.collection(event, name)
        if anchor is not None:
            self.anchors[anchor] = node
            self.sizes[anchor] = self.values - before + 1
        return node

    def count(self, values: int, event: Any) -> None:
        self.values += values
        if self.values <= MOST_VALUES:
            return
        alias = _kind(event) == "Alias"
        most = f"{MOST_VALUES}" if alias else f"{MOST_VALUES} values"
        raise self.error(
            event,
            f"aliases repeat more than {most} values" if alias else f"more than {most}",
            codes.ALIASES_EXPAND if alias else codes.MANIFEST_TOO_LARGE,
            expected="a manifest of a few objects",
            most=most,
        )

    def aliased(self, event: Any) -> Node:
        name = event.anchor
        node = self.anchors.get(name)
        if node is None:
            raise self.error(
                event, f"*{name} names nothing that stands above it whole", codes.NO_SUCH_ANCHOR,
                expected=f"&{name} at a value above", name=name,
            )  # fmt: skip
        self.count(self.sizes[name], event)
        return node

    def scalar(self, event: Any, name: str) -> Node:
        tag = self.tag(event)
        plain = not event.style and tag not in ("str", "!")
        if not event.style and "{{" in event.value:
            at = event.start_mark
            text = self.source.line(at.line + 1)
            raise template_at(self.source, at.line + 1, max(text.find("{{", at.column), 0) + 1)
        shape, value = scalar(event.value) if plain else (Shape.TEXT, event.value)
        return self.made(event, name, shape, value=value, written=event.value)

    def collection(self, event: Any, name: str) -> Node:
        self.tag(event)
        self.depth += 1
        if self.depth > DEEPEST:
            mark = event.start_mark
            raise too_deep(self.source, mark.line + 1, mark.column + 1)
        if _kind(event) == "SequenceStart":
            node = self.made(event, name, Shape.LIST, items=tuple(self.items(name)))
        else:
            node = self.made(event, name, Shape.MAPPING, entries=tuple(self.entries()))
        self.depth -= 1
        return node

    def items(self, name: str) -> Iterator[Node]:
        number = 0
        while _kind(event := self.next()) != "SequenceEnd":
            yield self.node(event, f"{name}[{number}]")
            number += 1

    def entries(self) -> Iterator[tuple[Node, Node]]:
        seen: dict[str, Node] = {}
        merged: list[tuple[Node, Node]] = []
        while _kind(event := self.next()) != "MappingEnd":
            key = self.key(event, seen)
            value = self.node(self.next(), key.written)
            if key.written == "<<" and not event.style:
                merged += _merged(value)
            else:
                yield key, value
        for key, value in merged:
            if key.written not in seen:
                seen[key.written] = key
                yield key, value

    def key(self, event: Any, seen: dict[str, Node]) -> Node:
        if _kind(event) != "Scalar":
            why = "a key that is no text"
            raise unrendered(self.source, event.start_mark.line + 1) or self.error(
                event, f"not YAML: {why}", codes.NOT_YAML, expected="KEY: VALUE", why=why
            )
        key = self.node(event, "")
        if key.written in seen:
            first = seen[key.written].line
            raise key.error(
                f"{key.written} is there already, in line {first}", code=codes.KEY_TWICE,
                expected="each key once", key=key.written, first=f"{first}",
            )  # fmt: skip
        seen[key.written] = key
        return key

    def tag(self, event: Any) -> str:
        """The tag's short name; nothing where there is none."""
        told = event.tag or ""
        tag = str(told.removeprefix(_TAGS))
        if tag in ("", "!") or tag in _OF_TAGS or tag in _PLAIN_TAGS:
            return tag
        told = told.replace(_TAGS, "!!")
        raise self.error(
            event, f"the tag {told} makes it something that no manifest holds", codes.UNKNOWN_TAG,
            expected="a value without a tag", tag=told,
        )  # fmt: skip

    def made(self, event: Any, name: str, shape: Shape, **held: Any) -> Node:
        start, end = event.start_mark, event.end_mark
        one_line = start.line == end.line and _kind(event) == "Scalar"
        length = end.column - start.column if one_line else 1
        return Node(
            shape=shape, source=self.source, line=start.line + 1, column=start.column + 1,
            length=length, name=name, **held,
        )  # fmt: skip

    def error(
        self, event: Any, message: str, code: str, *, expected: str, **facts: Any
    ) -> DumpError:
        mark = event.start_mark
        return self.source.error(
            message, mark.line + 1, mark.column + 1, code=code, expected=expected, **facts
        )


def _merged(value: Node) -> Iterator[tuple[Node, Node]]:
    """What `<<` brings: of a mapping, or of several."""
    for one in value.items if value.shape is Shape.LIST else (value,):
        yield from one.pairs()


def _kind(event: Any) -> str:
    return type(event).__name__.removesuffix("Event")


def _yaml() -> Any:
    try:
        import yaml  # noqa: PLC0415  # for manifests alone
    except ImportError:
        raise UsageError(
            "manifests are read with PyYAML: `pip install pyyaml`", code=codes.NO_YAML_LIBRARY
        ) from None
    return yaml
