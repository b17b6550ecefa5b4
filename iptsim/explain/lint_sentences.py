"""Findings of `lint` in words: what is wrong, why it is certain, an example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence
from iptsim.explain.effect_sentences import example_words
from iptsim.explain.rule_sentences import known_words
from iptsim.knowledge.catalogue import chain
from iptsim.lint import MESHES, REFUSED, At, Finding, Kind, Other, Passage

_NAMING = frozenset({Kind.SHADOWED, Kind.SHADOWED_OTHERWISE, Kind.DUPLICATE})
_WITH_OTHERS = frozenset({Kind.NO_EFFECT, Kind.SPOOFED, Kind.MAY_BE_SPOOFED})
_REASONS = {
    Kind.NOT_ASKED: "lint.called",
    Kind.CONTRADICTION: "lint.contradiction",
    Kind.NOT_AT_HOOK: "lint.hook",
    Kind.UNREFERENCED: "lint.unreferenced",
    Kind.UNREACHED: "lint.unreached",
    Kind.LOOP: "lint.loop",
    Kind.ABSENT: "lint.absent",
    Kind.EMPTY: "lint.empty",
    Kind.NO_EFFECT: "lint.idle",
    Kind.POLICY: "lint.policy",
    Kind.OTHER_TABLE: "lint.refused.table",
    Kind.REFUSED_AT_HOOK: "lint.refused.hook",
    Kind.TO_BUILTIN: "lint.refused.builtin",
    Kind.NEEDS_PROTOCOL: "lint.refused.protocol",
    Kind.LACKS_OPTION: "lint.refused.option",
    Kind.EXCLUSIVE_OPTIONS: "lint.refused.exclusive",
    Kind.REPEATED_OPTION: "lint.refused.repeated",
    Kind.OTHER_FAMILY: "lint.refused.family",
    Kind.NO_POLICY: "lint.refused.policy",
    Kind.UNREADABLE: "lint.unreadable",
    Kind.SPOOFED: "lint.spoofed",
    Kind.MAY_BE_SPOOFED: "lint.may-be-spoofed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a finding is so. `rules` are those that the sentence ends with, each with its words."""

    text: str
    rules: tuple[tuple[str, Other], ...] = ()


def message(finding: Finding, lang: str = "en") -> str:
    """`filter INPUT 7 can never match: …`, without a full stop."""
    return sentence(finding.kind.value, lang, at=where(finding.at, lang), **_facts(finding))


def _facts(finding: Finding) -> dict[str, str]:
    """What sentences fill in: the finding's own facts and its place."""
    at = finding.at
    place = {"chain": at.chain, "table": at.table, "family": str(at.family)}
    return {**place, **dict(finding.facts)}


def title(kind: Kind, lang: str = "en") -> str:
    """What findings of that kind are about."""
    return sentence(f"{kind.value}.rule", lang)


def where(at: At, lang: str = "en") -> str:
    """`filter INPUT 7`, `filter INPUT`; `ip6` before those of IPv6."""
    if not at.chain:
        return sentence("lint.routing", lang)
    code = "lint.at.chain" if at.rule is None else "lint.at"
    told = sentence(code, lang, table=at.table, chain=at.chain, rule=at.rule)
    return sentence("lint.at.6", lang, at=told) if at.family == 6 else told


def certified(passages: Iterable[Passage], lang: str = "en") -> Iterator[str]:
    """Of each interface that lets no spoofed packet in that it does not."""
    for one in passages:
        if one.finding is None:
            code = "lint.certified.6" if one.family == 6 else "lint.certified"
            yield sentence(code, lang, interface=one.interface, sources=one.sources)


def reason(finding: Finding, lang: str = "en") -> Reason:
    """The proof in a sentence, and the rules that it rests on."""
    if finding.kind in _NAMING:
        return _shadowing(finding, lang)
    if finding.kind in MESHES:
        return _mistake(finding, lang)
    if finding.kind in REFUSED:
        return _refused(finding, lang)
    code = _REASONS[finding.kind]
    if finding.kind in _WITH_OTHERS and finding.others:
        code = f"{code}.by"
    if finding.kind is Kind.NOT_ASKED and finding.facts:
        return _not_asked(finding, lang)
    if finding.kind is Kind.UNREFERENCED and ("rules", "0") in finding.facts:
        code = f"{code}.empty"
    told = [sentence(code, lang, **_facts(finding)), *_known(finding, lang)]
    rules = tuple((_who(other, lang), other) for other in finding.others)
    return Reason(text=sentence("lint.stop", lang).join(told), rules=rules)


