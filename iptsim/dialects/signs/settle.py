"""Which table and which family a text speaks of, where it does not say so itself.

Built-in chains tell most tables apart (`iptables(8)`, TABLES), targets that only one table takes
tell more; what is left is assumed, and the assumption noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.parts import Line, ReadTable
from iptsim.errors import DumpError, Place, UsageError
from iptsim.model import BUILTIN_CHAINS, TABLES, Note

NO_TABLE = codes.NO_SUCH_TABLE
"""The code that a table is none of iptables'."""

_BUILTINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)
# The targets that one table only takes: each extension's `.table` in the kernel's source
# (net/ipv4/netfilter, net/netfilter).
ONLY = {
    "nat": frozenset({"DNAT", "SNAT", "REDIRECT", "MASQUERADE", "NETMAP"}),
    "raw": frozenset({"CT", "NOTRACK", "TRACE"}),
    "filter": frozenset({"REJECT"}),
    "mangle": frozenset(
        {"TPROXY", "TOS", "DSCP", "ECN", "TTL", "HL", "CHECKSUM", "TCPOPTSTRIP", "DNPT", "SNPT"}
    ),
}
_SECURITY = frozenset({"SECMARK", "CONNSECMARK"})


@dataclass(frozen=True, slots=True)
class _Guess:
    """A table's name, and whether the chains or the targets leave no other."""

    name: str
    sure: bool


def settle_tables(tables: Sequence[ReadTable], asked: str | None) -> list[ReadTable]:
    """Every table with its name; `asked` is what -t names, for one whose chains do not tell.

    Raises `UsageError` where the chains cannot be of the table that was asked for.
    """
    unnamed = [table for table in tables if _named(table) is None]
    done = [
        table
        if _named(table) is not None
        else _settled(replace(table, name=None), asked, alone=len(unnamed) == 1)
        for table in tables
    ]
    callers = _callers(done)
    return [table if table.name else _by_jumps(table, callers) for table in done]


def _named(table: ReadTable) -> str | None:
    """The name that stands beside the table, unless its chains belie it (a prompt of another)."""
    chains = BUILTIN_CHAINS.get(table.name or "", ())
    if table.name is None or (table.form == "listing" and not _builtins(table) <= set(chains)):
        return None
    return table.name


def _settled(table: ReadTable, asked: str | None, *, alone: bool) -> ReadTable:
    """`asked` wins for the only table without a name, and wherever the text leaves a choice."""
    guess = _guess(table)
    if asked is not None:
        fits = asked in BUILTIN_CHAINS and _builtins(table) <= set(BUILTIN_CHAINS[asked])
        if not fits and alone:
            raise _wrong(asked, table)
        if fits and (alone or guess is None or not guess.sure):
            return replace(table, name=asked)
    if guess is None:
        return table
    return replace(table, name=guess.name) if guess.sure else _assumed(table, guess.name)


def _wrong(asked: str, table: ReadTable) -> UsageError:
    if asked not in BUILTIN_CHAINS:
        return no_such_table(asked, BUILTIN_CHAINS)
    other = next(c for c in table.chains if c.name in _builtins(table) - {*BUILTIN_CHAINS[asked]})
    return UsageError(
        f"table {asked} has no chain {other.name}, which {table.place} lists",
        code=codes.WRONG_TABLE_ASKED,
    )


def no_such_table(asked: str, known: Iterable[str]) -> UsageError:
    """The error that -t is with a name that no table has; `known` are those that there are."""
    message = f"{asked!r} is no table of iptables: {', '.join(known)}"
    return UsageError(message, code=codes.WRONG_TABLE_ASKED)


def whole_name(tables: list[ReadTable]) -> list[ReadTable]:
    """The tables, the last by its whole name where the text breaks off in it: `*na`."""
    if not tables or tables[-1].chains or not tables[-1].name:
        return tables
    *before, last = tables
    others = {table.name for table in before}
    meant = [name for name in TABLES if name.startswith(last.name or "") and name not in others]
    return [*before, replace(last, name=meant[0])] if len(meant) == 1 else tables


