"""The answers of a query in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.diff.difference import Effect, Way
from iptsim.explain.catalogue import knows, sentence
from iptsim.explain.chance import without_draws
from iptsim.explain.effect_sentences import decided_words, example_words, way_words, where_words
from iptsim.explain.untold_facts import chosen_words, detail_words, telling
from iptsim.extensions.values.services import PROTOCOL_NAMES
from iptsim.packet import Packet, bit_names
from iptsim.predicate import Fact
from iptsim.query import Answer, Query
from iptsim.worlds.outcome import Condition, Cube

_OPENING = Condition(field="ctstate", values=("NEW", "RELATED"))
# What a payload implies.
_NO_OPTIONS = Condition(
    field="tcp_options", values=(f"{bit_names('tcp_options', (1 << 256) - 1)}/none",)
)
_SAID = 120
"""Columns that are said in one breath."""
_TABLE_OF_CONNECTIONS = "nat"


def answered(found: Query, lang: str = "en") -> str:
    """The answer in a line: the first packets and their rule, how many sets more; or that none do.

    First is what opens a connection from elsewhere, be it only possible: it is what was asked for.
    """
    met = _met(found.fate, lang)
    if found.late and not found.answers:
        return sentence("query.late", lang, met=met)
    if not found.answers:
        return sentence(codes.NO_PACKET_MEETS, lang, met=met)
    first = min(found.answers, key=_order)
    kind = "found" if first.certain else "possible"
    told = sentence(f"query.{kind}", lang, met=met, packets=_in_short(first, lang))
    by = "" if first.decided_by is None else decider_words(first, lang)
    told += sentence("query.found.by", lang, by=by) if by else ""
    sure = None if first.certain else next((one for one in found.answers if one.certain), None)
    told += sentence("query.found.sure", lang, packets=_in_short(sure, lang)) if sure else ""
    more = len(found.answers) - (2 if sure else 1)
    number = "none" if more == 0 else "one" if more == 1 else "many"
    return told + sentence(f"query.found.more.{number}", lang, count=more)


def _order(answer: Answer) -> tuple[bool, bool, bool]:
    return not _opens(answer), answer.hook == "OUTPUT", not answer.certain


def _opens(answer: Answer) -> bool:
    return answer.example is not None and answer.example.ctstate in (None, "NEW")


def _in_short(answer: Answer, lang: str) -> str:
    """The answer's packets as one says them; where that takes many words, their start and one."""
    told = packets_words(answer, lang) if answer.told else ()
    if len(told) == 1 and len(told[0]) <= _SAID and not answer.partly:
        return told[0]
    where = sentence(f"where.{answer.hook}", lang)
    if answer.example is None:
        return sentence("query.some", lang, where=where)
    return sentence("query.some.such", lang, where=where, example=_packet_of(answer, lang))


def _met(fate: str, lang: str) -> str:
    """What becomes of packets that meet a fate, as `REDIRECT:15001` names it."""
    kind, _, to = fate.partition(":")
    known = next(
        (name for name in (kind, kind.upper(), kind.lower()) if knows(f"query.met.{name}", lang)),
        None,
    )
    if known is None:
        return fate
    return sentence(f"query.met.{known}.to" if to else f"query.met.{known}", lang, fate=fate, to=to)


def explain_answer(answer: Answer, lang: str = "en") -> str:
    """The answer in a sentence."""
    where = sentence("effect.or", lang).join(packets_words(answer, lang))
    kind = "query.answer" if answer.certain else "query.answer.possible"
    told = sentence(
        kind, lang, where=where, fate=fate_of(answer, lang), by=decider_words(answer, lang)
    )
    word, blank, rest = told.partition(" ")
    known = word in PROTOCOL_NAMES.values()
    return word.upper() + blank + rest if known else told[:1].upper() + told[1:]


def packets_words(answer: Answer, lang: str = "en") -> tuple[str, ...]:
    """`tcp to port 8088 arriving from the network`, one text for each set of packets.

    Of an answer whose packets are not told only where they start.
    """
    if not answer.told:
        where = sentence(f"where.{answer.hook}", lang)
        return (sentence("query.untold", lang, where=where),)
    return where_words(_effect(answer), lang)


