"""The options that iptables itself knows, and how any option is recognised, abbreviated or not.

Source: iptables/xshared.c (`xt_cmd_parse_ops`, `original_opts`) and getopt_long(3).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from iptsim.extensions.spec import Extension
from iptsim.extensions.values.hidden_addresses import mask_of
from iptsim.regex import regex

GLOBALS: Mapping[str, str] = MappingProxyType(
    {
        "append": "A", "delete": "D", "check": "C", "insert": "I", "replace": "R", "list": "L",
        "list-rules": "S", "flush": "F", "zero": "Z", "new-chain": "N", "delete-chain": "X",
        "rename-chain": "E", "policy": "P", "source": "s", "src": "s", "destination": "d",
        "dst": "d", "protocol": "p", "in-interface": "i", "out-interface": "o", "jump": "j",
        "goto": "g", "match": "m", "fragments": "f", "set-counters": "c", "table": "t",
        "ipv4": "4", "ipv6": "6", "wait": "w", "wait-interval": "W", "verbose": "v",
        "numeric": "n", "exact": "x", "line-numbers": "0", "modprobe": "M", "version": "V",
        "help": "h",
    }
)  # fmt: skip
"""Long option to the letter of its short form (`0` and `M` have none in iptables)."""

COMMANDS = frozenset("ADCIRLSFZNXEP")
HEADER: Mapping[str, str] = MappingProxyType(
    {"s": "src", "d": "dst", "i": "in", "o": "out", "p": "proto"}
)
FLAGS = frozenset("f46vnx0h")
"""Letters that take no value."""

EXPECTED: Mapping[str, str] = MappingProxyType(
    {
        "s": "an address, a prefix or a host name",
        "d": "an address, a prefix or a host name",
        "i": "an interface name, such as eth0 or eth+",
        "o": "an interface name, such as eth0 or eth+",
        "p": "a protocol, such as tcp or 6",
        "j": "a target or a chain",
        "g": "a chain",
        "m": "the name of a match",
        "c": "packets and bytes, two numbers",
        "t": "the name of a table",
    }
)

LETTERS = frozenset(GLOBALS.values())
ENDS_RAW = frozenset("sdiopfmjgc")
"""What ends the words of a match that nobody knows: the next module, or a header option."""


_FILLED_IN = regex(r"(?:@\w+@|%\w+%|%[iIn]|<[\w.-]+>)(?:/\S*)?|.*(?:\{\{|\}\}|\{%|\$[{(\w]).*")


def is_filled_in(text: str) -> bool:
    """Whether a word is one that a template or a shell puts a name in the place of."""
    return _FILLED_IN.fullmatch(text) is not None


def hides_name(text: str) -> bool:
    """Whether an interface's name is filled in later, or is no name but a hidden address."""
    return is_filled_in(text) or ("." in text and mask_of(text, 32) is not None)


def long_letter(name: str) -> str | None:
    """The letter of a long option of iptables' own, written in full."""
    return GLOBALS.get(name)


def abbreviated(word: str, known: Iterable[str]) -> list[str]:
    """All options that begin with `word`; both with their dashes."""
    return sorted({name for name in known if name.startswith(word)}) if len(word) > 2 else []


def meant(word: str, known: Mapping[str, object]) -> set[object]:
    """What a word is short for, of what options stand for."""
    return {known[name] for name in abbreviated(word, known)}


def known_options(extensions: Iterable[Extension]) -> dict[str, object]:
    """Iptables' own long options and those of extensions, with what each stands for."""
    known: dict[str, object] = {f"--{name}": letter for name, letter in GLOBALS.items()}
    for extension in extensions:
        known |= of_extension(extension)
    return known


def of_extension(extension: Extension) -> dict[str, object]:
    """The options of an extension, in all their spellings."""
    return {
        name: (extension.name, opt.name)
        for opt in extension.options
        for name in (opt.name, *opt.aliases)
    }


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The option that a misspelt one is most like."""
    found = difflib.get_close_matches(word[:64], sorted(set(known)), n=1)
    return found[0] if found else None
