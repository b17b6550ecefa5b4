"""What each change does, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from iptsim import codes
from iptsim.diff.counterparts import between_backends
from iptsim.diff.difference import Change, Difference, Kind, RuleAt, find_table
from iptsim.explain.behind import as_behind
from iptsim.explain.catalogue import sentence
from iptsim.explain.condition_words import subject
from iptsim.explain.deeds import deed
from iptsim.explain.options_between import options_between
from iptsim.explain.rule_sentences import known_words
from iptsim.extensions.lowering import condition
from iptsim.extensions.spec import Context
from iptsim.knowledge import chain as known_chain
from iptsim.model import BUILTIN_CHAINS, Dump, Table
from iptsim.predicate import ALWAYS

UNCOMPARED = codes.RULE_NOT_COMPARED
# More callers than this are counted, not named.
_MOST_NAMED = 3


def explain_change(difference: Difference, change: Change, lang: str = "en") -> str:
    """The sentence of a change, in the language asked for."""
    told = _capital(_TELLERS[change.kind](_Telling(difference, change, lang)))
    sides = (difference.before, difference.after)
    tables = [find_table(side, change.family, change.table).nft_table for side in sides]
    off = all(table is not None and "dormant" in table.flags for table in tables)
    return told + sentence("diff.dormant", lang) if off else told


def explain_uncompared(change: Change, lang: str = "en") -> str:
    """That nobody can tell whether a rule came or went."""
    side = "earlier" if change.before is None else "later"
    return sentence(f"{UNCOMPARED}.{side}", lang)


class _Telling:
    """A change with all that its sentence needs."""

    def __init__(self, difference: Difference, change: Change, lang: str) -> None:
        self.difference, self.change, self.lang = difference, change, lang

    def say(self, code: str, **facts: object) -> str:
        """A sentence of the catalogue."""
        return sentence(code, self.lang, **facts)

    def table(self, dump: Dump) -> Table:
        """The change's table in a dump."""
        return find_table(dump, self.change.family, self.change.table)

    @property
    def where(self) -> Context:
        """The context of a rule of the change's chain."""
        change = self.change
        return Context(family=change.family, table=change.table, chain=change.chain)

    def subject(self, at: RuleAt) -> str:
        """Whom a rule speaks of."""
        return subject(at.rule, self.where, self.lang)

    def deed(self, at: RuleAt, dump: Dump, now: str = "") -> str:
        """What a rule does."""
        return deed(at.rule, self.where, self.table(dump), self.lang, now)

    @property
    def builtin(self) -> bool:
        """Whether the chain is a built-in one."""
        return self.change.chain in BUILTIN_CHAINS.get(self.change.table, ())


def _added(told: _Telling) -> str:
    at = told.change.after
    assert at is not None
    if _only_exception(told, at):
        return told.say(
            f"{codes.RULE_ADDED}.only",
            subject=told.subject(at),
            deed=told.deed(at, told.difference.after),
        )
    if form := as_behind(told.difference, told.change):
        facts = _facts(told, at, told.difference.after, "")
        return told.say(f"{codes.RULE_ADDED}.{form}", chain=told.change.chain, **facts)
    return told.say(codes.RULE_ADDED, **_facts(told, at, told.difference.after, "word.now"))


def _removed(told: _Telling) -> str:
    at = told.change.before
    assert at is not None
    if form := as_behind(told.difference, told.change):
        facts = _facts(told, at, told.difference.before, "word.still")
        return told.say(f"{codes.RULE_REMOVED}.{form}", chain=told.change.chain, **facts)
    return told.say(
        codes.RULE_REMOVED, **_facts(told, at, told.difference.before, "word.no-longer")
    )


def _facts(told: _Telling, at: RuleAt, dump: Dump, now: str) -> dict[str, str]:
    first = told.builtin and at.number == 1 and _jumps(at, told.table(dump))
    return {
        "subject": told.subject(at),
        "deed": told.deed(at, dump, now),
        "first": told.say("diff.first") if first else "",
        "unless": told.say("diff.unless") if at.number > 1 else "",
    }


def _jumps(at: RuleAt, table: Table) -> bool:
    return any(table.chain(name) is not None for name in at.rule.aims)


def _only_exception(told: _Telling, at: RuleAt) -> bool:
    """Whether the rule is all that its user chain does, and leaves something out."""
    chain = told.table(told.difference.after).chain(told.change.chain)
    alone = chain is not None and len(chain.rules) == 1 and not told.builtin
    return alone and condition(at.rule, told.where) != ALWAYS


