"""What rules that came, and those of chains newly led to, are for in the system that wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from iptsim.diff.difference import Change, Difference, Kind, find_table
from iptsim.diff.texts import rule_text
from iptsim.explain.rule_sentences import use_sentence
from iptsim.extensions.spec import Context
from iptsim.knowledge import names
from iptsim.model import Rule

_MOST = 2
"""Rules of a chain newly led to of which it is told."""
_TELLING = (Kind.RULE_ADDED, Kind.RULE_CHANGED)


class Uses:
    """The systems of both dumps are recognised once, when a change is asked about that may tell."""

    def __init__(self, difference: Difference, lang: str) -> None:
        self._dumps, self._lang = (difference.before, difference.after), lang

    @cached_property
    def _among(self) -> tuple[str, ...]:
        """The systems that wrote rules of either dump."""
        rulesets = (each for dump in self._dumps for each in dump.rulesets)
        return tuple(dict.fromkeys(name for each in rulesets for name in names(each)))

    def of(self, change: Change) -> Iterator[str]:
        """The sentences on one change; none where nothing is known."""
        if change.kind not in (*_TELLING, Kind.REFERENCES_CHANGED) or not self._among:
            return
        if change.kind in _TELLING and change.after is not None:
            yield from self._told(change, change.after.rule)
        if change.kind is Kind.REFERENCES_CHANGED:
            chain = find_table(self._dumps[1], change.family, change.table).chain(change.chain)
            for rule in () if chain is None else chain.rules[:_MOST]:
                yield from self._told(change, rule)

    def _told(self, change: Change, rule: Rule) -> Iterator[str]:
        where = Context(family=change.family, table=change.table, chain=change.chain)
        text = rule_text(change.chain, rule, change.family)
        said = use_sentence(rule, text, where, self._among, self._lang, led=False)
        yield from filter(None, (said,))
