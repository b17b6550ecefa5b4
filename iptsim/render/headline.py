"""What a trace comes to, in a line; where it depends, on what, and each way in a few lines."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.explain.catalogue import sentence
from iptsim.model import Ruleset
from iptsim.render.conditions import HIDDEN, fact_words, rule_names, told_cubes, union_words
from iptsim.render.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.values import field_value, value_text
from iptsim.tracer.outcome import Condition, Outcome, Trace

_MARKS = {"ACCEPT": ("✔", "good"), "DROP": ("✘", "bad"), "REJECT": ("✘", "bad")}
_UNSURE = ("?", "unsure")
_TARGETED = ("dst", "dport")


def headline(trace: Trace, style: Style) -> str:
    """`✔ ACCEPT  tcp to this host, port 8088 → port 15001`, or what it depends on."""
    if len(trace.outcomes) > 1:
        mark, colour = _UNSURE
        what = sentence("trace.comma", style.lang).join(_open_questions(trace, style.lang))
        told = sentence("trace.depends", style.lang, what=printable(what))
        return "\n".join(_hang(mark, told, colour, style))
    outcome = trace.outcomes[0]
    mark, colour = _MARKS.get(outcome.verdict, _UNSURE)
    told = f"{outcome.verdict}  {_way(trace, outcome, style.lang)}"
    return "\n".join(_hang(mark, printable(told), colour, style))


def _hang(mark: str, text: str, colour: str, style: Style) -> list[str]:
    first, *more = wrap(text, style.width - 2)
    word, blank, rest = first.partition("  ")
    painted = style.paint(f"{mark} {word}", colour) + blank + rest
    return [painted, *("  " + line for line in more)]


def _way(trace: Trace, outcome: Outcome, lang: str) -> str:
    arrow = f" → {target}" if (target := _new_target(outcome, lang)) else ""
    changes = [f", {change}" for change in _other_changes(outcome, lang)]
    decided = _decided(outcome, lang)
    by = ", " + decided if outcome.destination is None and decided else ""
    return packet_words(trace, outcome, lang) + arrow + "".join(changes) + by


def packet_words(trace: Trace, outcome: Outcome, lang: str) -> str:
    """`tcp from 10.0.0.7 to this host, port 8088`: the packet as it was asked for."""
    packet = trace.packet
    given = {
        name: str(field_value(name, value, packet.family)) for name, value in packet.given().items()
    }
    words = [given.get("proto") or sentence("packet.any", lang)]
    if "src" in given:
        words.append(sentence("packet.from", lang, src=given["src"]))
    elif trace.hook == "OUTPUT":
        words.append(sentence("packet.from_host", lang))
    if "dst" in given:
        words.append(sentence("packet.to", lang, dst=given["dst"]))
    elif outcome.destination == "local":
        words.append(sentence("packet.to_host", lang))
    text = " ".join(words)
    if "dport" in given:
        text += sentence("packet.dport", lang, port=given["dport"])
    return text


def fate_words(outcome: Outcome, lang: str) -> str:
    """`REDIRECT to port 15001`, `ACCEPT, unchanged` or `DROP`."""
    if outcome.destination is None:
        return outcome.verdict
    target = _new_target(outcome, lang)
    changes = list(_other_changes(outcome, lang))
    if not target and not changes:
        return sentence("fate.unchanged", lang, verdict=outcome.verdict)
    head = sentence("fate.to", lang, kind=_kind(outcome), target=target) if target else ""
    return ", ".join((head or outcome.verdict, *changes))


def _kind(outcome: Outcome) -> str:
    """The target that rewrote where the packet goes."""
    steps = (s for s in reversed(outcome.steps) if any(r.field in _TARGETED for r in s.rewrites))
    step = next(steps, None)
    return step.target if step else outcome.verdict


def _last(outcome: Outcome) -> dict[str, str]:
    return {r.field: value_text(r.field, r.after) for r in outcome.rewrites}


def _new_target(outcome: Outcome, lang: str) -> str:
    """Where the packet goes instead: an address, a port, or both."""
    last = _last(outcome)
    told = {name: last[name] for name in _TARGETED if name in last}
    return sentence("change." + "_".join(told), lang, **told) if told else ""


def _other_changes(outcome: Outcome, lang: str) -> Iterator[str]:
    for field, value in _last(outcome).items():
        if field not in _TARGETED:
            code = f"change.{field}" if field in ("src", "sport") else "change.field"
            yield sentence(code, lang, field=field, value=value)


def _decided(outcome: Outcome, lang: str) -> str:
    step = outcome.decided_by
    if step is None:
        return ""
    where = f"{step.table} {step.chain}"
    if step.rule is None:
        return sentence("fate.by_policy", lang, where=where)
    return sentence("fate.by", lang, where=where, rule=step.rule)


def summary(trace: Trace, ruleset: Ruleset, style: Style) -> list[str]:
    """Each outcome in a line or two: its label, its fate, who decides it, and its condition."""
    labels = [printable(label(trace, i, style.lang)) for i in range(len(trace.outcomes))]
    fates = [printable(fate_words(outcome, style.lang)) for outcome in trace.outcomes]
    margin = max(map(columns_of, labels))
    room = max(map(columns_of, fates))
    names = rule_names((c for o in trace.outcomes for c in o.when), ruleset)
    lines: list[str] = []
    for name, fate, outcome in zip(labels, fates, trace.outcomes, strict=True):
        decided = _placed(outcome, style)
        head = f"  {pad(name, margin)}  "
        lines += _row(head, f"{pad(fate, room)}  {decided}", fate, decided, style)
        if not (as_listed(trace) and outcome is trace.outcomes[0]):
            cubes = union_words(outcome.when, style.lang, names)
            indent = " " * columns_of(head)
            lines += [line for one in cubes for line in wrap(printable(one), style.width, indent)]
    return lines


def _row(head: str, line: str, fate: str, decided: str, style: Style) -> list[str]:
    if columns_of(head + line) <= style.width:
        return [(head + line).rstrip()]
    indent = " " * columns_of(head)
    first, *more = wrap(fate, style.width - columns_of(head))
    return [head + first, *(indent + part for part in more), *wrap(decided, style.width, indent)]


def _placed(outcome: Outcome, style: Style) -> str:
    decided = _decided(outcome, style.lang)
    place = style.place(outcome.decided_by.place) if outcome.decided_by else ""
    return printable(f"{decided} ({place})" if place and decided else decided)


def label(trace: Trace, number: int, lang: str) -> str:
    """How the outcome of that number (from 0) is called: `as listed`, `otherwise`, or `1`, `2`…."""
    if not as_listed(trace):
        return str(number + 1)
    return sentence("trace.otherwise" if number else "trace.as_listed", lang)


def as_listed(trace: Trace) -> bool:
    """Whether the first outcome is that of every packet, if the listing hides nothing."""
    hidden = any(fact.code == HIDDEN for cube in trace.outcomes[0].when for fact, _ in cube.facts)
    return hidden and () in told_cubes(trace.outcomes[0].when)


def _open_questions(trace: Trace, lang: str) -> Iterator[str]:
    """What the outcome hangs on: facts that the dump does not tell, fields that were not given."""
    told = [part for o in trace.outcomes for cube in told_cubes(o.when) for part in cube]
    facts = {part[0].key: part[0] for part in told if isinstance(part, tuple)}
    yield from dict.fromkeys(fact_words(fact, "what", lang, {}) for fact in facts.values())
    for field in dict.fromkeys(part.field for part in told if isinstance(part, Condition)):
        yield sentence(f"field.{field}", lang)
