"""What a plain word of YAML is: as the reader that kubectl and the API server use takes it.

Source: sigs.k8s.io/yaml/goyaml.v2, resolve.go. Times stay texts, as they do in its JSON.
"""

from __future__ import annotations

from iptsim.manifests.nodes import Shape
from iptsim.regex import regex

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset(
    {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
)  # fmt: skip
_FALSE = frozenset(
    {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}
)  # fmt: skip
_WHOLE = regex(r"[-+]?(?:0|[1-9][0-9_]*)")
_BASED = regex(r"([-+]?)0(?:(b)([01_]+)|(x)([0-9a-fA-F_]+)|(o?)([0-7_]+))")
_BROKEN = regex(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?")
_MOST_DIGITS = 400
Scalar = str | int | float | bool | None


def scalar(word: str) -> tuple[Shape, Scalar]:
    """What an unquoted word is, and its value."""
    if word in _NULLS:
        return Shape.NULL, None
    if word in _TRUE or word in _FALSE:
        return Shape.FLAG, word in _TRUE
    number = _number(word) if len(word) < _MOST_DIGITS else None
    return (Shape.TEXT, word) if number is None else (Shape.NUMBER, number)


def _number(word: str) -> int | float | None:
    if _WHOLE.fullmatch(word):
        return int(word.replace("_", ""))
    based = _BASED.fullmatch(word)
    if based is not None:
        return _based(*(part or "" for part in based.groups()))
    if _BROKEN.fullmatch(word) and any(letter.isdigit() for letter in word):
        return float(word.replace("_", ""))
    return None


def _based(*parts: str) -> int | None:
    sign, _b, binary, _x, hexadecimal, _o, octal = parts
    digits = (binary or hexadecimal or octal).replace("_", "")
    base = 2 if binary else 16 if hexadecimal else 8
    return int(sign + digits, base) if digits else None