def _effect(answer: Answer) -> Effect:
    """The answer as what `where_words` knows; that nat asks opening packets goes without saying."""
    opens = asks_nat(answer)
    where = tuple(_shortened(cube, opens=opens) for cube in answer.where)
    packet = answer.example or Packet(family=answer.family)
    way = Way(verdict=answer.verdict, destination=answer.destination, rewrites=answer.rewrites)
    return Effect(
        family=answer.family,
        hook=answer.hook,
        before=way,
        after=way.decided(() if answer.decided_by is None else (answer.decided_by,)),
        where=where,
        example=packet,
    )


def asks_nat(answer: Answer) -> bool:
    """Whether a rule of nat decides, which only packets that open a connection meet."""
    step = answer.decided_by
    return step is not None and step.table == _TABLE_OF_CONNECTIONS


def _shortened(cube: Cube, *, opens: bool) -> Cube:
    kept = (c for c in cube.conditions if c != _NO_OPTIONS and not (opens and c == _OPENING))
    return Cube(conditions=tuple(kept), facts=cube.facts)


def fate_of(answer: Answer, lang: str = "en") -> str:
    """`redirected to port 15001`, `delivered to the application`, `dropped`."""
    return way_words(_effect(answer).before, lang)


def decider_words(answer: Answer, lang: str = "en") -> str:
    """`nat ISTIO_INBOUND 1`, `the policy of filter INPUT`, or what routing does."""
    if answer.decided_by is not None:
        return decided_words(_effect(answer).after, lang)
    if answer.verdict == "RETURN":
        return sentence("query.returned", lang)
    return sentence("query.routing" if answer.destination is None else "query.nobody", lang)


def example_of(answer: Answer, lang: str = "en") -> str:
    """`tcp 192.0.2.1:40000 → this host:8088`, with what was so for it; '' where there is none."""
    if answer.example is None:
        return ""
    told = [
        " ".join(
            (_packet_of(answer, lang), *(f"{name} {value}" for name, value in answer.connection))
        ),
        *dict.fromkeys(_facts(answer, lang)),
    ]
    return sentence("query.with", lang).join(told)


def _packet_of(answer: Answer, lang: str) -> str:
    """The example alone. Precondition: there is one."""
    assert answer.example is not None
    passing = answer.destination == "forward" and "dst" not in dict(answer.rewrites)
    return example_words(answer.example, answer.hook, lang, where=answer.where, passing=passing)


def _facts(answer: Answer, lang: str) -> Iterator[str]:
    """What the example hangs on besides what the set says of all its packets."""
    from iptsim.explain.hidden_in_one_breath import (  # noqa: PLC0415  # listings alone hide them
        hidden_words,
        without_hidden,
    )

    said = [{*cube.facts} for cube in answer.where]
    common = set.intersection(*said) if said else set()
    left = [held for held in answer.hangs_on if held not in common]
    others, drawn = without_draws(telling(left), lang)
    for fact, true in without_hidden(others):
        yield fact_words(fact, true, lang)
    for told in (*drawn, *hidden_words(others, lang, {})):
        yield sentence("when.if", lang, condition=told)


def fact_words(fact: Fact, true: bool, lang: str) -> str:
    """`if …`, in the fact's own words where its code has them; the bare code is its «yes»."""
    if (chosen := chosen_words(fact, true, lang)) is not None:
        return sentence("when.if", lang, condition=chosen)
    keys = (f"{fact.code}.yes", fact.code) if true else (f"{fact.code}.no",)
    own = next((code for code in keys if knows(code, lang)), None)
    if own is not None:
        words = sentence(own, lang, detail=detail_words(fact, lang), key=fact.key)
        return sentence("when.if", lang, condition=words)
    key = "cond.fact" if true else "cond.not.fact"
    return sentence(key, lang, detail=detail_words(fact, lang)).strip()
