"""A dump after iptables commands, as the host would take them.

Sources: iptables(8), COMMANDS; what is refused: `refusals.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.commands.apply_later import begun, carry_out, ended
from iptsim.dialects.commands.commands import read_commands
from iptsim.dialects.commands.later import Command
from iptsim.dialects.dump import dump_lines
from iptsim.dialects.parts import BUILTINS, Line, ReadTable, Section
from iptsim.dialects.save.table_so_far import TableState
from iptsim.dialects.what_if.refusals import refuse, refuse_loops
from iptsim.errors import Place, UsageError
from iptsim.model import BUILTIN_CHAINS, Chain, Dump, Note, Table

_PROGRAM = "iptables "


def after_commands(dump: Dump, commands: Iterable[Section]) -> Dump:
    """The host's rules once it has carried out commands, in their order.

    The commands of one section stand in one text (`typed`, `of_script`). What they do to a chain
    that the dump shows in part is told as far as it can be. Raises `DumpError`, at its word, for a
    command that the host would not take; `UsageError` where a text holds none, or one of a family
    of which the dump has no rules.
    """
    for section in commands:
        told = [table for table in read_commands(section) if table.commands]
        if not told:
            message = f"{section.file}: no command of iptables that changes anything"
            raise UsageError(message, code=codes.NO_COMMANDS, file=section.file)
        for table in told:
            dump = _with_table(dump, table, section)
    return dump


def typed(text: str, name: str) -> Section:
    """Commands as they were typed; the first word `iptables` may be left out."""
    lines = enumerate(text.split("\n"), 1)
    return Section(form="commands", file=name, lines=tuple(_line(*each) for each in lines))


def _line(number: int, text: str) -> Line:
    if not text.lstrip().startswith("-"):
        return Line(number=number, text=text, full=text)
    return Line(number=number, text=_PROGRAM + text, shift=-len(_PROGRAM), full=text)


def of_script(text: str, name: str) -> Iterator[Section]:
    """The commands of a script's text, each to be read strictly."""
    found = [each for each in dump_lines(text, file=name) if each.form == "commands"]
    yield from found or [typed(text, name)]


def _with_table(dump: Dump, told: ReadTable, section: Section) -> Dump:
    ruleset = next((each for each in dump.rulesets if each.family == told.family), None)
    if ruleset is None:
        message = f"the dump holds no IPv{told.family} rules"
        raise UsageError(message, code=codes.NO_RULES_OF_ITS_FAMILY, family=told.family)
    before = ruleset.table(told.name or "") or Table(name=told.name or "", fresh=True)
    after, notes = _carried_out(before, told.commands, section)
    others = tuple(after if each is before else each for each in ruleset.tables)
    tables = others if before in ruleset.tables else (*others, after)
    rulesets = (replace(ruleset, tables=tables) if r is ruleset else r for r in dump.rulesets)
    said = (note for note in told.notes if note.code != codes.RULE_NOT_HERE)
    return replace(dump, rulesets=tuple(rulesets), notes=(*dump.notes, *said, *notes))


def _carried_out(
    table: Table, commands: Sequence[Command], section: Section
) -> tuple[Table, list[Note]]:
    place = commands[0][1]
    state = TableState(name=table.name, place=table.place or place)
    state.chains = {chain.name: begun(chain) for chain in _all_chains(table)}
    for read, at in commands:
        refuse(state, read, at, section)
        carry_out(state, read, at)
        if read.letter == "E":
            _placed(state, read.operands[1], at)
        refuse_loops(state, read, at, section)
    before = {chain.name: chain for chain in table.chains}
    chains = [ended(each, before.get(each.name)) for each in state.chains.values()]
    return replace(table, chains=tuple(_counted(table, chains))), state.notes


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
