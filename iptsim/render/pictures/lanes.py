"""The hooks of a picture: which chains are drawn under each, and what of them is folded away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from iptsim.dataclass import dataclass, field, replace
from iptsim.explain.catalogue import sentence
from iptsim.render.pictures.drawn import Box, Lane, Line
from iptsim.render.pictures.drawn_lines import RuleLines
from iptsim.render.pictures.rule_entries import Entry
from iptsim.render.pictures.shares import parts_of, serves
from iptsim.render.pictures.told_chains import Chains, ToldChain

MOST_BOXES = 14
"""Chains of a hook up to which each is drawn."""
MOST_LINES = 14
_FEW_LINES = 6
_MOST_LED = 8
"""A chain that leads to more than these hands packets out: who gets them is told in its rows."""
_SMALL = 4
_MOST_CALLERS = 2
_DEEPEST = 4
"""Chains one behind the other up to which all fit a screen."""
_TITLES = {
    "INGRESS": "picture.from_device",
    "PREROUTING": "picture.arrives",
    "INPUT": "picture.for_here",
    "FORWARD": "picture.forwarded",
    "OUTPUT": "picture.sent",
    "POSTROUTING": "picture.leaves",
    "EGRESS": "picture.at_device",
}


@dataclass(kw_only=True)
class Drawer:
    """Draws the hooks of one rule set one after the other.

    With `cut` only what the packet meets is drawn, with `changed` only what differs, each with what
    leads there. `where` has the hook under which a chain was drawn whole.
    """

    chains: Chains
    lines: RuleLines
    lang: str
    cut: bool = False
    changed: bool = False
    where: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def lane(self, hook: str, begins: tuple[str, ...], *, whole: bool = False) -> Lane:
        """A hook and the chains that it begins with; with `whole` also such as do nothing."""
        begin = tuple(key for key in begins if key in self.chains)
        self.lines = replace(self.lines, ends=replace(self.lines.ends, hook=hook, begins=begin))
        told = [key for key in begin if self._acts(hook, key, whole=whole)]
        kept = _Kept(self, hook, told)
        boxes = [self._box(hook, key, kept) for key in kept.keys]
        idle = [key.removesuffix(f" {hook}") for key in begin if key not in told]
        code = _TITLES.get(hook)
        return Lane(
            hook=hook,
            title=sentence(code, self.lang) if code else "",
            boxes=tuple(boxes),
            roots=tuple(told),
            idle=sentence("picture.idle", self.lang, tables=", ".join(idle)) if idle else "",
        )

    def _acts(self, hook: str, key: str, *, whole: bool) -> bool:
        """Whether a table's first chain does anything that is worth drawing."""
        chain = self.chains[key]
        if self.cut:
            return self.comes_to(hook, key)
        if self.changed:
            return self.leads_to_change(key)
        return whole or bool(chain.entries) or chain.policy != "ACCEPT"

    def comes_to(self, hook: str, key: str) -> bool:
        """Whether the packet comes to a chain at a hook."""
        return self.lines.lit.comes_to(hook, key)

    def leads_to_change(self, key: str) -> bool:
        """Whether a chain differs, or one that it leads to."""
        return key in self._leading

    def meets_change(self, key: str) -> bool:
        """Whether it is drawn where only what differs is: it leads there, or a new rule to it."""
        return key in self._leading or key in self._met_anew

    @cached_property
    def _met_anew(self) -> frozenset[str]:
        """The keys of the chains that rules lead to which differ, and of those behind these."""
        waiting = [
            key
            for chain in self.chains.values()
            for entry in (chain.entries if chain.is_changed else ())
            if entry.sign
            for key in aimed(chain, entry)
        ]
        found: set[str] = set()
        while waiting:
            key = waiting.pop()
            if key in self.chains and key not in found:
                found.add(key)
                waiting += self.led_from(self.chains[key])
        return frozenset(found)

    @cached_property
    def _leading(self) -> frozenset[str]:
        """The keys of the chains that differ, and of those that lead to them."""
        callers: dict[str, list[str]] = {}
        for key, chain in self.chains.items():
            for other in self.led_from(chain):
                callers.setdefault(other, []).append(key)
        waiting = [key for key, chain in self.chains.items() if chain.is_changed]
        found = set(waiting)
        while waiting:
            more = set(callers.get(waiting.pop(), ())) - found
            found |= more
            waiting += more
        return frozenset(found)

    def led_from(self, chain: ToldChain) -> list[str]:
        """The keys of the chains that it leads to, in the order of its rules."""
        keys = (key for entry in chain.entries for key in aimed(chain, entry))
        return list(dict.fromkeys(key for key in keys if key in self.chains))

    def reached(self, roots: Iterable[str]) -> set[str]:
        """Those chains, and all that they lead to."""
        found = {root for root in roots if root in self.chains}
        waiting = [*found]
        while waiting:
            more = {*self.led_from(self.chains[waiting.pop()])} - found
            found |= more
            waiting += more
        return found

    def _box(self, hook: str, key: str, kept: _Kept) -> Box:
        chain = self.chains[key]
        if key in kept.again:
            note = sentence("picture.again", self.lang, hook=self.where[key])
            return Box(key=key, title=chain.name, note=note, sign=chain.sign, again=True)
        self.where.setdefault(key, hook)
        served = serves(chain)
        return Box(
            key=key,
            title=chain.name if " " in chain.name else key if key in kept.roots else chain.name,
            note=served,
            lines=tuple(_nameless(line, served) for line in self._lines(chain, kept)),
            sign=chain.sign,
            tip=key,
        )

    def _lines(self, chain: ToldChain, kept: _Kept) -> Iterator[Line]:
        parts = parts_of(chain)
        shown = [*self._shown(chain, kept)]
        last = -1
        for at in shown:
            yield from self._gap(chain, last + 1, at)
            yield self._line(chain, at, parts, kept)
            last = at
        yield from self._gap(chain, last + 1, len(chain.entries))
        policy = self.lines.policy(chain)
        if policy is not None:
            yield policy

    def _gap(self, chain: ToldChain, start: int, end: int) -> Iterator[Line]:
        """The row for rules that are folded away, if any are."""
        if start >= end:
            return
        hidden = replace(chain, entries=chain.entries[start:end])
        numbers = len({entry.number for entry in hidden.entries})
        code = "picture.fold.rule" if numbers == 1 else "picture.fold.rules"
        if numbers < end - start:
            code = "picture.fold.rows"
        led = len(self.led_from(hidden))
        does = sentence("picture.fold.chains", self.lang, count=led) if led > 1 else ""
        text = sentence(code, self.lang, count=end - start)
        yield Line(number="", asks=text, does=does, folded=True)

    def _line(self, chain: ToldChain, at: int, parts: Mapping[int, Fraction], kept: _Kept) -> Line:
        line = self.lines.rule(chain, chain.entries[at], parts, at)
        if not line.to or line.to in kept.keys:
            return line
        if line.to in kept.told:
            did = self.lines.deed_of(self.chains[line.to])
            return replace(line, to="", does=f"{line.does.removeprefix('→ ')}: {did}")
        if line.to not in self.chains:
            said = sentence("picture.absent", self.lang)
            return replace(line, to="", does=f"{line.does} ({said})")
        spread = self.lines.spread(line.to)
        return replace(line, to="", does=spread or line.does)

    def _shown(self, chain: ToldChain, kept: _Kept) -> Iterable[int]:
        """The places of the rules that are shown, those that matter before the first ones."""
        most = _FEW_LINES if self.cut or self.changed else MOST_LINES
        if len(chain.entries) <= most:
            return range(len(chain.entries))
        matter = [at for at, entry in enumerate(chain.entries) if self._matters(chain, entry, kept)]
        first = range(min(most, len(chain.entries)))
        room = max(2, most - len(matter))
        return sorted({*matter[: 4 * MOST_LINES], *first[:room]})

    def _matters(self, chain: ToldChain, entry: Entry, kept: _Kept) -> bool:
        if entry.sign or self.lines.lit.at(kept.hook, chain, entry).numbers:
            return True
        if self.cut:
            return False
        return any(key in kept.keys for key in aimed(chain, entry))


