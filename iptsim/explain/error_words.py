"""What an error says, in the language of who asked."""

from __future__ import annotations

from iptsim.errors import IptsimError
from iptsim.explain.catalogue import sentence
from iptsim.explain.phrases import in_language

PHRASES = frozenset(
    {"message", "why", "expected", "words", "what", "known", "metavar", "missing", "told"}
)
"""Facts that are told in English where they arise: phrases, which have a translation."""


def error_words(error: IptsimError, lang: str) -> str:
    """The sentence of its code, filled in from its facts; in English the error's own message."""
    if lang == "en":
        return error.message
    facts = {"message": error.message, **error.facts}
    told = {
        name: in_language(fact, lang) if name in PHRASES and isinstance(fact, str) else fact
        for name, fact in facts.items()
    }
    return sentence(error.code, lang, **told)
