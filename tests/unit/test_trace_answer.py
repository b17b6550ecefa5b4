"""The parts of an answer are worked out once, however many paragraphs tell of them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType

import pytest

from iptsim.dialects import read_text
from iptsim.model import Dump
from iptsim.questions import read_packet
from iptsim.render.outputs.html import trace_html
from iptsim.render.outputs.trace_text import trace_text
from iptsim.render.shared.conditions import rule_names
from iptsim.render.shared.crowd import crowd
from iptsim.render.shared.fates import MANY, fates
from iptsim.render.shared.summary import told_fates
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.tracer import Tracer
from iptsim.tracing import Tracing

HEAD = "target     prot opt source               destination"
LISTED = f"""Chain INPUT (policy DROP)
{HEAD}
ACCEPT     udp  --  192.0.2.0/24         0.0.0.0/0            udp dpt:123
REJECT     udp  --  0.0.0.0/0            0.0.0.0/0            udp dpt:123
"""
SAVED = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p udp -j ACCEPT\nCOMMIT\n"
CROWDED = (
    "*filter\n:INPUT DROP [0:0]\n"
    + "".join(f"-A INPUT -p udp --dport {n} -j ACCEPT\n" for n in range(100, 102 + MANY))
    + "COMMIT\n"
)
OUTPUTS = (trace_text, trace_html)


def _dump(text: str) -> Dump:
    return read_text(text, table="filter" if text is LISTED else None)


def _answer(text: str, given: dict[str, str], *follow: str) -> TraceAnswer:
    dump = _dump(text)
    found = Tracing(dump).ask(read_packet(given), follow=follow)
    return TraceAnswer(trace=found, ruleset=dump.rulesets[0], style=Style())


def _calls(run: Callable[[], object]) -> Counter[CodeType]:
    seen: Counter[CodeType] = Counter()

    def on_event(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            seen[frame.f_code] += 1

    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        run()
    finally:
        sys.setprofile(before)
    return seen


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize(
    ("text", "given"),
    [
        (LISTED, {"proto": "udp", "dport": "123"}),
        (SAVED, {"proto": "udp", "src": "192.0.2.7"}),
        (CROWDED, {"proto": "udp"}),
    ],
    ids=["hidden interfaces", "one fate", "a crowd"],
)
def test_the_parts_of_an_answer_are_worked_out_once(
    output: Callable[[TraceAnswer], str], text: str, given: dict[str, str]
) -> None:
    answer = _answer(text, given)
    seen = _calls(lambda: output(answer))
    assert seen[fates.__code__] == 1
    assert seen[rule_names.__code__] == 1
    told = (told_fates.__code__, crowd.__code__)  # each goes on once for each fate, and ends
    assert sum(seen[code] for code in told) == len(answer.told) + 1


@pytest.mark.parametrize("output", OUTPUTS)
def test_each_packet_that_follows_has_parts_of_its_own(
    output: Callable[[TraceAnswer], str],
) -> None:
    answer = _answer(SAVED, {"proto": "udp", "src": "192.0.2.7", "dport": "9"}, "reply", "next")
    assert _calls(lambda: output(answer))[fates.__code__] == 3


def test_what_was_told_of_a_packet_is_not_told_again_of_its_answer() -> None:
    first = _answer(LISTED, {"proto": "udp", "dport": "123"}, "reply")
    kind, reply = first.trace.outcomes[0].follows[0]
    assert kind == "reply"
    assert reply is not None
    told = TraceAnswer(trace=reply, ruleset=first.ruleset, style=first.style, before=first.trace)
    assert first.notes
    assert set(reply.notes) & set(first.notes)
    assert not set(told.notes) & set(first.notes)
    assert not set(told.assumed) & set(first.assumed)


def test_many_questions_ask_rules_that_are_made_ready_once() -> None:
    dump = _dump(SAVED)
    tracing = Tracing(dump)
    asked = read_packet({"proto": "udp"})
    seen = _calls(lambda: [tracing.ask(asked) for _ in range(3)])
    assert seen[vars(Tracer)["of"].__func__.__code__] == 1
