"""A whole rule's meaning: its condition as a predicate, its target as actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from iptsim import codes
from iptsim.actions import Action, Continue, Fate, Jump, Return, Verdict
from iptsim.dataclass import replace
from iptsim.extensions.addons import is_vague
from iptsim.extensions.registry import matches, targets
from iptsim.extensions.spec import Context
from iptsim.extensions.text import named_facts, protocol_name, write_match, write_rule
from iptsim.extensions.values.hidden_addresses import mask_of
from iptsim.extensions.values.hostnames import as_told, name_fact
from iptsim.model import UNREADABLE, Header, Match, Rule, Table, Target
from iptsim.packet import SKIPPED
from iptsim.predicate import (
    NEVER,
    Fact,
    Interface,
    Predicate,
    all_of,
    any_of,
    equals,
    in_network,
    named,
    negate_if,
)

_AH = 51
_BEHIND = {50: "esp", 59: "none"}
_VERDICTS: dict[str, Action] = {
    "ACCEPT": Verdict(fate=Fate.ACCEPT),
    "DROP": Verdict(fate=Fate.DROP),
    "QUEUE": Verdict(fate=Fate.QUEUE),
    "RETURN": Return(),
}


def condition(rule: Rule, where: Context) -> Predicate:
    """When the rule matches: header first, then each match, as the kernel asks them.

    Of a rule of nftables what stands before it does anything.
    """
    return all_of(part for _words, part in _conditions(rule, where))


def conditions(rule: Rule, where: Context) -> Iterator[tuple[str, Predicate]]:
    """Each single condition with the words of the rule that ask it (`-p tcp`, `-m owner …`)."""
    return ((words(), part) for words, part in _conditions(rule, where))


Words = Callable[[], str]
"""What makes the words of a rule, which few ask for."""


def _conditions(rule: Rule, where: Context) -> Iterator[tuple[Words, Predicate]]:
    for words, part in _asked_by(rule, where):
        yield words, as_told(part, where.named) if where.named else part


def _asked_by(rule: Rule, where: Context) -> Iterator[tuple[Words, Predicate]]:
    if rule.nft is not None:
        from iptsim.extensions.nft.nft_programs import asked_first  # noqa: PLC0415  # if asked

        yield from asked_first(rule, where)
        return
    yield from _header(rule, where)
    if "proto" in rule.header.not_:
        where = replace(where, excluded=rule.header.proto)
    for index, match in enumerate(rule.matches):
        nth = where.nth_of[index] if where.nth_of else 1
        here = where if nth == where.nth else replace(where, nth=nth)
        yield partial(_label, match, where.family), lower_match(match, here)


def lower_match(match: Match, where: Context) -> Predicate:
    """The meaning of one match; an opaque fact where nobody has modelled it."""
    extension = matches().get(match.name)
    if extension is not None and extension.lower is not None:
        return extension.lower(match, where)
    text = _label(match, where.family)
    if extension is not None and extension.opaque_of is not None:
        return named_facts(extension.opaque_of(match, where), text, where)
    if match.name == UNREADABLE:
        # Two placeholders that read alike may stand for different things.
        return named_facts(Fact(key="", reads=("*",), each_time=True), text, where)
    pattern = extension.opaque if extension and extension.opaque else Fact(key="", reads=("*",))
    return named_facts(pattern, text, where)


def actions(rule: Rule, where: Context, table: Table) -> tuple[Action, ...]:
    """What the rule's matches and its target do.

    A jump to a chain that is absent stays a `Jump` to it.
    """
    if rule.nft is not None:
        from iptsim.extensions.nft.nft_programs import done_then  # noqa: PLC0415  # if asked

        return done_then(rule, where, table)
    return (*_of_matches(rule), *_of_target(rule.target, where, table))


def _of_matches(rule: Rule) -> Iterator[Action]:
    for match in rule.matches:
        extension = matches().get(match.name)
        if extension is not None and extension.acts is not None:
            yield from extension.acts(match)


def _of_target(target: Target | None, where: Context, table: Table) -> tuple[Action, ...]:
    if target is None:
        return (Continue(),)
    if table.chain(target.name) is not None:
        return (Jump(chain=target.name, goto=target.goto),)
    return _extension_actions(target, where)


def is_chain(target: Target) -> bool:
    """Whether a target can only be a chain: neither a verdict nor an extension that is known."""
    return target.goto or (target.name not in _VERDICTS and not _is_known(target))


def _is_known(target: Target) -> bool:
    return target.name in targets() and (not target.raw or is_vague(target))


def _extension_actions(target: Target, where: Context) -> tuple[Action, ...]:
    if target.name in _VERDICTS and not target.goto:
        return (_VERDICTS[target.name],)
    extension = targets().get(target.name)
    if target.raw and extension is not None and extension.vague and is_vague(target):
        return extension.vague(where)
    # A known target with text of a listing that it does not know is as unknown as any other.
    if extension is None or target.goto or target.raw:
        return (Jump(chain=target.name, goto=target.goto),)
    return extension.lower(target, where)


def _label(match: Match, family: int) -> str:
    raw = match.name in ("?", UNREADABLE)
    return " ".join(match.raw) if raw else write_match(match, family)


def _header(rule: Rule, where: Context) -> Iterator[tuple[Words, Predicate]]:
    header = rule.header
    yield from _addresses(rule, where)
    for field, flag, pattern in (("in", "-i", header.in_), ("out", "-o", header.out)):
        if pattern is not None:
            yield _asked(header, field, (flag, pattern), Interface(field=field, pattern=pattern))
    if header.proto is not None:
        name = protocol_name(header.proto)
        yield _asked(header, "proto", ("-p", name), _protocol(header.proto, where))
    if header.fragment is not None:
        later = equals("fragment", 1) if where.sees_fragments else NEVER
        said = "-f" if header.fragment else "! -f"
        yield partial(str, said), negate_if(not header.fragment, later)


def _protocol(number: int, where: Context) -> Predicate:
    """IPv6 skips extension headers to find it (net/ipv6/exthdrs_core.c, ipv6_find_hdr).

    An AH is one of them for the older tables, but not for nf_tables (IP6_FH_F_AUTH).
    """
    if where.family == 4:
        return equals("proto", number)
    skipped = number in SKIPPED or (number == _AH and not where.nft)
    found = NEVER if skipped else equals("proto", number)
    if where.nft or number not in _BEHIND:
        return found
    behind = all_of((equals("proto", _AH), named("ah_next", _BEHIND[number])))
    return any_of((found, behind))


def _addresses(rule: Rule, where: Context) -> Iterator[tuple[Words, Predicate]]:
    header, names = rule.header, dict(rule.address_names)
    for field, flag, network in (("src", "-s", header.src), ("dst", "-d", header.dst)):
        shown = [] if network is None else [in_network(field, network)]
        if field in names:
            part = all_of((*shown, _called(field, names[field], rule, where)))
            yield _asked(header, field, (flag, names[field]), part)
        elif network is not None:
            yield _asked(header, field, (flag, network), shown[0])


def _called(field: str, name: str, rule: Rule, where: Context) -> Fact:
    """That an address is the one of a name; what a writer hid is another address in each rule."""
    fact = name_fact(field, name)
    if mask_of(name, 32 if where.family == 4 else 128) is None:
        return fact
    text = write_rule(where.chain, replace(rule, unread=None), where.family, shown=True)
    again = f" (no. {where.nth})" if where.nth > 1 else ""
    key = f"{field} is the {name} of {where.table} «{text}»{again}"
    return replace(fact, key=key, code=codes.HIDDEN_ADDRESS)


def _asked(
    header: Header, field: str, said: tuple[str, object], part: Predicate
) -> tuple[Words, Predicate]:
    negated = field in header.not_
    return partial(_worded, *said, negated=negated), negate_if(negated, part)


def _worded(flag: str, value: object, *, negated: bool) -> str:
    return f"! {flag} {value}" if negated else f"{flag} {value}"
