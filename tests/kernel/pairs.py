"""Pairs of rule sets, one a mutation of the other: where they differ, asked of the kernel.

Packets inside and outside the told difference are sent through the real kernel under both rule
sets. It lets them fare otherwise exactly where that was told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar
from unittest.mock import patch

from kernel_cases import Bench
from mutations import Mutation, steady
from pair_sets import Told, aimed, told
from pair_shrinking import PairShrinker
from random_packets import packets
from random_rules import Maker
from shrinking import Sent

from iptsim.dialects import read_text
from iptsim.dialects.writing.write import write_save
from iptsim.diff import diff
from iptsim.errors import IptsimError
from iptsim.extensions.text import UnwritableError
from iptsim.kernel import Journey, JudgeError
from iptsim.kernel.side_by_side import destination
from iptsim.model import Ruleset
from iptsim.packet import EXT_HEADERS, Packet
from iptsim.render.outputs.diff_json import diff_json
from iptsim.symbolic.sets import diagrams
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.tracer import Outcome, Tracer
from iptsim.tracer.rules.target_actions import REPORTED
from iptsim.values import format_address

HOOKS = ("PREROUTING", "OUTPUT")
_TRIES, _OFTEN_DIFFERENT = 6, 0.85
Sides = tuple[Ruleset, Ruleset]
Cubes = list[dict[str, object]]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A packet of which the kernel and the told difference disagree."""

    sides: Sides
    sent: Sent
    problem: str

    def __str__(self) -> str:
        before, after = (write_save(side) for side in self.sides)
        return f"before:\n{before}\nafter:\n{after}\n{self.problem}"


@dataclass(slots=True)
class Tally:
    """What was asked. `open_` are packets whose fate hangs on what nobody tells."""

    pairs: int = 0
    skipped: int = 0
    packets: int = 0
    inside: int = 0
    outside: int = 0
    open_: int = 0


