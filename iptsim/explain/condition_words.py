"""A rule's condition in plain words, read from its meaning, never from its text.

Two registers: `describe_condition` is short and technical (`tcp dport 8088 !uid 1337`), for a
column of a table; `subject` is a noun phrase for a sentence («every TCP connection to port 8088»).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.explain.catalogue import knows, sentence
from iptsim.explain.number_texts import bits_text, protocol, values_text
from iptsim.extensions.lowering import condition
from iptsim.extensions.spec import Context
from iptsim.extensions.values.hostnames import named_field
from iptsim.model import BUILTIN_CHAINS, Rule
from iptsim.packet import DEVICE_HOOKS
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    And,
    Atom,
    Bits,
    Fact,
    InSet,
    Interface,
    Not,
    OneOf,
    Or,
    Predicate,
    all_of,
    any_of,
    negate,
)
from iptsim.values import IntSet, shown_name

_FIRST_FRAGMENT = InSet(field="fragment", values=IntSet.single(0))
_LATER_FRAGMENT = InSet(field="fragment", values=IntSet.single(1))
_ETHERNET = OneOf(field="ethernet", names=frozenset({"yes"}))
_LOCAL = OneOf(field="socket", names=frozenset({"yes"}))


def describe_condition(rule: Rule, where: Context, lang: str = "en") -> str:
    """`tcp dport 8088`; «every packet» where it asks nothing, «no packet» for the other family."""
    asked = _asked(rule, where)
    if asked == NEVER:
        return sentence("word.never", lang)
    told = _native(rule, lang) if rule.nft is not None else _short(asked, where.family, lang)
    return told or sentence("word.any", lang)


def _short(asked: Predicate, family: int, lang: str) -> str:
    told = " ".join(short(part, family, lang) for part in _conjuncts(asked))
    return _with_icmp_code(told, lang)


def _native(rule: Rule, lang: str) -> str:
    """As nft writes it, and by what it looks up what its packets get."""
    from iptsim.explain.native_conditions import asked_words  # noqa: PLC0415  # where one is

    assert rule.nft is not None
    by = (sentence("short.by", lang, key=key) for key in keys(rule))
    return " ".join((*asked_words(rule.nft), *by))


def _asked(rule: Rule, where: Context) -> Predicate:
    """What a rule asks; that a map's key has a value goes without saying beside the key."""
    asked = condition(rule, where)
    if not any(keys(rule)):
        return asked
    return all_of(part for part in _flat(asked) if part != _FIRST_FRAGMENT)


def keys(rule: Rule) -> Iterator[str]:
    """By what a rule of nftables looks up what its packets get: `ip daddr . th dport`."""
    if rule.nft is None:
        return
    from iptsim.extensions.nft.nft_words import words  # noqa: PLC0415  # if asked
    from iptsim.nftables.expressions import MapLookup  # noqa: PLC0415
    from iptsim.nftables.nft_statements import Assignment, Nat, VerdictMap  # noqa: PLC0415

    for one in rule.nft.statements:
        match one:
            case VerdictMap(key=key) | Assignment(value=MapLookup(key=key)):
                yield words(key)
            case Nat(address=MapLookup(key=key)) | Nat(port=MapLookup(key=key)):
                yield words(key)


def spoken(rule: Rule, where: Context) -> Context:
    """Where a rule stands, in the words of iptables: a base chain of nftables is one of those.

    A table of nftables whose base chains are all of type nat speaks of connections.
    """
    hooks = [] if rule.nft is None else _bases(rule, where.chain)
    if not hooks:
        return where
    nat = {kind for kind, _name, _own in hooks} == {"nat"}
    own = next((name for _kind, name, own in hooks if own), where.chain)
    return replace(where, table="nat" if nat else "mangle", chain=own)


def _bases(rule: Rule, chain: str) -> list[tuple[str, str, bool]]:
    """The base chains of a rule's table: their types and hooks, and which of them is its own."""
    home = getattr(rule, "home", None)
    chains = () if home is None else home.chains
    hooked = [(one.name, one.hook) for one in chains if one.hook is not None]
    own = [(hook.type, hook.hook.upper(), True) for name, hook in hooked if name == chain]
    return own or [(hook.type, hook.hook.upper(), False) for _name, hook in hooked]


def _with_icmp_code(text: str, lang: str) -> str:
    """The type and its code in one, as --icmp-type has them."""
    kind, code = field_name("icmp_type", 4, lang), field_name("icmp_code", 4, lang)
    return re.sub(rf"(?<![^ ])({kind} \d+) {code} (\d+)(?![^ ])", r"\1/\2", text)


