"""Which family the rules of a text are of: IPv4 (4) or IPv6 (6).

In the order of their weight: a header that a program wrote, addresses, a prompt's command, -4 or
-6, a line that may be a command, protocols (`iptables -p ipv6-icmp` is legal), neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.parts import ReadTable, Section
from iptsim.dialects.signs.hints import BARE, SURE
from iptsim.errors import DumpError
from iptsim.model import BUILTIN_CHAINS, Chain, Header, Note, Rule, Unread
from iptsim.regex import regex

_OF_ONE_FAMILY = (1, 58)  # icmp, ipv6-icmp
_BUILTINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)
# Each begins with a plain letter, for which Python's `re` skips ahead.
_ADDRESS = (
    r"(?:s|d|-src|-dst|-source|-destination|-to|-to-source|-to-destination|-src-range|-dst-range"
    r"|-on-ip)\s+(?:!\s+)?\[?"
)
_SIX = regex(
    rf"-(?<!\S-)(?:{_ADDRESS}(?:[0-9a-fA-F]*::|[0-9a-fA-F]+:[0-9a-fA-F]+:)|m icmp6\s"
    r"|-icmpv6-type\s|-reject-with icmp6-)"
)
_FOUR = regex(rf"-(?<!\S-)(?:{_ADDRESS}[0-9]+\.[0-9]+\.|m icmp\s|-icmp-type\s|-reject-with icmp-)")
_SIX_NAMED = regex(r"-p (?:ipv6-icmp|icmpv6)(?:\s|$)", re.MULTILINE)
_FOUR_NAMED = regex(r"-p icmp(?:\s|$)", re.MULTILINE)


def by_addresses(text: str) -> int | None:
    """The family of most addresses, ICMP types and ways to reject; None where nothing tells."""
    return _of_most(text, _FOUR, _SIX)


def by_protocols(text: str) -> int | None:
    """The family that names of protocols make likely."""
    return _of_most(text, _FOUR_NAMED, _SIX_NAMED)


def _of_most(text: str, four: re.Pattern[str], six: re.Pattern[str]) -> int | None:
    if six.search(text) is None:
        return None if four.search(text) is None else 4
    balance = sum(1 for _ in six.finditer(text)) - sum(1 for _ in four.finditer(text))
    return None if balance == 0 else 6 if balance > 0 else 4


def family_of(section: Section, text: str, asked: int | None) -> int | None:
    """The family of a section's rules, `text`, as far as it or -4 and -6 (`asked`) tell."""
    told = section.family
    if told is not None and section.by == SURE:
        return told
    typed = None if section.by == BARE else told
    return by_addresses(text) or typed or asked or told or by_protocols(text)


def settled_hints(sections: Sequence[Section]) -> list[Section]:
    """Lines that may be commands tell as much as prompts do where they tell sections apart."""
    told = {section.family for section in sections if section.by == BARE} - {None}
    if len(told) < 2:
        return list(sections)
    return [replace(each, by="prompt") if each.by == BARE else each for each in sections]


def settle_families(tables: Sequence[ReadTable], asked: int | None) -> list[ReadTable]:
    """Every table with its family: its own, the asked one, its neighbours', else 4 with a note."""
    known = _anew(_batched(tables))
    told = {table.family for table in known} - {None}
    neighbour = told.pop() if len(told) == 1 else None
    done: list[ReadTable] = []
    for table in known:
        if table.family is not None:
            done.append(table)
        elif asked is None and neighbour == 6 and _is_told_otherwise(table, known):
            note = Note(code=codes.FAMILY_ASSUMED, place=table.place, facts=(("family", "4"),))
            done.append(replace(table, family=4, notes=(*table.notes, note)))
        elif asked is not None or neighbour is not None:
            done.append(replace(table, family=asked or neighbour))
        else:
            done.append(_assumed(table, done))
    return done