def no_table(table: ReadTable, line: Line | None) -> DumpError:
    """The error that a table is which iptables does not have; `line` names it."""
    name, known, text = table.name or "", ", ".join(TABLES), line.text if line else ""
    at = max(text.find(name), 0)
    place = table.place
    if line is not None:
        place = Place(file=place.file, line=line.number, column=line.column(at))
    error = DumpError(
        f"{name} is no table of iptables (there are {known}), so nothing in it is used",
        place=place,
        text=(line.full or text) if line else "",
        length=len(name),
        expected=known,
        code=NO_TABLE,
    )
    error.facts |= {"name": name, "known": known}
    return error


def _builtins(table: ReadTable) -> set[str]:
    return {chain.name for chain in table.chains if chain.name in _BUILTINS}


def _guess(table: ReadTable) -> _Guess | None:
    """By targets, else by built-in chains; None for user chains whose rules do not tell."""
    builtins = _builtins(table)
    by_target = _by_targets(table)
    if by_target is not None and builtins <= set(BUILTIN_CHAINS[by_target]):
        return _Guess(by_target, sure=True)
    if builtins == {"INPUT", "FORWARD", "OUTPUT"}:
        return _Guess("security" if _targets(table) & _SECURITY else "filter", sure=True)
    if builtins == {"PREROUTING", "OUTPUT", "POSTROUTING"} and not _drops(table):
        return _Guess("nat", sure=True)  # before Linux 2.6.36
    fitting = [name for name, chains in BUILTIN_CHAINS.items() if builtins <= set(chains)]
    exact = [name for name in fitting if builtins == set(BUILTIN_CHAINS[name])]
    if exact or len(fitting) == 1:
        return _Guess((exact or fitting)[0], sure=True)
    if not builtins:
        return None
    likely = "nat" if builtins & {"PREROUTING", "POSTROUTING"} and not _drops(table) else "filter"
    return _Guess(likely if likely in fitting else "mangle", sure=False)


def _drops(table: ReadTable) -> bool:
    """Whether a policy or a rule drops, which iptables refuses in nat (iptables/xshared.c)."""
    policies = any(chain.policy == "DROP" for chain in table.chains)
    return policies or "DROP" in _targets(table)


def _targets(table: ReadTable) -> set[str]:
    return {rule.target.name for chain in table.chains for rule in chain.rules if rule.target}


def _by_targets(table: ReadTable) -> str | None:
    """The one table that has all of these targets."""
    own = {chain.name for chain in table.chains}
    used = _targets(table) - own
    found = [name for name, only in ONLY.items() if used & only]
    return found[0] if len(found) == 1 else None


def _callers(tables: Iterable[ReadTable]) -> Mapping[str, set[str]]:
    """The tables whose rules jump to a chain that is none of their own, by its name."""
    callers: dict[str, set[str]] = {}
    for table in tables:
        if table.name:
            for target in _targets(table) - {chain.name for chain in table.chains}:
                callers.setdefault(target, set()).add(table.name)
    return callers


def _by_jumps(table: ReadTable, callers: Mapping[str, set[str]]) -> ReadTable:
    """User chains belong to the table whose rules jump to them, or as well-known programs do.

    Else to -L's own default, filter.
    """
    found = {name for chain in table.chains for name in callers.get(chain.name, ())}
    if len(found) == 1:
        return replace(table, name=found.pop())
    if (known := _by_names(table)) is not None:
        return replace(table, name=known)
    return _assumed(table, "filter")


def _by_names(table: ReadTable) -> str | None:
    """The one table of which all chains are whose names well-known programs give."""
    from iptsim.dialects.signs.known_chains import tables_of  # noqa: PLC0415  # user chains alone

    told = [each for chain in table.chains if (each := tables_of(chain.name))]
    common = set(told[0]).intersection(*told) if told else set()
    return common.pop() if len(common) == 1 else None


def _assumed(table: ReadTable, name: str) -> ReadTable:
    note = Note(code=codes.TABLE_ASSUMED, place=table.place, facts=(("table", name),))
    return replace(table, name=name, notes=(*table.notes, note))