def short(predicate: Predicate, family: int, lang: str = "en") -> str:
    """A predicate in its short, technical form."""
    if isinstance(predicate, Not):
        inner = short(predicate.part, family, lang)
        return f"!({inner})" if isinstance(predicate.part, And | Or) else f"!{inner}"
    if isinstance(predicate, And):
        return " ".join(short(part, family, lang) for part in predicate.parts)
    if isinstance(predicate, Or):
        return "(" + " | ".join(short(part, family, lang) for part in predicate.parts) + ")"
    return _short_atom(predicate, family, lang)


def _short_atom(atom: Atom, family: int, lang: str) -> str:
    if isinstance(atom, Fact):
        named = named_field(atom)
        if named:
            return f"{field_name(named[0], family, lang)} {named[1]}"
        return quoted(_question(atom), lang)
    text = _values(atom, family)
    name = field_name(atom.field, family, lang)
    if atom.field == "fragment":
        return name if atom == _LATER_FRAGMENT else f"{name} {text}"
    if text in ("yes", "no"):
        text = sentence(f"short.value.{text}", lang)
    return text if atom.field == "proto" else f"{name} {text}"


def _question(fact: Fact) -> str:
    """What is asked, as nft has it where the fact is whether its `fib` finds anything."""
    exists = " exists" if fact.code == codes.FIB_FOUND else ""
    return f"{fact.detail or fact.key}{exists}"


def field_name(field: str, family: int, lang: str) -> str:
    """A field in a word: as iptables' options call it (`tcp-flags`, `dst-type`), or in 中文."""
    if field == "ttl" and family == 6:
        return "hl"
    key = f"short.{field}"
    return sentence(key, lang) if knows(key, lang) else field.replace("_", "-")


def quoted(text: str, lang: str) -> str:
    """A text as it stands in the dump, between the quotes of the language."""
    return f"“{text}”" if lang == "zh" else f"«{text}»"


def _values(atom: InSet | Bits | Interface | OneOf, family: int) -> str:
    if isinstance(atom, InSet):
        return values_text(atom.field, atom.values, family) or "-"
    if isinstance(atom, Bits):
        return bits_text(atom.field, atom.test, family)
    if isinstance(atom, Interface):
        return shown_name(atom.pattern.text)
    return ",".join(sorted(atom.names))


def subject(rule: Rule, where: Context, lang: str = "en") -> str:
    """Which packets of those that reach it the rule speaks of, with how they got to its chain."""
    return noun_phrase(_asked(rule, where), spoken(rule, where), lang)


def noun_phrase(predicate: Predicate, where: Context, lang: str = "en") -> str:
    """«every TCP connection to port 8088 that arrives»; nat speaks of connections.

    Nat meets only the first packet of a connection (nf_nat_core.c, nf_nat_inet_fn).
    """
    noun = sentence("word.connection" if where.table == "nat" else "word.packet", lang)
    if predicate == NEVER:  # a rule of an inet table that asks for the other family
        noun = sentence("word.noun", lang, proto=f"IPv{where.family}", noun=noun)
        return sentence("word.none", lang, noun=noun, qualifiers=arrival(where, lang))
    parts = list(_conjuncts(predicate))
    named = next((part for part in parts if _one_protocol(part)), None)
    if isinstance(named, InSet):
        parts.remove(named)
        noun = sentence("word.noun", lang, proto=protocol(named.values.first), noun=noun)
    qualifiers = [phrase(part, where.family, lang).strip() for part in parts]
    qualifiers.append(arrival(where, lang))
    joined = sentence("word.join", lang).join(qualifiers)
    return sentence("word.qualify", lang, noun=noun, qualifiers=joined)


def arrival(where: Context, lang: str = "en") -> str:
    """How packets come to a chain: «that arrives» for PREROUTING, «that comes to X»."""
    if where.chain in (*BUILTIN_CHAINS.get(where.table, ()), *DEVICE_HOOKS):
        return sentence(f"at.{where.chain}", lang)
    return sentence("at.chain", lang, chain=where.chain)


def phrase(predicate: Predicate, family: int, lang: str = "en") -> str:
    """A predicate as a qualifier of a noun: «to port 80»."""
    if isinstance(predicate, Not) and not isinstance(predicate.part, And | Or):
        return _phrase_atom(predicate.part, family, lang, "cond.not")
    if isinstance(predicate, Not):
        return sentence("word.not", lang, part=f"({phrase(predicate.part, family, lang)})")
    if isinstance(predicate, Or) and (names := _of_one_field(predicate)) is not None:
        field, told = names
        return sentence(f"cond.{field}", lang, values=sentence("word.or", lang).join(told))
    if isinstance(predicate, And | Or):
        word = "word.and" if isinstance(predicate, And) else "word.or"
        return _joined(predicate.parts, sentence(word, lang), family, lang)
    return _phrase_atom(predicate, family, lang, "cond")


