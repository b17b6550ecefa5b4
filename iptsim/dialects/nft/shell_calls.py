"""What a shell hands to nft: its words, without the shell's quotes."""

from __future__ import annotations

from iptsim.regex import regex

_WORD = regex(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|\\(.)")
_ENDS = regex(r"(?:[^'\"\\;&|#]|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|(?<=\S)#)*")


def as_statement(told: str) -> str:
    """`add chain ip t c '{ type filter …; }'` as nft reads it.

    Quotes around a word stay (`iifname "eth0"`): nft takes the word with them, too.
    """
    whole = _ENDS.match(told)
    text = whole[0] if whole else told
    if text.startswith('"') and (end := text.rfind('"')) > 0:
        return text[1:end].replace('\\"', '"').strip()
    return _WORD.sub(lambda found: _bare(found[1], found[2], found[3], found[0]), text).strip()


def _bare(single: str | None, double: str | None, escaped: str | None, whole: str) -> str:
    if single is not None:
        return single
    if double is not None:
        return double.replace('\\"', '"') if '\\"' in double else whole
    return escaped or ""
