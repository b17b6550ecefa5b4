"""What a picture folds away, for pages on which it is opened: chains whole, and who shares what."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.extensions.spec import Context
from iptsim.model import Ruleset
from iptsim.render.pictures.drawn import Line, Picture
from iptsim.render.pictures.drawn_lines import RuleLines
from iptsim.render.pictures.drawn_rules import plain_lines
from iptsim.render.pictures.shares import Share, named_in, parts_of, serves, shares
from iptsim.render.pictures.told_chains import ToldChain

_SERVICES = ("KUBE-SERVICES", "services")
MOST_RULES = 20_000
"""Rules that a page holds at most; more open in no browser in good time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A chain of which the picture does not show all rules."""

    key: str
    note: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A rule behind which packets are spread over several destinations."""

    name: str
    when: str
    shares: tuple[Share, ...]


def folded_chains(picture: Picture, ruleset: Ruleset, lang: str) -> Iterator[Folded]:
    """The chains that are not drawn whole, with all their rules, in the order of the dump."""
    rules = plain_lines(ruleset, lang)
    whole = {
        box.key
        for lane in picture.lanes
        for box in lane.boxes
        if not box.again and not any(line.folded for line in box.lines)
    }
    left = MOST_RULES
    for key, chain in rules.chains.items():
        if key in whole or not chain.entries or left <= 0:
            continue
        lines = tuple(_lines(rules, chain, left))
        left -= len(lines)
        yield Folded(key=key, note=serves(chain), lines=lines)


def _lines(rules: RuleLines, chain: ToldChain, most: int) -> Iterator[Line]:
    parts = parts_of(chain)
    for at, entry in enumerate(chain.entries[:most]):
        yield rules.rule(chain, entry, parts, at)


def served(ruleset: Ruleset, lang: str) -> Iterator[Served]:
    """Each rule that names whom it serves, and where what it takes goes."""
    rules = plain_lines(ruleset, lang)
    for chain in rules.chains.values():
        if parts_of(chain):
            continue
        for entry in chain.entries[:MOST_RULES]:
            keys = (f"{chain.table.name} {name}" for name in entry.rule.aims)
            led = next((rules.chains[key] for key in keys if key in rules.chains), None)
            name = named_in(entry.rule)
            if led is None or not name:
                continue
            found = tuple(shares(led, rules.chains, ruleset.family))
            if len(found) > 1 or (found and chain.name in _SERVICES):
                where = Context(family=ruleset.family, table=chain.table.name, chain=chain.name)
                yield Served(name=name, when=rules.asked(entry.rule, where), shares=found)
