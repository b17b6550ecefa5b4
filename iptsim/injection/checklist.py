"""What a look at injection says: steps with a sign each, and the evidence for it."""

from __future__ import annotations

from enum import StrEnum

from iptsim.dataclass import dataclass
from iptsim.errors import Place
from iptsim.manifests.nodes import Node


class Sign(StrEnum):
    """Whether a step lets injection go on; `PRESUMED`: by default it does, and no text tells."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    PRESUMED = "presumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A line of a text that was given."""

    place: Place
    text: str


def evidence(node: Node | None) -> tuple[Evidence, ...]:
    """The line on which a value stands; none for a value that nobody wrote."""
    if node is None:
        return ()
    return (Evidence(place=node.place, text=node.source.line(node.line).strip()),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `name` is what is looked at, `said` the key of its sentence, filled from `facts`.

    `webhook` is whose step it is, where each has its own. `command` mends what stands in the way,
    or brings what no text tells.
    """

    name: str
    sign: Sign
    said: str
    facts: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    command: str = ""
    webhook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A webhook of an injector, and whether it is called: its own steps."""

    name: str
    configuration: str
    steps: tuple[Step, ...]

    @property
    def sign(self) -> Sign:
        """Whether the API server calls it for this pod."""
        return total(self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether a pod gets its sidecar.

    `before` are the steps up to the webhooks, `webhooks` those of the injector, `after` what the
    injector itself decides; `notes` are keys of sentences with their facts, which stop nothing.
    """

    pod: str
    namespace: str
    before: tuple[Step, ...]
    webhooks: tuple[Called, ...]
    after: tuple[Step, ...]
    notes: tuple[Step, ...] = ()

    @property
    def sign(self) -> Sign:
        """Whether it is injected, all in all."""
        return total_of((total(self.before), self.called, total(self.after)))

    @property
    def called(self) -> Sign:
        """Whether one of the webhooks is called."""
        signs = [one.sign for one in self.webhooks]
        for sign in (Sign.YES, Sign.PRESUMED, Sign.UNKNOWN):
            if sign in signs:
                return sign
        return Sign.NO if signs else Sign.YES

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in their order."""
        each = (step for one in self.webhooks for step in one.steps)
        return (*self.before, *each, *self.after)


def total(steps: tuple[Step, ...]) -> Sign:
    """The sign of all steps together."""
    return total_of(tuple(step.sign for step in steps))


def total_of(signs: tuple[Sign, ...]) -> Sign:
    """One that stands in the way decides, then what is unknown, then what is presumed."""
    for sign in (Sign.NO, Sign.UNKNOWN, Sign.PRESUMED):
        if sign in signs:
            return sign
    return Sign.YES
