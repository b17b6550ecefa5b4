"""A dump after iptables commands, as the host would take them.

Sources: iptables(8), COMMANDS; what is refused: `refusals.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.commands.apply_later import begun, carry_out, ended
from iptsim.dialects.commands.shell_words import literal
from iptsim.dialects.dump import dump_lines
from iptsim.dialects.parts import BUILTINS, Line, Section
from iptsim.dialects.rule.plans import Read, read_plainly
from iptsim.dialects.save.table_so_far import TableState
from iptsim.dialects.what_if.hidden_rules import as_numbered, is_there
from iptsim.dialects.what_if.refusals import refuse, refuse_loops
from iptsim.dialects.what_if.shell_steps import Step, run_all
from iptsim.errors import Place, UsageError
from iptsim.model import BUILTIN_CHAINS, TABLES, Chain, Dump, Ruleset, Table


def after_commands(dump: Dump, commands: Iterable[Section]) -> Dump:
    """The host's rules once it has carried out commands, in their order.

    The commands of one section stand in one text (`typed`, `of_script`). What they do to a chain
    that the dump shows in part is told as far as it can be. Raises `DumpError`, at its word, for a
    command that the host would not take and for what is none of iptables; `UsageError` where a
    text holds no command, or one of a family of which the dump has no rules.
    """
    host = _Host(dump)
    for section in commands:
        if not run_all(section, host.run):
            message = f"{section.file}: no command of iptables that changes anything"
            raise UsageError(message, code=codes.NO_COMMANDS, file=section.file)
    return host.finished()


def typed(text: str, name: str) -> Section:
    """Commands as they were typed; the first word `iptables` may be left out."""
    lines = enumerate(text.split("\n"), 1)
    return Section(
        form="commands",
        file=name,
        lines=tuple(Line(number=number, text=line, full=line) for number, line in lines),
    )


def of_script(text: str, name: str) -> Section:
    """The commands of a script's text, with the values of the variables that it tells."""
    found = [each for each in dump_lines(text, file=name) if each.variables is not None]
    variables = found[0].variables if found else None
    return replace(typed(text.replace("\r\n", "\n"), name), variables=variables)


def tells_tables(ruleset: Ruleset) -> bool:
    """Whether a table that is not in the text is not on the host: so it is of a save alone.

    A listing is of one table, and so is -S.
    """
    return all(table.saved or table.fresh for table in ruleset.tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A table before the commands, and while they are carried out."""

    table: Table
    state: TableState


@dataclass(slots=True)
class _Host:
    dump: Dump
    tables: dict[tuple[int, str], _Begun] = field(default_factory=dict)

    def run(self, step: Step) -> bool:
        """Carry a call out; whether it did its work."""
        literal(step.words, step.source, step.filled)
        ruleset = self._ruleset(step)
        read = read_plainly(step.words, step.source, ruleset.family, None)
        place = step.source.place(step.words[0].start if step.words else 0)
        state = self._begun(ruleset, read, step, place).state
        if read.letter == "C":
            return is_there(state, read, step.source, asked=step.asked)
        read = as_numbered(state, read, step.source)
        refuse(state, read, step.source)
        carry_out(state, read, place)
        if read.letter == "E":
            _placed(state, read.operands[1], place)
        refuse_loops(state, read, step.source)
        return True

    def _ruleset(self, step: Step) -> Ruleset:
        """The rules that a call is about: of its family, or the only ones where it tells none."""
        family = step.family
        if family is None:
            family = self.dump.rulesets[0].family if len(self.dump.rulesets) == 1 else 4
        ruleset = self.dump.family(family)
        if ruleset is None:
            message = f"the dump holds no IPv{family} rules"
            raise UsageError(message, code=codes.DUMP_LACKS_FAMILY, family=family)
        return ruleset

    def _begun(self, ruleset: Ruleset, read: Read, step: Step, place: Place) -> _Begun:
        name = read.table or "filter"
        if name not in TABLES and ruleset.table(name) is None:
            word = next((w for w in step.words if name in w.text), step.words[0])
            message = f"there is no table {name}"
            raise step.source.error(
                message, word.start, word.end, ", ".join(TABLES), codes.TAKES_NO_TABLE
            )
        key = (ruleset.family, name)
        if key not in self.tables:
            table = ruleset.table(name) or Table(name=name, fresh=tells_tables(ruleset))
            state = TableState(name=name, place=table.place or place)
            state.chains = {chain.name: begun(chain) for chain in _all_chains(table)}
            self.tables[key] = _Begun(table=table, state=state)
        return self.tables[key]

    def finished(self) -> Dump:
        """The dump with its tables as they are now."""
        notes = [note for each in self.tables.values() for note in each.state.notes]
        rulesets = tuple(map(self._after, self.dump.rulesets))
        return replace(self.dump, rulesets=rulesets, notes=(*self.dump.notes, *notes))

    def _after(self, ruleset: Ruleset) -> Ruleset:
        own = {
            name: each for (family, name), each in self.tables.items() if family == ruleset.family
        }
        tables = [
            _ended(own[table.name]) if table.name in own else table for table in ruleset.tables
        ]
        tables += [_ended(each) for name, each in own.items() if ruleset.table(name) is None]
        return replace(ruleset, tables=tuple(tables))


def _ended(each: _Begun) -> Table:
    before = each.table.by_name
    chains = [ended(state, before.get(name)) for name, state in each.state.chains.items()]
    return replace(each.table, chains=tuple(_counted(each.table, chains)))


def _placed(state: TableState, name: str, place: Place) -> None:
    """What is called otherwise now stands nowhere in the dump as it is."""
    for chain in state.chains.values():
        own = chain.name == name
        chain.place = place if own else chain.place
        for at, rule in enumerate(chain.rules):
            if own or (rule.target is not None and rule.target.name == name):
                chain.rules[at] = replace(rule, place=place)


def _all_chains(table: Table) -> Iterator[Chain]:
    """The chains of the text, and the built-in ones that are there without being named in it.

    Those of a table that the text makes, or does not hold, are empty.
    """
    yield from table.chains
    for name in BUILTIN_CHAINS.get(table.name, ()):
        if table.chain(name) is None and table.fresh:
            yield Chain(name=name, policy="ACCEPT")


def _counted(before: Table, chains: Sequence[Chain]) -> Iterator[Chain]:
    """The chains with as many references as rules were added that lead there."""
    were, are = _led(before.chains), _led(chains)
    for chain in chains:
        if chain.references is None or chain.name in BUILTINS:
            yield chain
        else:
            more = are[chain.name] - were[chain.name]
            yield replace(chain, references=max(chain.references + more, 0))


def _led(chains: Iterable[Chain]) -> Counter[str]:
    return Counter(rule.target.name for c in chains for rule in c.rules if rule.target)
