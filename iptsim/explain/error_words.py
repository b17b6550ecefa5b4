"""What an error says, in the language of who asked."""

from __future__ import annotations

from iptsim.errors import IptsimError
from iptsim.explain.catalogue import sentence


def error_words(error: IptsimError, lang: str) -> str:
    """The sentence of its code, filled in from its facts; in English the error's own message."""
    if lang == "en":
        return error.message
    return sentence(error.code, lang, **{"message": error.message, **error.facts})
