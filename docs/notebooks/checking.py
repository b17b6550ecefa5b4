"""Checks the answers of the lessons without knowing them by heart.

Each check asks the program about the dumps and compares. It returns what to tell the learner, and
whether the answer is right. The first three are those of `both_directions.ipynb`, the others those
of `all_packets.ipynb`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import EllipsisType

import iptsim
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


def unredirected(rules: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """Question 1: TCP that starts here and surely is not sent to port 15001."""
    if answer is ...:
        return _OPEN
    try:
        walk = rules.trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return _no(f"There is no such packet ({error}). Mend it and try again.")
    if walk.trace.hook != "OUTPUT":
        return _no("That one arrives from the network; tell the user who sends it, or `out` alone.")
    if walk.trace.packet.proto != _TCP:
        return _no("That one need not be TCP, and only TCP is redirected. Tell `proto` or a port.")
    if walk.meets("REDIRECT:15001"):
        return _no("That one is redirected. In which of the three sets does it lie?")
    if any("REDIRECT" in step.target for one in walk.outcomes for step in one.steps):
        return _no("Some such packets are redirected, some are not. Tell more of it.")
    return _yes("It is in none of the sets, so it goes where it was sent.")


def latest(rules: Rules, number: int, answer: int | EllipsisType) -> Reply:
    """Question 2: the last place in INPUT at which rule `number` still gets packets."""
    if answer is ...:
        return _OPEN
    try:
        wanted = int(answer)
    except (TypeError, ValueError):
        return _no("Give a number: 13.")
    if not 1 <= wanted <= number:
        return _no(f"Give a number from 1 to {number}.")
    if not _gets_packets(rules, number, wanted):
        return _no("There, too, no packet comes to it. Which rule leaves none?")
    if _gets_packets(rules, number, wanted + 1):
        return _no("That works, but it may come later still.")
    return _yes("One place further down, nothing is left for it.")


def merged(rules: Rules, answer: str | EllipsisType) -> Reply:
    """Question 3: one rule for all those of INPUT, with the same effect."""
    if answer is ...:
        return _OPEN
    lines = answer.strip().splitlines() if isinstance(answer, str) else []
    if [line[:3] for line in lines] != ["-A "]:
        return _no('Give one rule as text: "-A INPUT -p tcp --dport 8003 -j ACCEPT".')
    try:
        mine = iptsim.read(text=_with(rules, lines))
        found = iptsim.diff(rules, mine)
    except IptsimError as error:
        return _no(f"This is no rule ({error}). Mend it and try again.")
    if any(rule.unread for dumped in mine.dump.rulesets for *_, rule in dumped.rules()):
        return _no("This is no rule: its end is missing. Mend it and try again.")
    if found.effects:
        told = found.json()["effect"][0]["explanation"]
        return _no(f"Some packets fare otherwise. {told}")
    return _yes("Three rules or one, the packets do not notice.")


_TCP = 6


def _gets_packets(rules: Rules, number: int, place: int) -> bool:
    """Whether lint finds nothing that keeps packets from the rule once it stands at `place`."""
    lines = _input_rules(rules)
    lines.insert(place - 1, lines.pop(number - 1))
    moved = iptsim.read(text=_with(rules, lines)).lint()
    never = {"IPT0710", "IPT0711", "IPT0712", "IPT0721"}
    return not any(
        one.kind.value in never and (one.at.chain, one.at.rule) == ("INPUT", place)
        for one in moved.findings
    )


def _input_rules(rules: Rules) -> list[str]:
    return [line for line in rules.convert().splitlines() if line.startswith("-A INPUT ")]


def _with(rules: Rules, lines: list[str]) -> str:
    """The dump with these rules as those of INPUT in its last table, filter."""
    kept = [line for line in rules.convert().splitlines() if not line.startswith("-A INPUT ")]
    at = max(number for number, line in enumerate(kept) if line.startswith(":")) + 1
    return "\n".join([*kept[:at], *lines, *kept[at:], ""])


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
