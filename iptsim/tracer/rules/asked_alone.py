"""One chain asked alone: what it does with the packets that come to it."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.errors import UsageError
from iptsim.model import BUILTIN_CHAINS, Chain, Dump, Note, Ruleset, Table
from iptsim.packet import HOOKS, Packet

_FIRST = {"raw": "PREROUTING", "nat": "PREROUTING"}
_SOURCE = frozenset({"SNAT", "MASQUERADE"})


def only(ruleset: Ruleset, chain: str, table: str | None = None) -> Ruleset:
    """The rule set, of which that chain is asked; `table` tells which of several of that name.

    A chain of nftables may be told with its table: `inet fw input`. Raises `UsageError` where there
    is no such chain, or more than one.
    """
    chain, table = _parted(ruleset, chain, table)
    names = [each.name for each in _having(ruleset, chain, table)]
    if not names:
        raise _no_chain(ruleset, chain, table)
    if len(names) > 1:
        message = f"--chain: {chain} is in {' and '.join(names)}; tell the table with -t"
        raise UsageError(
            message, code=codes.CHAIN_IN_SEVERAL_TABLES, chain=chain, tables=", ".join(names)
        )
    # What another back end has, or nft besides, is of no chain that is asked alone.
    beside = tuple(each for each in ruleset.beside if each in BUILTIN_CHAINS)
    return replace(ruleset, only=(names[0], chain), beside=beside)


def only_in(dump: Dump, chain: str | None, table: str | None = None) -> Dump:
    """The dump, of which one chain is asked in each family that has it; itself without a chain."""
    if chain is None:
        return dump
    having = [r for r in dump.rulesets if _having(r, *_parted(r, chain, table))]
    rulesets = tuple(only(each, chain, table) for each in having or dump.rulesets)
    return replace(dump, rulesets=rulesets)


def _parted(ruleset: Ruleset, chain: str, table: str | None) -> tuple[str, str | None]:
    """The chain's name without its table's, and the table, where both are told as one."""
    first, _, last = chain.rpartition(" ")
    return (last, first) if ruleset.table(first) is not None else (chain, table)


def _having(ruleset: Ruleset, chain: str, table: str | None) -> list[Table]:
    """The tables that have a chain of that name; `table` is `nat`, `inet fw`, or `fw` of that."""
    having = [each for each in ruleset.tables if each.chain(chain) is not None]
    if table is None:
        return having
    exact = [each for each in having if each.name == table]
    return exact or [each for each in having if _is_it(each, table)]


def _is_it(table: Table, told: str | None) -> bool:
    """Whether it is a table that was told; without its family, where one of nftables."""
    return told in (None, table.name, table.name.partition(" ")[2])


def only_in_both(before: Dump, after: Dump, chain: str, table: str | None) -> tuple[Dump, Dump]:
    """Two dumps, of which one chain is asked; where one of them lacks it, it is empty there."""
    try:
        first = only_in(before, chain, table)
    except UsageError:
        return _with_empty(before, second := only_in(after, chain, table)), second
    try:
        return first, only_in(after, chain, table)
    except UsageError:
        return first, _with_empty(after, first)


def _with_empty(dump: Dump, other: Dump) -> Dump:
    """The dump with an empty chain where the other asks its own."""
    return replace(dump, rulesets=tuple(_lacking(each, other) for each in dump.rulesets))


def _lacking(ruleset: Ruleset, other: Dump) -> Ruleset:
    asked = other.family(ruleset.family)
    if asked is None or asked.only is None:
        return ruleset
    name, chain = asked.only
    there = asked.table(name)
    empty = Chain(name=chain)
    if there is None or there.nft_table is None:
        table = ruleset.table(name) or Table(name=name, fresh=True)
    else:
        table = ruleset.table(name) or replace(there, chains=(), fresh=True)
        own = there.by_name[chain]  # a base chain that is not there lets packets pass
        empty = replace(own, rules=(), policy=own.policy and "ACCEPT")
    more = replace(table, chains=(*table.chains, empty))
    others = tuple(each for each in ruleset.tables if each.name != name)
    return replace(ruleset, tables=(*others, more), only=asked.only)


def _no_chain(ruleset: Ruleset, chain: str, table: str | None) -> UsageError:
    known = sorted({c.name for t in ruleset.tables if _is_it(t, table) for c in t.chains})
    message = f"--chain: no chain {chain} in this dump; it has {', '.join(known[:12])}"
    return UsageError(message, code=codes.NO_SUCH_CHAIN, chain=chain, known=", ".join(known[:12]))


def hook_of(ruleset: Ruleset, packet: Packet, hook: str | None, *, told: bool = True) -> str | None:
    """Where packets come to the chain that is asked; the hook that was told, where none is.

    By the rules that lead to it, else by what the packet has; FORWARD leaves most open. Raises
    `UsageError` for a hook from where no packet comes to the chain, and where no rule leads to a
    chain of nftables and nobody tells the hook, unless it need not be `told`: None.
    """
    if ruleset.only is None:
        return hook
    table, chain = _asked(ruleset)
    own = _own_hook(table, chain)
    if own is not None and (hook or own) not in {own} & {*HOOKS}:
        raise _not_at(chain, hook or HOOKS[0])
    found = hook or own or _led_from(table, chain, packet)
    if found is None and told:
        message = f"--chain {chain}: no rule leads to it; tell with --hook where packets come to it"
        raise UsageError(message, code=codes.CHAIN_WANTS_HOOK, chain=chain)
    return found


def _not_at(chain: str, hook: str) -> UsageError:
    message = f"--chain {chain}: no packet comes to it at {hook}"
    return UsageError(message, code=codes.CHAIN_NOT_AT_THIS_HOOK, chain=chain, hook=hook)


def _own_hook(table: Table, chain: str) -> str | None:
    """The hook at which a chain stands itself."""
    if table.nft_table is None:
        return chain if chain in BUILTIN_CHAINS.get(table.name, ()) else None
    base = table.by_name[chain].base
    return None if base is None else base.hook.upper()


def _led_from(table: Table, chain: str, packet: Packet) -> str | None:
    """A hook from where rules lead to a chain; None where none does, of iptables' any that may."""
    builtin = BUILTIN_CHAINS.get(table.name, ())
    leading = [name for name in HOOKS if name in table.hooks_of(chain)] or builtin
    return next((name for name in _likely(table, chain, packet) if name in leading), None)


def _asked(ruleset: Ruleset) -> tuple[Table, str]:
    assert ruleset.only is not None
    table = ruleset.table(ruleset.only[0])
    assert table is not None
    return table, ruleset.only[1]


def _likely(table: Table, chain: str, packet: Packet) -> Iterable[str]:
    if packet.tells("uid", "gid", "socket"):
        yield "OUTPUT"
    if packet.in_ is not None and packet.out is not None:
        yield "FORWARD"
    elif packet.out is not None:
        yield from ("OUTPUT", "POSTROUTING")
    found = table.chain(chain)
    targets = {rule.target.name for rule in found.rules if rule.target} if found else set()
    if targets & _SOURCE:
        yield "POSTROUTING"
    yield _FIRST.get(table.name, "FORWARD")
    yield from BUILTIN_CHAINS["mangle"]


def note_of(ruleset: Ruleset, hook: str) -> Note:
    """What is taken as given of packets that come to the chain."""
    table, chain = _asked(ruleset)
    facts = (("table", table.name), ("chain", chain), ("hook", hook))
    return Note(code=codes.HAS_COME_TO_CHAIN, facts=facts)
