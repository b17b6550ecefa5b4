"""The house's own dataclasses: what they do is what the standard library's do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import pytest
from every_row import every_row

from iptsim.dataclass import OFTEN, dataclass, field, fields, replace
from iptsim.regex import regex

Make = Callable[..., Any]


def made(make: Make, told: Make) -> dict[str, Any]:
    """The same classes by either library."""

    @make(frozen=True, slots=True, kw_only=True)
    class Value:
        width: int
        names: tuple[str, ...] = ()
        place: str | None = told(default=None, compare=False)
        known: dict[str, int] = told(default_factory=dict, repr=False, hash=False)
        kind: ClassVar[str] = "value"

    @make(frozen=True, slots=True, kw_only=True)
    class Wider(Value):
        names: tuple[str, ...] = ("a",)
        depth: int = 2
        area: int = told(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "area", self.width * self.depth)

    @make(slots=True)
    class Pair:
        left: int
        right: int = 3

    @make(kw_only=True)
    class Loose:
        rows: list[int] = told(default_factory=list)
        name: str = "x"

    @make(frozen=True, kw_only=True, eq=False)
    class Own:
        text: str = ""

        def __repr__(self) -> str:
            return "own"

    return {"Value": Value, "Wider": Wider, "Pair": Pair, "Loose": Loose, "Own": Own}


OURS: dict[str, Any] = made(dataclass, field)
THEIRS: dict[str, Any] = made(dataclasses.dataclass, dataclasses.field)
CALLS: list[tuple[str, tuple[object, ...], dict[str, object]]] = [
    ("Value", (), {"width": 1}),
    ("Value", (), {"width": 1, "place": "here", "names": ("b",), "known": {"a": 1}}),
    ("Wider", (), {"width": 4}),
    ("Wider", (), {"width": 4, "depth": 5, "known": {}}),
    ("Pair", (1,), {}),
    ("Pair", (1, 2), {}),
    ("Pair", (1,), {"right": 2}),
    ("Loose", (), {}),
    ("Loose", (), {"rows": [1], "name": "y"}),
    ("Own", (), {"text": "t"}),
]
WRONG: list[tuple[str, tuple[object, ...], dict[str, object]]] = [
    ("Value", (), {}),
    ("Value", (1,), {}),
    ("Value", (), {"width": 1, "other": 2}),
    ("Wider", (), {"width": 1, "area": 2}),
    ("Pair", (), {}),
    ("Pair", (1, 2, 3), {}),
    ("Pair", (1,), {"left": 2}),
]


@every_row(("name", "values", "given"), CALLS)
def test_values_hold_and_show_the_same(
    name: str, values: tuple[object, ...], given: dict[str, object]
) -> None:
    ours, theirs = OURS[name](*values, **given), THEIRS[name](*values, **given)
    names = [one.name for one in dataclasses.fields(theirs)]
    assert [one.name for one in fields(ours)] == names
    assert [getattr(ours, one) for one in names] == [getattr(theirs, one) for one in names]
    assert repr(ours) == repr(theirs)
    assert hasattr(ours, "__dict__") == hasattr(theirs, "__dict__")


@pytest.mark.parametrize(("name", "values", "given"), WRONG)
def test_wrong_calls_are_refused(
    name: str, values: tuple[object, ...], given: dict[str, object]
) -> None:
    for kinds in (OURS, THEIRS):
        with pytest.raises(TypeError):
            kinds[name](*values, **given)


@pytest.mark.parametrize("times", [1, 2 * OFTEN])
def test_equality_and_hashes_before_and_after_they_are_compiled(times: int) -> None:
    for kinds in (made(dataclass, field), THEIRS):
        make, wider, pair, loose = (kinds[name] for name in ("Value", "Wider", "Pair", "Loose"))
        for _ in range(times):
            one = make(width=1, place="a")
            assert one == make(width=1, place="b")
            assert hash(one) == hash(make(width=1, known={"b": 2})) == hash((1, ()))
            assert one != make(width=1, known={"b": 2})
            assert one != wider(width=1, names=())
            assert one != (1, ())
            assert loose() == loose()
            assert pair(1) == pair(1, 3) != pair(2)
        with pytest.raises(TypeError, match="unhashable"):
            hash(loose())
        own = kinds["Own"]()
        assert own != kinds["Own"]()
        assert len({own, own}) == 1


def test_a_default_that_is_made_is_made_for_each() -> None:
    for _ in range(2 * OFTEN):
        one = OURS["Loose"]()
        one.rows.append(1)
        assert OURS["Loose"]().rows == []


def test_a_frozen_value_stays() -> None:
    one = OURS["Value"](width=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.width = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.width
    for _ in range(2 * OFTEN):
        one = replace(one, names=("b",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.width = 2
    OURS["Pair"](1).left = 2


@pytest.mark.parametrize("change", [replace, dataclasses.replace])
def test_a_value_is_replaced(change: Make) -> None:
    for kinds in (OURS, THEIRS):
        wide = change(kinds["Wider"](width=1), depth=7)
        assert (wide.width, wide.depth, wide.area) == (1, 7, 7)


@pytest.mark.parametrize("name", ["Value", "Wider", "Pair", "Loose"])
def test_a_value_is_replaced_alike_before_and_after_that_is_compiled(name: str) -> None:
    below_it: Any = type("Below", (OURS[name],), {})  # nobody declared it: it has a `__dict__`
    made_of: dict[str, dict[str, Any]] = {"Pair": {"left": 1}, "Loose": {}}
    changed: dict[str, dict[str, Any]] = {"Pair": {"right": 5}, "Loose": {"rows": [2]}}
    given, changes = made_of.get(name, {"width": 1}), changed.get(name, {"names": ("z",)})
    one, below = OURS[name](**given), below_it(**given)
    for _ in range(2 * OFTEN):
        found = replace(one, **changes)
        assert found == OURS[name](**given, **changes)
        assert repr(found) == repr(THEIRS[name](**given, **changes))
        assert type(found) is OURS[name]
        assert one == OURS[name](**given)
        assert type(replace(below, **changes)) is below_it
        with pytest.raises(TypeError):
            replace(one, other=1)


def test_the_standard_library_and_help_know_them() -> None:
    ours, theirs = OURS["Value"], THEIRS["Value"]
    assert dataclasses.asdict(ours(width=1)) == dataclasses.asdict(theirs(width=1))
    assert [*inspect.signature(ours).parameters] == [*inspect.signature(theirs).parameters]
    assert inspect.signature(OURS["Pair"]).parameters["right"].default == 3
    assert OURS["Pair"].__match_args__ == THEIRS["Pair"].__match_args__


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    text: str
    rows: tuple[int, ...] = ()


def test_a_value_is_copied_and_pickled() -> None:
    one = Kept(text="a", rows=(1,))
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one  # noqa: S301  # its own


class Sized(Protocol):
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Big(Sized):
    size: int = 9


def test_a_protocol_may_be_kept_by_one() -> None:
    assert Big().size == 9
    assert Big(size=2).size == 2


def test_an_expression_is_compiled_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
        asked.append(pattern)
        return real(pattern, flags)

    real = re.compile
    monkeypatch.setattr(re, "compile", compiled)
    words = regex(r"[a-z]+", re.IGNORECASE)
    assert (words.pattern, asked) == ("[a-z]+", [])
    assert words.findall("a Bc 1") == ["a", "Bc"]
    found = words.match("Ab")
    assert found is not None
    assert found[0] == "Ab"
    assert words.flags == real("[a-z]+", re.IGNORECASE).flags
    assert set(asked) == {"[a-z]+"}
