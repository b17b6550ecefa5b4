"""Where a text ends within the last row of a listing: that row is torn, and more may follow.

Iptables pads the last column to its title's width (iptables.c, print_rule), and prints the text of
each match and target to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set

from iptsim.dataclass import replace
from iptsim.dialects.listing.chain_headers import TITLE
from iptsim.dialects.listing.rows import KINDS, fitting, has_unknown_text
from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.extensions.registry import targets
from iptsim.extensions.text import UnwritableError, write_rule
from iptsim.extensions.values.hidden_addresses import mask_of
from iptsim.extensions.wordings.beginnings import STARTS
from iptsim.model import VERDICTS, Chain, Rule, Unread
from iptsim.regex import regex

_WIDTH = 20
"""Of the last column, with the blank behind it."""
_PADDED = f"{'destination':{_WIDTH}}"
_PORTS = regex(r"!?[ds](?:p(?:t(?:s?(?:[:!]\S*)?)?)?)?")
_COUNTS = regex(r"\s+\d+[KMGTP]?(?:\s+\d+[KMGTP]?)?\s*")
"""The beginning of a row with counters; a number that belongs to the row above is not indented."""
_NO_BURST = regex(r"limit: (?:avg|up to|above) \S*(?: b\w*)?\s*$")
"""A limit is always printed with its burst (libxt_limit.c, limit_print)."""
_OF_TARGET = regex(r"rej|LOG|to:|flags|level|prefix")


def reread(
    section: Section,
    tables: Sequence[ReadTable],
    lost: Set[int],
    read: Callable[[Section], Sequence[ReadTable]],
) -> list[ReadTable]:
    """The tables of a listing whose end is odd, read again with a torn row marked as such.

    Without one they are read again only where others
    have lost their ends (`lost`, by their numbers).
    """
    marked = with_end_marked(section, tables) or (section if lost else None)
    return opened(section, tables if marked is None else read(marked))


def with_end_marked(section: Section, tables: Sequence[ReadTable]) -> Section | None:
    """The section with its last line marked as cut; None where the text does not end within it."""
    at = _last(section)
    if at is None:
        return None
    line = section.lines[at]
    rule = next((each for each in _rules(tables) if _is_at(each, line)), None)
    if rule is not None and rule.unread is not None:
        return None
    cut = _is_half_a_row(section, at, tables) if rule is None else _is_torn(rule, line, section)
    if not cut:
        return None
    lines = (*section.lines[:at], replace(line, cut=True), *section.lines[at + 1 :])
    return replace(section, lines=lines)


def opened(section: Section, tables: Sequence[ReadTable]) -> list[ReadTable]:
    """The tables; what stands behind a last row that is torn is unknown."""
    at = _last(section)
    if at is None or not tables or not tables[-1].chains:
        return list(tables)
    *before, last = tables[-1].chains
    rule = last.rules[-1] if last.rules else None
    if rule is None or not _is_cut(rule) or not _is_at(rule, section.lines[at]):
        return list(tables)
    if any(map(_is_cut, last.rules[:-1])):
        return list(tables)  # by the text's width
    return [*tables[:-1], replace(tables[-1], chains=(*before, _with_more(last)))]


def _is_cut(rule: Rule) -> bool:
    return rule.unread is not None and rule.unread.why == "cut"


def _with_more(chain: Chain) -> Chain:
    more = Rule(place=chain.place, unread=Unread(why="cut"))
    return replace(chain, rules=(*chain.rules, more))


def _last(section: Section) -> int | None:
    """The number of the line in which the text ends."""
    if not section.last:
        return None
    lines = section.lines
    return next((n for n in reversed(range(len(lines))) if lines[n].text.strip()), None)


def _rules(tables: Sequence[ReadTable]) -> Iterator[Rule]:
    return (rule for table in tables for chain in table.chains for rule in chain.rules[-1:])


def _is_at(rule: Rule, line: Line) -> bool:
    return rule.place is not None and rule.place.line == line.number


def _is_half_a_row(section: Section, at: int, tables: Sequence[ReadTable]) -> bool:
    """Whether a line below a title or a row is the beginning of a target's name."""
    text = section.lines[at].text
    above = section.lines[at - 1].text if at else ""
    if not above.strip() or not _is_title_or_row(above):
        return False
    if _COUNTS.fullmatch(text):
        return True
    chains = {chain.name for table in tables for chain in table.chains}
    known = {*VERDICTS, *targets(), *chains}
    word, *more = text.split()
    if not more:
        return any(name.startswith(word) for name in known)
    padded = text.rstrip() + " anywhere" * 4
    return word in known and any(fitting(kind, padded) is not None for kind in KINDS)


def _is_title_or_row(text: str) -> bool:
    return TITLE.match(text) is not None or any(fitting(kind, text) for kind in KINDS)


def _is_torn(rule: Rule, line: Line, section: Section) -> bool:
    if _goes_on(rule, line) or _NO_BURST.search(line.text) is not None:
        return True
    column = _last_column(line.text)
    if column is not None:
        own = line.full.endswith(line.text) or not line.full  # nothing was peeled off its end
        return own and _is_padded(section) and len(column) < _WIDTH
    return has_unknown_text(rule) and any(map(_is_begun, _unknown(rule)))


def _goes_on(rule: Rule, line: Line) -> bool:
    """Whether the last word is the beginning of one that iptables prints there."""
    last = line.text.rsplit(maxsplit=1)[-1]
    try:
        words = write_rule("", rule, 4).split()
    except UnwritableError:
        return False
    return last not in words and any(word.startswith(last) for word in words[-2:])


def _last_column(text: str) -> str | None:
    """The last column of a row without text, with the blanks behind it."""
    found = next((each for kind in KINDS if (each := fitting(kind, text))), None)
    if found is None or found["TEXT"]:
        return None
    return text[found.start("DESTINATION") :]


def _is_padded(section: Section) -> bool:
    titles = [line for line in section.lines if TITLE.match(line.text)]
    return bool(titles) and all(line.text.endswith(_PADDED) for line in titles)


def _unknown(rule: Rule) -> Iterator[str]:
    parts = (*rule.matches, *((rule.target,) if rule.target else ()))
    return (" ".join(part.raw).removeprefix("? ") for part in parts if part.raw)


def _is_begun(text: str) -> bool:
    """Whether text that nobody can read is the beginning of what an extension prints."""
    word = text.split(maxsplit=1)[0] if text.split() else ""
    if word == "!" or not word:
        return False
    starts = {each for told in STARTS.values() for each in told}
    known = word in starts or (word == text and any(s.startswith(word) for s in starts))
    if _is_hidden(word):
        return False
    return known or _PORTS.fullmatch(text) is not None or _OF_TARGET.match(text) is not None


def _is_hidden(word: str) -> bool:
    """Whether it is an address that its writer hid, with what leads to it: `to:x.x.x.x:81`."""
    address = word.removeprefix("to:")
    return mask_of(address, 32) is not None or mask_of(address.rpartition(":")[0], 32) is not None
