"""One rule against what its matches and its target ask for, wherever it stands: options, protocol.

What is told is what iptables and the kernel refuse when the rule is loaded; see
`iptsim.extensions.demands`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from iptsim.extensions.demands import Demands, Limits, Of, Wrong, between, keys_of
from iptsim.extensions.registry import matches, targets
from iptsim.extensions.spec import Extension
from iptsim.extensions.text import protocol_name
from iptsim.lint.finding import Kind
from iptsim.model import Header, Match, Option, Rule, Table, Target
from iptsim.values import Masked, Range

Facts = tuple[tuple[str, str], ...]
Complaint = tuple[Kind, Facts]
Part = tuple[Match, Extension]
_LONGEST_INTERFACE = 15
_SYN = 0x02


def parts_of(rule: Rule, table: Table) -> Iterator[Part]:
    """The rule's matches and its target, each with its extension, as far as all of it is known."""
    for match in rule.matches:
        known = matches().get(match.name)
        if known is not None and not match.raw:
            yield match, known
    target = rule.target
    if target is None or target.goto or target.raw or table.chain(target.name) is not None:
        return
    extension = targets().get(target.name)
    if extension is not None:
        yield target, extension


def label(part: Match) -> str:
    """`-m tcp`, `-j DNAT`."""
    return f"-j {part.name}" if isinstance(part, Target) else f"-m {part.name}"


def complaints(rule: Rule, table: Table, family: int) -> Iterator[Complaint]:
    """All that is refused of a rule, whatever its table and its chain are."""
    yield from _header(rule, family)
    for part, extension in parts_of(rule, table):
        demands = extension.demands
        if family not in extension.families:
            yield Kind.OTHER_FAMILY, (("name", label(part)),)
            continue
        yield from _protocol(rule.header, part, demands, family, older=table.nft is False)
        yield from _lacking(part, extension, rule.hides)
        if demands.older_needs_syn and table.nft is False and not any(map(_asks_syn, rule.matches)):
            yield Kind.LACKS_OPTION, (("name", label(part)), ("options", "-m tcp --syn"))
        yield from _too_many(part, demands)
        yield from _values(part, demands, family)


def _header(rule: Rule, family: int) -> Iterator[Complaint]:
    if rule.header.fragment is not None and family == 6:
        yield Kind.OTHER_FAMILY, (("name", "-f"),)
    for flag, pattern in (("-i", rule.header.in_), ("-o", rule.header.out)):
        if pattern is not None and len(str(pattern).encode()) > _LONGEST_INTERFACE:
            yield wrong_value(Wrong(option=flag, value=str(pattern), right="long", facts=_most(15)))


def _protocol(
    header: Header, part: Match, demands: Demands, family: int, *, older: bool
) -> Iterator[Complaint]:
    """The kernel takes no `!`: xt_check_match asks `inv_proto` as well."""
    excluded = "proto" in header.not_ and not _overlooks_not(part, demands, older=older)
    asked = [(label(part), demands.protocols_in(family))]
    asked += _by_option(part, demands.option_protocols)
    for name, wanted in asked:
        if wanted and (excluded or header.proto not in wanted):
            names = ", ".join(protocol_name(number) for number in wanted)
            yield Kind.NEEDS_PROTOCOL, (("name", name), ("protocols", names))
            return


def _overlooks_not(part: Match, demands: Demands, *, older: bool) -> bool:
    if demands.not_ == "always" or not demands.not_for:
        return demands.not_ == "always" or (demands.not_ == "nft" and not older)
    given = {option.name for option in part.options}
    return not older and bool(given) and given <= demands.not_for


def _by_option(part: Match, asked: Of) -> Iterator[tuple[str, tuple[int, ...]]]:
    for option in part.options:
        for key in keys_of(option):
            if key in asked:
                yield f"{label(part)} {key}", asked[key]


def _lacking(part: Match, extension: Extension, hides: frozenset[str]) -> Iterator[Complaint]:
    """Options that must be there; what a listing does not print may be."""
    demands = extension.demands
    if demands.any_option and not part.options:
        names = " / ".join(option.name for option in extension.options)
        yield Kind.LACKS_OPTION, (("name", label(part)), ("options", names))
    for group in demands.one_of:
        hidden = hides.intersection(group)
        if not hidden and not any(part.has(name) for name in group):
            yield Kind.LACKS_OPTION, (("name", label(part)), ("options", " / ".join(group)))
    given = {key for option in part.options if not option.negate for key in keys_of(option)}
    given |= {option.name for option in part.options}
    for name, needed in demands.with_:
        if name in given and not given.intersection(needed):
            facts = (("name", f"{label(part)} {name}"), ("options", " / ".join(needed)))
            yield Kind.LACKS_OPTION, facts


def _asks_syn(match: Match) -> bool:
    """As the kernel looks for it (xt_TCPMSS.c, find_syn_match)."""
    flags = match.option("--tcp-flags")
    asked = flags.value.value if flags is not None and isinstance(flags.value, Masked) else 0
    return match.name == "tcp" and bool(asked & _SYN) and not (flags and flags.negate)


def _too_many(part: Match, demands: Demands) -> Iterator[Complaint]:
    for group in demands.exclusive:
        given = [name for name in group if part.has(name)]
        if len(given) > 1:
            facts = (("name", label(part)), ("options", ", ".join(given)))
            yield Kind.EXCLUSIVE_OPTIONS, facts
    times: Counter[str] = Counter()
    for option in part.options:
        times[option.name] += 1
        if option.name == demands.between:
            times.clear()
        elif times[option.name] == 2:
            yield Kind.REPEATED_OPTION, (("name", label(part)), ("option", option.name))


def _values(part: Match, demands: Demands, family: int) -> Iterator[Complaint]:
    for option in part.options:
        limits = demands.values.get(option.name)
        if limits is not None:
            for wrong in _beyond(option, limits):
                yield wrong_value(wrong)
    if demands.further is not None:
        for wrong in demands.further(part, family):
            yield wrong_value(wrong)


def wrong_value(wrong: Wrong) -> Complaint:
    """The complaint about a value."""
    facts = (("option", wrong.option), ("value", wrong.value), ("right", wrong.right))
    return Kind.WRONG_VALUE, (*facts, *wrong.facts)


def _most(most: int) -> Facts:
    return (("most", str(most)),)


def _beyond(option: Option, limits: Limits) -> Iterator[Wrong]:
    several = option.value if isinstance(option.value, tuple) else (option.value,)
    for value in several:
        if isinstance(value, int):
            yield from between(option.name, value, limits.low, limits.high)
        elif isinstance(value, Range) and _backward(value, limits):
            yield Wrong(option=option.name, value=f"{value.low}:{value.high}", right="order")


def _backward(value: Range, limits: Limits) -> bool:
    return (limits.ordered or limits.wider) and value.low > value.high - limits.wider
