"""What becomes of the worlds that stand at one rule together, and of those that leave a chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from iptsim import codes
from iptsim.actions import Fate
from iptsim.dataclass import dataclass, field
from iptsim.errors import UsageError
from iptsim.model import Chain
from iptsim.predicate import Predicate
from iptsim.tracer.rules.hidden_facts import join_hidden, only_hidden, prune
from iptsim.tracer.rules.ready import Ready
from iptsim.worlds.terms import resolve
from iptsim.worlds.world import Setting, World

MOST_WORLDS = 1500
MOST_REGIONS = 4000


@dataclass(slots=True)
class Flow:
    """What came out of a chain: worlds that a verdict ended, and worlds that return."""

    ended: list[tuple[World, Fate]] = field(default_factory=list)
    back: list[World] = field(default_factory=list)


Walk = Callable[[list[World]], Flow]
"""Takes worlds through a chain."""


class Keeping(Protocol):
    """What becomes of the worlds that stand at one rule, or that leave a chain."""

    @property
    def tells_steps(self) -> bool:
        """Whether the steps of a world matter."""
        ...

    def asked(self, ready: Ready, world: World) -> Predicate:
        """The condition of a rule, of what the fields of a world hold."""
        ...

    def onward(self, worlds: list[World], flow: Flow) -> list[World]:
        """The worlds that go on to the next rule; `flow` is what the chain has let out so far."""
        ...

    def out(self, flow: Flow, setting: Setting, where: str) -> Flow:
        """What leaves a chain; `where` names table and hook."""
        ...

    def ahead(
        self, rules: Sequence[Ready], place: int, worlds: list[World], setting: Setting
    ) -> int:
        """The next place from `place` on with a rule that may mean packets of the worlds."""
        ...

    def through(self, way: Way, worlds: list[World], walk: Walk) -> Flow:
        """What comes out of a chain; `walk` takes worlds through it."""
        ...

    def met(self, met: Met, world: World) -> None:
        """A world met the end of a rule that matched, or a policy; only where no steps are told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where worlds enter a chain: at which hook, in which table."""

    hook: str
    table: str
    chain: str
    setting: Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A rule that matched (`ready`), or a chain's policy.

    `action` is the word of its step, `target` what that names.
    """

    hook: str
    table: str
    chain: Chain
    ready: Ready | None
    action: str
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EachWay:
    """A world for each way, which the tracer tells; `most` at one rule."""

    most: int = MOST_WORLDS

    @property
    def tells_steps(self) -> bool:
        """See `Keeping`."""
        return True

    def asked(self, ready: Ready, world: World) -> Predicate:
        """See `Keeping`."""
        return resolve(ready.condition, world.fields, world.gone)

    def onward(self, worlds: list[World], flow: Flow) -> list[World]:
        """See `Keeping`; `UsageError` where there are too many."""
        if self.most < MOST_WORLDS:
            # Before ways that only end alike are joined: each keeps the rule that decides it.
            _check_size([world for world in worlds if not only_hidden(world)], flow, self.most)
        here = prune(join_hidden(worlds))
        _check_size(here, flow, self.most)
        return here

    def out(self, flow: Flow, setting: Setting, where: str) -> Flow:  # noqa: ARG002  # all stay
        """See `Keeping`."""
        return flow

    def ahead(
        self,
        rules: Sequence[Ready],  # noqa: ARG002  # see below
        place: int,
        worlds: list[World],  # noqa: ARG002  # each is asked
        setting: Setting,  # noqa: ARG002  # see above
    ) -> int:
        """See `Keeping`."""
        return place

    def through(self, way: Way, worlds: list[World], walk: Walk) -> Flow:  # noqa: ARG002  # each is walked
        """See `Keeping`."""
        return walk(worlds)

    def met(self, met: Met, world: World) -> None:
        """See `Keeping`; the steps tell."""


def _check_size(worlds: list[World], flow: Flow, most: int) -> None:
    ways, regions = len(worlds) + len(flow.ended), sum(len(world.regions) for world in worlds)
    if ways > most or regions > max(MOST_REGIONS, 2 * most):
        raise UsageError(
            "too many ways are open to this packet; tell more of it (--src, --dst, --in …)",
            code=codes.TOO_MANY_WAYS,
        )
