"""The one function of a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby

from iptsim import codes
from iptsim.asked_rules import ruleset_of
from iptsim.dataclass import dataclass, field, replace
from iptsim.extensions.values.hostnames import asked_names, name_fact
from iptsim.host import NOBODY, Host
from iptsim.model import Dump, Note, Ruleset
from iptsim.packet import BIT_FIELDS, FIELDS, Packet
from iptsim.predicate import Fact
from iptsim.query.answer import Answer, Asked, Query
from iptsim.query.deadline import Deadline
from iptsim.query.fate_examples import Examples
from iptsim.query.fate_sets import Meeting, Part
from iptsim.query.may_decide import MayDecide, may_decide
from iptsim.query.share import Shares
from iptsim.stages import each
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.telling.chosen_packets import point
from iptsim.symbolic.telling.ordinary_packets import Picked, ordinary
from iptsim.symbolic.telling.set_cubes import Cubes
from iptsim.symbolic.telling.short_conditions import FULLY, SHORTLY, TooLongError, Wide
from iptsim.symbolic.walk.engine import Engine
from iptsim.symbolic.walk.localnet import taken_off
from iptsim.tracer.host.arrival import first_hook
from iptsim.tracer.host.kernel_settings import NO_LOCALNET
from iptsim.tracer.premises import absent_note, outside, premises
from iptsim.tracer.rules.asked_alone import hook_of
from iptsim.tracer.rules.ready import Library
from iptsim.values import IntSet, Masked, parse_address
from iptsim.worlds.cubes import conditions, masked_text
from iptsim.worlds.domains import NumberSet, domain_of
from iptsim.worlds.expectation import Expectation, read_expectation
from iptsim.worlds.outcome import Condition, Cube
from iptsim.worlds.variables import Variables
from iptsim.worlds.world import Setting

STARTS = ("PREROUTING", "FORWARD", "OUTPUT")
"""The hooks where packets start of which nothing tells where they do."""

HIDES_INTERFACES = Note(code=codes.LISTING_HIDES_INTERFACES)
UNCONFIRMED = Note(code=codes.NO_EXAMPLE_FOLLOWED)
FOLLOW = Note(code=codes.FOLLOWERS_GO_ALONG)
"""What a translation does to one packet it does to those that follow (nf_nat_core.c)."""
_OF_ONE_STATE = codes.OTHER_STATES_NOT_TRANSLATED
_CONNECTION = ("ct", "connmark")


def query(  # noqa: PLR0913  # the question, and what is known of the host
    rules: Dump | Ruleset,
    packet: Packet | None = None,
    fate: str = "DROP",
    *,
    family: int | None = None,
    hook: str | None = None,
    host: Host = NOBODY,
    most: int | None = None,
) -> Query:
    """Which packets meet a fate: `ACCEPT`, `local`, `REDIRECT:15001` (see `read_expectation`).

    Only packets are asked for that are as `packet` tells, in every state of a connection where it
    tells none. They are of `family`; where that is None, of each family that the rules are of and
    the fate can be of. They start at `hook`; where neither that nor the packet tells where, at each
    of `starts`. With `most` only that many answers of each hook are told with their packets, of the
    certain ones and of the others each. Raises `UsageError` for a question without an answer and
    `LoopError` where packets get into a jump loop.
    """
    wanted = read_expectation(fate)
    given, clock = packet or Packet(), Deadline()
    asked = [
        growing(
            partial(
                _Asking(each, given.with_(family=each.family), wanted, hook, host, most).answer,
                clock,
            ),
            each,
        )
        for each in _rulesets(rules, family)
        if each.family == (family_of(wanted) or each.family)
    ]
    answers = tuple(one for each in asked for one in each.answers)
    rules_of_it = _may_decide(rules, family, wanted) if clock.late and not answers else ()
    clock.settle(tells=bool(answers) or wanted.has_target)
    return Query(
        fate=fate,
        packet=given,
        asked=tuple(one for each in asked for one in each.asked),
        answers=answers,
        notes=tuple(dict.fromkeys(note for each in asked for note in each.notes)),
        late=clock.late,
        unasked=clock.unasked,
        may_decide=rules_of_it,
    )


def _may_decide(
    rules: Dump | Ruleset, family: int | None, wanted: Expectation
) -> tuple[MayDecide, ...]:
    """What may decide that fate, of every family that is asked."""
    found = (one for each in _rulesets(rules, family) for one in may_decide(each, wanted))
    return tuple(dict.fromkeys(found))


def _rulesets(rules: Dump | Ruleset, family: int | None) -> tuple[Ruleset, ...]:
    if isinstance(rules, Ruleset):
        return (rules,)
    return rules.rulesets if family is None else (ruleset_of(rules, family),)


def family_of(wanted: Expectation) -> int | None:
    """The family of the address that a fate names; None where it names none."""
    if wanted.address is None:
        return None
    return 4 if parse_address(wanted.address)[1] == 32 else 6


def starts(packet: Packet, hook: str | None, host: Host = NOBODY) -> tuple[str, ...]:
    """The hooks to ask: one where the packet tells it, or the user.

    Where the host's addresses are told, routing knows which packets are forwarded.
    """
    if hook is not None or packet.tells("in_", "out", "uid", "gid", "socket"):
        return (first_hook(packet, hook),)
    routed = host.tells_addresses(32 if packet.family == 4 else 128)
    return tuple(one for one in STARTS if one != "FORWARD" or not routed)


@dataclass(slots=True, kw_only=True)
class _Found:
    """The answers of one family."""

    asked: list[Asked] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    notes: dict[Note, None] = field(default_factory=dict)


class _Asking:
    """Asks one rule set."""

    def __init__(
        self,
        ruleset: Ruleset,
        packet: Packet,
        wanted: Expectation,
        hook: str | None,
        host: Host,
        most: int | None,
    ) -> None:
        self._ruleset, self._packet, self._wanted = ruleset, packet, wanted
        hook = hook_of(ruleset, packet, hook)
        self._hooks, self._host, self._most = starts(packet, hook, host), host, most
        self._examples = Examples(ruleset, host, packet, wanted)

    def answer(self, clock: Deadline, manager: Manager) -> _Found:
        """All answers for which there is time, with diagrams of this manager."""
        names = [name for name in (self._packet.in_, self._packet.out) if name]
        engine = Engine(manager, (self._ruleset,), host=self._host, interfaces=names)
        if self._packet.payload is not None or self._packet.names:
            engine.libraries = (self._library(engine),)
        meeting = Meeting(engine, self._packet, self._wanted)
        found = _Found()
        for hook in self._hooks:
            answers = clock.ask(hook, partial(self._parts, hook, meeting))
            if answers is None:
                continue
            found.answers += self._answers(hook, answers, meeting, clock)
            assumed = tuple(meeting.assumed)
            if meeting.setting is not None and taken_off(self._packet, hook, meeting.setting):
                assumed += (NO_LOCALNET,)
            if self._ruleset.only is not None:
                assumed += premises(self._ruleset, hook)
            found.asked.append(Asked(family=self._packet.family, hook=hook, assumed=assumed))
            found.notes |= {n: None for n in meeting.notes if n.code != _OF_ONE_STATE}
        if self._ruleset.only is None and (absent := absent_note(self._ruleset)):
            found.notes = {absent: None, **found.notes}
        found.notes |= dict.fromkeys(outside(self._ruleset))
        if self._ruleset.hides_interfaces:
            found.notes = {HIDES_INTERFACES: None, **found.notes}
        if any(one.told and one.example is None for one in found.answers):
            found.notes[UNCONFIRMED] = None
        if self._packet.ctstate is None and any(map(_translated, found.answers)):
            found.notes[FOLLOW] = None
        return found

    def _library(self, engine: Engine) -> Library:
        """The rules as the packet's payload and the names that it is told by decide them."""
        return Library(
            ruleset=engine.libraries[0].ruleset,
            host=self._host,
            payload=self._packet.payload,
            told=frozenset(() if self._packet.payload is None else self._packet.given()),
            named=asked_names(self._packet.names),
            limited=engine.libraries[0].limited,
        )

    def _parts(self, hook: str, meeting: Meeting) -> list[tuple[float, Part]]:
        """What meets the fate at a hook: what is certain first, then the larger sets first."""
        shares = Shares(meeting.engine.universe.manager)
        parts = [(shares.of(part.held), part) for part in meeting.parts(hook)]
        parts.sort(key=lambda pair: (not pair[1].certain, -pair[0]))
        return parts

    def _answers(
        self, hook: str, parts: list[tuple[float, Part]], meeting: Meeting, clock: Deadline
    ) -> Iterator[Answer]:
        """Each with its packets, until the time is over."""
        for _certain, group in groupby(parts, lambda pair: pair[1].certain):
            for number, (share, part) in enumerate(each(list(group), "answers")):
                answer = _untold(part, share, hook, self._packet.family)
                told = self._most is None or number < self._most
                yield clock.told(answer, partial(self._tell, answer, part, meeting), told)

    def _tell(self, answer: Answer, part: Part, meeting: Meeting) -> Answer:
        told = self._told(answer, part, meeting)
        meeting.engine.universe.manager.tidy()
        return told

    def _told(self, answer: Answer, part: Part, meeting: Meeting) -> Answer:
        assert meeting.setting is not None
        universe, setting = meeting.engine.universe, meeting.setting
        work = FULLY if self._most is None else SHORTLY
        telling, partly = Cubes(universe, setting, work=work), False
        try:
            products = telling.wide(part.held)
        except TooLongError:
            if self._most is None:
                raise
            products, partly = telling.some_wide(part.held), True
        found = tuple(cube for one in products for cube in telling.cubes(one))
        picked: Picked = {
            **ordinary(universe, part.held, self._packet.family),
            **self._packet.given(),
        }
        around = _around(universe, products, picked)
        given = tuple(_given(self._packet, meeting.setting))
        return replace(
            answer,
            where=tuple(_with_given(cube, given, self._packet) for cube in found),
            example=self._examples.of(part, picked, found, answer.hook),
            hangs_on=tuple(_hanging(universe, around, picked)),
            connection=tuple(_of_connection(around, picked, meeting.setting)),
            told=True,
            partly=partly,
        )


