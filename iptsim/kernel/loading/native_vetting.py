"""What of a text of nft's may reach nft, which root runs on it: only what is harmless.

`include` opens files, `osf` loads fingerprints for the whole machine, `cgroupv2` asks for a path of
this host, an audit log is the whole machine's, and a host's name would be asked of a name server.
The text is loaded without its remarks, so that all versions of nft find the same words in it
(src/scanner.l of nft 1.0.6: a quoted string has no escapes, a remark ends with its line).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.dialects.nft.outline import Block, outline
from iptsim.regex import regex

WATCHED = "iptsim_judge"
_PIECE = regex(r'"[^"]*"|#[^\n]*|[^"#]+|"')
_ALLOWED = frozenset(
    {
        "table", "add", "create", "insert", "replace", "delete", "destroy", "flush", "define",
        "redefine", "undefine", "chain", "rule", "set", "map", "element", "flowtable",
    }
)  # fmt: skip
_WORDS: Sequence[tuple[str, str]] = (
    (r"(?<![\w./-])include(?![\w./-])", codes.NFT_OPENS),
    (r"(?<![\w./-])cgroupv2(?![\w./-])", codes.TOUCHES_HOST),
    (r"(?<![\w./-])osf\s+(?:name|version|ttl)\b", codes.TOUCHES_HOST),
    (r"\blevel\s+\"?audit\b", codes.TOUCHES_HOST),
    (r"(?<![\w./-])xt\s+(?:match|target)\b", codes.EFFECT_ON_NFT_UNKNOWN),
    (rf"(?<![\w./-]){WATCHED}(?![\w./-])", codes.NFT_READS_IN_SEVERAL_WAYS),
)
_BAD = tuple((regex(pattern), code) for pattern, code in _WORDS)
_CONTROLS = regex(r"[\x00-\x08\x0b-\x1f\x7f]|\\(?!\r?\n)")
_FLUSH = regex(r"^[ \t]*flush[ \t]+ruleset(?:[ \t]+\w+)?[ \t]*;?[ \t]*$", 8)  # MULTILINE
_JSON_KEYS = {
    "osf": codes.TOUCHES_HOST, "xt": codes.EFFECT_ON_NFT_UNKNOWN, "include": codes.NFT_OPENS,
}  # fmt: skip
_JSON_VALUES = {("key", "cgroupv2"): codes.TOUCHES_HOST, ("level", "audit"): codes.TOUCHES_HOST}
_JSON_DOES = frozenset({"add", "create", "insert", "replace", "delete", "destroy", "flush"})
_JSON_IS = frozenset(
    {
        "metainfo", "table", "chain", "rule", "set", "map", "element", "flowtable", "counter",
        "quota", "limit", "ct helper", "ct timeout", "ct expectation", "synproxy", "secmark",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeRefusal:
    """Why a text must not be loaded: the word, and its line, counted from 1."""

    code: str
    line: int
    word: str


def bare(text: str) -> str:
    """The text without its remarks and without `flush ruleset`; each line stays where it is.

    The host that it is loaded on is empty, but for the judge's own table.
    """
    kept = "".join(piece for piece in _PIECE.findall(text) if piece[0] != "#")
    return _FLUSH.sub("", kept)


def refused_native(text: str) -> NativeRefusal | None:
    """The first thing in a bare text that must not reach nft; None where all may."""
    found = [*_controls(text), *_words(text), *_commands(text)]
    return min(found, key=lambda one: one.line, default=None)


def _at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _controls(text: str) -> Iterator[NativeRefusal]:
    unclear = codes.NFT_READS_IN_SEVERAL_WAYS
    found = _CONTROLS.search(text.replace("\r\n", "\n"))
    if found is not None:
        yield NativeRefusal(code=unclear, line=_at(text, found.start()), word=repr(found[0])[1:-1])
    if text.count('"') % 2:
        yield NativeRefusal(code=unclear, line=_at(text, text.rindex('"')), word='"')


def _words(text: str) -> Iterator[NativeRefusal]:
    """Of names in quotes only those count that stand where nft takes a word either way."""
    plain = "".join(
        piece if piece[0] != '"' or piece.strip('"') in ("audit", WATCHED) else _blank(piece)
        for piece in _PIECE.findall(text)
    )
    for pattern, code in _BAD:
        for found in pattern.finditer(plain):
            yield NativeRefusal(code=code, line=_at(plain, found.start()), word=found[0])


def _blank(piece: str) -> str:
    return '"' + "\n" * piece.count("\n") + '"'


def _commands(text: str) -> Iterator[NativeRefusal]:
    """What is neither a table nor changes one: `list`, `monitor`, `reset` and whatever comes."""
    for each in outline(enumerate(text.split("\n"), 1)).body:
        words = (each.head if isinstance(each, Block) else each.text).split()
        first = words[0].lstrip("$") if words else ""
        if first not in _ALLOWED or words[1:2] == ["ruleset"]:
            unknown = codes.EFFECT_ON_NFT_UNKNOWN
            yield NativeRefusal(code=unknown, line=each.line, word=first or "{")


def json_refused(text: str) -> NativeRefusal | None:
    """As `refused_native`, of what `nft -j` takes."""
    try:
        told = json.loads(text)["nftables"]
        found = [*_json_commands(told), *_json_words(told)]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = [NativeRefusal(code=codes.NFT_READS_IN_SEVERAL_WAYS, line=1, word="{")]
    return found[0] if found else None


def _json_commands(told: object) -> Iterator[NativeRefusal]:
    assert isinstance(told, list)
    for each in told:
        for name, inner in each.items():
            does = name in _JSON_DOES and isinstance(inner, dict)
            named = set(inner) if does else {name}
            if not named <= _JSON_IS:
                yield NativeRefusal(
                    code=codes.EFFECT_ON_NFT_UNKNOWN, line=1, word=", ".join(sorted(named))
                )


def _json_words(told: object) -> Iterator[NativeRefusal]:
    waiting = [told]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
            for key, value in one.items():
                plain = value if isinstance(value, str) else ""
                code = _JSON_KEYS.get(key) or _JSON_VALUES.get((key, plain))
                code = codes.NFT_READS_IN_SEVERAL_WAYS if plain == WATCHED else code
                if code is not None:
                    yield NativeRefusal(code=code, line=1, word=plain or key)
