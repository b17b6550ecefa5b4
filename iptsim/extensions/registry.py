"""All extensions by name. Two files that claim one name are a mistake, found on import."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from iptsim.extensions.spec import Extension, MatchExtension, TargetExtension

E = TypeVar("E", bound=Extension)


class DuplicateExtensionError(Exception):
    """Two extension files claim the same name."""


@cache
def matches() -> Mapping[str, MatchExtension]:
    """Every match extension by each of its names."""
    return _collect("iptsim.extensions.matches", MatchExtension)


@cache
def targets() -> Mapping[str, TargetExtension]:
    """Every target extension by each of its names."""
    return _collect("iptsim.extensions.targets", TargetExtension)


@cache
def listed_targets(column: str) -> tuple[TargetExtension, ...]:
    """The targets that a listing's target column may mean by `column`, the likeliest first."""
    own = targets().get(column)
    others = dict.fromkeys(e for e in targets().values() if e.listed_as == column)
    return (*((own,) if own else ()), *others)


@cache
def implied_matches() -> Mapping[int, tuple[MatchExtension, ...]]:
    """The matches that `-p PROTOCOL` loads unasked, by protocol number."""
    found: dict[int, tuple[MatchExtension, ...]] = {}
    for extension in {one.name: one for one in matches().values()}.values():
        if extension.implied_by is not None:
            found[extension.implied_by] = (*found.get(extension.implied_by, ()), extension)
    return MappingProxyType(found)


def _collect(package: str, kind: type[E]) -> Mapping[str, E]:
    """Each module of the package says what it brings in `EXTENSIONS`."""
    found: dict[str, E] = {}
    path = importlib.import_module(package).__path__
    for module in pkgutil.iter_modules(path, package + "."):
        for extension in importlib.import_module(module.name).EXTENSIONS:
            if not isinstance(extension, kind):
                raise TypeError(f"{module.name} brings {extension!r}, not a {kind.__name__}")
            add(found, extension)
    return MappingProxyType(found)


def add(found: dict[str, E], extension: E) -> None:
    """Enter an extension under its names; `DuplicateExtensionError` when one is taken."""
    for name in (extension.name, *extension.aliases):
        if name in found:
            raise DuplicateExtensionError(f"two extensions are called {name!r}")
        found[name] = extension
