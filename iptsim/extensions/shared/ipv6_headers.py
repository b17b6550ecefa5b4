"""What the matches on IPv6 extension headers share: whether the header is there, how long it is.

Source: net/ipv6/exthdrs_core.c (ipv6_find_hdr). A match that does not find its header is false,
whatever it has a `!` before.
"""

from __future__ import annotations

from collections.abc import Callable

from iptsim.dataclass import replace
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.shared.opaque import about
from iptsim.extensions.spec import Context
from iptsim.model import Match, Option
from iptsim.packet import EXT_HEADERS
from iptsim.predicate import NEVER, Fact, InSet, Predicate, all_of, bits, equals, negate_if
from iptsim.values import Range


def there(header: str) -> Predicate:
    """The packet has that extension header; `header` is a name of `EXT_HEADERS`."""
    return bits("ext_headers", EXT_HEADERS[header], EXT_HEADERS[header])


def asked(header: Predicate, match: Match, asks: Callable[[Option], Predicate]) -> Predicate:
    """`header` and what each option asks of it, in their order."""
    return all_of((header, *(asks(option) for option in match.options)))


def in_range(field: str, option: Option) -> Predicate:
    """The number in `field` lies in the option's range, or with `!` outside of it."""
    inside = InSet(field=field, values=value_of(option.value, Range).members)
    return negate_if(option.negate, inside)


def is_number(field: str, option: Option) -> Predicate:
    """The number in `field` is the option's, or with `!` another."""
    return negate_if(option.negate, equals(field, value_of(option.value, int)))


def has_length(field: str, option: Option, *, unit: int = 8) -> Predicate:
    """The header has as many bytes as the option says; it is made of `unit` bytes at a time."""
    length = value_of(option.value, int)
    possible = length % unit == 0 and 8 <= length <= (257 * 4 if unit == 4 else 2048)
    return negate_if(option.negate, equals(field, length) if possible else NEVER)


def alone(match: Match, *names: str) -> Match:
    """The match with only these of its options."""
    return replace(match, options=tuple(o for o in match.options if o.name in names))


def unknown_of(match: Match, option: Option, where: Context, pattern: Fact) -> Predicate:
    """The fact that one option asks of a header that is there; its `!` turns it round."""
    plain = replace(match, options=(replace(option, negate=False),))
    return negate_if(option.negate, about(plain, where, pattern))
