"""A plain trace that keeps an account of itself: each table's walk, and each end."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.actions import Fate
from iptsim.dataclass import dataclass, field
from iptsim.model import Table
from iptsim.tracer.chains import Walker
from iptsim.tracer.journey import End, Journey
from iptsim.tracer.rules.ready import Library
from iptsim.tracer.rules.worlds_at_a_rule import Flow
from iptsim.worlds.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A table's walk at a hook: the worlds that came, those that left it, each with its fate."""

    table: Table
    hook: str
    presumed: frozenset[str]
    came: Sequence[World]
    left: Sequence[tuple[World, Fate]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A packet sets out (again, where two answers are held against each other)."""

    worlds: Sequence[World]


@dataclass(slots=True)
class Account:
    """What happened to one packet, in order; `ends` are those of its first journey."""

    events: list[Begun | Walked] = field(default_factory=list)
    ends: list[list[End]] = field(default_factory=list)
    library: Library | None = None
    broken: bool = False
    """Whether a journey did not come to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walker(Walker):
    account: Account

    def run(self, worlds: list[World], base: str) -> Flow:
        flow = Walker.run(self, worlds, base)
        walked = Walked(
            table=self.table, hook=self.hook, presumed=frozenset(self.setting.presumed),
            came=tuple(worlds), left=tuple(flow.ended),
        )  # fmt: skip
        self.account.events.append(walked)
        return flow


@dataclass(slots=True, kw_only=True)
class WatchedJourney(Journey):
    """A journey of which `account` tells."""

    account: Account

    def go(self, *worlds: World) -> list[End]:
        """See `Journey.go`."""
        account = self.account
        account.library, account.broken = self.library, True
        account.events.append(Begun(worlds=worlds))
        ends = Journey.go(self, *worlds)
        account.ends.append(ends)
        account.broken = False
        return ends

    def walker(self, table: Table, hook: str) -> Walker:
        """See `Journey.walker`."""
        return _Walker(
            library=self.library,
            setting=self.setting,
            table=table,
            hook=hook,
            keeping=self.keeping,
            account=self.account,
        )
