"""What the plain trace of a packet teaches of others that go its way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iptsim.dataclass import dataclass, field
from iptsim.many.moulds import SLOTS, Encode, Moulding
from iptsim.many.quick_walk import Ended, Visit, Walker
from iptsim.many.skeletons import Leaf, Lineage, Node, Stage
from iptsim.many.watched import Begun, Walked
from iptsim.many.ways import NotPlainError, Signature, Way
from iptsim.model import Note
from iptsim.worlds.outcome import Step, Trace
from iptsim.worlds.terms import value_of


class ContradictedError(Exception):
    """The quick way came to something else than the plain one."""


@dataclass(slots=True, eq=False)
class Journeying:
    """A packet between the tables: its ways so far, and what it told of them.

    `stages` are the walks that are behind it, `alike` is whether all that were to be the same as an
    earlier one were. `visits` are the chains that they came to.
    """

    signature: Signature
    ways: list[Way]
    stages: list[tuple[Ended, tuple[object, ...], set[str]]] = field(default_factory=list)
    alike: bool = True
    visits: list[Visit] = field(default_factory=list)

    def walk(self, stage: Stage, walker: Walker) -> Ended:
        """The next table: walked, or taken from an earlier walk that was the same."""
        again = self._again(stage)
        if again is not None:
            ended, said, _reads = again
            self.signature.said += said
        else:
            ended = self._anew(stage, walker)
        self.ways += [way for way, _fate in ended]
        return ended

    def _again(self, stage: Stage) -> tuple[Ended, tuple[object, ...], set[str]] | None:
        if stage.again is None or not self.alike:
            return None
        found = self.stages[stage.again]
        if not stage.differs.isdisjoint(found[2]):
            self.alike = False
            return None
        self.stages.append(found)
        return found

    def _anew(self, stage: Stage, walker: Walker) -> Ended:
        if stage.again is not None:
            self.alike = False
        walk = walker(stage, self.signature)
        ended = walk.run([recipe.way(self.ways) for recipe in stage.recipes])
        self.visits += walk.visits
        self.signature.said += [fate.value for _way, fate in ended]
        self.stages.append((ended, tuple(self.signature.said), walk.reads))
        return ended


@dataclass(slots=True, eq=False, kw_only=True)
class Lesson:
    """Goes the way of a plain trace again, and keeps what was not known of it yet.

    `step` makes a step the text of its JSON, `made` makes a node.
    """

    going: Journeying
    lineage: Lineage
    walker: Walker
    step: Callable[[Step], str]
    made: Callable[[], Node]
    _known: list[Stage] = field(default_factory=list)
    _firsts: list[int] = field(default_factory=list)
    _same: dict[int, int] = field(default_factory=dict)

    def learn(self, node: Node) -> Node:
        """Stage by stage from a node on; the node at the end.

        Raises `NotPlainError` where the plain trace cannot be followed, and `ContradictedError`.
        """
        for event in self.lineage.account.events:
            if isinstance(event, Begun):
                self.lineage.begin(event)
            else:
                node = self._stage(node, event)
        return node

    def _stage(self, node: Node, walked: Walked) -> Node:
        try:
            stage = self._like_earlier(self.lineage.stage(walked))
        except NotPlainError:
            node.plain = node.stage is None
            raise
        if node.stage is None:
            node.stage = stage
        first = len(self.going.ways)
        ended = self.going.walk(node.stage, self.walker)
        if node.stage != stage or not self._agree(ended, walked):
            node.stage, node.plain = None, True
            raise ContradictedError
        if stage.again is not None:
            numbers = range(len(ended))
            self._same.update({first + n: self._firsts[stage.again] + n for n in numbers})
        self._known.append(stage)
        self._firsts.append(first)
        self.lineage.leave(walked, first)
        key = self.going.signature.taken()
        found = node.children.get(key)
        if found is None:
            found = node.children[key] = self.made()
        return found

    def _like_earlier(self, stage: Stage) -> Stage:
        """The stage, which may be an earlier one of this way again."""
        for number, known in enumerate(self._known):
            differs = stage.differing(known, self._same)
            if known.again is None and differs is not None and differs.isdisjoint(ALWAYS_ASKED):
                return stage.like(number, differs)
        return stage

    def _agree(self, ended: Ended, walked: Walked) -> bool:
        """Whether the quick walk came to what the plain one did."""
        if len(ended) != len(walked.left):
            return False
        return all(
            fate is told
            and way.steps == tuple(map(self.step, world.steps))
            and all(value_of(world.fields[name]) == way.held.get(name) for name in SLOTS)
            and (way.vague or dict(way.gone) == dict(world.gone))
            for (way, fate), (world, told) in zip(ended, walked.left, strict=True)
        )


ALWAYS_ASKED = frozenset({*SLOTS, "ctstate", "ctstatus", "ctorigsrc", "proto", "in", "out", "ttl"})
"""What targets look at, whatever rules ask."""


def leaf_of(
    going: Journeying,
    lineage: Lineage,
    trace: Trace,
    notes: Sequence[Note],
    telling: tuple[Encode, str],
) -> Leaf:
    """The end of a way, with the mould of its answer."""
    encode, lang = telling
    moulding = Moulding(
        width=lineage.width, ways=going.ways, places=lineage.places, ends=lineage.ends(),
        encode=encode, lang=lang,
    )  # fmt: skip
    return Leaf(mould=moulding.mould(trace, notes), values=tuple(going.signature.values))
