"""Every sentence for people, by language and stable code.

Of each topic there is a module for each language, named by its tag and the topic (`en_trace`),
which holds a mapping `SENTENCES` from code to a `str.format` pattern. It is loaded when a sentence
of that topic is said. Two modules of a language that claim one code are a mistake, found where all
are asked for (`sentences`).
"""

from __future__ import annotations

import importlib

# `string.Formatter().parse` without what else `string` loads and makes.
from _string import formatter_parser  # type: ignore[import-not-found]
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

LANGUAGES = ("en", "zh")
TOPICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "IPT00": ("errors", "untold"),
        "IPT01": ("reading", "errors"),
        "IPT02": ("diff", "reading", "errors"),
        "IPT03": ("trace", "untold", "facts", "diff", "errors"),
        "IPT04": ("facts", "untold", "trace", "errors"),
        "IPT06": ("verify", "errors"),
        "IPT07": ("lint", "query", "trace", "errors"),
        "IPT08": ("mistakes", "manifests", "to_nft"),
        "IPT09": ("mesh", "journey"),
        "trace": ("trace", "untold"),
        "fact": ("trace", "untold"),
        "fate": ("trace", "diff", "untold"),
        **dict.fromkeys(
            (
                "assumed", "change", "crowd", "field", "follow", "packet", "port",
                "short", "value", "when",
            ),
            ("trace",),
        ),
        "error": ("errors", "trace"),
        **dict.fromkeys(("at", "cond", "counters", "explain", "word"), ("words",)),
        "do": ("words", "diff"),
        **dict.fromkeys(("diff", "effect", "eg", "sum", "was", "where"), ("diff",)),
        **{
            topic: (topic,)
            for topic in (
                "graph", "journey", "learn", "lint", "play", "query", "replay", "report", "verify",
                "view",
            )
        },
        "inject": ("injection",),
        "late": ("reading",),
        "matrix": ("query",),
        "know": ("knowledge",),
        "left": ("untold",),
        **dict.fromkeys(("page", "picture"), ("picture",)),
        "read": ("read",),
        "set": ("sets",),
    }
)  # fmt: skip
"""Where the codes with such a beginning stand, most of them first; others are looked for in all."""


class DuplicateSentenceError(Exception):
    """Two modules of one language claim the same code."""


def sentence(code: str, lang: str = "en", **facts: object) -> str:
    """The sentence of a code, filled in from `facts`; `KeyError` for a code that is in no catalogue.

    Facts may hold text of a dump: they are values, never patterns.
    """
    said = _said(code, lang)
    if said is None:
        raise KeyError(code)
    if lang == "zh":
        facts = {k: _enumerated(v) if k in _LISTS else v for k, v in facts.items()}
    return filled(said, facts)


_LISTS = frozenset({"tables", "rules", "leads"})
"""Facts that list names, which no dump can write a comma into."""


def _enumerated(names: object) -> object:
    return names.replace(", ", "、") if isinstance(names, str) else names


def filled(pattern: str, facts: Mapping[str, object]) -> str:
    """A pattern filled in from facts, which are values, never patterns."""
    return "".join(_parts(pattern, facts))


def _parts(pattern: str, facts: Mapping[str, object]) -> Iterator[str]:
    """The pattern filled in, with a blank wherever 中文 would touch a fact in Latin letters."""
    last = " "
    for literal, name, form, _ in formatter_parser(pattern):
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
    return _said(code, lang) is not None


def _said(code: str, lang: str) -> str | None:
    """The pattern of a code; forms of a numbered code (`IPT0203.earlier`) stand beside it."""
    head = code.partition(".")[0]
    numbered = head.startswith("IPT")
    for topic in TOPICS.get(head[:5] if numbered else head) or _topics():
        found = _module(f"{_known(lang)}_{topic}")
        if code in found:
            return found[code]
        if numbered and head in found:
            return None
    return None


@cache
def _topics() -> tuple[str, ...]:
    import pkgutil  # noqa: PLC0415  # a code tells its topic

    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return tuple(name.removeprefix("en_") for name in names if name.startswith("en_"))


def _known(lang: str) -> str:
    if lang not in LANGUAGES:
        raise KeyError(lang)
    return lang


@cache
def _module(name: str) -> Mapping[str, str]:
    found: Mapping[str, str] = importlib.import_module(f"{__name__}.{name}").SENTENCES
    return found


@cache
def sentences(lang: str) -> Mapping[str, str]:
    """The whole catalogue of a language; `KeyError` for a language that is not in `LANGUAGES`."""
    found: dict[str, str] = {}
    for topic in _topics():
        _enter(found, _module(f"{_known(lang)}_{topic}"))
    return MappingProxyType(found)


def _enter(found: dict[str, str], more: Mapping[str, str]) -> None:
    twice = found.keys() & more.keys()
    if twice:
        raise DuplicateSentenceError(", ".join(sorted(twice)))
    found.update(more)
