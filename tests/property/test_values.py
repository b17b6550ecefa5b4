"""Set laws of integer sets, number sets and regions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iptsim.predicate import And, Bits, Fact, InSet, Interface, Not, OneOf, Or, Predicate
from iptsim.values import InterfacePattern, IntSet, Masked, blocks
from iptsim.worlds.domains import InterfaceSet, NameSet, NumberSet, VariableSet, pick_outside
from iptsim.worlds.regions import EVERYTHING, Region, simplify, split
from iptsim.worlds.terms import holds

small = st.integers(0, 63)
int_sets = st.lists(st.tuples(small, small), max_size=4).map(IntSet.of)
masks = st.tuples(small, small).map(lambda pair: Masked(value=pair[0] & pair[1], mask=pair[1]))


@given(int_sets, int_sets)
def test_int_sets_are_sets(left: IntSet, right: IntSet) -> None:
    a, b = set(left), set(right)
    assert set(left & right) == a & b
    assert set(left | right) == a | b
    assert set(left - right) == a - b
    assert set(left.complement(0, 63)) == set(range(64)) - a
    assert left.issubset(right) == (a <= b)
    assert left.count == len(a)


wide = st.integers(0, 400)
many_ranges = st.sets(wide, min_size=20).map(lambda some: IntSet.of((x, x + 1) for x in some))
few_ranges = st.lists(st.tuples(wide, wide), max_size=3).map(IntSet.of)


@given(many_ranges, few_ranges)
def test_few_ranges_are_cut_out_of_many(many: IntSet, few: IntSet) -> None:
    a, b = set(many), set(few)
    assert set(many & few) == set(few & many) == a & b
    assert set(many - few) == a - b
    assert (many & few) == IntSet.of((many & few).ranges)


@given(int_sets)
def test_blocks_cover_a_set_once(values: IntSet) -> None:
    members = [x for block in blocks(values, 6) for x in range(64) if x in block]
    assert sorted(members) == sorted(values)
    assert len(members) == len(set(members))


@given(int_sets, masks, st.lists(masks, max_size=4))
def test_a_number_set_picks_a_member_or_is_empty(
    ranges: IntSet, fits: Masked, holes: list[Masked]
) -> None:
    held = NumberSet(width=6, ranges=ranges, fits=fits, holes=tuple(holes))
    members = [x for x in range(64) if x in held]
    picked = held.pick()
    assert (picked is None) == (not members)
    assert picked is None or picked in members


patterns = st.sampled_from(["eth0", "eth1", "eth+", "e+", "lo", "+"]).map(
    lambda text: InterfacePattern(text=text)
)
atoms: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(InSet, field=st.sampled_from(["a", "b"]), values=int_sets),
    st.builds(Bits, field=st.sampled_from(["a", "b"]), test=masks),
    st.builds(Interface, field=st.just("i"), pattern=patterns),
    st.builds(OneOf, field=st.just("n"), names=st.frozensets(st.sampled_from("xyz"), max_size=3)),
    st.builds(Fact, key=st.sampled_from(["f", "g"])),
)
predicates: st.SearchStrategy[Predicate] = st.recursive(
    atoms,
    lambda parts: st.one_of(
        st.builds(Not, part=parts),
        st.builds(And, parts=st.lists(parts, max_size=3).map(tuple)),
        st.builds(Or, parts=st.lists(parts, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
packets = st.fixed_dictionaries(
    {
        "a": small,
        "b": small,
        "i": st.sampled_from(["eth0", "eth1", "eno1", "lo", "wlan0"]),
        "n": st.sampled_from("xyz"),
        "f": st.booleans(),
        "g": st.booleans(),
    }
)
NAMES = frozenset("xyz")
DOMAINS: dict[str, VariableSet] = {
    "a": NumberSet.full(6),
    "b": NumberSet.full(6),
    "i": InterfaceSet(),
    "n": NameSet(names=NAMES, every=NAMES),
}


def evaluate(predicate: Predicate, packet: dict[str, int | str | bool]) -> bool:
    if isinstance(predicate, Not):
        return not evaluate(predicate.part, packet)
    if isinstance(predicate, And):
        return all(evaluate(part, packet) for part in predicate.parts)
    if isinstance(predicate, Or):
        return any(evaluate(part, packet) for part in predicate.parts)
    if isinstance(predicate, Fact):
        return bool(packet[predicate.key])
    return holds(predicate, packet[predicate.field])


def inside(region: Region, packet: dict[str, int | str | bool]) -> bool:
    return all(packet[name] in held for name, held in region.sets.items()) and all(
        packet[key] == value for key, (_fact, value) in region.facts.items()
    )


@given(predicates, packets)
def test_split_parts_are_disjoint_and_exact(
    predicate: Predicate, packet: dict[str, int | str | bool]
) -> None:
    yes, no = split(EVERYTHING, predicate, DOMAINS)
    holding = [region for region in yes if inside(region, packet)]
    failing = [region for region in no if inside(region, packet)]
    expected = evaluate(predicate, packet)
    assert (len(holding), len(failing)) == ((1, 0) if expected else (0, 1))


@given(predicates, packets)
def test_simplify_keeps_the_union(
    predicate: Predicate, packet: dict[str, int | str | bool]
) -> None:
    yes, _no = split(EVERYTHING, predicate, DOMAINS)
    before = any(inside(region, packet) for region in yes)
    after = [region for region in simplify(yes) if inside(region, packet)]
    assert len(after) == int(before)


def test_many_holes_of_few_bits_are_no_long_search() -> None:
    """Each hole asks three of 63 bits; of the eight ways that three bits can be, one is left."""
    holes = [
        Masked(value=(way & 0b111) << start, mask=0b111 << start)
        for way in range(7)
        for start in range(0, 63, 3)
    ]
    assert pick_outside(Masked(value=0, mask=0), tuple(holes)) == (1 << 63) - 1
