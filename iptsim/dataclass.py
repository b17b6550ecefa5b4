"""The standard library's dataclasses, made in a twentieth of the time.

A program that answers in a tenth of a second cannot pay a millisecond for each of two hundred
classes: the standard library writes and compiles up to six methods when a class is made, used or
not. Here a class gets methods that go through its fields; one that is called often is compiled.

`from iptsim.dataclass import dataclass, field, replace` means what it means in `dataclasses`, whose
functions take these classes too; a type checker sees those. Not here, as nothing uses them:
`order`, `unsafe_hash`, `InitVar`, `KW_ONLY`, `metadata`, a field that alone is `kw_only`.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

OFTEN = 20
"""Calls of a method until it is compiled, which costs about as much as so many save."""
_SET = object.__setattr__
Fields = dict[str, "_Field"]


class _Missing:
    """What a field without a default has in its place."""


_MISSING: Any = _Missing()


class _Field:
    """What is told of one field."""

    __slots__ = (
        "compare", "default", "default_factory", "hash", "init", "kw_only", "name", "repr",
    )  # fmt: skip

    def __init__(
        self,
        *,
        default: Any = _MISSING,
        default_factory: Any = _MISSING,
        init: bool = True,
        repr: bool = True,  # noqa: A002  # the standard library's name
        compare: bool = True,
        hash: bool | None = None,  # noqa: A002  # the standard library's name
    ) -> None:
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = init, repr, compare
        self.hash = compare if hash is None else hash
        self.name, self.kw_only = "", False

    def first(self) -> Any:
        """What it holds where nothing is given; `_MISSING` where something must be."""
        return self.default if self.default_factory is _MISSING else self.default_factory()


def _dataclass(
    cls: type | None = None,
    /,
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    repr: bool = True,  # noqa: A002  # the standard library's name
) -> Any:
    def made(cls: type) -> type:
        fields = _all_fields(cls, kw_only=kw_only)
        cls = _with_slots(cls, fields) if slots else _with_defaults(cls, fields)
        methods: dict[str, Any] = {"__init__": _init(cls, fields, frozen=frozen), **_ASKED}
        methods |= ({"__repr__": _repr} if repr else {}) | (_FROZEN if frozen else {})
        methods["__match_args__"] = tuple(
            n for n, one in fields.items() if one.init and not one.kw_only
        )
        given = tuple(name for name, one in fields.items() if one.init)
        methods["__replaced__"] = _replacing(cls, given)
        if eq:
            compared = tuple(name for name, one in fields.items() if one.compare)
            hashed = tuple(name for name, one in fields.items() if one.hash)
            methods["__eq__"] = _eq(cls, compared)
            methods["__hash__"] = _hash(cls, hashed) if frozen else None
        for name, method in methods.items():
            if cls.__dict__.get(name) is None:
                setattr(cls, name, method)
        return cls

    return made if cls is None else made(cls)


def _all_fields(cls: type, *, kw_only: bool) -> Fields:
    """The fields of a class, those of its bases first."""
    fields: Fields = {}
    for base in cls.__mro__[:0:-1]:
        fields |= base.__dict__.get("__fields__", {})
    for name, kind in cls.__annotations__.items():
        if not kind.startswith("ClassVar"):
            default = cls.__dict__.get(name, _MISSING)
            one = default if isinstance(default, _Field) else _Field(default=default)
            one.name, one.kw_only = name, kw_only
            fields[name] = one
    return fields


def _with_slots(cls: type, fields: Fields) -> type:
    """The class made again, since slots can be told only when a class is made."""
    taken = {name for base in cls.__mro__[1:] for name in base.__dict__.get("__slots__", ())}
    space = {name: value for name, value in cls.__dict__.items() if name not in fields}
    for name in ("__dict__", "__weakref__"):
        space.pop(name, None)
    space["__slots__"] = tuple(name for name in fields if name not in taken)
    space["__fields__"] = fields
    again: type = type(cls)(cls.__name__, cls.__bases__, space)
    again.__qualname__ = cls.__qualname__
    return again


def _with_defaults(cls: Any, fields: Fields) -> type:
    for name, one in fields.items():
        if cls.__dict__.get(name) is one:
            delattr(cls, name)
            if one.default is not _MISSING:
                setattr(cls, name, one.default)
    cls.__fields__ = fields
    made: type = cls
    return made


def _init(cls: Any, fields: Fields, *, frozen: bool) -> Callable[..., None]:
    """An `__init__` that goes through the fields; anything unusual is left to the compiled one."""
    then = hasattr(cls, "__post_init__")
    left = OFTEN

    def __init__(self: Any, *values: object, **given: object) -> None:  # noqa: N807
        nonlocal left
        left -= 1
        if left < 0 or values or not _filled(self, fields, given):
            _compile_init(cls, fields, frozen=frozen, then=then)
            cls.__init__(self, *values, **given)
        elif then:
            self.__post_init__()

    return __init__


def _filled(one: object, fields: Fields, given: dict[str, object]) -> bool:
    """Whether each of its fields holds something now, and nothing else was given."""
    used = 0
    for name, field in fields.items():
        if name in given and field.init:
            _SET(one, name, given[name])
            used += 1
        elif (value := field.first()) is not _MISSING:
            _SET(one, name, value)
        elif field.init:
            return False
    return used == len(given)


def _compile_init(cls: Any, fields: Fields, *, frozen: bool, then: bool) -> None:
    known: dict[str, Any] = {"_MISSING": _MISSING, "_SET": _SET}
    lines = []
    for name, one in fields.items():
        known |= {f"_default_{name}": one.default, f"_make_{name}": one.default_factory}
        if (value := _value_source(one)) is not None:
            lines.append(_put_source(cls, name, value, known) if frozen else f"self.{name}={value}")
    lines.append("self.__post_init__()" if then else "pass")
    asked = sorted((one for one in fields.values() if one.init), key=lambda one: one.kw_only)
    words = [_parameter_source(one) for one in asked]
    if (at := next((at for at, one in enumerate(asked) if one.kw_only), None)) is not None:
        words.insert(at, "*")
    _compile(cls, "__init__", ", ".join(("self", *words)), "\n ".join(lines), known)


def _parameter_source(field: _Field) -> str:
    if field.default_factory is not _MISSING:
        return f"{field.name}=_MISSING"
    return field.name if field.default is _MISSING else f"{field.name}=_default_{field.name}"


def _value_source(field: _Field) -> str | None:
    """What a field is filled with; None where `__post_init__` fills it."""
    made = f"_make_{field.name}()"
    if field.default_factory is not _MISSING:
        return f"{made} if {field.name} is _MISSING else {field.name}" if field.init else made
    if field.init:
        return field.name
    return None if field.default is _MISSING else f"_default_{field.name}"


def _put_source(cls: type, name: str, value: str, known: dict[str, Any]) -> str:
    """A slot is filled by its descriptor, in half the time of `object.__setattr__`."""
    put = getattr(cls.__dict__.get(name), "__set__", None)
    known[f"_put_{name}"] = put
    return f"_SET(self, '{name}', {value})" if put is None else f"_put_{name}(self, {value})"


def _compile(cls: Any, name: str, parameters: str, body: str, known: dict[str, Any]) -> None:
    """Put a method into the class that was written for it."""
    exec(f"def {name}({parameters}):\n {body}", known)  # noqa: S102  # of names of fields alone
    known[name].__qualname__ = f"{cls.__qualname__}.{name}"
    setattr(cls, name, known[name])


def _held(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)


def _tuple_source(of: str, names: tuple[str, ...]) -> str:
    return "(" + "".join(f"{of}.{name}, " for name in names) + ")"


def _eq(cls: Any, names: tuple[str, ...]) -> Callable[[object, object], bool]:
    held, left = _held(names), OFTEN

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        nonlocal left
        left -= 1
        if left < 0 and cls.__dict__["__eq__"] is __eq__:
            mine, its = _tuple_source("self", names), _tuple_source("other", names)
            same = f"{mine} == {its} if other.__class__ is self.__class__ else NotImplemented"
            _compile(cls, "__eq__", "self, other", f"return {same}", {})
        return held(self) == held(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(cls: Any, names: tuple[str, ...]) -> Callable[[object], int]:
    held, left = _held(names), OFTEN

    def __hash__(self: object) -> int:  # noqa: N807
        nonlocal left
        left -= 1
        if left < 0 and cls.__dict__["__hash__"] is __hash__:
            _compile(cls, "__hash__", "self", f"return hash({_tuple_source('self', names)})", {})
        return hash(held(self))

    return __hash__


def _repr(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in _fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *_value: object) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415  # it takes long to load

    raise FrozenInstanceError(f"cannot change field {name!r} of {type(self).__qualname__}")


def _state(self: Any) -> dict[str, object]:
    return {one.name: getattr(self, one.name) for one in _fields(self)}


def _set_state(self: object, state: dict[str, object]) -> None:
    for name, value in state.items():
        _SET(self, name, value)


def _fields(of: Any) -> tuple[_Field, ...]:
    return tuple(of.__fields__.values())


def _replacing(cls: Any, names: tuple[str, ...]) -> object:
    """What makes an object anew, with changes; `names` are those of what it was made of."""
    held, left = _held(names), OFTEN

    def again(self: Any, changes: dict[str, object]) -> object:
        nonlocal left
        left -= 1
        if left < 0 and cls.__dict__["__replaced__"].__func__ is again:
            _compile_replaced(cls, names)
            cls.__replaced__ = staticmethod(cls.__dict__["__replaced__"])
        return self.__class__(**(dict(zip(names, held(self), strict=True)) | changes))

    return staticmethod(again)


def _compile_replaced(cls: Any, names: tuple[str, ...]) -> None:
    """Where slots hold no more than was given, a draft that may be written to becomes the object.

    To go through `__init__`, and there through the descriptor of each slot, takes four times as
    long.
    """
    pairs = ", ".join(f"{name!r}: self.{name}" for name in names)
    known: dict[str, Any] = {}
    lines = [f"return self.__class__(**({{{pairs}}} | changes))"]
    plain = cls.__mro__ == (cls, object) and not hasattr(cls, "__post_init__")
    if plain and cls.__dict__.get("__slots__") == names:
        known = {"_Class": cls, "_new": object.__new__, "_put": setattr}
        known["_Draft"] = type("_Draft", (), {"__slots__": names})
        lines = [
            f"if self.__class__ is not _Class or not changes.keys() <= _names: {lines[0]}",
            "made = _new(_Draft)",
            *(f"made.{name} = self.{name}" for name in names),
            "for name, value in changes.items(): _put(made, name, value)",
            "made.__class__ = _Class",
            "return made",
        ]
        known["_names"] = frozenset(names)
    _compile(cls, "__replaced__", "self, changes", "\n ".join(lines), known)


def _replace(one: Any, /, **changes: Any) -> Any:
    return getattr(one, "__replaced__", _replaced)(one, changes)


def _replaced(one: Any, changes: dict[str, Any]) -> Any:
    from dataclasses import replace  # noqa: PLC0415  # one of the standard library's own

    return replace(one, **changes)


class _Late:
    """What others ask a class for, made when they first do."""

    def __init__(self, name: str, make: Callable[[Any], object]) -> None:
        self._name, self._make = name, make

    def __get__(self, _one: object, cls: type) -> object:
        found = self._make(cls)
        setattr(cls, self._name, found)
        return found


def _standard_fields(cls: Any) -> object:
    """What the standard library's `fields`, `replace` and `asdict` look at."""
    import dataclasses  # noqa: PLC0415  # it takes long to load

    ours = ("init", "repr", "compare", "hash", "kw_only")
    space: dict[str, Any] = {"__annotations__": dict.fromkeys(cls.__fields__, object)}
    for one in _fields(cls):
        told: dict[str, Any] = {name: getattr(one, name) for name in ours}
        if one.default_factory is not _MISSING:
            told["default_factory"] = one.default_factory
        elif one.default is not _MISSING:
            told["default"] = one.default
        space[one.name] = dataclasses.field(**told)
    made: Any = dataclasses.dataclass(type(cls.__name__, (), space))
    return made.__dataclass_fields__


def _signature(cls: Any) -> object:
    """What `help` and a notebook show."""
    import inspect  # noqa: PLC0415  # it takes long to load

    asked = [one for one in _fields(cls) if one.init]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = []
    for one in sorted(asked, key=lambda one: one.kw_only):
        first = one.first() if one.default_factory is _MISSING else ...
        default = inspect.Parameter.empty if first is _MISSING else first
        parameters.append(inspect.Parameter(one.name, kinds[one.kw_only], default=default))
    return inspect.Signature(parameters)


_ASKED: dict[str, Any] = {
    "__dataclass_fields__": _Late("__dataclass_fields__", _standard_fields),
    "__signature__": _Late("__signature__", _signature),
}
_FROZEN: dict[str, Any] = {
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _state,
    "__setstate__": _set_state,
}

if TYPE_CHECKING:
    from dataclasses import MISSING, dataclass, field, fields, replace
else:
    MISSING, dataclass, field, fields, replace = _MISSING, _dataclass, _Field, _fields, _replace

__all__ = ["MISSING", "dataclass", "field", "fields", "replace"]
