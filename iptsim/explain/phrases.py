"""Phrases of errors and of help in another language than English, which is their key.

What an option means, what a value should have been and why it is none stand in English where they
are known: in an extension, in the code that reads it. As with gettext the English phrase is the key
of its translation (`catalogue/phrases_zh.py`, `catalogue/help_zh.py`); `{name}` in it stands for
what differs from case to case. Tests hold that each phrase has a translation, and each translation
a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

_FIELD = r"\{(\w+)\}"
_QUOTED = r"'([^']*)'"
_A_WORD = r"\S+"
_WORDS = frozenset({"option", "one", "other", "number", "first", "last", "family"})
"""Fields that hold no blanks; others may hold anything."""
_MAY_BE_EMPTY = frozenset({"more"})
"""Fields that hold something only sometimes: what else may be right."""


def in_language(text: str, lang: str) -> str:
    """The phrase in that language; as it is in English, and where it is no known phrase.

    What stands for a field of a phrase is told in that language, too, where it is a phrase.
    """
    if lang == "en":
        return text
    return _told(text) or text


def knows_phrase(text: str) -> bool:
    """Whether there is a translation of the phrase."""
    return _told(text) is not None


def _told(text: str) -> str | None:
    known = phrases()
    if text in known:
        return known[text]
    for pattern, told in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return _filled(told, found.groupdict())
    return _list(text)


def _list(text: str) -> str | None:
    """Phrases with commas between."""
    told = [_told(each) for each in text.split(", ")] if ", " in text else []
    parts = text.split(", ")
    return (
        "，".join(one or part for one, part in zip(told, parts, strict=True)) if any(told) else None
    )


def _filled(told: str, facts: Mapping[str, str]) -> str:
    from iptsim.explain.catalogue import filled  # noqa: PLC0415  # for an error alone

    return filled(told, {name: _fact(text) for name, text in facts.items()})


def _fact(text: str) -> str:
    """A fact; what Python quoted is quoted as Chinese is."""
    told = _told(text)
    return re.sub(f"^{_QUOTED}$", r"“\1”", text) if told is None else told


@cache
def phrases() -> Mapping[str, str]:
    """Every phrase in Chinese, by its English."""
    from iptsim.explain.catalogue import (  # noqa: PLC0415  # for these alone
        help_zh,
        journey_phrases_zh,
        manifest_phrases_zh,
        mesh_phrases_zh,
        phrases_zh,
    )

    parts = (phrases_zh, help_zh, journey_phrases_zh, manifest_phrases_zh, mesh_phrases_zh)
    return {english: told for part in parts for english, told in part.PHRASES.items()}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Phrases with fields, those first that say most themselves."""
    known = [english for english in phrases() if re.search(_FIELD, english)]
    known.sort(key=lambda english: -len(re.sub(_FIELD, "", english)))
    return tuple(
        (re.compile(_pattern(english), re.DOTALL), phrases()[english]) for english in known
    )


def _pattern(english: str) -> str:
    parts = re.split(_FIELD, english)
    return "".join(_field(part) if at % 2 else re.escape(part) for at, part in enumerate(parts))


def _field(name: str) -> str:
    text = _A_WORD if name in _WORDS else ".*?" if name in _MAY_BE_EMPTY else ".+?"
    return f"(?P<{name}>{text})"
