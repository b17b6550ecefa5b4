"""Rules that a command names by what they ask, in a listing that hides a part of it."""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.rule.plans import Read
from iptsim.dialects.rule.words import Source
from iptsim.dialects.save.table_so_far import ChainState, TableState
from iptsim.errors import DumpError
from iptsim.model import Header, Match, Rule

_INTERFACES = "interfaces"


def as_numbered(state: TableState, read: Read, source: Source) -> Read:
    """A `-D` of a rule as one of its number, where the chain's listing hides what rules ask.

    Raises `DumpError` where no rule, or more than one, can be meant.
    """
    chain = state.chains.get(read.operands[0]) if read.operands else None
    named = read.letter == "D" and len(read.operands) == 1 and len(read.rules) == 1
    if chain is None or not named or not _hides(chain) or not chain.whole:
        return read
    places = _places(chain, read.rules[0])
    if len(places) == 1:
        number = str(places[0] + 1)
        return replace(read, operands=(chain.name, number), spans=(*read.spans, *read.spans))
    if not places:
        raise _error(codes.NO_RULE_LIKE_IT, "no rule of {} is the same as this one", chain, source)
    message = "several rules of {} may be this one, as the listing hides a part; give its number"
    raise _error(codes.SEVERAL_LIKE_IT, message, chain, source)


def is_there(state: TableState, read: Read, source: Source, *, asked: bool) -> bool:
    """Whether a rule is there that `-C` asks for.

    Raises `DumpError` where the text does not tell, and what follows hangs on it (`asked`).
    """
    chain = state.chains.get(read.operands[0])
    if chain is None:
        return False
    found = all(_places(chain, rule) for rule in read.rules)
    if asked and (not chain.whole or (found and _hides(chain))):
        raise _error(
            codes.CHECK_UNTOLD, "the text does not tell what -C finds in {}", chain, source
        )
    return found


def _hides(chain: ChainState) -> bool:
    return any(rule.hides - {"counters"} for rule in chain.rules)


def _places(chain: ChainState, given: Rule) -> list[int]:
    return [at for at, rule in enumerate(chain.rules) if _may_be(rule, given)]


def _may_be(rule: Rule, given: Rule) -> bool:
    """Whether a listed rule may be the one that is named, for all that the listing shows."""
    hides = rule.hides - {"counters"}
    return rule == given if not hides else _shown(rule, hides) == _shown(given, hides)


def _shown(rule: Rule, hides: frozenset[str]) -> Rule:
    header = _without_interfaces(rule.header) if _INTERFACES in hides else rule.header
    matches = tuple(_without(match, hides) for match in rule.matches)
    return replace(rule, header=header, matches=matches)


def _without_interfaces(header: Header) -> Header:
    return replace(header, in_=None, out=None, not_=header.not_ - {"in", "out"})


def _without(match: Match, hides: frozenset[str]) -> Match:
    options = tuple(option for option in match.options if option.name not in hides)
    return replace(match, options=options)


def _error(code: str, message: str, chain: ChainState, source: Source) -> DumpError:
    text = source.lines[0].full or source.text
    start = len(text) - len(text.lstrip())
    return DumpError(
        message.format(chain.name), place=source.place(start), text=text,
        length=len(text.strip()), code=code, chain=chain.name,
    )  # fmt: skip
