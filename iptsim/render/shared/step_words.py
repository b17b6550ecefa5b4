"""A step of a packet's way in a few words, and what its rule is for."""

from __future__ import annotations

from collections.abc import Collection

from iptsim.diff.texts import rule_text
from iptsim.explain.catalogue import sentence
from iptsim.explain.condition_words import describe_condition
from iptsim.explain.rule_sentences import use_sentence
from iptsim.extensions.spec import Context
from iptsim.model import Ruleset
from iptsim.render.shared.columns import untied
from iptsim.render.shared.journey_rows import deed_of, rule_of
from iptsim.worlds.outcome import Step


def step_words(step: Step, ruleset: Ruleset, lang: str) -> str:
    """`nat ISTIO_OUTPUT 6 (uid 1337, RETURN to the caller)`, or the policy of a chain."""
    rule = rule_of(step, ruleset)
    did = untied(deed_of(step, lang))
    if rule is None:
        return sentence("why.policy", lang, where=where_words(step), did=did)
    where = Context(family=ruleset.family, table=step.table, chain=step.chain)
    asks = describe_condition(rule, where, lang)
    return sentence("why.step", lang, where=where_words(step), asks=asks, did=did)


def where_words(step: Step) -> str:
    """`nat ISTIO_OUTPUT 6`."""
    return " ".join(map(str, filter(None, (step.table, step.chain, step.rule))))


def use_words(step: Step, ruleset: Ruleset, among: Collection[str], lang: str) -> str:
    """What its rule is for in the systems that wrote it; '' where nothing is known."""
    rule = rule_of(step, ruleset)
    if rule is None or not among:
        return ""
    where = Context(family=ruleset.family, table=step.table, chain=step.chain)
    text = rule_text(step.chain, rule, ruleset.family)
    return use_sentence(rule, text, where, among, lang, led=False)
