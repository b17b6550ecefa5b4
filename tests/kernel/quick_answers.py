"""The answers to many packets beside those to one, for packets that the kernel is asked about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from iptsim.errors import IptsimError
from iptsim.host import Host
from iptsim.many.answers import ManyAnswers
from iptsim.model import Dump, Ruleset
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.render.outputs.trace_json import trace_json
from iptsim.render.shared.value_json import asked_json
from iptsim.tracing import Tracing

ENCODE = partial(json.dumps, ensure_ascii=False)
_ALIKE = 3
"""Packets like the one in question that are asked before it, so that it is not the first."""


@dataclass(slots=True)
class QuickAnswers:
    """A rule set asked both ways; `quick` counts the answers that no plain trace gave."""

    rules: Ruleset
    host: Host
    quick: int = 0
    _many: ManyAnswers = field(init=False)
    _plain: Tracing = field(init=False)

    def __post_init__(self) -> None:
        dump = Dump(rulesets=(self.rules,))
        self._many = ManyAnswers(dump, self.host, lang="en", encode=ENCODE)
        self._plain = Tracing(dump)

    def problem(self, packet: Packet, hook: str) -> str | None:
        """What the two ways tell otherwise; None where they agree."""
        for one in _alike(packet):
            self._ask(one, hook)
        before, wrong = self._many.counts.plain, self._many.counts.wrong
        quick = self._ask(packet, hook)
        self.quick += self._many.counts.plain == before
        plain = self._told(packet, hook)
        if quick == plain and not wrong:
            return None
        return f"of many packets: {quick}\nalone: {plain}\ntaken back: {wrong}"

    def _ask(self, packet: Packet, hook: str) -> str:
        question = Question(packet=packet, family=packet.family, hook=hook)
        given = {**asked_json(packet), "hook": hook}
        try:
            return self._many.line(given, lambda: question)
        except IptsimError as error:
            return str(error)

    def _told(self, packet: Packet, hook: str) -> str:
        try:
            question = Question(packet=packet, family=packet.family, hook=hook)
            return ENCODE(trace_json(self._plain.ask(question, host=self.host)))
        except IptsimError as error:
            return str(error)


def _alike(packet: Packet) -> Iterator[Packet]:
    """Packets that differ in what most rules do not ask for."""
    for number in range(1, 1 + _ALIKE):
        port = None if packet.sport is None else packet.sport ^ number
        src = None if packet.src is None else packet.src ^ (number & 1)
        yield packet.with_(sport=port, src=src)
