"""A request's end and its causes in words."""

from __future__ import annotations

from iptsim.explain.catalogue import knows, sentence
from iptsim.sidecars.hops import Answer, Cause, Party
from iptsim.sidecars.verdicts import Verdict


def verdict_words(verdict: Verdict, answer: Answer, lang: str) -> str:
    """How the request ends, in a sentence that says why."""
    why = sentence("journey.but", lang).join(cause_words(one, lang) for one in verdict.why)
    client, server = (party_words(one, lang) for one in answer.proxies)
    return sentence(verdict.code, lang, why=why, client=client, server=server)


def cause_words(cause: Cause, lang: str) -> str:
    """What a hop does, by name: a clause without a stop."""
    return sentence(cause.code, lang, **dict(cause.facts))


def remedy_words(cause: Cause, lang: str) -> str:
    """What would help; '' where nothing needs to."""
    code = f"{cause.code}.remedy"
    return sentence(code, lang, **dict(cause.facts)) if knows(code, lang) else ""


def party_words(party: Party, lang: str) -> str:
    """Who sends or gets a packet."""
    return sentence(f"journey.party.{party.value}", lang)