def _untold(part: Part, share: float, hook: str, family: int) -> Answer:
    return Answer(
        family=family,
        hook=hook,
        verdict=part.verdict,
        destination=part.destination,
        rewrites=part.rewrites,
        decided_by=part.decided_by,
        where=(),
        certain=part.certain,
        share=share,
        example=None,
        told=False,
    )


def _translated(answer: Answer) -> bool:
    step = answer.decided_by
    return step is not None and step.action == "rewrite"


def _around(universe: Universe, products: Iterable[Wide], picked: Picked) -> Wide:
    """Of the products that the picked packet lies in, one that asks for the fewest facts.

    The others hang on facts that are of other packets as well.
    """
    facts, here = universe.facts, point(universe, picked)
    around = (
        one
        for one in products
        if all(here & held != universe.manager.false for held in one.values())
    )
    return min(around, key=lambda one: sum(name in facts for name in one), default={})


def _hanging(universe: Universe, product: Wide, picked: Picked) -> Iterator[tuple[Fact, bool]]:
    facts = universe.facts
    return ((facts[name], bool(picked[name])) for name in product if name in facts)


def _of_connection(
    product: Wide, picked: Picked, setting: Setting
) -> Iterator[tuple[str, int | str]]:
    """What the connection of a picked packet is asked for that no packet is told with.

    That of a packet which opens one is its own.
    """
    if picked.get("ctstate", "NEW") != "NEW":
        names = [name for name in FIELDS if name in product and name.startswith(_CONNECTION)]
        for name in (name for name in names if name != "ctstate"):
            yield name, setting.show(name, picked[name])