@dataclass(slots=True)
class Pairs:
    """Asks a judge for pairs of rule sets."""

    bench: Bench
    each: int = 10
    tally: Tally = field(default_factory=Tally)
    _ways_out: dict[int, str] = field(default_factory=dict)

    def one(self, seed: str) -> Wrong | None:
        """The first disagreement of the pair with that seed; None where there is none."""
        random = Random(seed)  # noqa: S311  # a case must come out the same again
        try:
            sides = self._drawn(random)
            if sides is not None:
                self.tally.pairs += 1
                return _roomy(lambda manager: self._asked(manager, sides, random))
        except IptsimError:
            pass
        self.tally.skipped += 1
        return None

    def _drawn(self, random: Random) -> Sides | None:
        """Both as iptables-save prints them; the first is what is loaded now."""
        rules = self.bench.load(Maker(random, self.bench.family, opaque_left=0).ruleset())
        if rules is None or not rules.tables:
            return None
        rules = steady(rules, self.bench.host)
        mutation = Mutation(random, rules, self.bench.host)
        changed = mutation.changed()
        for _ in range(_TRIES if random.random() < _OFTEN_DIFFERENT else 0):
            if self._differ((rules, changed)):
                break
            changed = mutation.changed()
        return self._loaded(rules, changed)

    def _differ(self, sides: Sides) -> bool:
        """Whether they are told to differ: most changes of a few random rules touch no packet."""

        def asked(manager: Manager) -> bool:
            host = self.bench.host
            return any(not told(manager, sides, host, hook, []).empty for hook in HOOKS)

        return _roomy(asked)

    def _loaded(self, before: Ruleset, after: Ruleset) -> Sides | None:
        try:
            texts = write_save(before), write_save(after)
        except UnwritableError:
            return None
        new = self.bench.load(texts[1])
        old = self.bench.load(texts[0])
        return None if old is None or new is None else (old, new)

    def _asked(self, manager: Manager, sides: Sides, random: Random) -> Wrong | None:
        public = self._public(sides)
        found: list[tuple[Told, list[Packet]]] = []
        for hook in HOOKS:
            where = told(manager, sides, self.bench.host, hook, public[hook])
            found.append((where, list(self._chosen(where, random))))
        sent = [(packet, where.hook) for where, some in found for packet in some]
        of_hook = {where.hook: where for where, _some in found}
        return next(self._wrong(sides, sent, of_hook), None)

    def _public(self, sides: Sides) -> dict[str, Cubes]:
        """What `iptsim diff` tells of each hook."""
        dumps = [read_text(write_save(side), file="side") for side in sides]
        shown = diff_json(diff(dumps[0], dumps[1], host=self.bench.host))
        effects = shown["effect"]
        assert isinstance(effects, list)
        return {
            hook: [cube for one in effects if one["hook"] == hook for cube in one["where"]]
            for hook in HOOKS
        }

    def _chosen(self, where: Told, random: Random) -> Iterator[Packet]:
        """Packets of that hook: in the difference, near it, and any."""
        family, count = self.bench.family, 0
        drawn = (packet for packet, hook in packets(random, family, 60) if hook == where.hook)
        for drawn_packet in drawn:
            if count >= self.each // 2:
                return
            for packet in self._around(where, drawn_packet, random):
                full = self._complete(packet, where.hook)
                if full is not None and not _fragment(full) and count < self.each // 2:
                    count += 1
                    yield full

    def _around(self, where: Told, packet: Packet, random: Random) -> Iterator[Packet]:
        full = self._complete(packet, where.hook)
        if full is None or where.empty or random.random() < 0.2:
            yield packet
            return
        inside = aimed(random, where, full, inside=True)
        if inside is not None:
            yield inside
            near = self._complete(inside, where.hook)
            outside = None if near is None else aimed(random, where, near, inside=False)
            if outside is not None:
                yield outside

    def _complete(self, packet: Packet, hook: str) -> Packet | None:
        try:
            return self.bench.judge.complete(packet, hook)
        except JudgeError:
            return None

    def _wrong(self, sides: Sides, sent: Sequence[Sent], where: dict[str, Told]) -> Iterator[Wrong]:
        tracers = [Tracer.of(side) for side in sides]
        # Where a diagram outgrew its bounds this runs once more, and the second rules are loaded.
        self.bench.load(write_save(sides[0]))
        before = self.bench.judge.send(sent)
        self.bench.load(write_save(sides[1]))
        after = self.bench.judge.send(sent)
        for one, other, (_, hook) in zip(before, after, sent, strict=True):
            packet = one.packet
            self.tally.packets += 1
            problem = self._problem(sides, tracers, (one, other), where[hook])
            if problem and "LOST" in (one.verdict, other.verdict):
                problem = self._again(sides, tracers, (packet, hook), where[hook])
            if problem:
                yield Wrong(sides=sides, sent=(packet, hook), problem=problem)

    def _again(self, sides: Sides, tracers: list[Tracer], sent: Sent, where: Told) -> str | None:
        """A busy machine tells late: the same once more, with more patience."""
        ways: list[Journey] = []
        for side in sides:
            self.bench.load(write_save(side))
            ways += self.bench.judge.send([sent], quiet=1.0)
        return self._problem(sides, tracers, (ways[0], ways[1]), where)

    def _problem(
        self, sides: Sides, tracers: list[Tracer], ways: tuple[Journey, Journey], where: Told
    ) -> str | None:
        packet, hook = ways[0].packet, where.hook
        asked = packet.with_(out=self._way_out(packet, hook))
        answers = {
            "the diagram": where.by_diagram(asked),
            "the cubes": where.by_cubes(asked),
            "iptsim diff": where.by_diff(asked),
        }
        decided = {told for told in answers.values() if told is not None}
        fates = [fate(way, side) for way, side in zip(ways, sides, strict=True)]
        text = f"{packet.given()} at {hook}\n  told {answers}\n  kernel {fates[0]}, {fates[1]}"
        if len(decided) > 1:
            return f"told two ways: {text}"
        if not decided or self._is_open(tracers, packet, hook):
            self.tally.open_ += 1
            return None
        (differs,) = decided
        self.tally.inside += differs
        self.tally.outside += not differs
        return None if differs == (fates[0] != fates[1]) else text

    def _way_out(self, packet: Packet, hook: str) -> str:
        """Where the kernel would send it; cubes speak of that, too."""
        dst = packet.dst or 0
        if dst not in self._ways_out:
            text = format_address(dst, 32 if packet.family == 4 else 128)
            told = self.bench.judge.trio.host.run("ip", "-j", "route", "get", text)
            self._ways_out[dst] = json.loads(told)[0]["dev"]
        out = self._ways_out[dst]
        return "" if hook == "PREROUTING" and out == "lo" else out

    def _is_open(self, tracers: list[Tracer], packet: Packet, hook: str) -> bool:
        """Whether chance or the kernel's choice decides how the packet fares on a side."""
        for tracer in tracers:
            trace = tracer.trace(packet, hook=hook, host=self.bench.host)
            if len(trace.outcomes) > 1 or any(map(_chosen, trace.outcomes)):
                return True
        return False

    def smallest(self, found: Wrong, seconds: float = 30.0) -> Wrong:
        """A disagreement with as little as shows it."""
        last, counted = found, self.tally
        self.tally = Tally()

        def keeps(sides: Sides, sent: Sent) -> bool:
            nonlocal last
            again = self._shown(sides, sent)
            last = again or last
            return again is not None

        PairShrinker(keeps, found.sides, found.sent, seconds).shrink()
        self.tally = counted
        return last

    def _shown(self, sides: Sides, sent: Sent) -> Wrong | None:
        loaded = self._loaded(*sides)
        if loaded is None:
            return None

        def asked(manager: Manager) -> Wrong | None:
            public = self._public(loaded)
            where = told(manager, loaded, self.bench.host, sent[1], public[sent[1]])
            return next(self._wrong(loaded, [sent], {sent[1]: where}), None)

        try:
            return growing(asked)
        except IptsimError:
            return None


def _roomy(work: Callable[[Manager], _T]) -> _T:
    """`growing` without the smallest manager: what is begun again sends all packets again."""
    with patch.object(diagrams, "SIZES", diagrams.SIZES[1:]):
        return growing(work)


def _fragment(packet: Packet) -> bool:
    """What the judge's connection tracking puts together before any rule (note IPT0351)."""
    return bool((packet.ext_headers or 0) & EXT_HEADERS["frag"])


def _chosen(outcome: Outcome) -> bool:
    known = dict(outcome.packet)
    return any(rewrite.field not in known for rewrite in outcome.rewrites)


def fate(way: Journey, rules: Ruleset) -> tuple[object, ...]:
    """How the kernel let a packet fare: what counts of it for a diff."""
    verdict = "DROP" if way.verdict == "LOST" else way.verdict
    last = way.steps[-1] if way.steps else None
    if verdict == "DROP" and last is not None and last.rule is not None and last.verdict == "drop":
        table = rules.table(last.table)
        chain = table.chain(last.chain) if table else None
        target = chain.rules[last.rule - 1].target if chain else None
        verdict = "REJECT" if target is not None and target.name == "REJECT" else verdict
    if (there := destination(way)) is None:
        return (verdict, None)
    seen = way.sightings[-1].packet.given()
    left = {name: value for name, value in seen.items() if name in REPORTED}
    return (verdict, there, *sorted(left.items()))
