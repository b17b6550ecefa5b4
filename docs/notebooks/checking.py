"""Checks the answers of the lesson `both_directions.ipynb` without knowing them by heart.

Each check asks the program about the two dumps and compares. It returns what to tell the learner,
and whether the answer is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import EllipsisType

from iptsim import IptsimError, Rules, Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to tell the learner; `right` is None while there is no answer yet."""

    text: str
    right: bool | None

    def __repr__(self) -> str:
        mark = {True: "✔", False: "✘", None: "…"}[self.right]
        return f"{mark} {self.text}"


_OPEN = Reply(text="Not answered yet: put your answer in place of the dots.", right=None)


def callers(after: Rules, chain: str, answer: Iterable[str] | EllipsisType) -> Reply:
    """Question 1: the chains from which rules jump to `chain`."""
    if answer is ...:
        return _OPEN
    if not isinstance(answer, Iterable):
        return _no('Give the names of chains: {"FIRST", "SECOND"}.')
    given = {answer} if isinstance(answer, str) else set(answer)
    (graph,) = after.graph().graphs
    names = {node.name for node in graph.chains}
    right = {leap.chain for leap in graph.leaps if leap.to == chain}
    if given == right:
        return _yes(f"That is what ({len(right)} references) counts.")
    if strangers := given - names:
        told = ", ".join(sorted(map(str, strangers)))
        return _no(f"The dump has no chain {told}. Check the names.")
    if given < right:
        return _no("So far so good, but that is not all. Read the target column of every chain.")
    return _no(f"Find {chain} in the target column of the dump. In whose chain does it stand?")


def port(walk: Walk, answer: int | EllipsisType) -> Reply:
    """Question 2: the port at which the packet of `walk` arrives in the end."""
    if answer is ...:
        return _OPEN
    if str(answer) == str(dict(walk.outcomes[0].packet)["dport"]):
        return _yes("The packet looks into ISTIO_INBOUND, but no rule there is for it.")
    return _no("Go through ISTIO_INBOUND as the packet does: does its only rule match this one?")


def untouched(before: Rules, after: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """Question 3: a new packet to port 8088 that the change leaves alone."""
    if answer is ...:
        return _OPEN
    try:
        old, new = before.trace(**answer), after.trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return _no(f"There is no such packet ({error}). Mend it and try again.")
    if reply := _not_asked_for(new):
        return reply
    if len(new.outcomes) > 1:
        return _no("Perhaps, perhaps not: tell more of the packet, so that it has one fate only.")
    if [one.fate for one in old.outcomes] != [one.fate for one in new.outcomes]:
        return _no("This one is redirected now. What do all three rules on its way ask for?")
    return _yes("The change is about one kind of packet only, and this is another.")


def _not_asked_for(walk: Walk) -> Reply | None:
    packet = walk.trace.packet
    if packet.dport != 8088:
        return _no("Its port must be 8088: `dport=8088`.")
    if packet.ctstate not in (None, "NEW"):
        return _no("Nat never sees that one: its connection is open already. Try a new one.")
    if walk.trace.hook != "PREROUTING":
        return _no("That one does not arrive from the network; it begins at another hook.")
    return None


def _yes(text: str) -> Reply:
    return Reply(text=f"Right. {text}", right=True)


def _no(text: str) -> Reply:
    return Reply(text=f"Not quite. {text}", right=False)
