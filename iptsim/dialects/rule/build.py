"""The pieces of a resolved line turned into the header, matches and target of a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from iptsim.dialects.rule import iptables_options as options
from iptsim.dialects.rule.resolve import Given, Module, Resolved, Value
from iptsim.dialects.rule.words import LONGEST_NAME, NAME_EXPECTED
from iptsim.extensions.values.hidden_addresses import mask_of
from iptsim.extensions.values.value_types import quote, read_number, read_protocol
from iptsim.model import Counters, Header, Match, Option, Target
from iptsim.regex import regex
from iptsim.values import InterfacePattern, Network, parse_network

Texts = Sequence[str] | Mapping[int, str]
Names = tuple[tuple[str, str], ...]
HeaderNames = tuple[Header, Names]
Address = Network | str | None

MOST_PAIRS = 65_536
"""Rules that one line may stand for: each of its sources with each of its destinations."""
_FLAG = regex(r"!|-.+")
_FILLED_IN = "a template fills this in"
_HOST_NAME = regex(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*)(?:/[0-9.]+)?")


class BadWordError(Exception):
    """A value that its option does not take; `words` are the numbers of the words at fault."""

    def __init__(self, message: str, words: Sequence[int], expected: str = "") -> None:
        super().__init__(message)
        self.message, self.words, self.expected = message, words, expected


def text_of(value: Value, texts: Texts) -> str:
    """The text of a value, which may be attached to its option (`-s10.0.0.1`)."""
    return texts[value.word] if value.attached is None else value.attached


def numbers_of(module: Module) -> list[int]:
    """The numbers of all words that a module is made of."""
    values = [number for given in module.given for number in given.values]
    return [module.name, *values, *module.raw]


def build_match(module: Module, family: int, texts: Texts) -> Match:
    """One match with its options in canonical form; the words of an unknown one as they are."""
    if module.extension is None:
        if not _bare(_name(module, texts)):
            raise BadWordError("no match is called so", (module.name,), "the name of a match")
        return Match(name=_name(module, texts), raw=_raw(module, texts))
    return Match(name=module.extension.name, options=_options(module, texts, family))


def build_target(resolved: Resolved, family: int, texts: Texts) -> Target | None:
    """The target, chain or verdict behind -j, or the chain behind -g."""
    module = resolved.target
    if module is None:
        return None
    name = _name(module, texts)
    if module.extension is None:
        return Target(name=name, raw=_raw(module, texts), goto=resolved.goto)
    return Target(name=module.extension.name, options=_options(module, texts, family))


def _name(module: Module, texts: Texts) -> str:
    name = texts[module.name] if module.implied is None else module.implied
    return checked_name(name, module.name)


def checked_name(name: str, word: int) -> str:
    """A name of a chain, match or target: without blanks (xshared.c, assert_valid_chain_name)."""
    if name.split() != [name]:
        raise BadWordError(f"{name!r} is no name", (word,), "a name without blanks")
    if len(name) > LONGEST_NAME:
        raise BadWordError("this is too long for a name", (word,), NAME_EXPECTED)
    return name


def chain_name(value: Value, texts: Texts) -> str:
    """The chain that a command speaks of."""
    name = text_of(value, texts)
    if options.is_filled_in(name):
        raise BadWordError(_FILLED_IN, (value.word,), "the name of a chain")
    return checked_name(name, value.word)


def _raw(module: Module, texts: Texts) -> tuple[str, ...]:
    return tuple(_as_read(texts[number], number in module.flags) for number in module.raw)


def _as_read(word: str, flag: bool) -> str:
    """A word that would read otherwise without its quotes stands in them."""
    if _bare(word) and (flag or not _FLAG.fullmatch(word)):
        return word
    return f'"{word}"' if _bare(word) else quote(word)


def _bare(word: str) -> bool:
    return bool(word) and not set(word) & set(" \t\n\"'\\")


def _options(module: Module, texts: Texts, family: int) -> tuple[Option, ...]:
    assert module.extension is not None
    given = [_option(option, texts, family) for option in module.given]
    try:
        return module.extension.canonical(given, family)
    except ValueError as wrong:
        numbers = [module.name, *(number for g in module.given for number in (g.word, *g.values))]
        raise BadWordError(str(wrong), sorted(numbers)) from None


def _option(given: Given, texts: Texts, family: int) -> Option:
    kind = given.opt.value
    words = [texts[number] for number in given.values]
    if given.attached is not None:
        words.insert(0, given.attached)
    if kind is None or not words:
        return Option(name=given.opt.name, negate=given.negate)
    try:
        value = kind.read(words, family)
    except ValueError as wrong:
        at = given.values or (given.word,)
        raise BadWordError(f"{given.opt.name}: {wrong}", at, kind.expected) from None
    return Option(name=given.opt.name, value=value, negate=given.negate)


def build_header(resolved: Resolved, family: int, texts: Texts) -> list[HeaderNames]:
    """The header with its host names; one for each pair of the addresses of `-s a,b` and `-d`."""
    asked = resolved.header
    sources = _addresses(asked.get("src"), texts, family)
    destinations = _addresses(asked.get("dst"), texts, family)
    inward, outward = _interface(asked.get("in"), texts), _interface(asked.get("out"), texts)
    proto = _protocol(asked.get("proto"), texts)
    if len(sources) * len(destinations) > MOST_PAIRS:
        raise BadWordError(
            "too many addresses", (asked["src"].word,), f"at most {MOST_PAIRS} pairs"
        )
    negated = frozenset([name for name, value in asked.items() if value.negate])
    return [
        (
            Header(
                src=_shown(source, family),
                dst=_shown(destination, family),
                in_=inward,
                out=outward,
                proto=proto,
                fragment=resolved.fragment,
                not_=negated,
            ),
            _host_names(source, destination),
        )
        for source in sources
        for destination in destinations
    ]


def _shown(address: Address, family: int) -> Network | None:
    """What an address asks for certain; of one that a writer hid, what shows of it."""
    if not isinstance(address, str):
        return address
    mask = mask_of(address, 32 if family == 4 else 128)
    return mask.known if mask else None


def _host_names(source: Address, destination: Address) -> Names:
    if not isinstance(source, str) and not isinstance(destination, str):
        return ()
    both = (("src", source), ("dst", destination))
    return tuple((field, name) for field, name in both if isinstance(name, str))


def _interface(value: Value | None, texts: Texts) -> InterfacePattern | None:
    """`-i +` asks nothing and is not printed; `! -i +` never matches (xshared.c, save_iface)."""
    if value is None:
        return None
    text = text_of(value, texts)
    # A name may begin with a hyphen (net/core/dev.c): more likely the option lost its value.
    if not text or text[0] == "-" or any(character.isspace() for character in text):
        raise BadWordError(f"{text!r} is no interface", (value.word,), options.EXPECTED["i"])
    if options.hides_name(text):
        raise BadWordError(_FILLED_IN, (value.word,), options.EXPECTED["i"])
    return None if text == "+" and not value.negate else InterfacePattern(text=text)


def _protocol(value: Value | None, texts: Texts) -> int | None:
    if value is None:
        return None
    try:
        number = read_protocol(text_of(value, texts))
    except ValueError as wrong:
        raise BadWordError(str(wrong), (value.word,), options.EXPECTED["p"]) from None
    if value.negate and not number:
        raise BadWordError("no packet has none of all protocols", (value.word,), "a protocol")
    return number or None


def _addresses(value: Value | None, texts: Texts, family: int) -> list[Address]:
    if value is None:
        return [None]
    text = text_of(value, texts)
    if "," not in text:
        return [_address(text, value, family)]
    if value.negate:
        raise BadWordError("several addresses cannot be negated", (value.word,), "one address")
    if text.count(",") >= MOST_PAIRS:
        raise BadWordError("too many addresses", (value.word,), f"at most {MOST_PAIRS}")
    return [_address(one, value, family) for one in text.split(",")]


def _address(text: str, value: Value, family: int) -> Address:
    """A network, a host name, or None for a prefix of no bits, which asks nothing."""
    try:
        network = parse_network(
            _completed(text) if family == 4 else text, 32 if family == 4 else 128
        )
    except ValueError as wrong:
        if mask_of(text, 32 if family == 4 else 128) is not None:
            return text
        if not _HOST_NAME.fullmatch(text) or not re.search("[A-Za-z]", text.partition("/")[0]):
            raise BadWordError(str(wrong), (value.word,), options.EXPECTED["s"]) from None
        return text
    return network if network.mask or value.negate else None


def _completed(text: str) -> str:
    """`10.1` is 10.1.0.0 and `10/8` is 10.0.0.0/8 (xtables.c, numeric_to_ipaddr)."""
    if text.count(".") == 3:
        return text
    host, slash, tail = text.partition("/")
    missing = 3 - host.count(".")
    if missing <= 0 or not re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){0,2}", host):
        return text
    return f"{host}{'.0' * missing}{slash}{tail}"


def read_counters(values: Sequence[Value], texts: Texts) -> Counters:
    """`-c PACKETS BYTES`, also written `-c PACKETS,BYTES`."""
    both = [part for value in values for part in text_of(value, texts).split(",")]
    words = [value.word for value in values]
    try:
        packets, length = (read_number(part, 64) for part in both)
    except ValueError:
        raise BadWordError("these are no counters", sorted(words), options.EXPECTED["c"]) from None
    return Counters(packets=packets, bytes=length)
