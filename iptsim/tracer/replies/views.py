"""How a packet of a connection sees the variables of the connection's first packet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.errors import UsageError
from iptsim.netfilter.new_connections import ANSWERS
from iptsim.packet import Packet
from iptsim.predicate import Bits, InSet, Interface, OneOf, Predicate, all_of, negate, negate_if
from iptsim.worlds.connection import KEPT, Connection
from iptsim.worlds.domains import InterfaceSet, NameSet, NumberSet, VariableSet
from iptsim.worlds.regions import Region, simplify, split_all
from iptsim.worlds.terms import Known, Mixed, Stepped, Term, value_of, variables_of
from iptsim.worlds.variables import ARRIVING, Source, Variable
from iptsim.worlds.world import Setting

MOST_REGIONS = 400
_SWAPPED = {"src": "dst", "dst": "src", "sport": "dport", "dport": "sport"}
_ORIGINAL = {
    "src": "ctorigsrc", "dst": "ctorigdst", "sport": "ctorigsrcport", "dport": "ctorigdstport",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How another packet sees the first one's variables: by which names, and which are told."""

    names: Mapping[str, Variable]
    told: Mapping[str, int | str] = field(default_factory=dict)
    back: bool = False

    def term(self, term: Term) -> Term:
        """A term in the other packet's variables."""
        if isinstance(term, Variable):
            seen = self.names[term.name]
            return Known(value=self.told[seen.name]) if seen.name in self.told else seen
        if isinstance(term, Mixed):
            return self._mixed(term)
        if isinstance(term, Stepped):
            return replace(term, variable=self.names[term.name])
        return term

    def _mixed(self, term: Mixed) -> Term:
        parts = [(self.names[variable.name], mask) for variable, mask in term.parts]
        constant = term.constant
        for variable, mask in parts:
            constant ^= int(self.told.get(variable.name, 0)) & mask
        kept = tuple(each for each in parts if each[0].name not in self.told)
        return Mixed(parts=kept, constant=constant) if kept else Known(value=constant)

    def fits(self, region: Region) -> bool:
        """Whether what is told of the other packet is in the region."""
        asked = ((name, held) for name, held in self._sets(region) if name in self.told)
        return all(self.told[name] in held for name, held in asked)

    def _sets(self, region: Region) -> Iterator[tuple[str, VariableSet]]:
        """What the region says of variables that the other packet has, too."""
        for name, held in region.sets.items():
            if name in self.names:
                yield self.names[name].name, held

    def region(self, region: Region) -> Region:
        """The region without what is of no concern to the other packet.

        A rule that is limited to an interface which the first packet lacks may well match one that
        comes back.
        """
        facts = {
            key: (fact, value)
            for key, (fact, value) in region.facts.items()
            if (fact.code == codes.HIDDEN_INTERFACE and not (value and self.back))
            or (fact.code == codes.ADDRESS_OF_NAME and not self.back)
        }
        sets = {name: held for name, held in self._sets(region) if name not in self.told}
        return Region(sets=sets, facts=facts)


def view_of(connection: Connection, told: Packet | None) -> View:
    """How the answer sees them; `told` is what is known of it besides."""
    names = dict(names_of(connection))
    given = {} if told is None else told.given()
    terms = terms_of(connection).items()
    held = {
        names[term.name].name: given[name]
        for name, term in terms
        if isinstance(term, Variable) and name in given
    }
    return View(names=names, told=held, back=True)


def terms_of(connection: Connection) -> dict[str, Term]:
    """What the answer's fields hold, in the first packet's variables."""
    first = connection.fields
    terms = {ours: first[theirs] for ours, theirs in _SWAPPED.items()}
    terms["proto"] = first["proto"]
    answers = ANSWERS.get(connection.proto or 0)
    if answers is not None:
        terms["icmp_code"] = first["icmp_code"]
        kind = value_of(first["icmp_type"])
        if isinstance(kind, int):
            terms["icmp_type"] = Known(value=answers[kind])
    if connection.destination != "local":
        terms["in"] = first["out"]
    return terms


def names_of(connection: Connection) -> Iterator[tuple[str, Variable]]:
    """What the first packet's variables are in the answer: those of the field they are there.

    What was rewritten is still the connection's; the rest is of no concern any more.
    """
    taken: dict[str, Variable] = {}
    terms = terms_of(connection)
    back = {"out": connection.fields["in"]}
    for ours, term in (terms | back).items():
        if isinstance(term, Variable):
            taken.setdefault(term.name, ARRIVING[ours])
    for first, kept in _ORIGINAL.items():
        taken.setdefault(first, ARRIVING[kept])
    for term in (*terms.values(), *(connection.fields[name] for name in KEPT)):
        for variable in variables_of(term):
            taken.setdefault(variable.name, _of_first(variable))
    yield from taken.items()


def _of_first(variable: Variable) -> Variable:
    """What the first packet came with is its own; the rest is the connection's."""
    own = variable.origin is Source.PACKET and variable.field not in KEPT
    return replace(variable, origin=Source.FIRST_PACKET) if own else variable


def apart(regions: Iterable[Region], setting: Setting) -> list[Region]:
    """The same union as disjoint regions."""
    done: list[Region] = []
    for region in regions:
        rest = [region]
        for other in done:
            rest = split_all(rest, _inside(other), setting.domains)[1]
        done += rest
        if len(done) > MOST_REGIONS:
            raise UsageError(
                "too many ways are open to this packet; tell more of it (--src, --dst, --in …)",
                code=codes.TOO_MANY_WAYS,
            )
    return simplify(done)


def _inside(region: Region) -> Predicate:
    """The condition that a packet lies in the region."""
    sets = (part for name, held in region.sets.items() for part in _asks(name, held))
    facts = (negate_if(not value, fact) for fact, value in region.facts.values())
    return all_of((*sets, *facts))


def _asks(name: str, held: VariableSet) -> Iterator[Predicate]:
    if isinstance(held, NumberSet):
        yield InSet(field=name, values=held.ranges)
        yield Bits(field=name, test=held.fits)
        yield from (negate(Bits(field=name, test=hole)) for hole in held.holes)
    elif isinstance(held, NameSet):
        yield OneOf(field=name, names=held.names)
    elif isinstance(held, InterfaceSet):
        if held.fits is not None:
            yield Interface(field=name, pattern=held.fits)
        yield from (negate(Interface(field=name, pattern=hole)) for hole in held.holes)
