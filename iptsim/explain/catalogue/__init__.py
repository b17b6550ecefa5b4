"""Every sentence for people, by language and stable code.

A language is all modules of this package whose name is its tag or begins with it and `_`; each
holds a mapping `SENTENCES` from code to a `str.format` pattern. Two modules of a language that
claim one code are a mistake, found on first use.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from string import Formatter
from types import MappingProxyType

LANGUAGES = ("en", "zh")


class DuplicateSentenceError(Exception):
    """Two modules of one language claim the same code."""


def sentence(code: str, lang: str = "en", **facts: object) -> str:
    """The sentence of a code, filled in from `facts`; `KeyError` for a code that is in no catalogue.

    Facts may hold text of a dump: they are values, never patterns.
    """
    return "".join(_parts(sentences(lang)[code], facts))


def _parts(pattern: str, facts: Mapping[str, object]) -> Iterator[str]:
    """The pattern filled in, with a blank wherever 中文 would touch a fact in Latin letters."""
    last = " "
    for literal, name, form, _ in Formatter().parse(pattern):
        fact = "" if name is None else format(facts[name], form or "")
        for part in (literal, fact):
            if part:
                yield f" {part}" if _touch(last, part[0]) else part
                last = part[-1]


def _touch(left: str, right: str) -> bool:
    return (_is_han(left) and _is_latin(right)) or (_is_latin(left) and _is_han(right))


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _is_latin(character: str) -> bool:
    return character == "«" or ("!" <= character <= "~" and character not in "),.;!?")


def knows(code: str, lang: str = "en") -> bool:
    """Whether the catalogue of that language has a sentence for the code."""
    return code in sentences(lang)


@cache
def sentences(lang: str) -> Mapping[str, str]:
    """The whole catalogue of a language; `KeyError` for a language that is not in `LANGUAGES`."""
    if lang not in LANGUAGES:
        raise KeyError(lang)
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name == lang or module.name.startswith(lang + "_"):
            _enter(found, importlib.import_module(f"{__name__}.{module.name}").SENTENCES)
    return MappingProxyType(found)


def _enter(found: dict[str, str], more: Mapping[str, str]) -> None:
    twice = found.keys() & more.keys()
    if twice:
        raise DuplicateSentenceError(", ".join(sorted(twice)))
    found.update(more)
