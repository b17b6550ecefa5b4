"""What the ports mean that a trace was sent to, where their system is recognised."""

from __future__ import annotations

from iptsim.explain.catalogue import filled, sentence
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.regex import regex
from iptsim.values import format_address
from iptsim.worlds.outcome import Outcome, Step, Trace

_ON_PORT = regex(r" --on-port (\d+)")


def port_sentences(trace: Trace, ruleset: Ruleset, lang: str) -> tuple[str, ...]:
    """A sentence for each well-known port that a packet was sent to instead of its own."""
    numbers = dict.fromkeys(number for outcome in trace.outcomes for number in _ports(outcome))
    if not numbers:
        return ()
    from iptsim.knowledge import port, recognised_by_chains  # noqa: PLC0415  # most packets keep their port

    asked = _asked(trace.packet, lang)
    found = (port(number, recognised_by_chains(ruleset)) for number in numbers)
    return tuple(filled(known.text(lang), {"asked": asked}) for known in found if known is not None)


def _ports(outcome: Outcome) -> list[int]:
    rewritten = [r.after for r in outcome.rewrites if r.field == "dport"]
    handed = handed_to(outcome)
    return [*(n for n in rewritten if isinstance(n, int)), *([handed] if handed else [])]


def handed_to(outcome: Outcome) -> int | None:
    """The port whose socket a TPROXY rule handed the unchanged packet to, None where none did."""
    return next((number for step in outcome.steps if (number := on_port(step))), None)


def on_port(step: Step) -> int | None:
    """The port of a TPROXY step; None for its own port, and for every other step."""
    found = _ON_PORT.search(step.text) if step.target == "TPROXY" else None
    return int(found[1]) or None if found else None


def _asked(packet: Packet, lang: str) -> str:
    """«the port asked for (8088)», as far as it was told."""
    if packet.dport is None:
        return sentence("port.asked", lang)
    if packet.dst is None:
        return sentence("port.asked_port", lang, port=packet.dport)
    address = format_address(packet.dst, 32 if packet.family == 4 else 128)
    return sentence("port.asked_destination", lang, dst=address, port=packet.dport)
