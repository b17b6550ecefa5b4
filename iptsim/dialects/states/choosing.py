"""Which states a text tells, and the one of them that is asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set
from typing import Protocol, Self, TypeVar

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.joining.merge import MAY_BE_IPV6
from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.dialects.places.places import Gathered
from iptsim.dialects.places.places import Place as Somewhere
from iptsim.dialects.states.labels import alternatives
from iptsim.dialects.states.patch import Gap, Patch, Raw, mirrored
from iptsim.dialects.states.states import (
    Marks,
    State,
    chosen,
    differ,
    newest,
    opposed,
    parted,
    repeated,
    sliced,
    tell_the_same,
)
from iptsim.errors import DumpError, IptsimError, NoDumpError, Place
from iptsim.model import Note

TWICE = frozenset({codes.CHAIN_TWICE, codes.TABLE_TWICE})
"""What a reader says of a table or a chain that is there twice."""
ELSEWHERE, ALIKE = codes.RULES_ELSEWHERE, codes.PLACES_ALIKE
HERE = "host"
"""The name of the place where the commands of a text run that go nowhere else."""
MOST_STATES = 64
"""Nobody chooses one of more, and each would be read."""
_MOST_PIECES = 1000
ASSUMED = frozenset({codes.TABLE_ASSUMED, codes.TABLE_OF_RULE_ASSUMED})
"""What a reader says of a table that is assumed."""


class Natively(Protocol):
    """What a text tells of tables of nftables; `alone` are its lines where it may do so twice."""

    alone: tuple[str, ...]

    @property
    def tells_nft(self) -> bool:
        """Whether it tells of any."""
        ...

    @property
    def busy(self) -> bool:
        """Whether a table is not closed in it."""
        ...


class Text(Protocol):
    """A text that was read, or one of its states."""

    file: str
    lines: int
    head: str
    state: State | None
    marks: Marks
    raw: Raw
    gathered: Gathered
    alike: str
    told: Note | None
    names: dict[int, str]
    mirrored: list[ReadTable]

    @property
    def beside(self) -> Natively:
        """What it tells of tables of nftables."""
        ...

    def sections(self) -> tuple[Section, ...]:
        """Runs of lines of one form, of all states."""
        ...

    def tables(self, table: str | None, family: int | None) -> list[ReadTable]:
        """The tables that it tells of."""
        ...

    def of(self, state: State) -> Self:
        """The text with the lines of one of its states alone."""
        ...

    def at(self, place: Somewhere) -> Self:
        """The text with the lines of one of its places alone."""
        ...

    def side(self, pieces: Sequence[Line | Gap]) -> Self:
        """A dump of a patch that the text is."""
        ...


T = TypeVar("T", bound=Text)


def views(text: T, table: str | None, family: int | None) -> list[T]:
    """The states that a text tells, each as a text: of a patch, or parted by words or prompts.

    Empty where it tells one, as far as these say.
    """
    patch = patch_of(text)
    if patch is not None:
        return _sides(text, patch, table, family)
    if text.state is not None:
        return []
    if native := _native_states(text):
        return native
    apart = _by_places(text, table, family)
    if apart:
        return apart
    return _by_marks(text, table, family)


def _native_states(text: T) -> list[T]:
    """The states of nft's tables that a text tells which is nft's alone."""
    if not text.beside.alone:
        return []
    from iptsim.dialects.states.nft_states import nft_states  # noqa: PLC0415  # few have any

    found = nft_states(text.beside.alone)
    _unless_too_many(text.file, text.beside.alone, found)
    return [_natively(text, state) for state in found]


def _unless_too_many(file: str, lines: Sequence[str], found: Sequence[State]) -> None:
    """Raise `DumpError` where a text tells more states than anybody would choose from."""
    if len(found) <= MOST_STATES:
        return
    second, text = found[1].first, "".join(lines[found[1].first - 1 : found[1].first])
    raise DumpError(
        f"{len(found)} states are told in this text, not one",
        place=Place(file=file, line=second),
        text=text,
        length=len(text.strip()),
        expected="one of them alone",
        code=codes.TOO_MANY_STATES,
        count=len(found),
        most=MOST_STATES,
    )


def _natively(text: T, state: State) -> T:
    alone = text.beside.alone
    numbers = (n for a, b in state.spans for n in range(max(a, 1), min(b, len(alone)) + 1))
    lines = [Line(number=n, text=alone[n - 1], full=alone[n - 1]) for n in numbers]
    view = text.side(lines)
    view.state = state
    return view


def _holds(text: Text) -> bool:
    """Whether it has rules, be they of iptables or of nftables."""
    return bool(text.sections()) or text.beside.tells_nft


def _by_marks(text: T, table: str | None, family: int | None) -> list[T]:
    found = parted(text.marks.found, text.sections())
    _unless_too_many(text.file, (), found)
    made = [text.of(state) for state in found] if len(found) > 1 else []
    return made if made and _are_states(made, found, table, family) else []


def alone(text: T) -> T:
    """The one place of which a text has rules, if its commands run elsewhere; else the text."""
    places = text.gathered.places() if patch_of(text) is None else ()
    told = [(place, view) for place in places if (view := text.at(place)).sections()]
    if len(told) != 1 or not told[0][0].sure:
        return text
    place, view = told[0]
    number = _begins(view).number
    where = Place(file=text.file, line=number)
    view.told = Note(code=ELSEWHERE, place=where, facts=(("name", place.name),))
    return view


def _by_places(text: T, table: str | None, family: int | None) -> list[T]:
    """The states of each host, pod and namespace whose lines stand in a text by turns."""
    made = [
        (place, view) for place in text.gathered.places() if (view := text.at(place)).sections()
    ]
    if len(made) < 2:
        return []
    try:
        same = tell_the_same([view.tables(table, family) for _, view in made])
    except IptsimError:
        same = False
    for place, view in made:
        view.state = State(spans=((0, text.lines),), label=place.name or HERE)
    if same:
        made[0][1].alike = ", ".join(place.name or HERE for place, _ in made)
        return [view for _, view in made]
    return [each for _, view in made for each in _of_place(view, table, family)]


def _of_place(view: T, table: str | None, family: int | None) -> list[T]:
    """The states that words and prompts part among the lines of one place."""
    name = view.state.label if view.state is not None else ""
    view.state = None
    found = _by_marks(view, table, family)
    for each in found:
        if each.state is not None and name != HERE:
            label = ", ".join(filter(None, (name, each.state.label)))
            each.state = replace(each.state, label=label)
    view.state = State(spans=((0, view.lines),), label=name)
    return found or [view]


def patch_of(text: Text) -> Patch | None:
    """The patch of two dumps that a text is."""
    patch = text.raw.patch()
    if patch is None or not any(_holds(text.side(patch.side(each))) for each in (1, 2)):
        return None
    return patch


def _sides(text: T, patch: Patch, table: str | None, family: int | None) -> list[T]:
    """Both dumps; a table that nothing names in one of them is named as in the other."""
    sides = []
    for number in (1, 2):
        side = text.side(patch.side(number))
        gaps = [each.line.number for each in patch.side(number) if isinstance(each, Gap)]
        if gaps:
            place = Place(file=text.file, line=gaps[0])
            side.told = Note(
                code=codes.PATCH_LEAVES_OUT, place=place, facts=(("count", str(len(gaps))),)
            )
        sides.append(side)
    _agree(sides, table, family, patch.changed)
    return sides


def _agree(sides: Sequence[Text], table: str | None, family: int | None, changed: Set[int]) -> None:
    """Name tables alike, and give each side the chains of which only the other shows rules.

    Not in a patch of more pieces than one of two dumps has.
    """
    if any(len(side.sections()) > _MOST_PIECES for side in sides):
        return
    try:
        names = _names([side.tables(table, family) for side in sides])
        for side in sides:
            side.names = names
        told = [side.tables(table, family) for side in sides]
    except IptsimError:
        return  # the reading says what is wrong
    for at in (0, 1):
        sides[at].mirrored = mirrored(told[1 - at], told[at], changed)


def _names(told: Sequence[Sequence[ReadTable]]) -> dict[int, str]:
    """The table of each chain, by the line where it begins, as the surer of both dumps tells."""
    names: dict[int, str] = {}
    torn: set[int] = set()
    for tables in told:
        lines = [c.place.line for one in tables for c in one.chains if c.place is not None]
        torn |= {line for line, count in Counter(lines).items() if count > 1}
    for one in sorted((t for tables in told for t in tables), key=_is_assumed):
        for chain in one.chains:
            if chain.place is not None and one.name is not None and chain.place.line not in torn:
                names.setdefault(chain.place.line, one.name)
    return names


def _is_assumed(table: ReadTable) -> bool:
    return any(note.code in ASSUMED for note in table.notes)


def _are_states(
    made: Sequence[Text], found: Sequence[State], table: str | None, family: int | None
) -> bool:
    """Whether what labels part are states that differ, and not one told in pieces or twice."""
    hosts = {state.host for state in found}
    sure = opposed(state.poles for state in found) or len(hosts) > 1
    try:
        told = [view.tables(table, family) for view in made]
    except IptsimError:
        return sure
    if any(state.made or state.vague for state in found) and not alternatives(
        told, vague=any(state.vague for state in found)
    ):
        return False
    return not tell_the_same(told) and (sure or differ(told))


def twice(texts: Sequence[T], table: str | None, family: int | None) -> list[T]:
    """The states of a text that tells a table twice and not the same; of one text alone."""
    if len(texts) > 1:
        return []
    (text,) = texts
    try:
        states = repeated(text.tables(table, family), text.marks.found, text.sections(), text.lines)
    except DumpError as wrong:
        if wrong.code not in TWICE:
            raise
        cut = wrong.place.line
        states = [State(spans=(span,)) for span in ((0, cut - 1), (cut, text.lines))]
    return [text.of(state) for state in states] if len(states) > 1 else []


def one_state(text: T, made: Sequence[T], state: str | None) -> T:
    """The state of a text that is asked for; raises where it tells several and none is."""
    if not made:
        return text
    if state is None and made[0].state is None and not made[0].head.strip():
        return made[-1]  # the patch of a file that is new
    if state is None and made[0].alike:
        place = Place(file=text.file, line=_begins(made[0]).number)
        made[0].told = Note(code=ALIKE, place=place, facts=(("names", made[0].alike),))
        return made[0]
    if state is None:
        raise _parted(text, made)
    which = chosen(_numbered(state, made), len(made))
    view = made[which]
    if view.state is not None:
        told = f" ({words})" if (words := view.state.told()) else ""
        facts = (("which", str(which + 1)), ("count", str(len(made))), ("told", told))
        place = Place(file=text.file, line=_begins(view).number)
        view.told = Note(code=codes.STATE_CHOSEN, place=place, facts=facts)
    return view


def _numbered(asked: str, made: Sequence[Text]) -> str:
    """The number of the one state of that name, or with that word in its name; else as asked."""
    names = [view.state.label or view.state.host for view in made if view.state is not None]
    for found in (
        [at for at, name in enumerate(names, 1) if name == asked],
        [at for at, name in enumerate(names, 1) if asked in re.split(r"[\s,/]+", name)],
    ):
        if len(found) == 1 and not asked.isdigit():
            return str(found[0])
    return asked


def _parted(text: Text, made: Sequence[Text]) -> IptsimError:
    """That a text tells several states, and what to do."""
    if made[0].state is None:
        what = f"{text.file} is a patch of two dumps"
        return NoDumpError(
            f"{what}: {_choice(2)}", code=codes.PATCH_NOT_DUMP, file=text.file, why=what
        )
    line = _begins(made[1])
    return DumpError(
        f"{len(made)} states are told in this text, not one: {_told(made)}",
        place=Place(file=text.file, line=line.number, column=line.column(0)),
        text=line.full or line.text,
        length=len(line.text.strip()),
        expected=f"one state; {_choice(len(made))}",
        code=codes.SEVERAL_STATES,
        count=len(made),
        told=_told(made),
    )


def two_states(wrong: DumpError, made: Sequence[Text]) -> DumpError:
    """What is there twice, with the states and what to do."""
    return DumpError(
        wrong.message,
        place=wrong.place,
        text=wrong.text,
        length=wrong.length,
        expected=f"one state of one host; here are {len(made)}, {_told(made)}: "
        f"{_choice(len(made))}{MAY_BE_IPV6 if MAY_BE_IPV6 in wrong.expected else ''}",
        code=wrong.code,
    )


def _choice(count: int) -> str:
    which = "1 or --state 2" if count == 2 else f"1 to {count}"
    return f"compare them with `iptsim diff FILE`, or take one with --state {which}"


def _told(made: Sequence[Text]) -> str:
    told = ", ".join(f"{number} from {_apart(view)}" for number, view in enumerate(made, 1))
    states = [view.state for view in made if view.state is not None]
    last = newest(states)
    return told if last is None else f"{told}, of which {states.index(last) + 1} is the newest"


def _apart(view: Text) -> str:
    """Where a state begins, and what tells it apart."""
    told = view.state.told() if view.state is not None else ""
    return f"line {_begins(view).number}" + (f" ({told})" if told else "")


def _begins(view: Text) -> Line:
    """The first line of a dump that is of the state."""
    state = view.state
    own = (sliced(each, state) if state else each for each in view.sections())
    lines = (line for each in own if each is not None for line in each.lines)
    first = Line(number=max(state.first, 1) if state is not None else 1, text="")
    return next((line for line in lines if line.text.strip()), first)
