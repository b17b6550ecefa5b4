"""Values that a dump does not tell, as a trace names them, in words."""

from __future__ import annotations

from iptsim.explain.catalogue import sentence
from iptsim.regex import regex

_KNOWN = {
    "an address of the outgoing interface": "value.address_out",
    "an address of another interface": "value.address_other",
    "an address of this host": "value.address_own",
}
_ADDRESS_OF = regex(r"an address of (.+)")
_CHANGED_BY = regex(r"changed by (.+)")
_CHOSEN = ("src", "dst", "sport", "dport")


def value_words(field: str, text: str, lang: str) -> str:
    """`an address of eth0`, `one of 1024-65535`; a value that is known stays as it is."""
    if text in _KNOWN:
        return sentence(_KNOWN[text], lang)
    if found := _ADDRESS_OF.fullmatch(text):
        return sentence("value.address_of", lang, interface=found[1])
    if found := _CHANGED_BY.fullmatch(text):
        return sentence("value.changed_by", lang, rule=found[1])
    if field in _CHOSEN and "-" in text:
        return sentence("value.one_of", lang, values=text)
    return sentence("value.unknown", lang) if text == "unknown" else text