def _moved(told: _Telling) -> str:
    was, now = told.change.before, told.change.after
    assert was is not None
    assert now is not None
    step = now.number - was.number
    form = "earlier" if step < 0 else "later" if step else "same"
    return told.say(
        f"{codes.RULE_MOVED}.{form}", was=was.number, now=now.number, subject=told.subject(now),
        deed=told.deed(now, told.difference.after),
    )  # fmt: skip


def _changed(told: _Telling) -> str:
    was, now = told.change.before, told.change.after
    assert was is not None
    assert now is not None
    difference = told.difference
    if was.rule.nft is not None and was.rule == now.rule:
        from iptsim.explain.changed_elements import elements_words  # noqa: PLC0415  # if asked

        if said := elements_words(was.rule, now.rule, told.lang):
            return said
    clauses = _clause(told, was, difference.before), _clause(told, now, difference.after)
    if clauses[0] == clauses[1]:
        return _same_deed(told, was, now, clauses[1])
    return told.say(codes.RULE_CHANGED, was=clauses[0], now=clauses[1])


def _same_deed(told: _Telling, was: RuleAt, now: RuleAt, clause: str) -> str:
    """Of a rule that does as before in the words that tell deeds: which of its options differ."""
    differ = options_between(was.rule, now.rule)
    if not differ:
        return told.say(f"{codes.RULE_CHANGED}.same", now=clause)
    named = told.say("diff.comma").join(differ)
    return told.say(f"{codes.RULE_CHANGED}.options", now=clause, options=named)


def _clause(told: _Telling, at: RuleAt, dump: Dump) -> str:
    return told.say("diff.clause", subject=told.subject(at), deed=told.deed(at, dump))


def _chain_added(told: _Telling) -> str:
    table = told.table(told.difference.after)
    chain = table.chain(told.change.chain)
    if chain is not None and chain.base is not None:
        return told.say(
            f"{codes.CHAIN_ADDED}.base",
            rules=_rules(told, table),
            hook=chain.base.hook,
            priority=chain.base.priority,
        )
    callers = list(_callers(table, told.change.chain))
    words = told.say("diff.called", jumps=_named(told, callers)) if callers else ""
    return told.say(
        codes.CHAIN_ADDED, rules=_rules(told, table), callers=words or told.say("diff.uncalled")
    ) + _meaning(told)


def _chain_removed(told: _Telling) -> str:
    return told.say(codes.CHAIN_REMOVED, rules=_rules(told, told.table(told.difference.before)))


def _rules(told: _Telling, table: Table) -> str:
    chain = table.chain(told.change.chain)
    return _counted(told, "diff.rules", len(chain.rules) if chain else 0)


def _counted(told: _Telling, code: str, count: int) -> str:
    form = {0: "none", 1: "one"}.get(count, "many")
    return told.say(f"{code}.{form}", count=count)


def _callers(table: Table, name: str) -> Iterator[tuple[str, int]]:
    for chain in table.chains:
        for number, rule in chain.numbered():
            if name in rule.aims:
                yield chain.name, number


def _named(told: _Telling, jumps: list[tuple[str, int]]) -> str:
    """`ISTIO_INBOUND 1 jumps`, `A 1, B 2 and 7 more jump`."""
    names = [f"{chain} {number}" for chain, number in jumps[:_MOST_NAMED]]
    if len(jumps) > _MOST_NAMED:
        names.append(told.say("diff.more", count=len(jumps) - _MOST_NAMED))
    head = told.say("diff.comma").join(names[:-1])
    who = told.say("diff.and").join(filter(None, (head, names[-1])))
    return told.say(f"diff.jump.{'one' if len(jumps) == 1 else 'many'}", who=who)


def _meaning(told: _Telling) -> str:
    known = known_chain(told.change.chain)
    return told.say("diff.stop") + known_words(known, told.lang) if known else ""


def _policy(told: _Telling) -> str:
    change = told.change
    return told.say(
        codes.POLICY_CHANGED, chain=change.chain,
        now=told.say(f"do.{change.now}", now=told.say("word.now")),
        was=told.say(f"was.{change.was}"),
    )  # fmt: skip


def _references(told: _Telling) -> str:
    change = told.change
    parts = [
        told.say(f"{codes.REFERENCES_CHANGED}.{form}", jumps=_named(told, list(jumps)))
        for form, jumps in (("new", change.jumps_new), ("gone", change.jumps_gone))
        if jumps
    ]
    text = told.say("diff.stop").join(parts) or told.say(
        f"{codes.REFERENCES_CHANGED}.count", now=change.now, was=change.was
    )
    return text if _edited(told) else told.say(f"{codes.REFERENCES_CHANGED}.unchanged", told=text)