def _of_one_field(predicate: Or) -> tuple[str, list[str]] | None:
    """The interfaces that are asked for, where nothing else is."""
    parts = [part for part in predicate.parts if isinstance(part, Interface)]
    fields = {part.field for part in parts}
    if len(parts) != len(predicate.parts) or not fields <= {"in", "out"} or len(fields) != 1:
        return None
    return fields.pop(), [shown_name(part.pattern.text) for part in parts]


def _joined(parts: Iterable[Predicate], word: str, family: int, lang: str) -> str:
    return word.join(phrase(part, family, lang).strip() for part in parts)


def _phrase_atom(atom: Predicate, family: int, lang: str, kind: str) -> str:
    assert not isinstance(atom, Not | And | Or)
    if isinstance(atom, Fact):
        named = named_field(atom)
        if named is not None and knows(f"{kind}.{named[0]}", lang):
            return sentence(f"{kind}.{named[0]}", lang, values=named[1])
        return sentence(f"{kind}.fact", lang, detail=_question(atom))
    if atom == _FIRST_FRAGMENT:
        return _phrase_atom(_LATER_FRAGMENT, family, lang, "cond.not")
    values = _values(atom, family)
    values = listed(values, lang) if isinstance(atom, InSet | OneOf) else values
    if knows(f"{kind}.{atom.field}", lang):
        return sentence(f"{kind}.{atom.field}", lang, values=values)
    word = f"field.{atom.field}"
    field = sentence(word, lang) if lang == "zh" and knows(word, lang) else atom.field
    return sentence(f"{kind}.field", lang, field=field, values=values)


def listed(values: str, lang: str) -> str:
    """Values in a sentence: `80,443,8000-8010`, or `80、443 或 8000-8010` in 中文."""
    if lang != "zh" or "," not in values:
        return values
    first, _, last = values.rpartition(",")
    return f"{first.replace(',', '、')} 或 {last}"


def _one_protocol(part: Predicate) -> bool:
    return isinstance(part, InSet) and part.field == "proto" and part.values.count == 1


def _conjuncts(predicate: Predicate) -> Iterator[Predicate]:
    """What is asked, each thing once, without what goes without saying beside the rest."""
    parts = tuple(dict.fromkeys(_beside_protocols(tuple(_flat(predicate)))))
    fields = {atom.field for part in parts if (atom := _plain(part)) is not None}
    fields |= {named[0] for part in parts if (named := _named(part)) is not None}
    for part in parts:
        implied = (part == _FIRST_FRAGMENT and "proto" in fields) or (
            part == _LOCAL and fields & {"uid", "gid"}
        )
        implied = implied or (part == _ETHERNET and "mac_src" in fields)
        if not implied:
            yield part


def _beside_protocols(parts: tuple[Predicate, ...]) -> Iterator[Predicate]:
    """Without what other protocols than those asked for would be asked besides."""
    known = [part.values for part in parts if isinstance(part, InSet) and part.field == "proto"]
    for part in parts:
        left = part
        if known and isinstance(part, Or):
            left = any_of(_of_protocols(each, known[0]) for each in part.parts)
        yield from _flat(left)


def _of_protocols(part: Predicate, known: IntSet) -> Predicate:
    """What is left to ask of packets of these protocols."""
    if isinstance(part, And):
        return all_of(_of_protocols(each, known) for each in part.parts)
    if isinstance(part, Not) and isinstance(part.part, InSet) and part.part.field == "proto":
        return negate(_of_protocols(part.part, known))
    if isinstance(part, InSet) and part.field == "proto":
        inside = known & part.values
        return ALWAYS if inside == known else NEVER if not inside else part
    return part


def _flat(predicate: Predicate) -> Iterator[Predicate]:
    if isinstance(predicate, And):
        for part in predicate.parts:
            yield from _flat(part)
    else:
        yield _owner(predicate) or predicate


def _owner(predicate: Predicate) -> Predicate | None:
    """`! --uid-owner 0` is not «sent by a program of this host and of user 0»: said shorter."""
    if not isinstance(predicate, Not) or not isinstance(predicate.part, And):
        return None
    rest = [part for part in predicate.part.parts if part != _LOCAL]
    alone = len(rest) == 1 and len(predicate.part.parts) == 2
    return negate(rest[0]) if alone else None


def _named(part: Predicate) -> tuple[str, str] | None:
    inner = part.part if isinstance(part, Not) else part
    return named_field(inner) if isinstance(inner, Fact) else None


def _plain(part: Predicate) -> InSet | Bits | Interface | OneOf | None:
    inner = part.part if isinstance(part, Not) else part
    return inner if isinstance(inner, InSet | Bits | Interface | OneOf) else None
