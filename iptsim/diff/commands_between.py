"""The iptables commands that make one dump's rules into another's."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dialects.parts import Line
from iptsim.dialects.rule.words import Source, read_words
from iptsim.dialects.what_if.after import after_commands, tells_tables, typed
from iptsim.diff.align import align
from iptsim.errors import UsageError
from iptsim.extensions.text import write_name, write_rule
from iptsim.model import BUILTIN_CHAINS, Chain, Dump, Note, Rule, Ruleset, Table
from iptsim.tracer.rules.untold_chains import missing_chains

_CALL = {4: "iptables", 6: "ip6tables"}


def commands_between(before: Dump, after: Dump) -> tuple[str, ...]:
    """Commands for a shell that, carried out on the host of `before`, leave the rules of `after`.

    Chains are made first; then rules go, rules come, policies are set, and chains that are no
    longer there go last: so no command is refused for what stands in between. Counters are left as
    they are; a table that `after`, a save of all, lacks is emptied, one that a text of other tables
    lacks is left alone (`left_alone`). Read back, they give the rules of `after`. Raises
    `UsageError` where a text does not tell all of what differs, and `UnwritableError` for a rule
    that cannot be written.
    """
    found = tuple(line for family in (4, 6) for line in _family(family, before, after))
    if found and not _leads_to(before, after, found):
        message = "commands cannot be written for these dumps: read back, they give other rules"
        raise UsageError(message, code=codes.COMMANDS_NOT_WRITTEN)
    return found


def left_alone(before: Dump, after: Dump) -> Iterator[Note]:
    """Notes on the tables that `after` does not tell, as it may be of others only."""
    for family in (4, 6):
        old, new = before.family(family), after.family(family)
        for name in _tables(old) if old and new else ():
            if _is_left_alone(new, name):
                yield Note(code=codes.TABLE_LEFT_ALONE, facts=(("table", name),))


def _is_left_alone(after: Ruleset | None, name: str) -> bool:
    return after is not None and after.table(name) is None and not tells_tables(after)


def _leads_to(before: Dump, after: Dump, commands: Sequence[str]) -> bool:
    done = after_commands(before, [typed("\n".join(commands), "commands")])
    return all(
        _chains(done.family(family), name) == _chains(after.family(family), name)
        for family in (4, 6)
        for name in _tables(before.family(family), after.family(family))
        if not _is_left_alone(after.family(family), name)
    )


def _chains(ruleset: Ruleset | None, table: str) -> dict[str, tuple[str | None, Sequence[Rule]]]:
    """What a table's chains hold; a built-in one without rules that accepts is as none."""
    found = ruleset.table(table) if ruleset else None
    held = {chain.name: (chain.policy, chain.rules) for chain in (found.chains if found else ())}
    bare = BUILTIN_CHAINS.get(table, ())
    return {n: h for n, h in held.items() if n not in bare or h not in (("ACCEPT", ()), (None, ()))}


def _tables(*rulesets: Ruleset | None) -> list[str]:
    return list(dict.fromkeys(t.name for each in rulesets if each for t in each.tables))


def _family(family: int, before: Dump, after: Dump) -> Iterator[str]:
    sides = before.family(family), after.family(family)
    if None in sides and any(each and each.tables for each in sides):
        message = f"only one of the dumps holds IPv{family} rules"
        raise UsageError(message, code=codes.COMMANDS_NOT_WRITTEN)
    for name in _tables(*sides):
        if _is_left_alone(sides[1], name):
            continue
        old, new = (_told(side, name) for side in sides)
        _refuse_parts(old, new)
        call = _CALL[family] + ("" if name == "filter" else f" -t {name}")
        yield from (f"{call} {words}" for words in _table(old, new, family))


def _told(side: Ruleset | None, name: str) -> Table:
    """A side's table; one that a whole save lacks is not there."""
    found = side.table(name) if side else None
    if found is None and side is not None and not tells_tables(side):
        message = f"commands cannot be written: the text does not tell table {name}"
        raise UsageError(message, code=codes.TABLE_NOT_TOLD, table=name)
    return found or Table(name=name)


