"""What a table's text shows to be missing: said in notes; and a listing that breaks off."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.joining.lenient import hidden_notes
from iptsim.dialects.parts import ReadTable
from iptsim.extensions.registry import targets
from iptsim.model import BUILTIN_CHAINS, VERDICTS, Chain, Note, Rule, Unread

_CODES = {
    "elided": codes.RULES_LEFT_OUT,
    "gap": codes.NUMBERS_MISSING,
    "cut": codes.RULE_CUT,
    "torn": codes.RULE_CUT,
}
_TELL_OF_A_ROW = frozenset(
    {*_CODES.values(), codes.WORDS_OF_OTHER_FAMILY, codes.RULE_UNREADABLE, codes.OLD_PRINTER}
)
_MOST_NAMED = 4
# Linux has it since 2.6.36; no rule of another chain stands in it.
YOUNG = {"nat": frozenset({"INPUT"})}


def unread_notes(table: ReadTable) -> Iterator[Note]:
    """A note for each place that the text leaves open, and one for the chains shown in part."""
    seen = {_line(note) for note in table.notes if note.code in _TELL_OF_A_ROW}
    for chain in table.chains:
        for number, rule in numbered(chain):
            if rule.unread is not None and _is_noted(rule.unread):
                note = _note(table, chain, number, rule)
                if _line(note) not in seen or rule.unread.why == "gap":
                    yield note
                seen.add(_line(note))
    yield from hidden_notes(table)
    parts = [chain.name for chain in table.chains if not chain.whole]
    if parts:
        named = ", ".join(parts[:_MOST_NAMED]) + (", …" if len(parts) > _MOST_NAMED else "")
        facts = (("table", table.name or ""), ("chains", named))
        yield Note(code=codes.CHAINS_IN_PART, place=table.place, facts=facts)


def _line(note: Note) -> tuple[str, int] | None:
    return None if note.place is None else (note.place.file, note.place.line)


def _is_noted(unread: Unread) -> bool:
    """Of an end without COMMIT another note tells, once."""
    return unread.why in _CODES and bool(unread.text or unread.why == "gap")


def numbered(chain: Chain) -> Iterator[tuple[int, Rule]]:
    """The chain's rules with their numbers, where any of them is not told whole."""
    if any(rule.unread is not None for rule in chain.rules):
        yield from chain.numbered()


def _note(table: ReadTable, chain: Chain, number: int, rule: Rule) -> Note:
    assert rule.unread is not None
    facts = [("table", table.name or ""), ("chain", chain.name)]
    if rule.unread.why == "gap":
        last = number + (rule.unread.count or 1) - 1
        facts.append(("numbers", str(number) if last == number else f"{number}-{last}"))
    else:
        facts.append(("text", rule.unread.text.strip()[:120]))
    return Note(code=_CODES[rule.unread.why], place=rule.place, facts=tuple(facts))


def broken_off(table: ReadTable) -> ReadTable:
    """A listing of several chains, the last shown in part where chains behind it are missing.

    `iptables -L | head` ends anywhere; a call for one chain prints just that one.
    """
    if table.form != "listing" or len(table.chains) < 2 or not _lacks_more(table):
        return table
    *before, last = table.chains
    return replace(table, chains=(*before, replace(last, whole=False)))


def _lacks_more(table: ReadTable) -> bool:
    """Whether built-in chains behind the last one are missing, or chains that rules lead to."""
    order = BUILTIN_CHAINS.get(table.name or "", ())
    names = [chain.name for chain in table.chains]
    behind = order[order.index(names[-1]) + 1 :] if names[-1] in order else ()
    return not {*behind} - YOUNG.get(table.name or "", set()) <= {*names} or bool(absent(table))


def absent(table: ReadTable) -> set[str]:
    """The chains that rules lead to and that the text has not."""
    rules = [rule for chain in table.chains for rule in chain.rules]
    led_to = {rule.target.name for rule in rules if rule.target}
    return led_to - {c.name for c in table.chains} - set(VERDICTS) - targets().keys()
