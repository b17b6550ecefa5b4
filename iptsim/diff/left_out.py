"""What a text leaves out that the other of two texts may show: so nobody takes it for a change."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.diff.compared_meaning import from_listing
from iptsim.model import BUILTIN_CHAINS, Dump, Note, Rule, Ruleset, Table
from iptsim.tracer.rules.missing import LEFT_OUT
from iptsim.tracer.rules.untold_chains import missing_chains

_MOST_TOLD = 4
"""So many chains of a table are named; else it is the table."""


def is_left_out(rule: Rule) -> bool:
    """Whether the rule stands in no text, but for rules of which the text says they are there."""
    return rule.unread is not None and rule.unread.why in LEFT_OUT


def is_partial(dump: Dump, other: Dump) -> bool:
    """Whether tables may be left out: a listing is of one table, and parts are of anything."""
    return from_listing(dump) or any(
        is_less(table, there)
        for ruleset in dump.rulesets
        for table in ruleset.tables
        if (there := _same(other, ruleset.family, table.name)) is not None
    )


def _same(dump: Dump, family: int, name: str) -> Table | None:
    ruleset = dump.family(family)
    return None if ruleset is None else ruleset.table(name)


def lacks_chain(table: Table, other: Table, name: str) -> bool:
    """Whether a chain that the table does not show, but the other may, may be there all the same.

    Of two texts that show the same parts, what neither has is taken to be the same.
    """
    chain = table.chain(name)
    if chain is not None and (chain.declared or chain.rules):
        return False
    if name in BUILTIN_CHAINS.get(table.name, ()):
        return name in missing_chains(table)
    return is_less(table, other) or _leads_to(table, name)


def is_less(table: Table, other: Table) -> bool:
    """Whether the table is shown in parts where the other is shown whole.

    Rows that are gone from within a chain leave all headers; what else is gone may be chains.
    """
    lacking = set(missing_chains(table)) - set(missing_chains(other))
    return bool(lacking) or (_is_cut(table) and not _is_cut(other))


def hides_jumps(table: Table, other: Table) -> bool:
    """Whether the table may hold more jumps than it shows, and the other shows them."""
    return is_less(table, other) or any(rule.unread is not None for rule in table.kinds)


def _is_cut(table: Table) -> bool:
    cut = any(rule.unread is not None and rule.unread.why != "gap" for rule in table.kinds)
    return cut or not all(chain.whole for chain in table.chains)


def _leads_to(table: Table, name: str) -> bool:
    return name in table.callers


def pieces_of(ruleset: Ruleset) -> Iterator[str]:
    """The tables of nftables that are shown in part, or their chains that nothing hooks here."""
    natives = [table.nft_table for table in ruleset.tables]
    if ruleset.nft is None or not any(natives):
        return
    from iptsim.dialects.nft.pieces import why_in_part  # noqa: PLC0415  # nft's own alone

    for home in filter(None, natives):
        if why_in_part(home, listed=True, whole=ruleset.nft.whole) is not None:
            name = f"{home.family} {home.name}"
            bare = [each.name for each in home.chains if each.hook is None and each.rules]
            few = bare if len(bare) <= _MOST_TOLD else []
            yield from [f"{name} {chain}" for chain in few] or [name]


def sets_unasked(before: Ruleset, after: Ruleset) -> Iterator[Note]:
    """A note on each set that differs, where the rules that ask it may be those left out."""
    if before.nft is None or after.nft is None:
        return
    from iptsim.diff.changed_sets import changed_alone  # noqa: PLC0415  # nft's own alone

    parts = {*pieces_of(before), *pieces_of(after)}
    for table in after.tables:
        old, new = before.table(table.name), table.nft_table
        home = None if old is None else old.nft_table
        if (
            home is None
            or new is None
            or not any(f"{p} ".startswith(f"{table.name} ") for p in parts)
        ):
            continue
        for name, told in changed_alone(home, new):
            facts = (("set", name), ("table", table.name), ("told", told))
            yield Note(code=codes.SET_DIFFERS_UNASKED, facts=facts)