def _refuse_parts(before: Table, after: Table) -> None:
    """Raise `UsageError` where a chain that only one side has may be on the other, too."""
    if not before.chains or not after.chains:
        return
    names = [chain.name for table in (before, after) for chain in table.chains]
    for table in (before, after):
        if missing_chains(table):
            lacking = [name for name in names if table.chain(name) is None]
            for name in lacking[:1]:
                raise _not_whole(name)


def _table(before: Table, after: Table, family: int) -> Iterator[str]:
    builtin = BUILTIN_CHAINS.get(before.name, ())
    new = [c for c in after.chains if before.chain(c.name) is None and c.name not in builtin]
    gone = [c for c in before.chains if after.chain(c.name) is None and c.name not in builtin]
    stays = [(before.chain(c.name) or Chain(name=c.name), c) for c in after.chains if c not in new]
    stays += [(c, Chain(name=c.name, policy="ACCEPT")) for c in _emptied(before, after, builtin)]
    edits = [_Edits(old, now, family) for old, now in stays]
    yield from (f"-N {_word(chain.name)}" for chain in new)
    for each in edits:
        yield from each.taken()
    yield from (f"-F {_word(chain.name)}" for chain in gone if chain.rules)
    for chain in new:
        yield from (f"-A {_rule(chain, rule, family)}" for rule in _shown(chain).rules)
    for each in edits:
        yield from each.put()
    yield from (f"-P {c.name} {c.policy}" for old, c in stays if _policy(old) != _policy(c))
    yield from (f"-X {_word(chain.name)}" for chain in gone)


def _emptied(before: Table, after: Table, builtin: Sequence[str]) -> list[Chain]:
    return [c for c in before.chains if c.name in builtin and after.chain(c.name) is None]


def _policy(chain: Chain) -> str:
    return chain.policy or "ACCEPT"


class _Edits:
    """The rules of a chain that go and come, by number; what stays keeps its order."""

    def __init__(self, before: Chain, after: Chain, family: int) -> None:
        self._before, self._after, self._family = before, after, family
        self._stay = align(before.rules, after.rules)
        if before.rules != after.rules:
            _shown(before), _shown(after)

    def taken(self) -> Iterator[str]:
        """From the last on, so that the numbers of the others hold."""
        kept = {old for old, _new in self._stay}
        for at in reversed(range(len(self._before.rules))):
            if at not in kept:
                yield f"-D {_word(self._before.name)} {at + 1}"

    def put(self) -> Iterator[str]:
        """From the first on; at the end of the chain no number is needed."""
        kept = {new for _old, new in self._stay}
        left = len(kept)
        for at, rule in enumerate(self._after.rules):
            text = _rule(self._after, rule, self._family) if at not in kept else ""
            name, _, rest = text.partition(" ")
            left -= at in kept
            if text:
                yield f"-I {name} {at + 1} {rest}".rstrip() if left else f"-A {text}"


def _shown(chain: Chain) -> Chain:
    """The chain; `UsageError` where its text does not tell all of it."""
    hides = any(rule.unread is not None or "interfaces" in rule.hides for rule in chain.rules)
    if hides or not chain.whole:
        raise _not_whole(chain.name)
    return chain


def _not_whole(name: str) -> UsageError:
    message = f"commands cannot be written: the text does not tell all of chain {name}"
    return UsageError(message, code=codes.CHAIN_NOT_WHOLE, chain=name)


def _word(name: str) -> str:
    return shlex.quote(name)


def _rule(chain: Chain, rule: Rule, family: int) -> str:
    """The chain's name and the rule, in words of a shell; a save's own quotes are others."""
    text = write_rule(write_name(chain.name), rule, family)
    line = Line(number=1, text=text, full=text)
    words = read_words(Source(file=chain.name, lines=(line,), text=text))[1]
    return " ".join(_word(word.text) for word in words[1:])