def _is_told_otherwise(table: ReadTable, others: Sequence[ReadTable]) -> bool:
    """Whether the same table of IPv6 stands there with other policies, rules or chains.

    `iptables -S; ip6tables -S` prints both, and one of them may show no sign of its family.
    """
    return any(
        (other.name, other.family) == (table.name, 6)
        and table.form == other.form != "input"
        and [_told(chain) for chain in other.chains] != [_told(chain) for chain in table.chains]
        for other in others
    )


def _told(chain: Chain) -> tuple[str, str | None, list[Rule]]:
    return chain.name, chain.policy, [replace(rule, place=None) for rule in chain.rules]


def _batched(tables: Sequence[ReadTable]) -> list[ReadTable]:
    """Tables of one call of iptables-restore, which names none twice, are of one family."""
    batches = list(_batches(tables))
    unlike = len({frozenset(table.name for table in batch) for batch in batches}) > 1
    doubt = unlike and len({table.family for table in tables} - {None}) > 1
    return [
        _noted(replace(table, family=family), doubt) if table.family is None and family else table
        for batch in batches
        for family in (_only({table.family for table in batch} - {None}),)
        for table in batch
    ]


def _batches(tables: Sequence[ReadTable]) -> Iterator[list[ReadTable]]:
    """Runs of restore input in which no table comes twice; every other table alone."""
    batch: list[ReadTable] = []
    for table in tables:
        names = {one.name for one in batch}
        if table.form != "input" or table.name in names or (batch and batch[0].form != "input"):
            if batch:
                yield batch
            batch = []
        batch.append(table)
    if batch:
        yield batch


def _only(families: set[int | None]) -> int | None:
    return families.pop() if len(families) == 1 else None


def _anew(tables: Sequence[ReadTable]) -> list[ReadTable]:
    """-N refuses a chain that is there: who makes the chains of one family anew is of the other."""
    done: list[ReadTable] = []
    for place, table in enumerate(tables):
        own = _made(table) if table.family is None and table.form == "input" else set()
        others = (*done, *tables[place + 1 :]) if own else ()
        made = {
            other.family
            for other in others
            if other.name == table.name and other.form == "input" and _made(other) & own
        }
        family = _only(made - {None})
        done.append(replace(table, family=10 - family) if family else table)
    return done


def _made(table: ReadTable) -> set[str]:
    return {chain.name for chain in table.chains if chain.declared and chain.name not in _BUILTINS}


def _assumed(table: ReadTable, before: Sequence[ReadTable]) -> ReadTable:
    """IPv4, unless these very chains were made for IPv4 before."""
    again = any(
        (other.name, other.family, other.form) == (table.name, 4, "input")
        and _made(other) & _made(table)
        for other in before
    )
    family = 6 if table.form == "input" and again else 4
    return _noted(replace(table, family=family), asked=True)


def _noted(table: ReadTable, asked: bool) -> ReadTable:
    """With a note that the family is taken to be so, where it could be another."""
    if not asked or not any(chain.rules for chain in table.chains):
        return table
    note = Note(
        code=codes.FAMILY_ASSUMED, place=table.place, facts=(("family", str(table.family)),)
    )
    return replace(table, notes=(*table.notes, note))


def torn(rule: Rule, text: str) -> Rule:
    """A rule of the other family as one of which nobody knows what it does."""
    header = Header(
        in_=rule.header.in_,
        out=rule.header.out,
        proto=rule.header.proto if rule.header.proto not in _OF_ONE_FAMILY else None,
        not_=rule.header.not_ & {"in", "out"},
    )
    if "proto" in rule.header.not_:
        header = replace(header, proto=None)
    unread = Unread(why="torn", text=text, count=1)
    return Rule(
        header=header, counters=rule.counters, place=rule.place, hides=rule.hides,
        number=rule.number, unread=unread,
    )  # fmt: skip


def torn_note(wrong: DumpError, family: int) -> Note:
    """Where a rule of the other family stands, and the words that tell."""
    start = max(wrong.place.column - 1, 0)
    words = wrong.text[start : start + wrong.length].strip()
    facts = (("words", words), ("family", str(family)), ("text", wrong.text.strip()))
    return Note(code=codes.WORDS_OF_OTHER_FAMILY, place=wrong.place, facts=facts)
