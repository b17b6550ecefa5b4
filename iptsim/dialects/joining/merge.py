"""What several sections tell of one table, put together.

Restore input and commands build on each other; a whole dump of the table takes their place. Two
whole dumps of one table are one state told twice, or they are a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.joining.incomplete import unread_notes
from iptsim.dialects.joining.references import with_references
from iptsim.dialects.parts import ReadTable, is_untold, untold
from iptsim.errors import DumpError
from iptsim.extensions.registry import matches, targets
from iptsim.model import (
    BUILTIN_CHAINS,
    UNREADABLE,
    Chain,
    Header,
    Match,
    Note,
    Option,
    Rule,
    Ruleset,
    Table,
)

if TYPE_CHECKING:
    from iptsim.dialects.commands.later import Command

LineAt = Callable[[ReadTable], str]
MAY_BE_IPV6 = "; if one of them is of IPv6, give it alone, with -6"
_ASSUMED = codes.FAMILY_ASSUMED
"""The note that a table's family is taken for granted."""
_BUILTINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)


def merge(tables: Sequence[ReadTable], line_at: LineAt) -> tuple[list[Ruleset], list[Note]]:
    """Rule sets of IPv4 and IPv6 from settled tables; notes on what was left out.

    `line_at` gives the line of a table's place, for an error. Raises `DumpError` where two whole
    dumps of one table differ.
    """
    notes: list[Note] = []
    rulesets = []
    for family in (4, 6):
        own = [table for table in tables if table.family == family]
        names = dict.fromkeys(table.name or "" for table in own)
        made = []
        for name in names:
            told = _apart([table for table in own if table.name == name])
            notes.extend(note for table in told for note in table.notes)
            merged = _merged(told, line_at, notes)
            notes.extend(unread_notes(merged))
            made.append(_table(name, with_references(merged), notes))
        if made:
            rulesets.append(Ruleset(family=family, tables=tuple(made)))
    return rulesets, list({(note.code, note.facts): note for note in reversed(notes)}.values())[
        ::-1
    ]


def _table(name: str, told: ReadTable, notes: list[Note]) -> Table:
    known = set(notes)
    notes.extend(note for note in told.notes if note not in known)
    fresh = told.form == "input" and not told.elided
    return Table(
        name=name, chains=told.chains, place=told.place, nft=told.nft, fresh=fresh, saved=told.saved
    )


def _apart(tables: Sequence[ReadTable]) -> list[ReadTable]:
    """The tables with names of their own for chains of which nobody knows the name."""
    numbers = count(1)

    def named(chain: Chain) -> Chain:
        return replace(chain, name=untold(next(numbers))) if is_untold(chain.name) else chain

    return [replace(table, chains=tuple(map(named, table.chains))) for table in tables]


def _merged(told: Sequence[ReadTable], line_at: LineAt, notes: list[Note]) -> ReadTable:
    whole: ReadTable | None = None
    built: ReadTable | None = None
    for table in told:
        if table.form == "input":
            built = table if built is None else _on_top(built, table)
        elif whole is None or built is not None:
            whole = table if whole is None else _together(whole, table) or table
            built = None
        else:
            together = _together(whole, table) or _loosely(whole, table)
            if together is None:
                raise _twice(table, told, line_at)
            whole = together
    if whole is None:
        assert built is not None
        return built
    later = _later(told)
    if later and not _leads_to(whole, later):
        from iptsim.dialects.commands.apply_later import carried_out  # noqa: PLC0415  # few have some

        return carried_out(whole, later)
    if built is not None and not _contains(whole, built):
        facts = (("table", built.name or ""),)
        notes.append(Note(code=codes.COMMANDS_LEAD_ELSEWHERE, place=built.place, facts=facts))
        return _in_part(whole, {chain.name for chain in built.chains if chain.rules})
    return whole


def is_one_state(told: Sequence[ReadTable]) -> bool:
    """Whether what sections tell of one table can be one state of it."""
    try:
        _merged(_apart(told), lambda _table: "", [])
    except DumpError:
        return False
    return True


def _in_part(table: ReadTable, names: set[str]) -> ReadTable:
    chains = (replace(c, whole=c.whole and c.name not in names) for c in table.chains)
    return replace(table, chains=tuple(chains))


