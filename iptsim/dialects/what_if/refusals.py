"""Commands that iptables or the kernel would not take on a host with these rules.

Each was seen with iptables 1.8.9, nft and legacy; where a chain or a table is shown in part,
nobody knows, and nothing is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from iptsim import codes
from iptsim.dialects.rule.plans import Read
from iptsim.dialects.rule.words import LONGEST_NAME, NAME_EXPECTED, Source
from iptsim.dialects.save.table_so_far import ChainState, TableState
from iptsim.dialects.save.unsure import UNKNOWN
from iptsim.errors import DumpError
from iptsim.extensions.registry import targets
from iptsim.model import BUILTIN_CHAINS, VERDICTS, Rule

_PUTTING = "AIR"
_LONGEST = 28


class _Refused(Exception):  # noqa: N818  # it never leaves this module
    """A command that would fail: its code, the facts of its sentence, and which of its words."""

    def __init__(self, code: str, message: str, word: int = 0, **facts: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.word, self.facts = code, message, word, facts


def refuse(state: TableState, read: Read, source: Source) -> None:
    """Raise `DumpError` for a command that would fail and change nothing."""
    if read.letter == UNKNOWN:
        return
    try:
        _CHECKS.get(read.letter, _no_check)(state, read)
        if read.letter in _PUTTING or (read.letter == "D" and read.rules):
            for rule in read.rules:
                _check_target(state, rule)
    except _Refused as wrong:
        raise _error(wrong, read, source) from None


def refuse_loops(state: TableState, read: Read, source: Source) -> None:
    """Raise `DumpError` where a rule that was put in lets a packet go round in circles.

    The kernel looks from the built-in chains on: chains that nothing leads to may (nf_tables_api.c,
    nft_table_validate; ip_tables.c, mark_source_chains).
    """
    if read.letter not in _PUTTING:
        return
    for name in _builtin(state):
        loop = _loop(state, name)
        if loop:
            told = " → ".join(loop)
            wrong = _Refused(codes.MAKES_A_LOOP, f"this makes a loop of chains: {told}", loop=told)
            raise _error(wrong, read, source)


def _error(wrong: _Refused, read: Read, source: Source) -> DumpError:
    start, end = read.spans[wrong.word] if wrong.word < len(read.spans) else (0, len(source.text))
    at = source.error(wrong.message, start, end)
    return DumpError(
        wrong.message, place=at.place, text=at.text, length=at.length, code=wrong.code,
        **wrong.facts,
    )  # fmt: skip


def _builtin(state: TableState) -> tuple[str, ...]:
    return BUILTIN_CHAINS.get(state.name or "", ())


def _shows_all(state: TableState) -> bool:
    """Whether the text shows which chains the table has."""
    needed = set(_builtin(state)) - ({"INPUT"} if state.name == "nat" else set())
    return needed <= state.chains.keys()


def _no_chain(name: str) -> _Refused:
    return _Refused(codes.TAKES_NO_CHAIN, f"there is no chain {name}", chain=name)


def _known(state: TableState, name: str) -> ChainState | None:
    """The chain; None where it may be there or not, `_Refused` where it is not."""
    chain = state.chains.get(name)
    if chain is None and _shows_all(state):
        raise _no_chain(name)
    return chain


def _check_chain(state: TableState, read: Read) -> None:
    if read.operands:
        _known(state, read.operands[0])


def _check_place(state: TableState, read: Read) -> None:
    """A number beyond the rules, or a rule that is not there."""
    chain = _known(state, read.operands[0])
    if chain is None or not (chain.whole and chain.known):
        return
    count, more = len(chain.rules), read.letter == "I"
    if len(read.operands) > 1 and _number(read.operands[1]) > count + more:
        number = read.operands[1]
        message = f"there is no rule {number} in {chain.name}: it has {count}"
        raise _Refused(
            codes.NO_RULE_OF_NUMBER, message, 1, number=number, chain=chain.name, count=count
        )
    if read.letter == "D" and len(read.operands) == 1:
        _check_there(chain, read)


def _number(text: str) -> int:
    return int(text[:10]) if text.isascii() and text.isdigit() else 0


def _check_there(chain: ChainState, read: Read) -> None:
    hidden = any(rule.hides - {"counters"} for rule in chain.rules)
    if not hidden and any(rule not in chain.rules for rule in read.rules):
        message = f"no rule of {chain.name} is the same as this one"
        raise _Refused(codes.NO_RULE_LIKE_IT, message, chain=chain.name)


def _check_target(state: TableState, rule: Rule) -> None:
    target = rule.target
    if target is None:
        return
    name = target.name
    if name in _builtin(state):
        raise _Refused(codes.TAKES_NO_TARGET, f"no rule may lead to {name}", target=name)
    extension = name in VERDICTS or name in targets()
    if name not in state.chains and (target.goto or not extension) and _shows_all(state):
        message = f"there is no chain and no target {name}"
        raise _Refused(codes.TAKES_NO_TARGET, message, target=name)


def _check_new(state: TableState, read: Read) -> None:
    name = read.operands[0]
    if name in state.chains or name in _builtin(state):
        raise _Refused(codes.CHAIN_IS_THERE, f"there is a chain {name} already", chain=name)
    if name in VERDICTS or name in targets():
        message = f"{name} is the name of a target, so no chain can have it"
        raise _Refused(codes.NAME_OF_A_TARGET, message, target=name)
    if len(name.encode()) > min(_LONGEST, LONGEST_NAME):
        raise _Refused(codes.NAME_TOO_LONG, f"{name}: {NAME_EXPECTED}", chain=name)


def _check_remove(state: TableState, read: Read) -> None:
    """All that is asked goes, or nothing does."""
    builtin = _builtin(state)
    names = read.operands[:1] or tuple(name for name in state.chains if name not in builtin)
    for name in names:
        if name in builtin:
            raise _Refused(codes.CHAIN_IS_BUILT_IN, f"{name} is a built-in chain", chain=name)
        chain = _known(state, name)
        if chain is not None and (chain.rules or _is_used(state, name)):
            message = f"chain {name} is in use: it has rules, or some lead to it"
            raise _Refused(codes.CHAIN_IN_USE, message, chain=name)


def _is_used(state: TableState, name: str) -> bool:
    rules = (rule for chain in state.chains.values() for rule in chain.rules)
    return any(rule.target is not None and rule.target.name == name for rule in rules)


def _check_policy(state: TableState, read: Read) -> None:
    name, policy = read.operands[:2]
    if name not in _builtin(state):
        raise _Refused(codes.POLICY_OF_NO_BUILTIN, f"{name} is no built-in chain", chain=name)
    allowed = ("ACCEPT",) if state.name == "nat" else ("ACCEPT", "DROP")
    if policy not in allowed:
        right = " or ".join(allowed)
        message = f"{policy} can be no policy here: {right}"
        raise _Refused(codes.NO_SUCH_POLICY, message, 1, policy=policy, right=right)


def _check_rename(state: TableState, read: Read) -> None:
    old, new = read.operands[:2]
    if old in _builtin(state):
        # That of nft takes it: the rules go on in a chain that no iptables lists.
        raise _Refused(codes.CHAIN_IS_BUILT_IN, f"{old} is a built-in chain", chain=old)
    if old == new:
        raise _no_chain(old)
    _known(state, old)
    if new in state.chains or new in _builtin(state):
        raise _Refused(codes.CHAIN_IS_THERE, f"there is a chain {new} already", 1, chain=new)


def _no_check(_state: TableState, _read: Read) -> None:
    """-C, -L and -S change nothing."""


def _loop(state: TableState, start: str) -> tuple[str, ...]:
    """The chains of a loop that a built-in chain leads into; none where there is none."""
    open_ = [_next(state, start)]
    on_way, done = [start], set[str]()
    while open_:
        following = open_[-1]
        to = next(following, None)
        if to is None:
            open_.pop()
            done.add(on_way.pop())
        elif to in on_way:
            return (*on_way[on_way.index(to) :], to)
        elif to not in done:
            on_way.append(to)
            open_.append(_next(state, to))
    return ()


def _next(state: TableState, name: str) -> Iterator[str]:
    chain = state.chains.get(name)
    named = (rule.target.name for rule in (chain.rules if chain else ()) if rule.target)
    return iter([each for each in dict.fromkeys(named) if each in state.chains])


_CHECKS: dict[str, Callable[[TableState, Read], None]] = {
    "A": _check_chain, "I": _check_place, "D": _check_place, "R": _check_place, "F": _check_chain,
    "Z": _check_chain, "N": _check_new, "X": _check_remove, "P": _check_policy, "E": _check_rename,
}  # fmt: skip
