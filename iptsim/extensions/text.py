"""A rule as iptables-save writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.dataclass import replace
from iptsim.errors import IptsimError
from iptsim.extensions.registry import matches, targets
from iptsim.extensions.spec import Context, Extension
from iptsim.extensions.values.services import PROTOCOL_NAMES
from iptsim.extensions.values.value_types import quote
from iptsim.model import UNREADABLE, Header, Match, Option, Rule, Target
from iptsim.predicate import And, Fact, Not, Or, Predicate, negate
from iptsim.regex import regex

_COUNTS = regex(r"\bcounter packets \d+ bytes \d+")
"""What nft prints of a rule's counter, beside its name."""


class UnwritableError(IptsimError):
    """What no extension knows, or nobody can read, cannot be written as a save file."""


def write_rule(chain: str, rule: Rule, family: int, *, shown: bool = False) -> str:
    """`-A CHAIN …`, exactly as iptables-save prints this rule (nf_tables build 1.8.9).

    `shown`: it is for people and not to be loaded, so what nobody can read stands as it is. Raises
    `UnwritableError` for a rule that the text tells in part only, and for one with text of a
    listing that no extension knows.
    """
    if rule.nft is not None:
        return _COUNTS.sub("counter", rule.nft.text)
    if rule.unread is not None:
        raise UnwritableError(f"«{rule.unread.text}» is no whole rule, so it cannot be written")
    words = [f"-A {chain}", *_header(rule.header, dict(rule.address_names))]
    words += (write_match(saved(match), family, shown=shown) for match in rule.matches)
    if rule.target is not None:
        words.append(write_target(rule.target, family, shown=shown))
    return " ".join(words)


def saved(match: Match) -> Match:
    """The match without what iptables-save leaves out of it (`Extension.unsaved`)."""
    extension = matches().get(match.name)
    if extension is None or not extension.unsaved:
        return match
    kept = tuple(option for option in match.options if option not in extension.unsaved)
    return replace(match, options=kept)


def write_match(match: Match, family: int, *, shown: bool = False) -> str:
    """`-m name --option value …`; see `write_rule`."""
    if match.name in ("?", UNREADABLE):
        if shown:
            return " ".join(match.raw)
        raise UnwritableError(f"«{' '.join(match.raw)}» is not known, so it cannot be written")
    return " ".join((f"-m {match.name}", *_options(matches().get(match.name), match, family)))


def write_target(target: Target, family: int, *, shown: bool = False) -> str:
    """`-j name --option value …`, or `-g chain`; see `write_rule`."""
    if "?" in target.raw[:1]:
        if shown:
            return " ".join((f"-j {target.name}", *target.raw[1:]))
        raise UnwritableError(f"«{' '.join(target.raw[1:])}» is not known, so it cannot be written")
    flag = "-g" if target.goto else "-j"
    return " ".join(
        (f"{flag} {write_name(target.name)}", *_options(targets().get(target.name), target, family))
    )


def _options(extension: Extension | None, match: Match, family: int) -> Iterable[str]:
    if extension is None:
        return match.raw
    return (write_option(extension, option, family) for option in match.options)


def write_option(extension: Extension, option: Option, family: int) -> str:
    """One option with its `!` and its value."""
    known = extension.find(option.name)
    text = f"! {option.name}" if option.negate else option.name
    if known is None or known.value is None or option.value is True:
        return text
    return f"{text} {known.value.write(option.value, family)}"


def _header(header: Header, names: dict[str, str]) -> Iterator[str]:
    """In the order of nft's and of 1.4.10's and later legacy saves: -s -d -i -o -p -f."""
    values = {
        "src": ("-s", names.get("src") or header.src),
        "dst": ("-d", names.get("dst") or header.dst),
        "in": ("-i", header.in_ and write_name(header.in_.text)),
        "out": ("-o", header.out and write_name(header.out.text)),
        "proto": ("-p", header.proto and protocol_name(header.proto)),
    }
    for field, (flag, value) in values.items():
        if value:
            yield f"{'! ' if field in header.not_ else ''}{flag} {value}"
    if header.fragment is not None:
        yield "-f" if header.fragment else "! -f"


def protocol_name(number: int) -> str:
    """The name that iptables-save prints for a protocol, or its number."""
    return PROTOCOL_NAMES.get(number, str(number))


def write_name(name: str) -> str:
    """A chain's name, quoted if it must be."""
    return name if not set(name) & set(" \t\"'\\") else quote(name)


def named_facts(part: Predicate, text: str, where: Context) -> Predicate:
    """The facts in `part` get their keys; one without a key is about the whole match."""
    if isinstance(part, Fact):
        about = part.key or text
        return replace(part, key=fact_key(part, about, where), detail=part.detail or about)
    if isinstance(part, Not):
        return negate(named_facts(part.part, text, where))
    if isinstance(part, And | Or):
        return replace(part, parts=tuple(named_facts(each, text, where) for each in part.parts))
    return part


def fact_key(pattern: Fact, text: str, where: Context) -> str:
    """The same text is the same unknown, but for state that each look changes: then each rule's."""
    if not pattern.each_time:
        return text
    return f"{text} ({where.table} {where.chain}, no. {where.nth})"
