"""Whether rules speak of loopback addresses, so that route_localnet may decide what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from iptsim.actions import Action, Translate, ways_of
from iptsim.dataclass import replace
from iptsim.host import loopback
from iptsim.late_rules import LateRules
from iptsim.model import Chain, Table
from iptsim.packet import Packet
from iptsim.predicate import InSet, atoms
from iptsim.tracer.host.kernel_settings import tells_localnet
from iptsim.tracer.rules.kinds import kinds_of, late_chains, one_of_each
from iptsim.tracer.rules.ready import Library, Ready
from iptsim.values import IntSet
from iptsim.worlds.world import Setting

_Telling = Callable[[Ready], Iterator[str]]
_LOOPS = IntSet.between(*loopback(32))
_ENDS = {
    "src": "src", "ctorigsrc": "src", "ctrepldst": "src",
    "dst": "dst", "ctorigdst": "dst", "ctreplsrc": "dst",
}  # fmt: skip
_ALL, _SENT = {"src", "dst"}, {"src"}
_ARRIVING = ("PREROUTING", "INPUT", "FORWARD")


def speaking_of_loopback(libraries: Iterable[Library], hook: str) -> frozenset[str]:
    """The address fields, src and dst, of which rules tell loopback addresses apart.

    Of what arrives: a rule asks for addresses within 127.0.0.0/8, or sends packets there. Of what
    this host sends: one gives a packet, whose source may be such, another destination.
    """
    arrives = hook in _ARRIVING
    hooks, told = (_ARRIVING, _arriving) if arrives else (("OUTPUT",), _sent)
    rules = (ready for library in libraries for ready in _within(library, hooks, told))
    found: set[str] = set()
    for ready in rules:
        found.update(told(ready))
        if found >= (_ALL if arrives else _SENT):
            break  # no other rule can tell more
    return frozenset(found)


def taken_off(packet: Packet, hook: str, setting: Setting) -> bool:
    """Whether route_localnet, taken to be off as nobody told, decides about the packets asked for.

    It does where the question gives a loopback address; where rules speak of those, its answers
    tell what hangs on it. To a loopback address nothing is forwarded or sent by a wire anyway.
    """
    name = packet.in_ if hook in _ARRIVING else packet.out
    if packet.family != 4 or name == "lo" or tells_localnet(setting.host, name):
        return False
    ends = {"src": packet.src, "dst": packet.dst if hook in ("PREROUTING", "INPUT") else None}
    given = {end for end, address in ends.items() if address is not None and address in _LOOPS}
    return bool(given - setting.localnet_open)


def _arriving(ready: Ready) -> Iterator[str]:
    tests = (a for a in atoms(ready.condition) if isinstance(a, InSet) and a.field in _ENDS)
    yield from (_ENDS[test.field] for test in tests if _apart(test.values))
    if any(one.addresses and one.addresses & _LOOPS for one in _translations(ready.actions)):
        yield "dst"


def _sent(ready: Ready) -> Iterator[str]:
    if any(one.addresses is not None for one in _translations(ready.actions)):
        yield "src"


def _within(library: Library, hooks: tuple[str, ...], told: _Telling) -> Iterator[Ready]:
    """The rules of the chains that packets at those hooks may come to.

    Not of chains whose rules can tell nothing, by the words of their text.
    """
    if library.ruleset.family != 4:
        return
    for table in library.ruleset.tables:
        if table.nft_table is not None:
            yield from one_of_each(library, table, _reached(table, hooks))
            continue
        silent = _silent(library, table, told)
        for chain in _reached(table, hooks):
            if chain.name not in silent or silent[chain.name].intersection(chain.aims):
                yield from library.chain(table, chain)


def _reached(table: Table, hooks: tuple[str, ...]) -> Iterator[Chain]:
    names = [chain.name for hook in hooks for chain in table.at(hook)]
    seen = set(names)
    while names:
        chain = table.chain(names.pop())
        if chain is not None:
            yield chain
            to = set(chain.aims)
            names += [name for name in to - seen if table.chain(name) is not None]
            seen |= to


def _silent(library: Library, table: Table, told: _Telling) -> dict[str, frozenset[str]]:
    """The chains whose rules tell nothing, but for those that have one of these targets.

    None where a rule's conditions may tell something: then each has to be asked.
    """
    late = late_chains(library, table)
    if any(isinstance(c.rules, LateRules) and c.rules.near_loopback for c in late.values()):
        return {}
    kinds = [ready for ready in kinds_of(library, table) if any(told(ready))]
    targets = {ready.rule.target.name for ready in kinds if ready.rule.target is not None}
    bare = any(any(told(replace(ready, actions=()))) for ready in kinds)
    return {} if bare else dict.fromkeys(late, frozenset(targets))


def _apart(values: IntSet) -> bool:
    """Whether a set has an edge at or within the loopback addresses, not only all around them."""
    ((first, last),) = _LOOPS.ranges
    inside = values & _LOOPS
    whole = values if inside == _LOOPS else IntSet.width(32) - values if not inside else None
    return whole is None or any(
        (low == first or high == last) and low <= first <= last <= high
        for low, high in whole.ranges
    )


def _translations(actions: Iterable[Action]) -> Iterator[Translate]:
    for one in actions:
        if isinstance(one, Translate):
            yield one
        else:
            yield from (found for way in ways_of(one) for found in _translations(way))
