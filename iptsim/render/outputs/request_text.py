"""A request's way through two pods, for people: how it ends, then hop by hop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os.path import basename

from iptsim.explain.catalogue import sentence
from iptsim.explain.journey_sentences import (
    cause_words,
    party_words,
    remedy_words,
    verdict_words,
)
from iptsim.explain.likely import likely_sentences
from iptsim.knowledge import names
from iptsim.packet import Packet
from iptsim.render.shared.fate_words import deciders, fate_words
from iptsim.render.shared.step_words import step_words, use_words
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.render.shared.value_json import note_text
from iptsim.sidecars.hops import Answer, Ends, Hop
from iptsim.sidecars.verdicts import Verdict, verdict_of
from iptsim.values import format_address

Files = Mapping[str, str]
_ROWS = ("sends", "sees", "original", "by", "why", "or")


def request_text(answer: Answer, style: Style, files: Files | None = None) -> str:
    """The answer; `files` names the dump of each side."""
    verdict = verdict_of(answer)
    paragraphs = [_head(verdict, answer, style)]
    side = ""
    for hop in answer.hops:
        same = hop.side == side or (answer.itself and hop.number > 1)
        title = [] if same else _side(hop, answer, files or {}, style)
        side = hop.side
        paragraphs.append([*title, *_hop(hop, style)])
    paragraphs += [*_advice(verdict, answer, style)]
    paragraphs.append(_given(answer, style))
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _head(verdict: Verdict, answer: Answer, style: Style) -> list[str]:
    mark, colour = ("✔", "good") if verdict.is_good else ("✘", "bad")
    if answer.is_open or not verdict.is_known:
        mark, colour = "?", "unsure"
    words = printable(verdict_words(verdict, answer, style.lang))
    if answer.is_open:
        words += sentence("journey.gap", style.lang) + sentence("journey.open", style.lang)
    first, *rest = wrap(words, style.width - 2)
    return [f"{style.paint(mark, colour)} {first}", *(f"  {line}" for line in rest)]


def _side(hop: Hop, answer: Answer, files: Files, style: Style) -> list[str]:
    side = sentence("journey.itself" if answer.itself else f"journey.{hop.side}", style.lang)
    file = next(iter(files.values()), "") if answer.itself else files.get(hop.side, "")
    file = file if style.folders else basename(file)
    told = sentence("journey.file", style.lang, side=side, file=file) if file else side
    return wrap(printable(told), style.width)


def _hop(hop: Hop, style: Style) -> list[str]:
    lang = style.lang
    receiver = party_words(hop.receiver, lang)
    if hop.port is not None:
        receiver = sentence("journey.at", lang, receiver=receiver, port=hop.port)
    parties = {"sender": party_words(hop.sender, lang), "receiver": receiver}
    lines = [f"  {hop.number}  {sentence('journey.hop', lang, **parties)}"]
    labels = {name: sentence(f"journey.{name}", lang) for name in _ROWS}
    width = max(map(columns_of, labels.values()))
    for name, told in _rows(hop, style):
        label = style.paint(pad(labels[name] if name else "", width), "dim")
        first, *rest = wrap(printable(told), style.width - width - 7) or [""]
        lines.append(f"     {label}  {first}")
        lines += [" " * (width + 7) + line for line in rest]
    return lines


def _rows(hop: Hop, style: Style) -> Iterator[tuple[str, str]]:
    lang = style.lang
    yield "sends", _sent(hop, lang)
    if hop.trace is None or hop.ruleset is None:
        yield "by", sentence("journey.untold", lang)
        return
    family = hop.packet.family
    if hop.seen not in (None, _ends(hop.packet)):
        assert hop.seen is not None
        yield "sees", ends_words(hop.seen, family, lang)
    if hop.original is not None:
        yield "original", sentence("journey.meant", lang, end=_end(*hop.original, family))
    yield from _deciding(hop, style)
    if hop.cause is not None:
        yield "why", f"{hop.cause.code.partition('.')[0]} {cause_words(hop.cause, lang)}"
    yield from _others(hop, style)


def _deciding(hop: Hop, style: Style) -> Iterator[tuple[str, str]]:
    step = None if hop.outcome is None else hop.outcome.decided_by
    if step is None or hop.ruleset is None:
        return
    place = style.place(step.place)
    told = step_words(step, hop.ruleset, style.lang)
    if step.rule is None and not step.untold:
        told = sentence("journey.no_rule", style.lang, policy=told)
    yield "by", told + (f"  {place}" if place else "")
    use = use_words(step, hop.ruleset, names(hop.ruleset), style.lang)
    if use:
        yield "", use


def _others(hop: Hop, style: Style) -> Iterator[tuple[str, str]]:
    """The other ways that the dump leaves open."""
    if hop.trace is None or hop.ruleset is None:
        return
    for outcome in hop.others:
        fate, by = fate_words(outcome, style.lang), deciders([outcome], style, places=False)
        yield "or", sentence("journey.other", style.lang, fate=fate, by=by)
    answer = TraceAnswer(trace=hop.trace, ruleset=hop.ruleset, style=style)
    for text in likely_sentences(hop.trace, answer.names, style.lang):
        yield "", text


def _sent(hop: Hop, lang: str) -> str:
    packet = hop.packet
    facts = {"ends": ends_words(_ends(packet), packet.family, lang)}
    if packet.in_ is not None:
        return sentence("journey.comes", lang, link=packet.in_, **facts)
    return _who(packet, facts, lang)


def _who(packet: Packet, facts: Mapping[str, str], lang: str) -> str:
    told = {"uid": packet.uid, "gid": packet.gid, "link": packet.out}
    if packet.mark:
        return sentence("journey.who.mark", lang, mark=hex(packet.mark), **told, **facts)
    return sentence("journey.who", lang, **told, **facts)


def _ends(packet: Packet) -> Ends:
    """Both ends as they are sent."""
    return Ends(
        src=_known(packet.src), sport=_known(packet.sport), dst=_known(packet.dst),
        dport=_known(packet.dport),
    )  # fmt: skip


def _known(value: int | None) -> int | str:
    return "?" if value is None else value


def ends_words(ends: Ends, family: int, lang: str) -> str:
    """`10.244.1.5:40000 → 10.96.0.7:80`."""
    facts = {
        "src": _address(ends.src, family), "sport": ends.sport,
        "dst": _address(ends.dst, family), "dport": ends.dport,
    }  # fmt: skip
    return sentence("journey.ends", lang, **facts)


def _address(address: int | str, family: int) -> str:
    if isinstance(address, str):
        return address
    text = format_address(address, 32 if family == 4 else 128)
    return f"[{text}]" if family == 6 else text


def _end(address: int, port: int, family: int) -> str:
    return f"{_address(address, family)}:{port}"


def _advice(verdict: Verdict, answer: Answer, style: Style) -> Iterator[list[str]]:
    """What follows from it, and what would help."""
    told = [sentence(verdict.remark, style.lang)] if verdict.remark else []
    told += filter(None, (remedy_words(one, style.lang) for one in answer.causes))
    for text in dict.fromkeys(told):
        yield wrap(printable(text), style.width)


def _given(answer: Answer, style: Style) -> list[str]:
    notes = dict.fromkeys(
        (*answer.assumed, *(n for hop in answer.hops if hop.trace for n in hop.trace.assumed))
    )
    told = sentence("journey.but", style.lang).join(note_text(n, style.lang) for n in notes)
    given = sentence("trace.assumed", style.lang, given=told)
    rules = sentence("journey.no_rules", style.lang)
    return [*wrap(printable(given), style.width), *wrap(printable(rules), style.width)]