def _on_top(below: ReadTable, above: ReadTable) -> ReadTable:
    """Restore input and commands go on where those before them stopped."""
    chains = {chain.name: chain for chain in below.chains}
    for chain in above.chains:
        known = chains.get(chain.name)
        chains[chain.name] = chain if known is None else _continued(known, chain)
    return replace(below, chains=tuple(chains.values()))


def _continued(below: Chain, above: Chain) -> Chain:
    return replace(
        below,
        policy=above.policy or below.policy,
        rules=(*below.rules, *above.rules),
        declared=below.declared or above.declared,
        whole=below.whole and above.whole,
    )


def _later(told: Sequence[ReadTable]) -> Sequence[Command]:
    if not any(table.commands for table in told):
        return ()
    from iptsim.dialects.commands.later import later_commands  # noqa: PLC0415  # few have some

    return later_commands(told)


def _leads_to(whole: ReadTable, commands: Sequence[Command]) -> bool:
    """Whether commands below a dump are those that made what it lists."""
    chains = {chain.name: chain.rules for chain in whole.chains}
    adding = [read for read, _ in commands if read.letter in "AI"]
    added = [(read.operands[0], rule) for read in adding for rule in read.rules]
    known = all(any(alike(rule, own) for own in chains.get(name, ())) for name, rule in added)
    from iptsim.dialects.commands.later import only_add  # noqa: PLC0415  # few have some

    return known and only_add(commands) and bool(added)


def _contains(whole: ReadTable, built: ReadTable) -> bool:
    known = {chain.name: chain.rules for chain in whole.chains}
    return all(
        any(alike(rule, other) for other in known.get(chain.name, ()))
        for chain in built.chains
        for rule in chain.rules
        if rule.unread is None and all(match.name != UNREADABLE for match in rule.matches)
    )


def _twice(table: ReadTable, told: Sequence[ReadTable], line_at: LineAt) -> DumpError:
    text = line_at(table)
    bare = not any(chain.rules for each in told for chain in each.chains)
    assumed = bare or any(note.code == _ASSUMED for each in told for note in each.notes)
    more = MAY_BE_IPV6 if assumed else ""
    return DumpError(
        f"table {table.name} is there twice, and not the same",
        place=table.place,
        text=text,
        length=len(text.strip()),
        expected=f"one state of one host; of two files, diff them{more}",
        code=codes.TABLE_TWICE,
    )


def _together(one: ReadTable, other: ReadTable) -> ReadTable | None:
    """Both as one, where no chain that both tell differs; None where they are two states."""
    first = {chain.name: chain for chain in one.chains}
    second = {chain.name: chain for chain in other.chains}
    both = first.keys() & second.keys()
    differ = len(both & _BUILTINS) > 1 and first.keys() != second.keys()
    if differ and all(map(_is_whole, (*one.chains, *other.chains))):
        return None
    if not all(_same(first[name], second[name]) for name in both):
        return None
    # Of what only one of them tells, nothing is asked: a log may hold a thousand parts of a table.
    richer = {name: _richer((one, first[name]), (other, second[name])) for name in both}
    chains = {**first, **second, **richer}
    return replace(
        one,
        chains=tuple(chains.values()),
        form=min(one.form, other.form, key=_rank),
        elided=one.elided or other.elided,
    )


def _loosely(one: ReadTable, other: ReadTable) -> ReadTable | None:
    """A table, and rules outside of any that may be its own: where they stand nothing tells."""
    if not (one.loose or other.loose):
        return None
    table, rest = (other, one) if one.loose and not other.loose else (one, other)
    known = {chain.name: chain for chain in table.chains}
    for chain in rest.chains:
        own = known.get(chain.name)
        known[chain.name] = chain if own is None else _pieced(own, chain)
    facts = (("table", table.name or ""),)
    note = Note(code=codes.RULES_OF_NO_TABLE, place=rest.place, facts=facts)
    chains = tuple(known.values())
    return replace(table, chains=chains, notes=(*table.notes, note), loose=table.loose)


def _is_whole(chain: Chain) -> bool:
    return chain.whole and all(rule.unread is None for rule in chain.rules)


