"""The tables of one `*table` of a save, or of the lines outside of any, while they are read."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.parts import BUILTINS, ReadTable
from iptsim.dialects.rule.plans import Reader
from iptsim.dialects.save.gaps import begins_late, builtin_first, cut_off, fill_gap
from iptsim.dialects.save.loose import by_table, of_one_table
from iptsim.dialects.save.table_so_far import TableState
from iptsim.errors import Place
from iptsim.model import Note


@dataclass(slots=True, kw_only=True)
class OpenTable:
    """The tables of one `*table`, or of the lines outside of any, while they are read."""

    name: str | None
    place: Place
    family: int | None
    reader: Reader
    starred: bool
    generated: bool
    nft: bool | None
    partial: bool
    committed: bool
    loose: bool = False
    headless: bool = False
    declares: bool = False
    """Chains are declared in front of the first rule."""
    states: dict[str | None, TableState] = field(default_factory=dict)
    past_policies: bool = False
    breaks_off: bool = False
    """The text ends within its last rule."""
    filtered: bool = False
    """Declarations stand outside of any table, whose line was taken away."""

    def state(self, name: str | None, place: Place) -> TableState:
        """The state of the table that a line speaks of."""
        found = self.states.get(name)
        if found is None:
            found = self.states[name] = TableState(name=name, place=place)
        return found

    def finished(self) -> Iterator[ReadTable]:
        """The tables as values; a `*table` without lines is one too."""
        if self.starred:
            self.state(self.name, self.place)
        for state in self.states.values():
            yield from self._finished(state)

    def _finished(self, state: TableState) -> Iterator[ReadTable]:
        if self.headless:
            builtin_first(state)
        fill_gap(state, None)
        form = self._form(state)
        if form == "save" and (not self.committed or self.breaks_off):
            cut_off(state, self.place)
        cut = () if self.committed else (Note(code=codes.NO_COMMIT, place=state.place),)
        headless = self.headless and begins_late(state, self.place, declares=self.declares)
        in_part = self.partial or self.filtered or (self._undeclared(state) and not headless)
        shown_whole = form != "save" or not in_part
        finished = [chain.finished() for chain in state.chains.values()]
        chains = [replace(each, whole=each.whole and shown_whole) for each in finished]
        table = ReadTable(
            name=state.name,
            family=self.family,
            chains=tuple(chains),
            form=form,
            place=state.place,
            notes=(*state.notes, *cut),
            nft=self.nft,
            elided=state.elided,
            loose=self.loose,
            saved=self.starred and form == "save" and shown_whole,
            headed=self.generated,
        )
        shown = shown_whole and not self.headless
        loose = not (self.starred or self.filtered or shown) and state.name is None
        apart = of_one_table if self.headless else by_table
        yield from apart(table) if loose else [table]

    def _undeclared(self, state: TableState) -> bool:
        """Whether the text has rules of chains that it should declare, so that lines are missing.

        Every chain of -S is declared, and of a save: none is where a filter took the lines away. A
        chain that is not built in and never declared has a broken name: its rules are another's.
        """
        told = [chain for chain in state.chains.values() if chain.rules]
        declared = [chain.declared for chain in told]
        strange = any(not each.declared and each.name not in BUILTINS for each in told)
        return bool(told) and (strange or not (any if self.starred else all)(declared))

    def _form(self, state: TableState) -> str:
        """A whole state declares policies or was generated; -S of one chain declares that chain.

        Of a table that begins at the text's end, nothing more is there that could tell.
        """
        whole = state.policies or self.generated or self.partial or not self.starred
        whole = whole or not (self.committed or state.chains)
        return "save" if whole and not state.edited else "input"
