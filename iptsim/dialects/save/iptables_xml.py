"""iptables-xml's elements to the lines of iptables-save that they were made of.

Source: iptables-xml(1); iptables/iptables-xml.c. It writes an option's value as it stood, quotes
included, and loses the backslash before a quote within. With -c rules of the same conditions are
one, with an action for each. A rule of a chain that its input did not declare stands in no chain,
or in the one above.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.parsers import expat

from iptsim import codes
from iptsim.dataclass import dataclass, field
from iptsim.dialects.parts import Line
from iptsim.errors import DumpError, Place

_ROOT = "iptables-rules"
_MOST_NESTED = 16


@dataclass(slots=True, kw_only=True)
class _Element:
    """An element, with the line (counted from 1 among those read) where it begins."""

    name: str
    line: int
    given: dict[str, str] = field(default_factory=dict)
    inner: list[_Element] = field(default_factory=list)
    text: str = ""


def save_lines(lines: Sequence[Line], file: str) -> list[Line]:
    """The lines of iptables-save, each with the number of the line where its element begins.

    Raises `DumpError` for what is no XML, or has a document type of its own.
    """
    root = _parsed(lines, file)
    made: list[Line] = []
    for table in root.inner:
        for text, at in _table(table):
            line = lines[min(at, len(lines)) - 1]
            bare = line.text.strip()
            made.append(
                Line(
                    number=line.number,
                    text=text,
                    shift=line.column(line.text.index(bare)) - 1,
                    full=line.full or line.text,
                )
            )
    return made


def _parsed(lines: Sequence[Line], file: str) -> _Element:
    root = _Element(name="", line=1)
    stack = [root]
    parser = expat.ParserCreate()

    def start(name: str, given: dict[str, str]) -> None:
        if len(stack) > _MOST_NESTED:
            raise expat.ExpatError("elements nested too deeply")
        made = _Element(name=name, line=parser.CurrentLineNumber, given=given)
        stack[-1].inner.append(made)
        stack.append(made)

    def end(_name: str) -> None:
        stack.pop()

    def data(text: str) -> None:
        stack[-1].text += text

    def doctype(*_told: object) -> None:
        raise expat.ExpatError("a document type")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = data, doctype
    parser.buffer_text = True
    try:
        parser.Parse("\n".join(line.text for line in lines), True)
    except expat.ExpatError as wrong:
        at = min(parser.CurrentLineNumber, len(lines))
        raise _error(lines[at - 1], parser.CurrentColumnNumber, str(wrong), file) from None
    return next((each for each in root.inner if each.name == _ROOT), root)


def _error(line: Line, offset: int, told: str, file: str) -> DumpError:
    return DumpError(
        f"this is no XML as iptables-xml writes it: {told}",
        place=Place(file=file, line=line.number, column=line.column(offset)),
        text=line.full or line.text,
        expected="what iptables-xml prints",
        code=codes.NOT_XML,
    )


def _table(table: _Element) -> Iterator[tuple[str, int]]:
    yield f"*{table.given.get('name', '')}", table.line
    loose = [each for each in table.inner if each.name == "rule"]
    chains = [each for each in table.inner if each.name == "chain"]
    for chain in chains:
        counts = (chain.given.get(key, "0") for key in ("packet-count", "byte-count"))
        name, policy = chain.given.get("name", ""), chain.given.get("policy", "-")
        yield f":{name} {policy} [{':'.join(counts)}]", chain.line
    yield from (("# ...", rule.line) for rule in loose)
    for chain in chains:
        for rule in chain.inner:
            for text in _rule(rule):
                yield f"{_counters(rule)}-A {chain.given.get('name', '')}{text}", rule.line
    yield "COMMIT", table.line


def _counters(rule: _Element) -> str:
    counts = [rule.given.get(key) for key in ("packet-count", "byte-count")]
    return f"[{counts[0]}:{counts[1]}] " if all(counts) else ""


def _rule(rule: _Element) -> Iterator[str]:
    """What stands behind `-A CHAIN`: once for each of its actions."""
    parts = {each.name: each.inner for each in rule.inner}
    asked = "".join(
        ("" if module.name == "match" else f" -m {module.name}") + _options(module)
        for module in parts.get("conditions", [])
    )
    actions = [_action(each) for each in parts.get("actions", [])]
    yield from (asked + action for action in actions or [""])


def _action(action: _Element) -> str:
    if action.name in ("call", "goto") and action.inner:
        return f" {'-j' if action.name == 'call' else '-g'} {action.inner[0].name}"
    return f" -j {action.name}{_options(action)}"


def _options(module: _Element) -> str:
    return "".join(
        (" !" if option.given.get("invert") == "1" else "")
        + (" -" if len(option.name) == 1 else " --")
        + option.name
        + _value(option.text.strip())
        for option in module.inner
    )


def _value(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return f" {' '.join(text.split())}" if text else ""
    inner = text[1:-1].replace("\\", "\\\\").replace('"', '\\"')
    return f' "{inner}"'
