"""What a trace comes to, in a line, or the fates and what parts them."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.explain.catalogue import knows, sentence
from iptsim.explain.ports import handed_to
from iptsim.render.shared.fate_words import deciders, new_target, other_changes
from iptsim.render.shared.fates import Fate
from iptsim.render.shared.terminal import Style, printable, wrap
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.render.shared.value_json import field_value, set_texts
from iptsim.worlds.outcome import Trace

_MARKS = {"ACCEPT": ("✔", "good"), "DROP": ("✘", "bad"), "REJECT": ("✘", "bad")}
_UNSURE = ("?", "unsure")
_TO_THIS_HOST = codes.TO_THIS_HOST


def headline(answer: TraceAnswer) -> str:
    """`✔ ACCEPT  tcp to this host, port 8088 → port 15001`, or the fates and what parts them."""
    found, style = answer.fates, answer.style
    if len(found) > 1:
        from iptsim.render.shared.named_fates import named_fates  # noqa: PLC0415  # most have one

        mark, colour = _UNSURE
        return "\n".join(hang(mark, printable(named_fates(answer)), colour, style))
    mark, colour = _MARKS.get(found[0].outcomes[0].verdict, _UNSURE)
    return "\n".join(hang(mark, told_fate(answer), colour, style))


def told_fate(answer: TraceAnswer) -> str:
    """`ACCEPT  tcp to this host, port 8088 → port 15001`: the first fate, safe to print."""
    fate = answer.fates[0]
    return printable(f"{fate.outcomes[0].verdict}  {_way(answer, fate)}")


def hang(mark: str, text: str, colour: str, style: Style) -> list[str]:
    """The lines of a headline, what comes before its first two blanks in colour."""
    first, *more = wrap(text, style.width - 2)
    word, blank, rest = first.partition("  ")
    painted = style.paint(f"{mark} {word}", colour) + blank + rest
    return [painted, *("  " + line for line in more)]


def _way(answer: TraceAnswer, fate: Fate) -> str:
    outcome, style, lang = fate.outcomes[0], answer.style, answer.style.lang
    told = [packet_words(answer.trace, lang)]
    if outcome.destination is None:
        told += [deciders(fate.outcomes, style, places=False), *_causes(answer)]
    else:
        told[0] += f" → {target}" if (target := new_target(outcome, lang)) else ""
        port = handed_to(outcome)
        told += [sentence("change.handed", lang, port=port)] if port else []
        told += other_changes(outcome, lang)
    return sentence("trace.and", lang).join(filter(None, told))


def _causes(answer: TraceAnswer) -> Iterator[str]:
    """`by routing: forwarding is off`, for the one fate of a packet that no rule decided about."""
    trace = answer.trace
    if len(answer.fates) > 1 or all(outcome.decided_by for outcome in trace.outcomes):
        return
    for note in trace.notes:
        if knows(f"{note.code}.cause"):
            yield printable(sentence(f"{note.code}.cause", answer.style.lang, **dict(note.facts)))


def packet_words(trace: Trace, lang: str) -> str:
    """`tcp from 10.0.0.7 to this host, port 8088`: the packet as it was asked for."""
    packet = trace.packet
    given = {
        name: str(field_value(name, value, packet.family)) for name, value in packet.given().items()
    } | {**dict(packet.names), **set_texts(packet)}
    words = [given.get("proto") or sentence("packet.any", lang)]
    if "src" in given:
        words.append(sentence("packet.from", lang, src=given["src"]))
    elif trace.hook == "OUTPUT" and "dst" in given:
        words.append(sentence("packet.from_host_to", lang, dst=given.pop("dst")))
    elif trace.hook == "OUTPUT":
        words.append(sentence("packet.from_host", lang))
    if "dst" in given:
        words.append(sentence("packet.to", lang, dst=given["dst"]))
    elif _to_this_host(trace):
        words.append(sentence("packet.to_host", lang))
    text = " ".join(words)
    if "dport" in given:
        text += sentence("packet.dport", lang, port=given["dport"])
    return text + sentence("packet.nobody", lang) if "socket" in given else text


def _to_this_host(trace: Trace) -> bool:
    assumed = any(note.code == _TO_THIS_HOST for note in trace.assumed)
    return assumed or trace.hook == "INPUT"
