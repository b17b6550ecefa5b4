"""Answers to all packets of a form as data, which a page's script looks packets up in.

Conditions are numbers where a form asks for the field: `r` ranges (of IPv6 addresses in hex), `m`
values under masks, `i` patterns of interface names, `n` names; `t` is told to people only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iptsim.all_answers import Answers
from iptsim.explain.condition_words import field_name
from iptsim.explain.error_words import error_words
from iptsim.explain.number_texts import without_whole_mask
from iptsim.extensions.text import protocol_name
from iptsim.model import Note, Ruleset
from iptsim.packet import ECN_FLAGS, TCP_FLAGS
from iptsim.predicate import Fact
from iptsim.render.shared.conditions import fact_words
from iptsim.render.shared.fate_words import shown_value
from iptsim.render.shared.journey_rows import condition_of, deed_of
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.value_json import field_value, note_text
from iptsim.values import parse_address
from iptsim.worlds.outcome import Condition, Cube, Outcome, Rewrite, Step, Trace

_ADDRESSES = frozenset({"src", "dst"})
_NUMBERS = frozenset({"sport", "dport", "uid", "gid", "mark", "icmp_type"})
_INTERFACES = frozenset({"in", "out"})
Data = dict[str, object]


class AnswersData:
    """Collects answers; steps that many outcomes have are told once."""

    def __init__(self, rulesets: Iterable[Ruleset], style: Style) -> None:
        self._rulesets = {ruleset.family: ruleset for ruleset in rulesets}
        self._style = style
        self._steps: dict[tuple[int, Step], int] = {}
        self._asks: dict[tuple[object, ...], str] = {}
        self.steps: list[Data] = []
        self.said: dict[str, str] = {}
        """What the kernel chooses (`an address of eth0`), in the language of the page."""

    def of(self, answers: Answers) -> Data:
        """The outcomes of one kind of packet; `outcomes` is null where there are too many."""
        found, error = answers.trace, answers.refused
        return {
            "family": answers.family,
            "hook": answers.hook,
            "proto": protocol_name(answers.proto),
            "state": answers.state,
            "aimed": answers.aimed,
            "outcomes": None
            if found is None
            else [self._outcome(o, found) for o in found.outcomes],
            "refused": "" if error is None else error_words(error, self._style.lang),
            "assumed": [] if found is None else self._notes(found.assumed),
            "notes": [] if found is None else self._notes(found.notes),
        }

    def _notes(self, notes: Iterable[Note]) -> list[str]:
        return list(dict.fromkeys(note_text(note, self._style.lang) for note in notes))

    def _outcome(self, outcome: Outcome, trace: Trace) -> Data:
        family = trace.packet.family
        return {
            "when": [_cube(cube, family, self._style.lang) for cube in outcome.when],
            "verdict": outcome.verdict,
            "destination": outcome.destination,
            "rewrites": [self._rewrite(rewrite, family) for rewrite in outcome.rewrites],
            "steps": [self._step(step, family) for step in outcome.steps],
            "by": None if outcome.decided_by is None else self._step(outcome.decided_by, family),
        }

    def _rewrite(self, rewrite: Rewrite, family: int) -> Mapping[str, object]:
        before, after = rewrite.before, rewrite.after
        if isinstance(after, str):
            self.said[after] = shown_value(rewrite.field, after, self._style.lang)
        return {
            "field": rewrite.field,
            "from": None if before is None else field_value(rewrite.field, before, family),
            "to": field_value(rewrite.field, after, family),
            "table": rewrite.table,
            "chain": rewrite.chain,
            "rule": rewrite.rule,
        }

    def _step(self, step: Step, family: int) -> int:
        key = (family, step)
        if key not in self._steps:
            self._steps[key] = len(self.steps)
            self.steps.append(self._told(step, family))
        return self._steps[key]

    def _asked(self, step: Step, family: int) -> str:
        """What the rule of a step asks; it is the same at each hook that leads there."""
        key = (family, step.table, step.chain, step.rule, step.untold)
        if key not in self._asks:
            self._asks[key] = condition_of(step, self._rulesets[family], self._style.lang)
        return self._asks[key]

    def _told(self, step: Step, family: int) -> Data:
        lang = self._style.lang
        return {
            "hook": step.hook,
            "table": step.table,
            "chain": step.chain,
            "rule": step.rule,
            "action": step.action,
            "target": step.target,
            "asks": self._asked(step, family),
            "does": deed_of(step, lang),
            "place": self._style.place(step.place),
            "text": step.text,
        }


def _cube(cube: Cube, family: int, lang: str) -> Data:
    return {
        "c": [_condition(condition, family, lang) for condition in cube.conditions],
        "f": [_fact(fact, holds, lang) for fact, holds in cube.facts],
    }


def _fact(fact: Fact, holds: bool, lang: str) -> list[object]:
    return [fact_words(fact, "yes" if holds else "no", lang, {}), fact.key, holds]


def _condition(told: Condition, family: int, lang: str) -> list[object]:
    """`[field, 1 if none of these, kind, values, words]`."""
    kind, values = _values(told)
    shown = ", ".join(without_whole_mask(told.field, value) for value in told.values)
    words = f"{field_name(told.field, family, lang)} {'!' if told.negate else ''}{shown}"
    return [told.field, int(told.negate), kind, values, words]


def _values(told: Condition) -> tuple[str, list[object]]:
    if told.field in _INTERFACES:
        return "i", list(told.values)
    if told.field in _ADDRESSES:
        return _addresses(told.values)
    if told.field in _NUMBERS:
        return _numbers(told.values)
    if told.field == "tcp_flags":
        return "m", [_flags(text) for text in told.values]
    return "t", []


def _numbers(values: Iterable[str]) -> tuple[str, list[object]]:
    texts = list(values)
    if any("/" in text for text in texts):
        parts = (text.partition("/") for text in texts)
        return "m", [[int(v, 0), int(m, 0) if m else (1 << 32) - 1] for v, _, m in parts]
    ends = (text.partition("-") for text in texts)
    return "r", [[int(low, 0), int(high or low, 0)] for low, _, high in ends]


def _flags(text: str) -> list[int]:
    """`SYN,ACK/SYN`, which names the mask first, as the value and its mask."""
    mask, slash, wanted = text.partition("/")
    return [_bits(wanted), _bits(mask)] if slash else [_bits(mask), 0xFF]


def _bits(names: str) -> int:
    """The bits of flags by their names; none for `NONE`."""
    bits = {**TCP_FLAGS, **ECN_FLAGS}
    return sum(bits[name] for name in names.split(",") if name != "NONE")


def _addresses(values: Iterable[str]) -> tuple[str, list[object]]:
    found: list[object] = []
    for text in values:
        low, dash, high = text.partition("-")
        first, width = parse_address(low.partition("/")[0])
        length = low.partition("/")[2]
        if length and not length.isdigit():
            return "t", []
        free = width - int(length) if length else 0
        last = parse_address(high)[0] if dash else first | ((1 << free) - 1)
        ends: list[object] = [first, last]
        found.append(ends if width == 32 else [f"{first:x}", f"{last:x}"])
    return "r", found
