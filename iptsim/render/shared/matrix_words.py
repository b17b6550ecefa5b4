"""A matrix of groups in words that its outputs share: addresses, service, cells."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.explain.catalogue import sentence
from iptsim.knowledge.internet import service
from iptsim.query.matrix import Group, Matrix, Reach
from iptsim.render.shared.value_json import asked_json
from iptsim.values import IntSet, Network, blocks

_FEW, _MOST = 3, 5
"""Networks of a group, or those that it lacks of one, that are told one by one."""


def networks(addresses: IntSet, family: int) -> list[str]:
    """A set of addresses as prefixes, single addresses without a length."""
    width = 32 if family == 4 else 128
    found = (Network(value=b.value, mask=b.mask, width=width) for b in blocks(addresses, width))
    return [str(one).removesuffix(f"/{width}") for one in found]


def group_words(group: Group, found: Matrix, lang: str) -> str:
    """`10.0.0.0/8 but 10.1.2.3, 192.0.2.1`; of many networks the first.

    The largest group is «all other addresses», where it is not told in fewer words.
    """
    family = found.packet.family
    told = networks(group.addresses, family)
    comma = sentence("query.comma", lang)
    if len(told) <= _FEW:
        return comma.join(told)
    around = _around(group.addresses, family)
    less = networks(around.addresses - group.addresses, family)
    if len(less) <= _FEW:
        return sentence("matrix.but", lang, network=around, less=comma.join(less))
    if len(told) <= _MOST:
        return comma.join(told)
    if group == max(found.groups, key=lambda one: one.addresses.count):
        return sentence("matrix.others", lang)
    more = len(told) - _MOST
    return sentence("matrix.more", lang, first=comma.join(told[:_MOST]), count=more)


def _around(addresses: IntSet, family: int) -> Network:
    """The smallest prefix that holds all of them."""
    width = 32 if family == 4 else 128
    low, high = addresses.ranges[0][0], addresses.ranges[-1][1]
    free = (low ^ high).bit_length()
    mask = ((1 << width) - 1) >> free << free
    return Network(value=low & mask, mask=mask, width=width)


def idle(found: Matrix) -> tuple[Group, ...]:
    """The groups that reach nobody and that nobody reaches."""
    active = {name for source, to, _reach in ways(found) for name in (source, to)}
    return tuple(group for group in found.groups if group.name not in active)


def service_words(found: Matrix, lang: str) -> str:
    """`tcp, port 22 (ssh)`: the packets that were asked for."""
    given = asked_json(found.packet)
    words = [str(given.pop("proto", sentence("packet.any", lang)))]
    port = given.pop("dport", None)
    if isinstance(port, int):
        known = service(port, {words[0]} & {"tcp", "udp"})
        name = f"{port} ({known})" if known else str(port)
        words.append(sentence("matrix.port", lang, port=name))
    elif port is not None:
        words.append(sentence("matrix.port", lang, port=port))
    words += [f"{name} {value}" for name, value in given.items()]
    text = sentence("query.comma", lang).join(words)
    return sentence("matrix.6", lang, service=text) if found.packet.family == 6 else text


def reach_word(reach: Reach, lang: str) -> str:
    """`yes`, `some`, `maybe` or a dash."""
    return sentence(f"matrix.{reach.value}", lang)


def kinds_of(found: Matrix) -> tuple[Reach, ...]:
    """The kinds of answers that the matrix has, besides none."""
    told = {*found.reach.values(), *found.host.values()}
    return tuple(reach for reach in Reach if reach in told and reach is not Reach.NO)


def ways(found: Matrix) -> Iterable[tuple[str, str | None, Reach]]:
    """Who reaches whom: names of groups, None for this host; none of those who do not."""
    for group in found.groups:
        for other in found.groups:
            if (reach := found.reach[group.name, other.name]) is not Reach.NO:
                yield group.name, other.name, reach
        if (reach := found.host[group.name]) is not Reach.NO:
            yield group.name, None, reach
