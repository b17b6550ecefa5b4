"""What a command takes, as its signature declares it: options and arguments as values.

A parameter is `Annotated` with an `Option` or an `Argument`, or it is an option class, whose fields
are parameters. `called.py` reads a call against it; `help_pages.py`, `completion.py` and
`man_page.py` tell how it is called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from types import NoneType
from typing import Any

from iptsim.dataclass import MISSING, dataclass, fields

Command = Callable[..., int]
STDIN = "-"
"""The name of standard input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option: its names (its parameter's own where none is told), and how help shows it.

    `panel` is the heading that it stands below in help.
    """

    names: tuple[str, ...]
    help: str
    metavar: str | None = None
    panel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A word of its own, and how help shows it.

    Where none is given and it may be `piped`, it is standard input.
    """

    metavar: str
    help: str
    piped: bool = False


def option(*names: str, help: str, metavar: str | None = None, panel: str | None = None) -> Option:  # noqa: A002
    """An option of those names."""
    return Option(names=names, help=help, metavar=metavar, panel=panel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: `kind` is what its values are, `told` how it is given.

    `group` is the parameter of the command to whose option class it belongs. `default` is `MISSING`
    where it must be given.
    """

    name: str
    kind: Any
    told: Option | Argument
    default: Any
    group: str | None = None

    @property
    def is_piped(self) -> bool:
        """Whether it may be left out, as something is piped in."""
        told = self.told
        return isinstance(told, Argument) and told.piped and _is_piped_into()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of an option."""
        assert isinstance(self.told, Option)
        return self.told.names or (f"--{self.name.replace('_', '-')}",)

    @property
    def is_flag(self) -> bool:
        """Whether it is an option that takes no value."""
        return self.value_kind[0] is bool

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it may have, where these are told."""
        kind = self.value_kind[0]
        return tuple(kind) if issubclass(kind, StrEnum) else ()

    @property
    def value_name(self) -> str:
        """How help calls its value; nothing for a flag."""
        if self.choices:
            return "|".join(self.choices)
        return self.told.metavar or ("" if self.is_flag else "TEXT")

    @property
    def shown(self) -> str:
        """How it is called: by its longest name, or as the word that stands in its place."""
        if isinstance(self.told, Argument):
            return self.told.metavar
        return max(self.names, key=len)

    @property
    def value_kind(self) -> tuple[type, bool]:
        """The type of one value, and whether there may be several."""
        kinds = [k for k in getattr(self.kind, "__args__", (self.kind,)) if k is not NoneType]
        if getattr(self.kind, "__origin__", None) is list:
            return self.kind.__args__[0], True
        one = kinds[0]
        return (one.__args__[0], True) if getattr(one, "__origin__", None) is list else (one, False)


def _is_piped_into() -> bool:
    return sys.stdin is not None and not sys.stdin.isatty()


def groups(command: Command) -> Mapping[str, type]:
    """The option classes that a command asks for, by the parameters that hold them."""
    hints = ((name, _bare(hint)) for name, hint in _hints(command, command.__module__).items())
    return {name: hint for name, hint in hints if hasattr(hint, "__fields__")}


def parameters(command: Command) -> Iterator[Parameter]:
    """Every parameter of a command, those of its option classes one by one."""
    classes = groups(command)
    defaults = command.__kwdefaults__ or {}
    code = command.__code__
    placed = code.co_varnames[: code.co_argcount]
    some = dict(zip(reversed(placed), reversed(command.__defaults__ or ()), strict=False))
    for name, hint in _hints(command, command.__module__).items():
        if name in classes:
            choices = getattr(hint, "__metadata__", ((),))[0]
            yield from _of_group(name, classes[name], tuple(choices))
        else:
            yield _parameter(name, hint, (defaults | some).get(name, MISSING))


def _of_group(group: str, options: type, choices: tuple[str, ...]) -> Iterator[Parameter]:
    """`choices` are the values of its `form`, where the command tells them."""
    hints: dict[str, Any] = {}
    for base in reversed(options.__mro__[:-1]):
        hints |= _hints(base, base.__module__)
    for one in fields(options):
        kind = _one_of(choices) if choices and one.name == "form" else None
        yield _parameter(one.name, hints[one.name], one.default, kind=kind, group=group)


def _one_of(choices: tuple[str, ...]) -> Any:
    """A type of those texts alone."""
    members = {name.upper(): name for name in choices}
    made: Any = StrEnum("Form", members)  # type: ignore[misc]  # made of a command's table
    return made


def _parameter(
    name: str, hint: Any, default: Any, *, kind: Any = None, group: str | None = None
) -> Parameter:
    told = next(one for one in hint.__metadata__ if isinstance(one, Option | Argument))
    return Parameter(
        name=name, kind=kind or hint.__origin__, told=told, default=default, group=group
    )


def _hints(of: Any, module: str) -> dict[str, Any]:
    """The annotations as values: `typing.get_type_hints` in an eighth of its time."""
    told = {name: hint for name, hint in of.__annotations__.items() if name != "return"}
    known = vars(sys.modules[module])
    return {name: eval(hint, known) for name, hint in told.items()}  # noqa: S307  # our own code


def _bare(hint: Any) -> Any:
    return hint.__origin__ if hasattr(hint, "__metadata__") else hint
