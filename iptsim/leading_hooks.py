"""From which hooks packets come to the chains of a table, without asking all callers of a chain.

A chain to which most others lead, as where kube-proxy marks, has tens of thousands of callers. But
one of them shows which hooks lead there at least; and a hook of which few chains are led to leads
nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Protocol

from iptsim.packet import HOOKS

MANY = 64
"""Chains that are looked at, down from a hook or up from a chain."""


class Aiming(Protocol):
    """A chain, of which is asked where its rules lead."""

    @property
    def aims(self) -> Sequence[str]:
        """The name of the target of each rule that has one."""
        ...


class LeadingHooks:
    """What is known of the chains of one table.

    `some_callers` tells some of the chains that lead to one, `leading_to` all, which takes longer.
    """

    def __init__(
        self,
        chains: Mapping[str, Aiming],
        some_callers: Callable[[str], Iterable[str]],
        leading_to: Callable[[str], AbstractSet[str]],
    ) -> None:
        self._chains, self._some_callers, self._leading_to = chains, some_callers, leading_to
        self._hooks = chains.keys() & {*HOOKS}
        self._known: dict[str, frozenset[str]] = {}
        # To these the chains lead to which all hooks do that lead to more than few.
        self._below: set[str] = set()

    def of(self, name: str) -> frozenset[str]:
        """The hooks whose built-in chains lead to a chain; none where nothing does."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._of(name)
        return found

    def by(self, caller: str, name: str) -> frozenset[str]:
        """As `of(name)`, of a chain to which a rule of `caller` leads."""
        above = self.of(caller)
        return self._known.setdefault(name, above) if self.alike(above, (name,)) else self.of(name)

    def alike(self, above: AbstractSet[str], names: Iterable[str]) -> bool:
        """Whether chains have the hooks of one that leads to them, of which these are all."""
        most = len(above) + len(self._few) == len(self._hooks)
        return most and self._led_by_few.isdisjoint(names)

    def _of(self, name: str) -> frozenset[str]:
        few = self._few
        most = {hook for hook in self._hooks if hook not in few or name in few[hook]}
        shown = name in self._below or (name not in self._hooks and most <= self._above(name, most))
        if not shown:
            most &= self._leading_to(name)
        chain = self._chains.get(name)
        if chain is not None and self._hooks - few.keys() <= most:
            self._below.update(chain.aims)
        return frozenset(most)

    @cached_property
    def _few(self) -> Mapping[str, AbstractSet[str]]:
        """The hooks that lead to few names, with these; and with their own."""
        found = {}
        for hook in self._hooks:
            waiting, been = [hook], {hook}
            while waiting and len(been) <= MANY:
                chain = self._chains.get(waiting.pop())
                more = set[str]() if chain is None else {*chain.aims} - been
                been |= more
                waiting += more
            if len(been) <= MANY:
                found[hook] = been
        return found

    @cached_property
    def _led_by_few(self) -> AbstractSet[str]:
        return set[str]().union(*self._few.values())

    def _above(self, name: str, most: AbstractSet[str]) -> AbstractSet[str]:
        """Hooks that lead to a chain: `most`, or those that a few looks show."""
        waiting, been, hooks = [name], {name}, set[str]()
        while waiting and len(been) <= MANY and not most <= hooks:
            here = waiting.pop()
            hooks |= self._known.get(here, {here} & self._hooks)
            if here not in self._known:
                more = [caller for caller in self._some_callers(here) if caller not in been]
                been.update(more)
                waiting += more
        return hooks
