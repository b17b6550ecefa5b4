"""The steps of a packet, by the rows of a picture that they light."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from iptsim.dataclass import dataclass, field
from iptsim.render.pictures.rule_entries import Entry
from iptsim.render.pictures.told_chains import ToldChain
from iptsim.render.shared.fate_words import shown_value
from iptsim.worlds.outcome import Outcome, Rewrite

_At = tuple[str, str, str, int | None, str]


class Marked(NamedTuple):
    """The numbers of the steps at a rule, and what they rewrote."""

    numbers: tuple[int, ...] = ()
    change: str = ""


@dataclass(frozen=True, kw_only=True)
class Lit:
    """Which rows the packet met, in which chains of which hooks it was; nothing without a packet.

    `path` are the hooks and the keys of the chains, in the order in which it came to them, `port`
    is the local one that it was sent to instead of its own.
    """

    steps: Mapping[_At, Marked] = field(default_factory=dict)
    path: tuple[tuple[str, str], ...] = ()
    port: str = ""

    def at(self, hook: str, chain: ToldChain, entry: Entry) -> Marked:
        """The steps at a rule."""
        gone = entry.sign == "-"
        key = (hook, chain.table.name, chain.name, entry.number, entry.to)
        return Marked() if gone else self.steps.get(key, Marked())

    def at_policy(self, hook: str, chain: ToldChain) -> Marked:
        """The steps at a chain's policy."""
        return self.steps.get((hook, chain.table.name, chain.name, None, ""), Marked())

    def comes_to(self, hook: str, key: str) -> bool:
        """Whether the packet is in a chain at a hook."""
        return (hook, key) in self.path

    @property
    def hooks(self) -> frozenset[str]:
        """The hooks that it passes."""
        return frozenset(hook for hook, _key in self.path)


def lit_by(outcome: Outcome, lang: str) -> Lit:
    """The rows that light where a packet takes this way."""
    found: dict[_At, Marked] = {}
    for number, step in enumerate(outcome.steps, 1):
        if step.untold and step.rule is None:
            continue  # it stands in no text, and is no policy
        change = ", ".join(changed(rewrite, lang) for rewrite in step.rewrites)
        for to in dict.fromkeys(("", step.target)):  # of a verdict map the row of that verdict
            key = (step.hook, step.table, step.chain, step.rule, to)
            before = found.get(key, Marked())
            found[key] = Marked((*before.numbers, number), before.change or change)
    sent = (r.after for r in outcome.rewrites if r.field == "dport")
    port = str(next(sent, "")) if outcome.destination == "local" else ""
    return Lit(steps=found, path=tuple(dict.fromkeys(_path(outcome))), port=port)


def _path(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Every chain, also one that it left without meeting a rule."""
    for step in outcome.steps:
        yield step.hook, f"{step.table} {step.chain}"
        if step.action in ("jump", "goto"):
            yield step.hook, f"{step.table} {step.target}"


def changed(rewrite: Rewrite, lang: str) -> str:
    """`8088 → 15001`: what a packet held, and what it holds now."""
    before, after = (
        "" if value is None else shown_value(rewrite.field, value, lang)
        for value in (rewrite.before, rewrite.after)
    )
    name = "" if rewrite.field in ("src", "dst", "sport", "dport") else f"{rewrite.field} "
    return f"{name}{before} → {after}".replace("  ", " ")
