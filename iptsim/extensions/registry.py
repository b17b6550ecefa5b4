"""All extensions by name: the file of one is called as it is, and loaded when a dump uses it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Generic, TypeVar

from iptsim.extensions.spec import Extension, MatchExtension, TargetExtension

E = TypeVar("E", bound=Extension)

FILES: Mapping[str, str] = MappingProxyType({"icmpv6": "icmp6", "ipv6-icmp": "icmp6"})
"""Other names of matches, and the file that each is in."""
IMPLIED: Mapping[int, str] = MappingProxyType(
    {
        1: "icmp", 6: "tcp", 17: "udp", 33: "dccp", 50: "esp", 51: "ah", 58: "icmp6",
        108: "ipcomp", 132: "sctp", 135: "mh", 136: "udplite",
    }
)  # fmt: skip
"""Protocol numbers after whose `-p` iptables loads a match unasked, and its name."""
LISTED_AS: Mapping[str, tuple[str, ...]] = MappingProxyType({"CT": ("NOTRACK",)})
"""What a listing's target column shows for other targets, too."""


class ByName(Mapping[str, E], Generic[E]):
    """The extensions of a folder by each of their names.

    Asking for one loads its file; which names there are is known from the files' own.
    """

    def __init__(self, package: str, kind: type[E], files: Mapping[str, str]) -> None:
        self._package, self._kind, self._files = package, kind, files
        self._loaded: dict[str, E] = {}

    def __getitem__(self, name: str) -> E:
        """The extension of that name; `KeyError` where there is none."""
        if name not in self._loaded:
            self._load(self._files[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        """Every name."""
        return iter(self._files)

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._files)

    def __contains__(self, name: object) -> bool:
        """Whether there is such an extension; loads nothing."""
        return name in self._files

    def _load(self, file: str) -> None:
        for extension in importlib.import_module(f"{self._package}.{file}").EXTENSIONS:
            assert isinstance(extension, self._kind)
            for name in (extension.name, *extension.aliases):
                self._loaded[name] = extension


@cache
def matches() -> ByName[MatchExtension]:
    """Every match extension by each of its names."""
    package = "iptsim.extensions.matches"
    return ByName(package, MatchExtension, {**{f: f for f in files_of(package)}, **FILES})


@cache
def targets() -> ByName[TargetExtension]:
    """Every target extension by its name."""
    package = "iptsim.extensions.targets"
    return ByName(package, TargetExtension, {file.upper(): file for file in files_of(package)})


@cache
def listed_targets(column: str) -> tuple[TargetExtension, ...]:
    """The targets that a listing's target column may mean by `column`, the likeliest first."""
    names = (column, *LISTED_AS.get(column, ()))
    return tuple(targets()[name] for name in names if name in targets())


def implied_match(protocol: int | None) -> MatchExtension | None:
    """The match that `-p PROTOCOL` loads unasked, by the protocol's number."""
    name = None if protocol is None else IMPLIED.get(protocol)
    return matches()[name] if name else None


def files_of(package: str) -> list[str]:
    """The modules of a package; `pkgutil`, which knows archives, too, loads much that is slow."""
    path = importlib.import_module(package).__path__
    try:
        names = [name for folder in path for name in os.listdir(folder)]
    except OSError:
        from pkgutil import iter_modules  # noqa: PLC0415  # see above

        return sorted(module.name for module in iter_modules(path))
    found = {name.partition(".")[0] for name in names if name.endswith((".py", ".pyc"))}
    return sorted(found - {"__init__"})