def _with_given(cube: Cube, given: tuple[Condition, ...], packet: Packet) -> Cube:
    """The cube with what was given; a name of a field that it asks for is a fact."""
    asked = {condition.field for condition in cube.conditions}
    own = (Condition(field=n, values=(text,)) for n, text in packet.names if n not in asked)
    facts = ((name_fact(name, text), True) for name, text in packet.names if name in asked)
    ranged = {name for name, _held in packet.sets} & asked  # told closer by the cube
    told = (condition for condition in given if condition.field not in ranged)
    return replace(cube, conditions=(*own, *told, *cube.conditions), facts=(*facts, *cube.facts))


def _given(packet: Packet, setting: Setting) -> Iterator[Condition]:
    """What was given of the packet, as the conditions of a cube."""
    for name, values in packet.sets:
        width = setting.width if name == "src" else FIELDS[name].width
        # Of all packets, not of those that were asked for.
        free = replace(setting, domains=Variables({}))
        yield from conditions(name, NumberSet(width=width, ranges=values), free)
    for name, value in packet.given().items():
        domain = domain_of(name, packet.family)
        if not isinstance(domain, NumberSet) or not isinstance(value, int):
            yield Condition(field=name, values=(str(value),))
        elif name in BIT_FIELDS:
            whole = Masked(value=value, mask=(1 << domain.width) - 1)
            yield Condition(field=name, values=(masked_text(name, whole, setting),))
        else:
            held = NumberSet(width=domain.width, ranges=IntSet.single(value))
            yield from conditions(name, held, setting)
