"""Loops that run iptables in one place after the other, and the names that they print between.

`for ns in red blue; do echo "== $ns"; ip netns exec $ns iptables -S; done`: what stands alone in a
line and is one of the loop's items, or what its `echo` makes of them, is the name of a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim.dialects.parts import Line
from iptsim.dialects.places.places import SIGNS
from iptsim.regex import regex

_LOOP = regex(r"(?m)\bfor[ \t]+(?P<name>\w+)[ \t]+in[ \t]+(?P<items>[^;\n]{1,1024}?)[ \t]*(?:;|$)")
_READ = regex(r"\bwhile\s+(?:IFS=\S*\s+)?read\s+(?:-r\s+)?(?P<name>\w+)")
_ECHO = regex(
    r"\b(?:echo|printf)\s+(?:-\w+\s+)*(?P<told>\"[^\"]{1,160}\"|'[^']{1,160}'|[^;|&\n]{1,160})"
)
_ITEM = regex(r"[\w.@:/-]{1,80}")
_MOST_LINES, _MOST_ITEMS, _MOST_LOOPS = 8, 256, 16


def looped(lines: Sequence[Line]) -> list[tuple[int, str]]:
    """The lines that name a place of a loop, by where they stand among the lines, with the names.

    Empty where they name fewer than two.
    """
    patterns = list(_patterns([line.text for line in lines]))
    found = [
        (at, name)
        for at, line in enumerate(lines if patterns else ())
        if (name := _named(line.text.strip(), patterns)) is not None
    ]
    return found if len({name for _, name in found}) > 1 else []


def _named(text: str, patterns: Sequence[re.Pattern[str]]) -> str | None:
    matches = (each.fullmatch(text) for each in patterns)
    return next((found["n"] for found in matches if found is not None), None)


def _patterns(texts: Sequence[str]) -> Iterator[re.Pattern[str]]:
    """How the lines look that name a place of one of the loops."""
    heads = [at for at, text in enumerate(texts) if _LOOP.search(text) or _READ.search(text)]
    for at in heads[:_MOST_LOOPS]:
        body = _body(texts[at : at + _MOST_LINES])
        if not any(sign in body for sign in SIGNS) or "tables" not in body:
            continue
        loop = _LOOP.search(body) or _READ.search(body)
        if loop is None:
            continue
        for echo in _ECHO.finditer(body, loop.end()):
            yield from _told(echo["told"], loop["name"])
        yield from _items(loop["items"] if loop.re is _LOOP else "")


def _body(texts: Sequence[str]) -> str:
    """The lines of a loop up to its end."""
    body = "\n".join(texts)
    end = re.search(r"(?:;|^)\s*done\b", body, re.MULTILINE)
    return body[: end.start()] if end is not None else body


def _told(text: str, name: str) -> Iterator[re.Pattern[str]]:
    """What an `echo` prints, with the name of the place in it."""
    bare = text.strip().strip("\"'").removesuffix("\\n").strip()
    around = re.split(rf"\$(?:{name}\b|\{{{name}\}})", bare)
    if len(around) > 1 and not any("$" in each or "`" in each for each in around):
        first, second, *rest = map(re.escape, around)
        same = "".join(f"(?P=n){each}" for each in rest)
        yield re.compile(rf"{first}(?P<n>[\w.@:/-]{{1,80}}?){second}{same}")


def _items(text: str) -> Iterator[re.Pattern[str]]:
    """The items of a loop, where they are literal."""
    items = text.split()
    if 1 < len(items) <= _MOST_ITEMS and all(map(_ITEM.fullmatch, items)):
        names = "|".join(map(re.escape, sorted(items, key=len, reverse=True)))
        yield re.compile(
            rf"(?:[^\w-]|-(?![A-Z]\b)){{0,12}}(?:[A-Za-z]+:? )?(?P<n>{names})\W{{0,12}}"
        )
