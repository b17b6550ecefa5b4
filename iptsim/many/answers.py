"""Answers to many packets: by a mould where it is trusted, else by the plain trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from iptsim.host import NOBODY, Host
from iptsim.many.address_classes import AddressClasses
from iptsim.many.moulds import SLOTS, Encode, Moulding
from iptsim.many.quick_deeds import Deeds
from iptsim.many.quick_rules import QuickRule, QuickRules
from iptsim.many.quick_walk import Ended, QuickWalk
from iptsim.many.skeletons import Leaf, Lineage, Node, Stage
from iptsim.many.watched import Account, Begun, Walked, WatchedJourney
from iptsim.many.ways import NotPlain, Signature, Way
from iptsim.model import Dump, Ruleset
from iptsim.questions import Question
from iptsim.render.outputs.trace_json import rewrite_json, step_json, trace_json
from iptsim.tracer import Trace, Tracer
from iptsim.tracing import Tracing
from iptsim.worlds.outcome import Rewrite, Step
from iptsim.worlds.terms import value_of

MOST_NODES = 50_000
"""Points on ways that are kept; when there are more, all are learned anew."""


@dataclass(slots=True)
class Counts:
    """How packets were answered; `wrong` are moulds and walks that a plain trace contradicted."""

    quick: int = 0
    plain: int = 0
    wrong: int = 0


@dataclass(slots=True, eq=False)
class _Asked:
    """A packet on its way here."""

    question: Question
    root: Node
    signature: Signature
    ways: list[Way]


class ManyAnswers:
    """Answers packets asked of one dump and host, each as a line of JSON.

    Each line is what the plain trace and `trace_json` make of the packet. `encode` makes data one
    line of JSON.
    """

    def __init__(self, dump: Dump, host: Host | None, *, lang: str, encode: Encode) -> None:
        self.counts = Counts()
        self._dump, self._host, self._lang, self._encode = dump, host or NOBODY, lang, encode
        self._account = Account()
        self._tracers: dict[int, Tracer] = {}
        self._tracing = Tracing(dump, tracer_of=self._watched)
        self._roots: dict[Hashable, Node] = {}
        self._nodes = 0
        self._rules: dict[int, QuickRules] = {}
        self._classes: dict[int, AddressClasses] = {}
        self._rewrites: dict[Hashable, tuple[str, ...]] = {}

    def _watched(self, ruleset: Ruleset) -> Tracer:
        made = replace(Tracer.of(ruleset), journeys=self._journey)
        self._tracers[ruleset.family] = made
        return made

    def _journey(self, **how: Any) -> WatchedJourney:
        return WatchedJourney(**how, account=self._account)

    def text(self, question: Question) -> str:
        """The answer; raises what `Tracing.ask` raises."""
        asked = self._asked(question)
        if asked is None:
            return self._plain(question)[1]
        try:
            node = self._follow(asked)
        except NotPlain:
            return self._plain(question)[1]
        if node.plain:
            return self._plain(question)[1]
        if node.leaf is None:
            return self._learn(asked)
        return self._by_leaf(asked, node, node.leaf)

    def _by_leaf(self, asked: _Asked, node: Node, leaf: Leaf) -> str:
        values = asked.signature.values
        doubtful = leaf.doubtful(values)
        text = leaf.mould.filled(asked.ways, self._identity(asked.question))
        if not doubtful:
            self.counts.quick += 1
            return text
        told = self._plain(asked.question)[1]
        if told == text:
            leaf.trusted |= doubtful
        else:
            self.counts.wrong += 1
            node.plain = True
        return told

    def _plain(self, question: Question) -> tuple[Trace, str]:
        self.counts.plain += 1
        self._account = Account()
        trace = self._tracing.ask(question, host=self._host)
        notes = self._dump.notes
        data = trace_json(trace, lang=self._lang, identity=question.id, notes=notes)
        return trace, self._encode(data)

    def _identity(self, question: Question) -> str:
        return "" if question.id is None else self._encode(question.id)

    def _asked(self, question: Question) -> _Asked | None:
        """The packet with its values apart; None where it is one for the plain trace."""
        packet = question.packet
        known = packet.payload is None and not packet.names and not packet.sets
        if not known or self._host.rules or (packet.family == 6 and packet.mac_src is not None):
            return None
        held = {name: getattr(packet, name, None) for name in SLOTS}
        told: dict[str, Any] = {name: value for name, value in held.items() if value is not None}
        stripped = packet.with_(**dict.fromkeys(name for name in told))
        key = (stripped, question.family, question.hook, tuple(told))
        return self._at_root(question, key, told)

    def _at_root(self, question: Question, key: Hashable, told: dict[str, Any]) -> _Asked:
        width = 32 if question.packet.family == 4 else 128
        classes = self._classes.get(width)
        if classes is None:
            classes = AddressClasses(self._host.for_width(width), width)
            self._classes[width] = classes
        signature = Signature(classes)
        for name, value in told.items():
            (signature.address if name in ("src", "dst") else signature.value)(value)
        at = (key, signature.taken())
        root = self._roots.get(at)
        if root is None:
            root = self._roots[at] = self._node()
        return _Asked(question, root, signature, [Way(held=told)])

    def _node(self) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._nodes = 0
            self._roots.clear()
        return Node()

    def _follow(self, asked: _Asked) -> Node:
        """Through the stages that are known, to the end or to where nothing is known yet."""
        node = asked.root
        while node.stage is not None and not node.plain:
            self._walk(asked, node.stage)
            key = asked.signature.taken()
            found = node.children.get(key)
            if found is None:
                found = node.children[key] = self._node()
            node = found
        return node

    def _walk(self, asked: _Asked, stage: Stage) -> Ended:
        ways = [recipe.way(asked.ways) for recipe in stage.recipes]
        ended = self._quick(asked, stage).run(ways)
        for way, fate in ended:
            asked.signature.said.append(fate.value)
            asked.ways.append(way)
        return ended

    def _quick(self, asked: _Asked, stage: Stage) -> QuickWalk:
        family = asked.question.packet.family
        width, signature = (32 if family == 4 else 128), asked.signature
        deeds = Deeds(
            hook=stage.hook, host=self._host, width=width, signature=signature,
            written=partial(self._rewrite, family),
        )  # fmt: skip
        return QuickWalk(
            rules=self._rules[family], table=stage.table, hook=stage.hook,
            presumed=stage.presumed, deeds=deeds, signature=signature, written=self._step, ended=[],
        )  # fmt: skip

    def _step(self, step: Step) -> str:
        return self._encode(step_json(step))

    def _rewrite(self, family: int, rule: QuickRule, rewrite: Rewrite) -> str:
        return self._encode(rewrite_json(rewrite, family))

    def _learn(self, asked: _Asked) -> str:
        """The plain answer, and from it what comes next on this way."""
        trace, text = self._plain(asked.question)
        asked = self._asked(asked.question) or asked
        account = self._account
        if account.broken or not account.ends or account.library is None:
            asked.root.plain = True
            return text
        self._rules.setdefault(trace.packet.family, QuickRules(account.library))
        node, width = asked.root, 32 if trace.packet.family == 4 else 128
        try:
            lineage = Lineage(account, width, tuple(asked.ways[0].held))
            for event in account.events:
                node = self._learned(asked, node, event, lineage)
            self._end(asked, node, lineage, trace, text)
        except NotPlain:
            node.plain = node.stage is None
        return text

    def _learned(
        self, asked: _Asked, node: Node, event: Begun | Walked, lineage: Lineage
    ) -> Node:
        """The node behind an event of the plain trace."""
        if isinstance(event, Begun):
            lineage.begin(event)
            return node
        stage = lineage.stage(event)
        if node.stage is None:
            node.stage = stage
        first = len(asked.ways)
        ended = self._walk(asked, node.stage)
        if node.stage != stage or not self._agree(ended, event):
            self.counts.wrong += 1
            node.stage, node.plain = None, True
            raise NotPlain
        lineage.leave(event, first)
        return node.children.setdefault(asked.signature.taken(), self._node())

    def _agree(self, ended: Ended, walked: Walked) -> bool:
        """Whether the quick walk came to what the plain one did."""
        if len(ended) != len(walked.left):
            return False
        return all(
            fate is told
            and way.steps == tuple(map(self._step, world.steps))
            and all(value_of(world.fields[name]) == way.held.get(name) for name in SLOTS)
            and (way.vague or dict(way.gone) == dict(world.gone))
            for (way, fate), (world, told) in zip(ended, walked.left, strict=True)
        )

    def _end(
        self, asked: _Asked, node: Node, lineage: Lineage, trace: Trace, text: str
    ) -> None:
        """The mould of the answer, which has to tell that answer itself first."""
        moulding = Moulding(
            width=lineage.width, ways=asked.ways, places=lineage.places, ends=lineage.ends(),
            encode=self._encode, lang=self._lang,
        )  # fmt: skip
        mould = moulding.mould(trace, self._dump.notes)
        if mould.filled(asked.ways, self._identity(asked.question)) != text:
            self.counts.wrong += 1
            raise NotPlain
        node.leaf = Leaf(mould=mould, values=tuple(asked.signature.values))


def compact(ascii_only: bool = False) -> Callable[[object], str]:
    """JSON as one line."""
    return partial(json.dumps, ensure_ascii=ascii_only)