def _nameless(line: Line, served: str) -> Line:
    """Without the name of the service that stands above all rows."""
    named = served and line.asks == f"{served}  {line.when}"
    return replace(line, asks=line.when) if named else line


def aimed(chain: ToldChain, entry: Entry) -> tuple[str, ...]:
    """The keys of the chains that a rule may lead to, be they there or not."""
    return tuple(f"{chain.table.name} {aim}" for aim in entry.rule.aims)


class _Kept:
    """The chains that are drawn under a hook, in the order in which packets come to them.

    `again` are those that were drawn whole under an earlier hook.
    """

    def __init__(self, drawer: Drawer, hook: str, roots: Sequence[str]) -> None:
        self.hook, self.roots = hook, frozenset(roots)
        self._drawer = drawer
        self.keys: dict[str, None] = {}
        self.again: set[str] = set()
        self.told: set[str] = set()
        self._choose(roots)
        self._tell_small()
        if self._depth() > _DEEPEST:
            self._tell_destinations()

    def _choose(self, roots: Sequence[str]) -> None:
        """By levels, so that what is near to the hook is drawn first."""
        waiting = list(roots)
        every = self._all(roots)
        few = len(every) <= MOST_BOXES
        while waiting:
            key = waiting.pop(0)
            if key in self.keys or (len(self.keys) >= MOST_BOXES and not self._must(key)):
                continue
            self.keys[key] = None
            if self._is_again(key):
                self.again.add(key)
                continue
            waiting += self._next(key, few=few)

    def _tell_small(self) -> None:
        """What many chains lead to and does one thing is told in the rows that lead there."""
        chains, callers = self._drawer.chains, Counter[str]()
        for key in self.keys:
            if key not in self.again:
                callers.update(self._drawer.led_from(chains[key]))
        for key in [*self.keys]:
            small = len(chains[key].entries) == 1 and not self._drawer.led_from(chains[key])
            spoken = self._drawer.comes_to(self.hook, key) or chains[key].is_changed
            if small and callers[key] > _MOST_CALLERS and not spoken:
                del self.keys[key]
                self.told.add(key)
                self._drawer.told.add(key)

    def _depth(self, known: dict[str, int] | None = None, keys: Iterable[str] = ()) -> int:
        """How many chains stand one behind the other on the longest way, loops aside."""
        known = {} if known is None else known
        for key in keys or self.keys:
            if key in self.keys and key not in known:
                known[key] = 0  # a way that comes back here ends
                led = () if key in self.again else self._drawer.led_from(self._drawer.chains[key])
                known[key] = 1 + (self._depth(known, led) if led else 0)
        return max((known.get(key, 0) for key in keys or self.keys), default=0)

    def _tell_destinations(self) -> None:
        """Of a deep hook: where a service has one destination, the rows that lead there tell it."""
        for key in [*self.keys]:
            chain = self._drawer.chains[key]
            spoken = self._drawer.comes_to(self.hook, key) or chain.is_changed
            drawn = any(one in self.keys for one in self._drawer.led_from(chain))
            if serves(chain) and not (spoken or drawn or key in self.roots):
                self._drop_destination(key)

    def _drop_destination(self, key: str) -> None:
        if self._drawer.lines.destinations(key) == 1:
            del self.keys[key]
            self.again.discard(key)

    def _must(self, key: str) -> bool:
        drawer = self._drawer
        lit = drawer.comes_to(self.hook, key)
        return lit or (drawer.changed and len(self.keys) < 4 * MOST_BOXES)

    def _next(self, key: str, *, few: bool) -> list[str]:
        drawer = self._drawer
        led = drawer.led_from(drawer.chains[key])
        if drawer.cut:
            return [one for one in led if drawer.comes_to(self.hook, one)]
        if drawer.changed:
            return [one for one in led if drawer.meets_change(one)]
        if few or len(led) <= _MOST_LED:
            return led
        lit = [one for one in led if drawer.comes_to(self.hook, one)]
        wide = [one for one in led if len(drawer.led_from(drawer.chains[one])) > _MOST_LED]
        return [*lit, *wide]

    def _is_again(self, key: str) -> bool:
        drawer = self._drawer
        small = len(drawer.chains[key].entries) <= _SMALL and len(self._all([key])) == 1
        lit = drawer.comes_to(self.hook, key)
        return key in drawer.where and not small and not lit and key not in self.roots

    def _all(self, roots: Sequence[str]) -> dict[str, None]:
        """Every chain that packets may come to; of very many, some."""
        found: dict[str, None] = {}
        waiting = list(roots)
        while waiting and len(found) <= MOST_BOXES:
            key = waiting.pop()
            if key not in found:
                found[key] = None
                waiting += self._drawer.led_from(self._drawer.chains[key])
        return found
