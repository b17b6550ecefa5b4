"""What became of a packet, and who decided it, in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.explain.catalogue import sentence
from iptsim.explain.ports import handed_to
from iptsim.explain.unknown_values import value_words
from iptsim.explain.untold_facts import place_words
from iptsim.render.shared.terminal import Style, printable
from iptsim.render.shared.value_json import value_text
from iptsim.worlds.outcome import Outcome, Step

_TARGETED = ("dst", "dport")
_NAMED = ("src", "sport")
_ANY_PORT = "one of 1-65535"
# More deciders than this tell a reader nothing; JSON has them all.
_MOST = 3


def fate_words(outcome: Outcome, lang: str) -> str:
    """`REDIRECT to port 15001`, `ACCEPT, unchanged` or `DROP`."""
    if outcome.destination is None:
        return outcome.verdict
    changes = list(other_changes(outcome, lang))
    head = fate_head(outcome, lang)
    if not changes and head == outcome.verdict:
        return sentence("fate.unchanged", lang, verdict=outcome.verdict)
    return sentence("trace.comma", lang).join((head, *changes))


def fate_head(outcome: Outcome, lang: str) -> str:
    """`REDIRECT to port 15001`, `ACCEPT` or `DROP`: without what else is rewritten."""
    if outcome.destination is None:
        return outcome.verdict
    if target := new_target(outcome, lang):
        return sentence("fate.to", lang, kind=_rewriter(outcome), target=target)
    if port := handed_to(outcome):
        target = sentence("change.dport", lang, dport=port)
        return sentence("fate.to", lang, kind="TPROXY", target=target)
    return outcome.verdict


def _rewriter(outcome: Outcome) -> str:
    """The target that rewrote where the packet goes."""
    steps = (s for s in reversed(outcome.steps) if any(r.field in _TARGETED for r in s.rewrites))
    step = next(steps, None)
    if step is None:
        return outcome.verdict
    return "NAT" if step.untold else step.target


def new_target(outcome: Outcome, lang: str) -> str:
    """Where the packet goes instead: an address, a port, or both; '' for where it went before."""
    last = _last(outcome, lang)
    told = {name: last[name] for name in _TARGETED if name in last}
    return sentence("change." + "_".join(told), lang, **told) if told else ""


def other_changes(outcome: Outcome, lang: str) -> Iterator[str]:
    """What else was rewritten: `source becomes 10.0.0.2`, `mark 0x1`."""
    others = changed(outcome)
    any_port = "src" in others and shown_value("sport", others.get("sport", ""), "en") == _ANY_PORT
    for field, value in others.items():
        if not (any_port and field == "sport"):
            code = f"change.{field}" if field in _NAMED else "change.field"
            code += ".any_port" if any_port and field == "src" else ""
            yield sentence(code, lang, field=field, value=shown_value(field, value, lang))


def changed(outcome: Outcome) -> dict[str, int | str]:
    """What the packet holds otherwise in the end, but for where it goes."""
    last = {r.field: r.after for r in outcome.rewrites if r.field not in _TARGETED}
    first = {r.field: r.before for r in reversed(outcome.rewrites)}
    return {field: value for field, value in last.items() if value != first[field]}


def _last(outcome: Outcome, lang: str) -> dict[str, str]:
    return {r.field: shown_value(r.field, r.after, lang) for r in outcome.rewrites}


def shown_value(field: str, value: int | str, lang: str) -> str:
    """A field's value, also one that the dump does not tell, such as `an address of eth0`."""
    return value_words(field, value_text(field, value), lang)


def deciders(outcomes: Iterable[Outcome], style: Style, *, places: bool = True) -> str:
    """`by nat ISTIO_OUTPUT 3 (after.txt:27), by …`: the rules or policies, safe to print."""
    steps = dict.fromkeys(o.decided_by for o in outcomes if o.decided_by is not None)
    told = list(dict.fromkeys(_decider(step, style, places) for step in steps))
    if len(told) > _MOST:
        told[_MOST - 1 :] = [sentence("fate.by_more", style.lang, count=len(told) - _MOST + 1)]
    return printable(sentence("trace.comma", style.lang).join(told))


def _decider(step: Step, style: Style, places: bool) -> str:
    where = f"{step.table} {step.chain}"
    if step.rule is None and step.untold:
        decided = sentence("fate.by_absent", style.lang, where=place_words(step.untold, style.lang))
    elif step.rule is None:
        decided = sentence("fate.by_policy", style.lang, where=where)
    else:
        decided = sentence("fate.by", style.lang, where=where, rule=step.rule)
    place = style.place(step.place) if places else ""
    return f"{decided} ({place})" if place else decided
