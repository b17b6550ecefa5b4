"""Variables know where they come from: a rule's own words say nothing about that."""

import dataclasses
from typing import Any

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.host import NOBODY
from iptsim.packet import FIELDS, Packet
from iptsim.predicate import Fact, InSet
from iptsim.query import query
from iptsim.symbolic.sets.packet_sets import Packets
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.sets.universe import Universe, classes
from iptsim.symbolic.walk.differences import forgotten
from iptsim.tracer.host.arrival import Question, begin
from iptsim.values import IntSet
from iptsim.worlds.domains import NumberSet, domain_of
from iptsim.worlds.regions import EVERYTHING, Region, products
from iptsim.worlds.terms import Mixed, crossed, is_choice, told
from iptsim.worlds.variables import (
    ARRIVING,
    Chosen,
    OneOfMany,
    Origin,
    Source,
    Told,
    Variable,
    Variables,
)

WORDS = "-j LOG --log-prefix 'mark set in here, as nobody chose'"


@every_row(
    ("field", "origin", "name"),
    [
        ("src", Source.PACKET, "src"),
        ("src", Source.FIRST_PACKET, "src of the first packet"),
        ("ICMP identifier", Source.CONNECTION, "ICMP identifier"),
        ("out", Source.NEW_ROUTE, "out after the new route"),
        ("out", Chosen(by="routing to 10.0.0.9"), "out as routing to 10.0.0.9 chose"),
        (
            "mark",
            Chosen(by="mangle INPUT «-j HMARK»", detail="HMARK", made_of="7", again=2),
            "mark as mangle INPUT «-j HMARK» chose (HMARK) of 7 again again",
        ),
        ("ct_dnat", Told(by="nat OUTPUT «-j DNAT»"), "ct_dnat at nat OUTPUT «-j DNAT»"),
        ("dst", OneOfMany(where="nat OUTPUT of 0"), "dst set in nat OUTPUT of 0"),
    ],
)
def test_a_variable_is_called_by_its_field_and_origin(
    field: str, origin: Origin, name: str
) -> None:
    assert Variable(field=field, origin=origin).name == name
    assert Variable(field=field, origin=origin, number=3).name == f"{name} (3)"


def test_the_words_of_a_rule_are_no_origin() -> None:
    chosen = Variable(field="mark", origin=Chosen(by=WORDS))
    assert is_choice(chosen)
    assert told(chosen) == chosen.name
    made = Variable(field="ct_dnat", origin=Told(by=WORDS))
    assert not is_choice(made)
    mixed = Mixed(parts=((chosen, 0xFFFF),))
    assert crossed(mixed, ARRIVING["mark"]) is crossed(ARRIVING["connmark"], ARRIVING["mark"])
    assert crossed(mixed, Mixed(parts=((ARRIVING["mark"], 0xFFFF),)))


def test_one_name_is_one_variable_unless_it_may_be_something_else() -> None:
    known = Variables({"sport": domain_of("sport", 4)})
    choice = Variable(field="sport", origin=Chosen(by="nat OUTPUT"))
    low, high = (NumberSet(width=16, ranges=IntSet.between(*r)) for r in ((1, 9), (10, 19)))
    first, again, other = (known.fresh(choice, each) for each in (low, low, high))
    assert first == again == choice
    assert other.name == "sport as nat OUTPUT chose (2)"
    assert known.variable(other.name).field == "sport"
    assert known.variable("sport") == ARRIVING["sport"]
    assert [known[one.name] for one in (first, other)] == [low, high]


def test_of_two_walks_the_later_says_what_a_variable_may_be() -> None:
    narrow = NumberSet(width=16, ranges=IntSet.between(1, 9))
    choice = Variable(field="dport", origin=Chosen(by="nat OUTPUT"))
    one, other = (Variables({"sport": domain_of("sport", 4)}) for _ in range(2))
    other.limit("sport", narrow)
    other.fresh(choice, narrow)
    both = one | other
    assert both["sport"] == narrow
    assert both.variable(choice.name).origin == choice.origin
    assert one["sport"] == domain_of("sport", 4)
    assert choice.name not in one


def test_a_fact_that_says_set_in_is_not_forgotten() -> None:
    universe = Universe(PureManager(), classes(()))
    fact: Any = universe.fact(Fact(key="filter INPUT «--comment 'set in stone'» is limited"))
    many = Variable(field="mark", origin=OneOfMany(where="mangle INPUT of 0"))
    value: Any = universe.numbers(universe.block(many, domain_of("mark", 4)), IntSet.single(7))
    assert forgotten(universe, fact & value) == fact


COMMENTED = """\
Chain INPUT (policy DROP)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0            /* as set in March */
ACCEPT     udp  --  10.0.0.0/8           0.0.0.0/0
DROP       all  --  0.0.0.0/0            0.0.0.0/0
"""


@pytest.mark.parametrize("comment", ["as set in March", "as who chose", "old"])
def test_a_comment_makes_nothing_certain(comment: str) -> None:
    """The last rule meets what the first does not take, if an interface limits that."""
    text = COMMENTED.replace("as set in March", comment)
    ruleset = read_text(text, table="filter").rulesets[0]
    (answer,) = query(ruleset, Packet(ctstate="NEW"), "DROP", hook="INPUT").answers
    assert not answer.certain
    assert [comment in fact.detail for fact, _true in answer.hangs_on] == [True]


def test_a_setting_is_a_value() -> None:
    setting, _world = begin(Question(packet=Packet(), hook="PREROUTING", host=NOBODY))
    for field in dataclasses.fields(setting):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(setting, field.name, None)


def test_a_diagram_is_not_read_as_a_product() -> None:
    universe = Universe(PureManager(), classes(()))
    block = universe.declare("dport", domain_of("dport", 4))
    low, high = (
        Packets(universe=universe, held=universe.numbers(block, IntSet.single(n))) for n in (1, 2)
    )
    assert not hasattr(low, "sets")
    assert not hasattr(low, "facts")
    assert low.within() == EVERYTHING
    with pytest.raises(TypeError, match="Packets"):
        products((low,))
    (both,) = low.together([high])
    asked = InSet(field="dport", values=IntSet.of([(1, 1), (2, 2)]))
    inside, outside = both.apart(asked, Variables({n: domain_of(n, 4) for n in FIELDS}))
    assert [one.held for one in inside] == [both.held]
    assert outside == []


def test_a_product_lies_in_itself() -> None:
    region = Region(sets={"dport": NumberSet(width=16, ranges=IntSet.single(7))})
    assert region.within() is region
    assert products((region, EVERYTHING)) == (region, EVERYTHING)