def _rank(form: str) -> int:
    from iptsim.dialects.forms import FORMS  # noqa: PLC0415  # where a table is told twice

    return FORMS[form].rank


def _richer(*both: tuple[ReadTable, Chain]) -> Chain:
    """Of a chain that two tables tell: a save's, else that of a listing with -v, else the first."""
    told = [
        (_rank(table.form), any("interfaces" in rule.hides for rule in chain.rules), place, chain)
        for place, (table, chain) in enumerate(both)
    ]
    first, second = (each[3] for each in sorted(told, key=lambda each: each[:3]))
    if _is_whole(first) or _is_whole(second):
        return first if _is_whole(first) else second
    goes_on = both[1][0].loose and both[0][0].form == "save"
    return _goes_on(first, second) if goes_on else _pieced(first, second)


def _goes_on(one: Chain, other: Chain) -> Chain:
    """Two parts of one chain of a save: the later one stands below the earlier."""
    if not (one.rules and one.rules[-1].unread and other.rules and other.rules[0].unread):
        return _pieced(one, other)
    whole = one.whole and other.whole
    policy = one.policy or other.policy
    return replace(one, policy=policy, rules=(*one.rules, *other.rules[1:]), whole=whole)


def _pieced(one: Chain, other: Chain) -> Chain:
    """Two parts of one chain: nothing tells in what order their rules stand."""
    more = [rule for rule in other.rules if not any(alike(rule, own) for own in one.rules)]
    policy = one.policy or other.policy
    return replace(one, policy=policy, rules=(*one.rules, *more), whole=False)


def _same(one: Chain, other: Chain) -> bool:
    """Whether both may be one chain: of one shown in part the other has every rule."""
    policies = {one.policy, other.policy} - {None}
    if not _is_whole(one) or not _is_whole(other):
        return len(policies) < 2 and (_has_all(one, other) and _has_all(other, one))
    return (
        len(policies) < 2
        and len(one.rules) == len(other.rules)
        and all(alike(*pair) for pair in zip(one.rules, other.rules, strict=True))
    )


def _has_all(one: Chain, other: Chain) -> bool:
    """Whether a chain that is shown whole has all rules of the other."""
    return not _is_whole(one) or all(
        rule.unread is not None or any(alike(rule, own) for own in one.rules)
        for rule in other.rules
    )


def alike(one: Rule, other: Rule) -> bool:
    """Whether two rules may be one rule told twice: equal but for what a listing loses."""
    if one == other:
        return True
    return (
        _outline(one) == _outline(other)
        and _shown(one, other) == _shown(other, one)
        and [_said(match) for match in one.matches if match.options or match.raw]
        == [_said(match) for match in other.matches if match.options or match.raw]
        and _target(one) == _target(other)
    )


def _outline(rule: Rule) -> tuple[int | None, str | None, list[str]]:
    """What is soon compared, of all that has to be alike: a log may tell a table's rules often."""
    said = [match.name for match in rule.matches if match.options or match.raw]
    return rule.header.proto, rule.target.name if rule.target else None, said


def _shown(rule: Rule, other: Rule) -> Header:
    """The header, less interfaces where either hides them, and addresses that are names."""
    hidden = {"in", "out"} if "interfaces" in rule.hides | other.hides else set()
    hidden |= {field for field, _name in (*rule.address_names, *other.address_names)}
    fields = {"in": "in_", "src": "src", "dst": "dst", "out": "out"}
    blank = {fields[field]: None for field in hidden}
    return replace(rule.header, not_=rule.header.not_ - hidden, **blank)


def _target(rule: Rule) -> tuple[str, frozenset[Option], bool] | None:
    target = rule.target
    if target is None:
        return None
    known = targets().get(target.name)
    lossy = known.lossy if known else ()
    options = frozenset(option for option in target.options if option.name not in lossy)
    return target.name, options, target.goto


def _said(match: Match) -> tuple[str, frozenset[Option], tuple[str, ...]]:
    """A match less the options that no listing shows."""
    known = matches().get(match.name)
    lossy = known.lossy if known else ()
    options = frozenset(
        replace(option, negate=option.negate and f"! {option.name}" not in lossy)
        for option in match.options
        if option.name not in lossy
    )
    return match.name, options, match.raw