def _edited(told: _Telling) -> bool:
    return any(
        other.home == told.change.home
        for other in told.difference.changes
        if other.kind is not Kind.REFERENCES_CHANGED
    )


def _table(told: _Telling) -> str:
    return told.say(told.change.kind.code, table=told.change.table)


_TELLERS: Mapping[Kind, Callable[[_Telling], str]] = MappingProxyType(
    {
        Kind.RULE_ADDED: _added,
        Kind.RULE_REMOVED: _removed,
        Kind.RULE_MOVED: _moved,
        Kind.RULE_CHANGED: _changed,
        Kind.CHAIN_ADDED: _chain_added,
        Kind.CHAIN_REMOVED: _chain_removed,
        Kind.POLICY_CHANGED: _policy,
        Kind.REFERENCES_CHANGED: _references,
        Kind.TABLE_ADDED: _table,
        Kind.TABLE_REMOVED: _table,
    }
)


def _capital(text: str) -> str:
    """Sentences begin with a capital, unless they begin with a name."""
    word = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if word.isalpha() and word.islower() else text


def note_words(difference: Difference, lang: str = "en") -> tuple[tuple[str, str], ...]:
    """What was not compared or not traced: each a code and its sentence."""
    notes = difference.notes
    told = ((note.code, sentence(note.code, lang, **dict(note.facts))) for note in notes)
    return tuple(dict.fromkeys(told))


def conclusion(difference: Difference, lang: str = "en") -> tuple[tuple[str, str], ...]:
    """What the effect comes to: a code and its sentence; nothing where it could not be traced."""
    code = _conclusion(difference)
    if code == codes.NO_PACKET_FARES_OTHERWISE and between_backends(difference):
        return ((code, sentence(f"{code}.sides", lang)),)
    return () if code is None else ((code, sentence(code, lang)),)


def _conclusion(difference: Difference) -> str | None:
    if not difference.changes and not difference.leaves_out:
        return codes.NO_CHANGE if difference.same_text else codes.ONLY_TEXT_DIFFERS
    if not difference.exact:
        return None
    if difference.in_part:
        return codes.OTHERS_AS_TOLD if difference.effects else codes.NOTHING_AS_TOLD
    return codes.OTHERS_FARE_AS_BEFORE if difference.effects else codes.NO_PACKET_FARES_OTHERWISE


def summary(difference: Difference, lang: str = "en") -> tuple[str, ...]:
    """`nat: 1 chain added, 2 rules added, 1 chain used once more`, a line for each table."""
    tables: dict[tuple[int, str], list[Change]] = {}
    for change in difference.changes:
        tables.setdefault(change.home[:2], []).append(change)
    return tuple(_table_summary(key, found, lang) for key, found in tables.items())


def summary_line(difference: Difference, lang: str = "en") -> str:
    """The summary of all tables in a line: `raw: new here, 1 rule added; nat: 2 rules added`."""
    return sentence("diff.tables", lang).join(summary(difference, lang))


def _table_summary(key: tuple[int, str], changes: list[Change], lang: str) -> str:
    family, name = key
    told = sentence("diff.comma", lang).join(_counts(changes, lang))
    named = family != 6 or " " in name  # a table of nftables has its family in its name
    table = name if named else sentence("diff.family", lang, table=name)
    return sentence("sum.table", lang, table=table, told=told)


_ORDER = (
    Kind.TABLE_ADDED,
    Kind.TABLE_REMOVED,
    Kind.CHAIN_ADDED,
    Kind.CHAIN_REMOVED,
    Kind.POLICY_CHANGED,
    Kind.RULE_ADDED,
    Kind.RULE_REMOVED,
    Kind.RULE_MOVED,
    Kind.RULE_CHANGED,
)


def _counts(changes: list[Change], lang: str) -> Iterator[str]:
    counts = Counter(change.kind for change in changes)
    for kind in _ORDER:
        if counts[kind]:
            form = "one" if counts[kind] == 1 else "many"
            yield sentence(f"sum.{kind.value}.{form}", lang, count=counts[kind])
    steps = Counter(
        int(change.now) - int(change.was)
        for change in changes
        if change.kind is Kind.REFERENCES_CHANGED
    )
    for step, count in sorted(steps.items()):
        yield _used(step, count, lang)


def _used(step: int, count: int, lang: str) -> str:
    way, form = ("more" if step > 0 else "less"), ("one" if abs(step) == 1 else "many")
    times = sentence(f"sum.times.{way}.{form}", lang, count=abs(step))
    return sentence(f"sum.used.{'one' if count == 1 else 'many'}", lang, count=count, times=times)
