"""A union of cubes told shorter is the same set of packets."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from iptsim.explain.unions import Parts, Told, shorter
from iptsim.predicate import Fact
from iptsim.worlds.outcome import Condition

VALUES = ("80", "443", "8080")
FIELDS = ("dport", "uid")
FACTS = tuple(Fact(code="IPT0424", key=key, detail=key) for key in ("one", "two"))
PACKETS = list(product((*VALUES, "other"), (*VALUES, "other"), (False, True), (False, True)))


def condition(field: str) -> st.SearchStrategy[Told]:
    values = st.lists(st.sampled_from(VALUES), min_size=1, max_size=2, unique=True).map(tuple)
    return st.builds(Condition, field=st.just(field), values=values, negate=st.booleans())


PARTS = [condition(field) for field in FIELDS]
PARTS += [st.tuples(st.just(fact), st.booleans()) for fact in FACTS]
CUBES = st.lists(st.tuples(*(part | st.none() for part in PARTS)), min_size=1, max_size=7).map(
    lambda cubes: [tuple(part for part in cube if part is not None) for cube in cubes]
)


def holds(part: Told, packet: tuple[str, str, bool, bool]) -> bool:
    if isinstance(part, Condition):
        return (packet[FIELDS.index(part.field)] in part.values) is not part.negate
    return packet[2 + FACTS.index(part[0])] is part[1]


def packets(cubes: list[Parts]) -> list[tuple[str, str, bool, bool]]:
    return [p for p in PACKETS if any(all(holds(part, p) for part in cube) for cube in cubes)]


@given(CUBES)
def test_the_packets_are_the_same_and_the_words_no_more(cubes: list[Parts]) -> None:
    found = shorter(cubes)
    assert packets(found) == packets(cubes)
    assert sum(map(len, found)) <= sum(map(len, cubes))


def test_what_makes_no_difference_goes() -> None:
    web = Condition(field="dport", values=("80",))
    rest = Condition(field="dport", values=("80",), negate=True)
    logged, quiet = ((FACTS[0], true) for true in (True, False))
    assert shorter([(web,), (rest, logged), (rest, quiet)]) == [()]


def test_a_mark_goes_without_the_marks_that_it_is_not() -> None:
    is_one = Condition(field="mark", values=("0x1/0xf",))
    not_two = Condition(field="mark", values=("0x2/0xf",), negate=True)
    assert shorter([(is_one, not_two)]) == [(is_one,)]
