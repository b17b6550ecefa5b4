"""Whether a learner's rules do what an exercise asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext

from iptsim.dataclass import dataclass
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.errors import IptsimError
from iptsim.learn.exercise import Exercise, Question
from iptsim.learn.kernels_word import Heard, Kernel, Word, kernel
from iptsim.model import Dump
from iptsim.questions import read_packet
from iptsim.tracer import Trace
from iptsim.tracing import Tracing
from iptsim.worlds.expectation import read_expectation

_OURS = Heard(word=Word.UNASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A question, and whether it holds.

    `trace` is what the tracer says to its packet, None for a question about none and where the
    packet gets into a loop (`loop`). `rules` is how many rules there are, where that is asked.
    """

    question: Question
    holds: bool
    heard: Heard
    trace: Trace | None = None
    loop: IptsimError | None = None
    rules: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """All questions of an exercise, in their order, and the dump that was asked."""

    exercise: Exercise
    dump: Dump
    held: tuple[Held, ...]

    @property
    def right(self) -> bool:
        """Whether every one holds, and the kernel contradicts none."""
        return all(one.holds and one.heard.word is not Word.OTHER for one in self.held)


def check(
    exercise: Exercise, text: str, *, file: str, ask_kernel: bool = False, must: bool = False
) -> Answered:
    """What holds of a text, with `ask_kernel` by the real kernel too, where it can be or `must` be.

    Raises `DumpError` for a line that cannot be read, `NoDumpError` where there are no rules, and
    with the kernel what it says to rules that it does not take.
    """
    dump = read_text(text, file=file, family=exercise.family, strict=True)
    judge = kernel(dump, text, file, must=must) if ask_kernel else nullcontext()
    with judge as asked:
        held = tuple(_each(exercise, dump, asked))
    return Answered(exercise=exercise, dump=dump, held=held)


def _each(exercise: Exercise, dump: Dump, judge: Kernel | None) -> Iterator[Held]:
    tracing = Tracing(dump)
    for question in exercise.questions:
        if question.packet is not None:
            yield _of_packets(question, question.packet, tracing, judge)
        elif question.same:
            yield Held(question=question, holds=_same(exercise, dump), heard=_OURS)
        else:
            yield _few(question, dump)


def _of_packets(
    question: Question, packet: Mapping[str, str], tracing: Tracing, judge: Kernel | None
) -> Held:
    asked = read_packet(packet)
    try:
        trace = tracing.ask(asked)
    except IptsimError as loop:
        return Held(question=question, holds=False, heard=_OURS, loop=loop)
    several = len(trace.outcomes) > 1  # of which the kernel would be asked one
    heard = _OURS if judge is None or several else judge.word(asked)
    return Held(question=question, holds=_holds(question, trace), heard=heard, trace=trace)


def _holds(question: Question, trace: Trace) -> bool:
    if question.fate is not None:
        wanted = read_expectation(question.fate)
        return all(wanted.met_by(outcome) for outcome in trace.outcomes)
    assert question.never is not None
    unwanted = read_expectation(question.never)
    return not any(unwanted.met_by(outcome) for outcome in trace.outcomes)


def _same(exercise: Exercise, dump: Dump) -> bool:
    start = read_text(exercise.start, family=exercise.family)
    return diff(start, dump).same_effect


def _few(question: Question, dump: Dump) -> Held:
    count = sum(1 for ruleset in dump.rulesets for _rule in ruleset.rules())
    most = question.most_rules
    assert most is not None
    return Held(question=question, holds=count <= most, heard=_OURS, rules=count)
