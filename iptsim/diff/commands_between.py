"""The iptables commands that make one dump's rules into another's."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dialects.parts import Line
from iptsim.dialects.rule.words import Source, read_words
from iptsim.dialects.what_if.after import after_commands, typed
from iptsim.diff.align import align
from iptsim.errors import UsageError
from iptsim.extensions.text import write_name, write_rule
from iptsim.model import BUILTIN_CHAINS, Chain, Dump, Rule, Ruleset, Table

_CALL = {4: "iptables", 6: "ip6tables"}


def commands_between(before: Dump, after: Dump) -> tuple[str, ...]:
    """Commands for a shell that, carried out on the host of `before`, leave the rules of `after`.

    Chains are made first; then rules go, rules come, policies are set, and chains that are no
    longer there go last: so no command is refused for what stands in between. Counters are left as
    they are; a table that `after` lacks is emptied. Read back, they give the rules of `after`.
    Raises `UsageError` where a text does not tell all rules of a chain that differs, and
    `UnwritableError` for a rule that cannot be written.
    """
    found = tuple(line for family in (4, 6) for line in _family(family, before, after))
    if found and not _leads_to(before, after, found):
        message = "commands cannot be written for these dumps: read back, they give other rules"
        raise UsageError(message, code=codes.COMMANDS_NOT_WRITTEN)
    return found


def _leads_to(before: Dump, after: Dump, commands: Sequence[str]) -> bool:
    done = after_commands(before, [typed("\n".join(commands), "commands")])
    return all(
        _chains(done.family(family), name) == _chains(after.family(family), name)
        for family in (4, 6)
        for name in _tables(before.family(family), after.family(family))
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
        old, new = ((side.table(name) if side else None) or Table(name=name) for side in sides)
        call = _CALL[family] + ("" if name == "filter" else f" -t {name}")
        yield from (f"{call} {words}" for words in _table(old, new, family))


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
        message = f"commands cannot be written: the text does not tell all of chain {chain.name}"
        raise UsageError(message, code=codes.CHAIN_NOT_WHOLE, chain=chain.name)
    return chain


def _word(name: str) -> str:
    return shlex.quote(name)


def _rule(chain: Chain, rule: Rule, family: int) -> str:
    """The chain's name and the rule, in words of a shell; a save's own quotes are others."""
    text = write_rule(write_name(chain.name), rule, family)
    line = Line(number=1, text=text, full=text)
    words = read_words(Source(file=chain.name, lines=(line,), text=text))[1]
    return " ".join(_word(word.text) for word in words[1:])
