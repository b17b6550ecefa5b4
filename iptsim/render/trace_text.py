"""A trace for people: the verdict first, the journey from top to bottom, what was assumed last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from iptsim.explain.catalogue import sentence
from iptsim.explain.ports import port_sentences
from iptsim.explain.words import describe_condition
from iptsim.extensions.spec import Context
from iptsim.model import Note, Rule, Ruleset
from iptsim.render.columns import Layout, Row, layout, lines_of, tied
from iptsim.render.headline import fate_words, headline, label, summary
from iptsim.render.terminal import Style, printable, wrap
from iptsim.render.values import note_text, placed_note, rewrite_text
from iptsim.tracer.outcome import Outcome, Skipped, Step, Trace

_COLOURS = {"accept": "good", "drop": "bad", "reject": "bad"}
# A reader follows no more ways than this; the summary has all.
_MOST = 3
_Entry = tuple[str, Row]


def trace_text(trace: Trace, ruleset: Ruleset, style: Style, *, notes: Iterable[Note] = ()) -> str:
    """The answer in words; `ruleset` is the one that was traced, `notes` those on its reading.

    With `Outcome.skipped` filled, the rules that did not match are shown where they were asked.
    """
    journeys = _journeys(trace, ruleset, style)
    shape = layout([row for _, entries in journeys for _, row in entries], style.width)
    lines = [headline(trace, style)]
    if len(trace.outcomes) > 1:
        lines += ["", *summary(trace, ruleset, style)]
    for title, entries in journeys:
        lines += ["", *wrap(title, style.width, "  "), *_journey(entries, shape, style)]
    if len(trace.outcomes) > len(journeys):
        more = sentence("trace.more", style.lang, count=len(trace.outcomes) - len(journeys))
        lines += ["", *wrap(more, style.width, "  ")]
    for paragraph in _remarks(trace, ruleset, notes, style):
        lines += ["", *paragraph]
    return "\n".join(lines)


def _journeys(trace: Trace, ruleset: Ruleset, style: Style) -> list[tuple[str, list[_Entry]]]:
    """The rows of each outcome under its title; the later ones begin where they differ."""
    found: list[tuple[str, list[_Entry]]] = []
    first = trace.outcomes[0]
    for number, outcome in enumerate(trace.outcomes[:_MOST]):
        same = 0 if number == 0 else _common(first.steps, outcome.steps)
        title = _title(trace, number, same, style)
        found.append((title, list(_entries(outcome, same, ruleset, style))))
    return found


def _title(trace: Trace, number: int, same: int, style: Style) -> str:
    if len(trace.outcomes) == 1:
        return ""
    name = label(trace, number, style.lang)
    fate = fate_words(trace.outcomes[number], style.lang)
    code = {0: "trace.way", 1: "trace.way_on_one"}.get(same, "trace.way_on")
    return printable(sentence(code, style.lang, same=same, name=name, fate=fate))


def _common(left: Sequence[Step], right: Sequence[Step]) -> int:
    """How many steps both begin with."""
    count = 0
    for mine, other in zip(left, right, strict=False):
        if mine != other:
            break
        count += 1
    return count


def _entries(outcome: Outcome, same: int, ruleset: Ruleset, style: Style) -> Iterator[_Entry]:
    """Each row with the hook above it; rules that did not match stand before their step."""
    for number, step in enumerate(outcome.steps):
        if number >= same:
            yield from _skipped(outcome, number, style)
            yield step.hook, _step_row(step, number + 1, ruleset, style)
    yield from _skipped(outcome, len(outcome.steps), style)


def _skipped(outcome: Outcome, before: int, style: Style) -> Iterator[_Entry]:
    for rule in outcome.skipped:
        if rule.before == before:
            yield rule.hook, _skipped_row(rule, style)


def _skipped_row(rule: Skipped, style: Style) -> Row:
    failed = rule.failed or sentence("trace.hidden", style.lang)
    return Row(
        number="·",
        where=f"{rule.table} {rule.chain} {rule.rule}",
        condition=sentence("trace.failed", style.lang, condition=failed),
        did=sentence("trace.no_match", style.lang),
        place=style.place(rule.place),
        dim=True,
    )


def _step_row(step: Step, number: int, ruleset: Ruleset, style: Style) -> Row:
    where = f"{step.table} {step.chain}" + (f" {step.rule}" if step.rule else "")
    outcome = step.target if step.action == "policy" else step.action
    return Row(
        number=str(number),
        where=where,
        condition=_condition(step, ruleset, style.lang),
        did=_did(step, style.lang),
        place=style.place(step.place),
        colour=_COLOURS.get(outcome.lower()),
    )


def _condition(step: Step, ruleset: Ruleset, lang: str) -> str:
    rule = _rule_of(step, ruleset)
    if rule is None:
        return sentence("trace.policy", lang)
    where = Context(family=ruleset.family, table=step.table, chain=step.chain)
    return describe_condition(rule, where, lang)


def _rule_of(step: Step, ruleset: Ruleset) -> Rule | None:
    table = ruleset.table(step.table)
    chain = table.chain(step.chain) if table else None
    return chain.rules[step.rule - 1] if chain and step.rule else None


def _did(step: Step, lang: str) -> str:
    """What the rule did: a jump to whom, a rewrite from what to what, a verdict."""
    if step.action in ("jump", "goto"):
        return sentence(f"trace.{step.action}", lang, chain=step.target)
    if step.action == "return":
        return sentence("trace.return", lang)
    if not step.target:
        return sentence("trace.counted", lang)
    changes = ", ".join(tied(rewrite_text(rewrite)) for rewrite in step.rewrites)
    return f"{step.target}  {changes}" if changes else step.target


def _journey(entries: Sequence[_Entry], shape: Layout, style: Style) -> Iterator[str]:
    by_hook: Callable[[_Entry], str] = lambda entry: entry[0]  # noqa: E731  # a name for the key
    for hook, group in groupby(entries, by_hook):
        yield f"  {hook}"
        for _, row in group:
            yield from lines_of(row, shape, style)


def _remarks(
    trace: Trace, ruleset: Ruleset, notes: Iterable[Note], style: Style
) -> Iterator[list[str]]:
    """What ports mean, what was taken as given, and what the reader should know."""
    ports = port_sentences(trace, ruleset, style.lang)
    if ports:
        yield wrap(printable(" ".join(ports)), style.width, "  ")
    told = [placed_note(note, style) for note in dict.fromkeys((*trace.notes, *notes))]
    if trace.assumed:
        joiner = sentence("trace.comma", style.lang)
        given = joiner.join(note_text(note, style.lang) for note in trace.assumed)
        told.insert(0, sentence("trace.assumed", style.lang, given=given))
    if told:
        yield [line for text in told for line in wrap(printable(text), style.width, "  ")]