def _mistake(finding: Finding, lang: str) -> Reason:
    """Why it is one, what to do, and the rules that it is about besides."""
    code, facts = finding.kind.value, _facts(finding)
    told = (sentence(f"{code}.why", lang, **facts), sentence(f"{code}.remedy", lang, **facts))
    rules = tuple((_who(one, lang), one) for one in finding.others)
    return Reason(text=sentence("lint.stop", lang).join(told), rules=rules)


def _refused(finding: Finding, lang: str) -> Reason:
    """What would be right, and what follows of it."""
    facts = _facts(finding)
    code = _REASONS.get(finding.kind) or f"lint.refused.{facts['right']}"
    if finding.kind is Kind.LACKS_OPTION and " / " not in facts["options"]:
        code = f"{code}.one"
    if finding.kind is Kind.REFUSED_AT_HOOK and finding.at.chain not in facts["hooks"].split(", "):
        code = f"{code}.far"
    told = (sentence(code, lang, **facts), sentence("lint.refused", lang))
    return Reason(text=sentence("lint.stop", lang).join(told))


def _known(finding: Finding, lang: str) -> Iterator[str]:
    """What is known of a chain that stands idle: some systems keep such ones on purpose."""
    told = {Kind.UNREFERENCED: finding.at.chain, Kind.EMPTY: dict(finding.facts).get("to", "")}
    known = chain(told.get(finding.kind, ""))
    if known is not None:
        yield known_words(known, lang)


def _not_asked(finding: Finding, lang: str) -> Reason:
    """Where it is not the rules leading to the chain that ask for others, but rules before them."""
    ways = [value for name, value in finding.facts if name == "from"]
    if not ways:
        text = sentence("lint.called.above", lang, chain=finding.at.chain)
        return Reason(text=text, rules=tuple((_who(one, lang), one) for one in finding.others))
    names = sentence("lint.comma", lang).join(f"{finding.at.table} {way}" for way in ways)
    text = sentence("lint.called.before", lang, chain=finding.at.chain, ways=names)
    return Reason(text=text, rules=tuple((each_other(one, lang), one) for one in finding.others))


def _shadowing(finding: Finding, lang: str) -> Reason:
    first, *more = finding.others
    if more:
        rules = tuple((each_other(other, lang), other) for other in finding.others)
        return Reason(text=sentence("lint.many", lang), rules=rules)
    by, deed = where(first.at, lang), sentence(f"lint.deed.{first.deed}", lang)
    return Reason(text=sentence("lint.one", lang, by=by, deed=deed), rules=(("", first),))


def each_other(other: Other, lang: str) -> str:
    """`accepted by filter INPUT 3`: a rule that takes something, and how."""
    deed = sentence(f"lint.deed.{other.deed}", lang)
    return sentence("lint.each", lang, by=where(other.at, lang), deed=deed)


def _who(other: Other, lang: str) -> str:
    at = where(other.at, lang)
    return sentence("lint.policy.of", lang, at=at) if other.deed == "policy" else at


def example(finding: Finding, lang: str = "en") -> str:
    """`For example tcp 192.0.2.1:40000 → this host:22.`; nothing where there is none."""
    if finding.example is None:
        return ""
    passing = ("to", "address") in finding.facts
    packet = example_words(finding.example, finding.hook, lang, passing=passing)
    fate = dict(finding.facts).get("fate")
    if fate is not None:
        return sentence("lint.eg.fate", lang, packet=packet, fate=fate)
    return sentence("lint.eg", lang, packet=packet)


def sentences_of(finding: Finding, lang: str = "en") -> Iterator[str]:
    """The reason in one line for each of its rules, for outputs without indentation."""
    told = reason(finding, lang)
    yield told.text
    for words, other in told.rules:
        yield f"{words}: {other.at.text}" if words else other.at.text
