"""Commands carried out on what the whole dump above them lists."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.commands.later import Command
from iptsim.dialects.parts import ReadTable
from iptsim.dialects.rule.plans import Read
from iptsim.dialects.save.table_so_far import BadCommandError, ChainState, TableState, obscure
from iptsim.dialects.save.unsure import UNKNOWN
from iptsim.errors import Place
from iptsim.model import Chain, Note

_NAMING = frozenset("AIDRNPE")
"""Commands that name a chain."""


def carried_out(whole: ReadTable, commands: Sequence[Command]) -> ReadTable:
    """The table after commands; chains that nothing lists whole are shown in part."""
    state = TableState(name=whole.name, place=whole.place)
    state.chains = {chain.name: _begun(chain) for chain in whole.chains}
    for read, place in commands:
        _carry_out(state, read, place)
    before = {chain.name: chain for chain in whole.chains}
    chains = tuple(_ended(each, before.get(each.name)) for each in state.chains.values())
    facts = (("table", whole.name or ""),)
    note = Note(code=codes.COMMANDS_AFTER_LISTING, place=commands[0][1], facts=facts)
    return replace(whole, chains=chains, notes=(*whole.notes, note, *state.notes))


def _begun(chain: Chain) -> ChainState:
    whole = chain.whole and all(rule.unread is None for rule in chain.rules)
    return ChainState(
        name=chain.name, policy=chain.policy, overlooked=chain.overlooked,
        counters=chain.counters, rules=[replace(rule, number=None) for rule in chain.rules],
        place=chain.place, declared=chain.declared, whole=whole, known=whole,
    )  # fmt: skip


def _carry_out(state: TableState, read: Read, place: Place) -> None:
    """A command that fails on the host changes nothing there."""
    name = read.operands[0] if read.operands else None
    nameless = name is None and read.letter in _NAMING  # its name could not be read
    if read.letter == UNKNOWN or nameless:
        named = [state.chain(name, place)] if name else list(state.chains.values())
        for chain in named:
            obscure(chain, "", place)
    if nameless or (read.letter == "N" and name in state.chains):
        return
    if name is not None and name not in state.chains and read.letter not in "NXPE":
        state.chain(name, place).whole = False
    if name is not None and read.letter == "D" and len(read.operands) == 1:
        _hidden(state.chains[name])
    try:
        state.run(read, place)
    except BadCommandError:
        for chain in state.chains.values():
            chain.whole = False


def _hidden(chain: ChainState) -> None:
    """Nothing tells which rule is deleted where a listing hides what rules ask for."""
    if any(rule.hides - {"counters"} for rule in chain.rules):
        chain.whole = chain.known = False


def _ended(state: ChainState, before: Chain | None) -> Chain:
    """A chain after the commands; one that they leave alone is as it was."""
    after = state.finished()
    if before is None:
        return after
    untouched = [rule.place for rule in before.rules] == [rule.place for rule in after.rules]
    if untouched and after.whole == _begun(before).whole:
        return replace(before, policy=after.policy)
    whole = after.whole and before.whole
    return replace(before, policy=after.policy, rules=after.rules, whole=whole)
