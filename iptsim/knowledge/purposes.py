"""What a rule is for, in the systems that were recognised."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from iptsim.dataclass import dataclass
from iptsim.knowledge.catalogue import of
from iptsim.knowledge.known import LANGUAGES, Said, System


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a rule is for: the system whose rule it is, its sentence, and the facts in that."""

    system: str
    title: str
    said: Said
    facts: Mapping[str, str]

    def text(self, lang: str) -> str:
        """Its sentence, a pattern for `explain.catalogue.filled`."""
        return self.said[LANGUAGES.index(lang)]


def use_of(chain: str, text: str, target: str, among: Collection[str]) -> Use | None:
    """What a rule of a chain is for, by its text as iptables-save writes it; None if unknown.

    Of a rule that has no purpose of its own it is what the chain is for that it leads to, or what
    one of its numbers means.
    """
    rule = text.removeprefix(f"-A {chain} ")
    asked = [*of(among)]
    for telling in (_purposes, _targets, _numbers):
        for system in asked:
            for said, facts in telling(system, chain, rule, target):
                return Use(system=system.name, title=system.title, said=said, facts=facts)
    return None


Told = Iterator[tuple[Said, Mapping[str, str]]]


def _purposes(system: System, chain: str, rule: str, _target: str) -> Told:
    for one in system.rules:
        whose, found = re.fullmatch(one.chain, chain), re.search(one.rule, rule)
        if whose and found:
            told = {**whose.groupdict(), **found.groupdict()}
            yield one.said, {key: value or "" for key, value in told.items()}


def _targets(system: System, _chain: str, _rule: str, target: str) -> Told:
    known = system.chain(target) if target else None
    if known is not None:
        yield known.said, {}


def _numbers(system: System, _chain: str, rule: str, _target: str) -> Told:
    words = set(rule.split())
    for said in (s for value, s in (*system.marks.items(), *system.addresses.items())
                 if value in words):  # fmt: skip
        yield said, {}
    for number, said in system.users.items():
        if re.search(rf"--[ug]id-owner {number}\b", rule):
            yield said, {}
    for number, said in system.ports.items():
        if "{asked}" not in said[0] and re.search(
            rf"--(?:dport|to-ports|on-port) {number}\b", rule
        ):
            yield said, {}
