"""Commands of a script that may have run or not, as far as the text tells.

What such a command puts somewhere holds on a condition that nobody knows, and what it takes away is
there on one: its rules ask for one thing more, named by the branch in the script's own words. The
same branch is the same unknown wherever it occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.commands.branches import Branch, Branches, Called, described
from iptsim.dialects.parts import BUILTINS
from iptsim.dialects.rule.plans import Read
from iptsim.dialects.save.table_so_far import ChainState, TableState, obscure
from iptsim.dialects.save.unsure import UNKNOWN
from iptsim.errors import Place
from iptsim.model import Match, Note, Rule, Target

T = TypeVar("T")
At = tuple[int, int]
Path = tuple[Branch, ...]
Given = Callable[[T, Sequence[Called]], tuple[str, T] | None]
_TOLD = "?"
_DEEPEST = 8


def arranged(
    items: Sequence[tuple[At, str, T]], branches: Branches, given: Given[T]
) -> list[tuple[T, Path]]:
    """What a script does, in order, each with the branches that nobody knows of.

    The body of a function stands where it is called; what stands behind the script's `exit` is left
    out. What every way of a branch does is done. `given` makes of an
    item in such a body, and of its text, what it is with the arguments of the calls around it, the
    outer first; None where these do not mean it.
    """
    placed = [(at, text, item, branches.path(*at)) for at, text, item in items]
    placed = [each for each in placed if not _is_behind(each[0], each[3], branches)]
    steps = list(_steps(placed, branches, given, (), ()))
    return [(item, path) for _text, item, path in _common(steps)]


def left_out(items: Sequence[tuple[At, str, T]], branches: Branches) -> list[T]:
    """What stands behind the `exit` of the script itself, and so was never done."""
    return [item for at, _text, item in items if _is_behind(at, branches.path(*at), branches)]


def _is_behind(at: At, path: Path, branches: Branches) -> bool:
    inside = any(branch.function for branch in path)
    return branches.exits is not None and at > branches.exits and not inside


def _steps(
    placed: Sequence[tuple[At, str, T, Path]], branches: Branches, given: Given[T],
    calls: tuple[Called, ...], before: Path,
) -> Iterator[tuple[str, T, Path]]:  # fmt: skip
    """What the body of the function does that is called last, or the script outside of any."""
    function = calls[-1].name if calls else ""
    called = [each for each in branches.called if _function(each.path) == function]
    own = [each for each in placed if _function(each[3]) == function]
    if calls:
        told = [(at, given(item, calls), path) for at, _text, item, path in own]
        own = [(at, *each, path) for at, each, path in told if each is not None]
    named = {each.name for each in branches.called}
    if not function:
        own += [each for each in placed if (f := _function(each[3])) and f not in named]
    both: list[tuple[At, Called | tuple[str, T, Path]]] = [(call.at, call) for call in called]
    both += [(at, (text, item, path)) for at, text, item, path in own]
    for _at, each in sorted(both, key=lambda pair: pair[0]):
        if not isinstance(each, Called):
            text, item, path = each
            inner = path if _function(path) not in named else _within(path)
            yield text, item, (*before, *inner)
        elif len(calls) < _DEEPEST and each.name != function:
            way = (*before, *_within(each.path))
            yield from _steps(placed, branches, given, (*calls, each), way)


def _function(path: Path) -> str:
    return next((branch.function for branch in path if branch.function), "")


def _within(path: Path) -> Path:
    return tuple(branch for branch in path if not branch.function)


def _common(steps: Sequence[tuple[str, T, Path]]) -> list[tuple[str, T, Path]]:
    """The steps, of which those that every way of a branch holds are there once and sure."""
    found = list(steps)
    groups = {b.group for _t, _i, path in found for b in path[-1:] if b.group}
    for group in groups:
        ways: dict[int, list[str]] = {}
        complete = 0
        for text, _item, path in found:
            if path and path[-1].group == group:
                ways.setdefault(path[-1].way, []).append(text)
                complete = path[-1].way + 1 if path[-1].complete else complete
        if complete and len(ways) == complete:
            found = _once(found, group, _shared(list(ways.values())))
    return found


def _shared(ways: Sequence[Sequence[str]]) -> list[str]:
    """What all ways hold, in the order of all; nothing where they have it in several orders."""
    common = set(ways[0]).intersection(*ways)
    kept = [[text for text in way if text in common] for way in ways]
    return kept[0] if all(each == kept[0] for each in kept) else []


def _once(
    steps: Sequence[tuple[str, T, Path]], group: int, shared: Sequence[str]
) -> list[tuple[str, T, Path]]:
    kept: list[tuple[str, T, Path]] = []
    for text, item, path in steps:
        if not (path and path[-1].group == group and text in shared):
            kept.append((text, item, path))
        elif path[-1].way == 0:
            kept.append((text, item, path[:-1]))
    return kept


def carry_out_maybe(state: TableState, read: Read, place: Place, path: Path) -> Read:
    """Carry out a command that may not have run; what it comes to for another table of the name."""
    told = described(path)
    name = read.operands[0] if read.operands else None
    numbered = len(read.operands) > 1 and read.letter in "IRD"
    if read.letter in "AI" and not numbered:
        read = replace(read, rules=tuple(_asking(rule, told) for rule in read.rules))
        state.run(read, place)
        return read
    state.edited = True
    if read.letter == "P" and name is not None:
        _policy(state.chain(name, place), read.operands[1], place, told)
    elif read.letter == "N" and name not in state.chains:
        state.run(read, place)
    elif read.letter in "DF" and not numbered:
        for chain in [state.chain(name, place)] if name else list(state.chains.values()):
            gone = read.rules if read.letter == "D" else tuple(chain.rules)
            chain.rules[:] = [_asking(r, f"! {told}") if r in gone else r for r in chain.rules]
    elif read.letter in "IRDE" and name is not None:
        obscure(state.chain(name, place), "", place)
    quiet = read.letter in "NXZ"
    return read if quiet else Read(letter=UNKNOWN, operands=read.operands[:1], spans=(), rules=())


def settled(state: TableState, read: Read, place: Place) -> bool:
    """Whether a command is done that speaks of rules that may be there or not."""
    name = read.operands[0] if read.operands else None
    chain = state.chains.get(name) if name else None
    if chain is None or not any(map(_is_maybe, chain.rules)):
        return False
    if read.letter in "IRD" and len(read.operands) > 1:
        obscure(chain, "", place)
        return True
    if read.letter != "D":
        return False
    gone = [rule for rule in chain.rules if _sure(rule) in read.rules]
    chain.rules[:] = [rule for rule in chain.rules if rule not in gone]
    return bool(gone)


def _policy(chain: ChainState, policy: str, place: Place, told: str) -> None:
    chain.declared = True
    if policy == chain.policy or chain.name not in BUILTINS:
        return
    asked = (Match(name=_TOLD, raw=(told,)),)
    chain.behind = (*chain.behind, Rule(place=place, matches=asked, target=Target(name=policy)))


def _asking(rule: Rule, told: str) -> Rule:
    return replace(rule, matches=(*rule.matches, Match(name=_TOLD, raw=(told,))))


def _is_maybe(rule: Rule) -> bool:
    return any(match.name == _TOLD for match in rule.matches)


def _sure(rule: Rule) -> Rule:
    return replace(rule, matches=tuple(m for m in rule.matches if m.name != _TOLD))


def maybe_note(file: str, told: str, lines: Sequence[int]) -> Note:
    """That nothing tells whether commands ran (`told` is the branch), or that they never did."""
    numbers = ", ".join(map(str, dict.fromkeys(lines)))
    facts = (("told", told), ("lines", numbers))
    return Note(
        code=codes.COMMANDS_IN_BRANCH if told else codes.COMMANDS_BEHIND_EXIT,
        place=Place(file=file, line=lines[0]),
        facts=facts,
    )
