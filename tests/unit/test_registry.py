"""The folder of extensions: each file brings what its name says, and the tables agree with them."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest
from unknown_names import ADDON, NO_MATCH, NO_TARGET

from iptsim.extensions import registry
from iptsim.extensions.registry import IMPLIED, LISTED_AS, ByName, implied_match, matches, targets
from iptsim.extensions.spec import Extension, MatchExtension, TargetExtension
from iptsim.extensions.wordings.beginnings import STARTS, names_at


def brought(package: str) -> list[tuple[str, Extension]]:
    """Each file of a package with each extension in it."""
    return [
        (file, extension)
        for file in registry.files_of(package)
        for extension in importlib.import_module(f"{package}.{file}").EXTENSIONS
    ]


@pytest.mark.parametrize(
    ("package", "kind", "known"),
    [
        ("iptsim.extensions.matches", MatchExtension, matches()),
        ("iptsim.extensions.targets", TargetExtension, targets()),
    ],
)
def test_names_are_those_of_the_files_and_none_is_taken_twice(
    package: str, kind: type[Extension], known: ByName[Extension]
) -> None:
    names = Counter(n for _file, each in brought(package) for n in (each.name, *each.aliases))
    assert set(names.values()) == {1}
    assert names.keys() == set(known)
    for file, extension in brought(package):
        assert isinstance(extension, kind)
        assert extension.name.lower() == file
        assert all(known[name] is extension for name in (extension.name, *extension.aliases))


def test_which_match_a_protocol_loads_is_as_the_matches_declare() -> None:
    declared = {e.implied_by: e.name for e in matches().values() if e.implied_by is not None}
    assert declared == IMPLIED
    icmp = implied_match(58)
    assert icmp is not None
    assert icmp.name == "icmp6"
    assert implied_match(None) is implied_match(47) is None


def test_what_a_listing_calls_targets_is_as_they_declare() -> None:
    declared = {each.listed_as: (each.name,) for each in targets().values() if each.listed_as}
    assert declared == LISTED_AS


def test_how_texts_begin_is_as_the_wordings_say() -> None:
    wordings = {each.name: each.wording for each in matches().values()}
    declared = {n: w.starts for n, w in wordings.items() if w is not None}
    lines = [f"{n!r}: {s}," for n, s in declared.items() if STARTS.get(n) != s]
    assert not lines, f"in iptsim/extensions/wordings/beginnings.py, STARTS needs: {lines}"
    assert declared == STARTS
    assert all(starts and all(starts) for starts in STARTS.values())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("tcp dpt:80", ["tcp"]),
        ("tcpmss match 1", ["tcp", "tcpmss"]),
        ("limit: avg 3/hour", ["hashlimit", "limit"]),
        ("! state NEW", ["connbytes", "conntrack", "devgroup"]),
        ("ÄÖ", []),
    ],
)
def test_a_place_names_the_matches_that_may_stand_there(text: str, names: list[str]) -> None:
    assert list(names_at(text, 0))[:3] == names


def test_names_that_tests_take_for_unknown_are_nobodys() -> None:
    assert NO_MATCH not in matches()
    assert not {NO_TARGET, ADDON} & targets().keys()
