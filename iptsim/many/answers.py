"""Answers to many packets: by a flow or a mould where one is trusted, else by the plain trace."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any

from iptsim.asked_rules import ruleset_of
from iptsim.dataclass import dataclass, replace
from iptsim.host import NOBODY, Host
from iptsim.many.address_classes import AddressClasses
from iptsim.many.flows import MOST_GUARDS, Flow, Flows, differ, flow
from iptsim.many.learning import ContradictedError, Journeying, Lesson, leaf_of
from iptsim.many.line_frames import Frame, Frames, Told, told_by
from iptsim.many.moulds import Encode
from iptsim.many.quick_deeds import Deeds
from iptsim.many.quick_rules import QuickRules
from iptsim.many.quick_walk import QuickWalk
from iptsim.many.skeletons import Leaf, Lineage, Node, Stage
from iptsim.many.twin_texts import GAP
from iptsim.many.twins import VARYING, Twins, texts_of
from iptsim.many.watched import Account, WatchedJourney
from iptsim.many.ways import OWN, NotPlainError, Signature, Way
from iptsim.model import Dump, Ruleset
from iptsim.questions import Question
from iptsim.render.outputs.trace_json import rewrite_json, step_json, trace_json
from iptsim.tracer import MOST_LIBRARIES, Trace, Tracer
from iptsim.tracer.rules.ready import Library
from iptsim.tracing import Tracing
from iptsim.values import format_address
from iptsim.worlds.outcome import Rewrite, Step

MOST_NODES = 50_000
"""Points on ways that are kept; when there are more, all are learned anew."""


_Key = tuple[Node, Hashable]


@dataclass(slots=True)
class Counts:
    """How packets were answered; `wrong` are walks and moulds that a plain trace contradicted."""

    flows: int = 0
    twins: int = 0
    moulds: int = 0
    plain: int = 0
    wrong: int = 0


@dataclass(slots=True, eq=False)
class _Asked:
    """A packet, its frame, and how to read it whole."""

    frame: Frame
    told: Told
    read: Callable[[], Question]
    identity: str

    @property
    def own(self) -> Mapping[str, int]:
        """What it tells of `OWN`."""
        return {name: self.told[name] for name in OWN if name in self.told}

    @property
    def shown(self) -> Mapping[str, str]:
        """These as answers show them."""
        width = 32 if self.frame.packet.family == 4 else 128
        return {
            name: format_address(value, width) if name == "src" else str(value)
            for name, value in self.own.items()
        }


class ManyAnswers:
    """Answers packets asked of one dump and host, each as a line of JSON.

    Each line is what the plain trace and `trace_json` make of the packet. `encode` makes data one
    line of JSON.
    """

    def __init__(self, dump: Dump, host: Host | None, *, lang: str, encode: Encode) -> None:
        self.counts = Counts()
        self._dump, self._host, self._lang, self._encode = dump, host or NOBODY, lang, encode
        self._account = Account()
        self._tracing = Tracing(dump, tracer_of=self._watched)
        self._frames, self._flows = Frames(), Flows()
        self._roots: dict[Hashable, Node] = {}
        self._nodes = 0
        self._twins: Twins | None = None
        self._rules: dict[Hashable, QuickRules] = {}
        self._classes: dict[int, AddressClasses] = {}

    def _watched(self, ruleset: Ruleset) -> Tracer:
        return replace(Tracer.of(ruleset), journeys=self._journey)

    def _journey(self, **how: Any) -> WatchedJourney:
        return WatchedJourney(**how, account=self._account)

    def line(self, given: Mapping[str, Any], read: Callable[[], Question]) -> str:
        """The answer to a packet that was given so; `read` makes and checks the whole question.

        Raises what `read` and `Tracing.ask` raise.
        """
        found = self._frames.of_line(given)
        if found is not None:
            return self._text(self._asked(*found, read, given.get("id")))
        question = read()
        family = ruleset_of(self._dump, question.family).family
        if not self._is_known(question, family):
            return self._plain(question)[1]
        told = told_by(question)
        frame = self._frames.of(question, told, family)
        self._frames.read(given, frame, told)
        return self._text(self._asked(frame, told, lambda: question, question.id))

    def _is_known(self, question: Question, family: int) -> bool:
        """Whether it is a packet of the kind that is answered here."""
        packet = question.packet
        native = any(table.nft_table for table in ruleset_of(self._dump, family).tables)
        plain = packet.names or packet.sets or self._host.rules or native
        return not plain and not (family == 6 and packet.mac_src is not None)

    def _asked(
        self, frame: Frame, told: Told, read: Callable[[], Question], identity: object
    ) -> _Asked:
        if type(identity) is int:  # as JSON writes it
            return _Asked(frame, told, read, str(identity))
        return _Asked(frame, told, read, "" if identity is None else self._encode(identity))

    def _text(self, asked: _Asked) -> str:
        others = tuple([value for name, value in asked.told.items() if name not in OWN])
        root = self._root(asked)
        key = (root, others)
        known = self._flows.find(key, asked.own) if key in self._flows else None
        if known is not None:
            self.counts.flows += 1
            return known.told(asked.identity, asked.shown)
        twin = self._twin(root, asked)
        if twin is not None:
            self.counts.twins += 1
            return twin
        going = Journeying(self._signature(asked), [_way(asked.told)])
        try:
            node = self._follow(root, going, asked.frame)
        except NotPlainError:
            return self._plain(asked.read())[1]
        if node.plain:
            return self._plain(asked.read())[1]
        if node.leaf is None:
            return self._learn(asked, root, node)
        return self._by_leaf(asked, node, going, key)

    def _twin(self, root: Node, asked: _Asked) -> str | None:
        """The answer, where packets to other chains that do alike taught it."""
        if self._twins is None or asked.frame.packet.family != 4:
            return None
        told = asked.told
        return self._twins.told(_base(root, told), told, texts_of(told), asked.identity)

    def _root(self, asked: _Asked) -> Node:
        """Where the ways begin of packets that begin alike: which values are equal, and classes."""
        classes, told = self._classes_of(asked.frame.packet.family), asked.told
        kinds = [classes(told[name]) for name in ("src", "dst") if name in told]
        at = (asked.frame, _pattern(told), *kinds)
        root = self._roots.get(at)
        if root is None:
            root = self._roots[at] = self._node()
        return root

    def _signature(self, asked: _Asked) -> Signature:
        """What a packet says of itself, as it sets out; where it begins tells that too."""
        signature = Signature(self._classes_of(asked.frame.packet.family))
        for value in asked.told.values():
            signature.value(value)
        signature.said.clear()
        return signature

    def _classes_of(self, family: int) -> AddressClasses:
        found = self._classes.get(family)
        if found is None:
            width = 32 if family == 4 else 128
            found = AddressClasses(self._host.for_width(width), width)
            self._classes[family] = found
        return found

    def _node(self) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._nodes = 0
            self._roots.clear()
            self._flows, self._twins = Flows(), None
        return Node()

    def _follow(self, node: Node, going: Journeying, frame: Frame) -> Node:
        """Through the stages that are known, to the end or to where nothing is known yet."""
        walker = partial(self._walk, frame)
        while node.stage is not None and not node.plain:
            going.walk(node.stage, walker)
            key = going.signature.taken()
            found = node.children.get(key)
            if found is None:
                found = node.children[key] = self._node()
            node = found
        return node

    def _walk(self, frame: Frame, stage: Stage, signature: Signature) -> QuickWalk:
        family = frame.packet.family
        width = 32 if family == 4 else 128
        deeds = Deeds(
            hook=stage.hook, host=self._host, width=width, signature=signature,
            written=lambda rewrite: self._rewrite(rewrite, family),
        )  # fmt: skip
        return QuickWalk(
            rules=self._rules_of(frame), table=stage.table, hook=stage.hook,
            presumed=stage.presumed, deeds=deeds, signature=signature, written=self._step,
        )  # fmt: skip

    def _step(self, step: Step) -> str:
        return self._encode(step_json(step))

    def _rewrite(self, rewrite: Rewrite, family: int) -> str:
        return self._encode(rewrite_json(rewrite, family))

    def _by_leaf(self, asked: _Asked, node: Node, going: Journeying, key: _Key) -> str:
        assert node.leaf is not None
        leaf, values = node.leaf, going.signature.values
        doubtful = leaf.doubtful(values)
        made = flow(leaf.mould.head, leaf.mould.parts(going.ways))
        text = made.told(asked.identity, asked.shown)
        if not doubtful:
            self.counts.moulds += 1
            self._keep_flow(asked, leaf, (going.signature, key), made)
            self._teach(asked, key, going, made)
            return text
        told = self._plain(asked.read())[1]
        if told == text:
            leaf.trusted |= doubtful
        else:
            self.counts.wrong += 1
            node.plain = True
        return told

    def _teach(self, asked: _Asked, key: _Key, going: Journeying, made: Flow) -> None:
        if asked.frame.packet.family == 4:
            if self._twins is None:
                self._twins = Twins(self._classes_of(4))
            self._twins.learn(
                _base(key[0], asked.told), asked.told, going.visits,
                lambda: made.told(GAP, asked.shown),
            )  # fmt: skip

    def _keep_flow(
        self, asked: _Asked, leaf: Leaf, by: tuple[Signature, Hashable], made: Flow
    ) -> None:
        (signature, key), own = by, asked.own
        numbers = {signature.values.index(value) for value in own.values()}
        if signature.guards is None or not differ([*own.values()]) or not numbers <= leaf.trusted:
            return
        others = (value for number, value in enumerate(signature.values) if number not in numbers)
        if len(signature.guards) <= MOST_GUARDS:
            kept = replace(made, guards=tuple(signature.guards), others=frozenset(others))
            self._flows.keep(key, kept)

    def _plain(self, question: Question) -> tuple[Trace, str]:
        self.counts.plain += 1
        self._account = Account()
        trace = self._tracing.ask(question, host=self._host)
        notes = self._dump.notes
        data = trace_json(trace, lang=self._lang, identity=question.id, notes=notes)
        return trace, self._encode(data)

    def _learn(self, asked: _Asked, root: Node, new: Node) -> str:
        """The plain answer, and from it what comes next on this way."""
        trace, text = self._plain(asked.read())
        account, family = self._account, trace.packet.family
        if account.broken or not account.ends or account.library is None:
            new.plain = True
            return text
        self._read(asked.frame, account.library)
        lineage = Lineage(account, 32 if family == 4 else 128, tuple(asked.told))
        try:
            self._lesson(asked, root, lineage, (trace, text))
        except NotPlainError:
            pass
        except ContradictedError:
            self.counts.wrong += 1
        return text

    def _rules_of(self, frame: Frame) -> QuickRules:
        found = self._rules.get(_rules_for(frame))
        if found is None:
            raise NotPlainError
        return found

    def _read(self, frame: Frame, library: Library) -> None:
        """Keep the rules as packets of that frame meet them."""
        key = _rules_for(frame)
        if key not in self._rules:
            if len(self._rules) >= MOST_LIBRARIES:
                del self._rules[next(iter(self._rules))]
            self._rules[key] = QuickRules(library)

    def _lesson(
        self, asked: _Asked, root: Node, lineage: Lineage, plain: tuple[Trace, str]
    ) -> None:
        going = Journeying(self._signature(asked), [_way(asked.told)])
        lesson = Lesson(
            going=going, lineage=lineage, step=self._step, made=self._node,
            walker=partial(self._walk, asked.frame),
        )  # fmt: skip
        node = lesson.learn(root)
        if node.leaf is not None or node.stage is not None:
            return
        try:
            leaf = leaf_of(going, lineage, plain[0], self._dump.notes, (self._encode, self._lang))
        except NotPlainError:
            node.plain = True
            raise
        made = flow(leaf.mould.head, leaf.mould.parts(going.ways))
        if made.told(asked.identity, asked.shown) != plain[1]:
            node.plain = True
            raise ContradictedError
        node.leaf = leaf


def _pattern(told: Told) -> tuple[int, ...]:
    """Which of the values are equal; nothing where none are."""
    numbers = dict[int, int]()
    if len({*told.values()}) == len(told):
        return ()
    return tuple([numbers.setdefault(value, len(numbers)) for value in told.values()])


def _base(root: Node, told: Told) -> Hashable:
    """What packets have in common that may go one way through chains that do alike."""
    return (root, tuple([value for name, value in told.items() if name not in VARYING]))


def _rules_for(frame: Frame) -> Hashable:
    """What rules are made ready for: the bytes of a packet decide some of them."""
    packet = frame.packet
    told = None if packet.payload is None else (*frame.names, *packet.given())
    return (packet.family, packet.payload, told)


def _way(told: Told) -> Way:
    return Way(held=dict(told), own=frozenset(name for name in OWN if name in told))
