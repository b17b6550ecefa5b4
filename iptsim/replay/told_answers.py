"""From a line of `iptsim.trace/1`, or a trace, to how a packet fares; equal ones are one object."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.model import Dump, Note
from iptsim.render.shared.replayed import Fared
from iptsim.render.shared.value_json import note_text
from iptsim.tracer.outcomes import decider_of
from iptsim.worlds.outcome import Carried, Outcome, Rewrite, Step, Trace

MOST = 50_000
"""Ways of faring that are kept apart; beyond that they are counted without what was rewritten."""
_NAMED = ("dst", "dport", "src", "sport")
_SHOWN_BY_CAPTURE = (codes.NEW_CONNECTION, codes.PICKED_UP)


@dataclass(slots=True, eq=False)
class Answers:
    """The ways of faring that came up so far, of packets asked of one dump."""

    dump: Dump
    lang: str
    _steps: dict[tuple[Any, ...], Step] = field(default_factory=dict)
    _fared: dict[tuple[Any, ...], Fared] = field(default_factory=dict)
    _places: dict[tuple[int, str, str], Mapping[int, Place]] = field(default_factory=dict)

    def of_line(self, text: str, family: int) -> tuple[Fared, tuple[Mapping[str, Any], ...]]:
        """How the packet of a line of JSON fares, and the packet as each outcome left it."""
        data = json.loads(text)
        outcomes = [self._outcome(told, family) for told in data["outcomes"]]
        packets = tuple(told["packet"] for told in data["outcomes"])
        own = {
            str(each[n]) for each in (data["packet"], *packets) for n in ("src", "dst") if n in each
        }
        return self.fared(outcomes, self._presumed(self._nameless(data["assumed"], own))), packets

    def of_traces(self, traces: Iterable[Trace]) -> Fared:
        """How packets fare of which these traces, together, tell all ways."""
        found = list(traces)
        notes = dict.fromkeys(note for trace in found for note in trace.assumed)
        told = self._presumed(note_text(self._of_any(note), self.lang) for note in notes)
        ends = [_plain(outcome) for trace in found for outcome in trace.outcomes]
        return self.fared(ends, told)

    def fared(
        self, outcomes: Sequence[Outcome], presumed: tuple[str, ...], untold: str = ""
    ) -> Fared:
        """That way of faring: alike outcomes are told once."""
        apart = {_key(outcome): outcome for outcome in reversed(outcomes)}
        keys = tuple(reversed(apart))
        key = (keys, presumed, untold)
        found = self._fared.get(key)
        if found is None:
            ends = tuple(apart[each] for each in keys)
            if len(self._fared) >= MOST:
                return self._fared.setdefault(
                    ("many", *(end.verdict for end in ends)),
                    Fared(outcomes=tuple(replace(end, rewrites=()) for end in ends)),
                )
            untold = untold or ("text" if len(ends) > 1 else "")
            found = Fared(outcomes=ends, presumed=presumed, untold=untold)
            self._fared[key] = found
        return found

    def _nameless(self, texts: Iterable[str], own: Collection[str]) -> Iterator[str]:
        """The sentences of a packet as those of all that fare alike: without its addresses."""
        for text in texts:
            told = text
            for address in sorted(own, key=len, reverse=True):
                told = told.replace(address, sentence("replay.address", self.lang))
            yield told.replace(" 不", "不")  # a blank belongs between 中文 and an address alone

    def _of_any(self, note: Note) -> Note:
        facts = dict(note.facts)
        if "address" in facts:
            facts["address"] = sentence("replay.address", self.lang)
        return replace(note, facts=tuple(facts.items()))

    def _presumed(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Without what the capture shows."""
        shown = {sentence(code, self.lang) for code in _SHOWN_BY_CAPTURE}
        return tuple(text for text in texts if text not in shown)

    def _outcome(self, told: Mapping[str, Any], family: int) -> Outcome:
        rewrites = tuple(
            Rewrite(
                field=one["field"], before=one["from"], after=one["to"], table=one["table"],
                chain=one["chain"], rule=one["rule"],
            )
            for one in told["rewrites"]
        )  # fmt: skip
        steps = tuple(self._step(one, rewrites, family) for one in told["steps"])
        verdict = told["verdict"] or "RETURN"
        return Outcome(
            when=(), verdict=verdict, destination=told["destination"],
            packet=tuple(told["packet"].items()), rewrites=rewrites, steps=steps,
            decided_by=decider_of(verdict, steps),
        )  # fmt: skip

    def _step(self, told: Mapping[str, Any], rewrites: Sequence[Rewrite], family: int) -> Step:
        table, chain, rule = told["table"], told["chain"], told["rule"]
        mine = (
            tuple(
                one for one in rewrites if (one.table, one.chain, one.rule) == (table, chain, rule)
            )
            if rule
            else ()
        )
        made = tuple((one.field, one.after) for one in mine)
        key = (
            family,
            told["hook"],
            table,
            chain,
            rule,
            told["text"],
            told["action"],
            told["target"],
            made,
        )
        found = self._steps.get(key)
        if found is None:
            found = Step(
                hook=told["hook"], table=table, chain=chain, rule=rule,
                place=self._place(family, table, chain, told["line"]),
                text=told["text"], action=told["action"], target=told["target"], rewrites=mine,
            )  # fmt: skip
            if len(self._steps) < MOST:
                self._steps[key] = found
        return found

    def _place(self, family: int, table: str, chain: str, line: int | None) -> Place | None:
        """The place of a line of that chain: a dump may be of several files."""
        if line is None:
            return None
        key = (family, table, chain)
        if key not in self._places:
            self._places[key] = dict(self._lines(*key))
        return self._places[key].get(line)

    def _lines(self, family: int, table: str, chain: str) -> Iterable[tuple[int, Place]]:
        ruleset = self.dump.family(family)
        rows = ruleset.table(table) if ruleset else None
        found = rows.chain(chain) if rows else None
        if found is None:
            return
        for place in (found.place, *(rule.place for rule in found.rules)):
            if place is not None:
                yield place.line, place


_TRANSLATED = (Carried(before=0, hook="", rewrites=()),)


def _plain(outcome: Outcome) -> Outcome:
    """Without what is only of this packet, such as what its connection's translation made of it."""
    made = tuple(rewrite for rewrite in outcome.rewrites if rewrite.chain is not None)
    carried = _TRANSLATED if len(made) < len(outcome.rewrites) else ()
    return replace(
        outcome, when=(), packet=(), connection=None, skipped=(), carried=carried, rewrites=made
    )


def _key(outcome: Outcome) -> tuple[Any, ...]:
    """What ways that are told as one have in common: the end, and the rules on the way."""
    steps = tuple((s.hook, s.table, s.chain, s.rule, s.target) for s in outcome.steps)
    made = tuple((r.field, r.after) for r in outcome.rewrites if r.chain and r.field in _NAMED)
    return (outcome.verdict, outcome.destination, steps, made, bool(outcome.carried))
