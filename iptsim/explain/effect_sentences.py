"""Effects in plain words: which packets, how they fared, how they fare now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from iptsim.diff.difference import Effect, Way
from iptsim.explain.catalogue import knows, sentence
from iptsim.explain.condition_words import field_name
from iptsim.explain.set_sentences import FORWARDED_TTL, set_words
from iptsim.explain.unknown_values import value_words
from iptsim.explain.untold_facts import place_words
from iptsim.extensions.values.services import PROTOCOL_NAMES
from iptsim.packet import BIT_FIELDS, NOBODY, Packet, bit_names
from iptsim.values import format_address, format_mac, parse_network
from iptsim.worlds.outcome import Condition, Cube, Step

_NEW = Condition(field="ctstate", values=("NEW",))
_IN_HEXADECIMAL = ("mark", "connmark", "tos")


def explain_effect(effect: Effect, lang: str = "en") -> str:
    """The effect in a sentence or two."""
    changed = sentence(
        "diff.changed", lang, where=sentence("effect.or", lang).join(where_words(effect, lang)),
        before=way_words(effect.before, lang), after=way_words(effect.after, lang),
    )  # fmt: skip
    follow = sentence("diff.new-only", lang) if new_only(effect) else ""
    hangs = "" if effect.compared else sentence("diff.hangs", lang)
    return sentence("diff.stop", lang).join(filter(None, (_capital(changed), hangs, follow)))


def _capital(text: str) -> str:
    """`TCP to port 80 …`: sentences do not begin with a lower-case protocol."""
    word, blank, rest = text.partition(" ")
    if word in PROTOCOL_NAMES.values():
        return word.upper() + blank + rest
    return text[:1].upper() + text[1:]


def new_only(effect: Effect) -> bool:
    """Whether only packets that open a connection fare otherwise: the effect is nat's."""
    return all(_NEW in cube.conditions for cube in effect.where)


def where_words(
    effect: Effect, lang: str = "en", *, others: Collection[Effect] = ()
) -> tuple[str, ...]:
    """`tcp to port 8088, arriving from the network`, one text for each set of packets.

    Where `others` are folded under it, that it has no mark is not said: they have.
    """
    parts = (part for cube in effect.where for part in cube.conditions) if others else ()
    unmarked = (p for p in parts if p.field == "mark" and not p.negate and _is_zero(p.values))
    return set_words(effect.where, effect.hook, lang, unsaid=[*_unsaid(effect), *unmarked])


def _is_zero(values: Iterable[str]) -> bool:
    """Whether 0 is one of the values: `0x0/0x4000`, a range `0-3`."""
    return any(int(value.partition("/")[0].partition("-")[0], 0) == 0 for value in values)


def _unsaid(effect: Effect) -> Iterator[Condition]:
    """What the rest of the effect says.

    NEW is in the sentence of what follows; what is sent out does not go by lo; that a packet is
    not sent to where it goes already need not be said.
    """
    if new_only(effect):
        yield _NEW
    if "out" in (effect.before.destination, effect.after.destination):
        yield Condition(field="out", values=("lo",), negate=True)
    for way in (effect.before, effect.after):
        target = dict(way.rewrites).get("dst")
        if target is not None:
            values = (str(target), f"{target}/32", f"{target}/128")
            yield Condition(field="dst", values=values, negate=True)


def way_words(way: Way, lang: str = "en") -> str:
    """`redirected to port 15001`, `delivered to the application`, `dropped`."""
    if way.destination is None:
        return sentence(f"fate.{way.verdict}" if way.verdict != "ACCEPT" else "fate.unknown", lang)
    rewrites = dict(way.rewrites)
    told = _sent(way, rewrites, lang)
    for field, value in rewrites.items():
        key = f"fate.field.{field}"
        name = sentence(key, lang) if knows(key, lang) else field
        told = sentence("fate.with", lang, fate=told, field=name, value=_value(field, value, lang))
    return told


def _sent(way: Way, rewrites: dict[str, int | str], lang: str) -> str:
    """Where the packet goes; takes what it tells out of `rewrites`."""
    address, port = rewrites.pop("dst", None), rewrites.pop("dport", None)
    if port is not None and (address is None or way.destination == "local"):
        return sentence("fate.redirected", lang, port=port)
    if address is None:
        return sentence(f"fate.{way.destination}", lang)
    shown = f"[{address}]" if port is not None and ":" in str(address) else str(address)
    return sentence("fate.sent", lang, to=shown if port is None else f"{shown}:{port}")


def _value(field: str, value: int | str, lang: str) -> str:
    if isinstance(value, int) and field in _IN_HEXADECIMAL:
        return hex(value)
    return value_words(field, str(value), lang)


def decided_words(way: Way, lang: str = "en", *, most: int | None = None) -> str:
    """`nat ISTIO_INBOUND 1, the policy of filter INPUT`; `most` of them, and how many more."""
    told = list(dict.fromkeys(_steps(way.decided_by, lang)))
    if most is not None and len(told) > most + 1:
        told[most:] = [sentence("diff.deciders.more", lang, count=len(told) - most)]
    return sentence("diff.comma", lang).join(told)


def _steps(steps: tuple[Step, ...], lang: str) -> Iterator[str]:
    for step in steps:
        policy = "diff.absent" if step.untold else "diff.policy-of"
        key = "diff.rule" if step.rule is not None else policy
        facts = {"table": step.table, "chain": step.chain, "rule": step.rule}
        yield sentence(key, lang, **facts, what=place_words(step.untold, lang))


_PORTLESS = (1, 58)  # ICMP and ICMPv6


def example_words(
    packet: Packet,
    hook: str,
    lang: str = "en",
    *,
    where: Iterable[Cube] = (),
    passing: bool = False,
) -> str:
    """`tcp 192.0.2.1:40000 → this host:8088`.

    The destination of a packet that arrives is told where `where` asks for it, or where the packet
    is only `passing` through.
    """
    proto = "" if packet.proto is None else PROTOCOL_NAMES.get(packet.proto, str(packet.proto))
    here = sentence("eg.this-host", lang)
    src = here if hook == "OUTPUT" else _address(packet, packet.src, lang)
    told = [c for cube in where for c in cube.conditions]
    conditions = (c for c in told if c.field == "dst")
    asked = any(not c.negate and _among(packet.dst, c.values) for c in conditions)
    local = hook in ("PREROUTING", "INPUT") and not asked and not passing
    dst = here if local else _address(packet, packet.dst, lang)
    sport, dport = (None, None) if packet.proto in _PORTLESS else (packet.sport, packet.dport)
    ends = (_end(src, sport), _end(dst, dport))
    fields = {c.field for c in told if c not in FORWARDED_TTL}
    others = [each for each in _more(packet) if not _goes_unsaid(*each, hook, fields)]
    more = [f"{field_name(name, 4, lang)} {_example(name, value)}" for name, value in others]
    more += [sentence("eg.fragment", lang)] if packet.fragment else []
    return " ".join(filter(None, (proto, " → ".join(ends), *more)))


def _goes_unsaid(name: str, value: int | str, hook: str, asked: Collection[str]) -> bool:
    """What anybody takes a packet for: a TTL that nothing asks for, no mark where it arrives."""
    if name == "ttl":
        return value == _USUAL_TTL and bool(asked) and name not in asked
    unasked = bool(asked) and name not in asked
    return name == "mark" and value == 0 and (hook == "PREROUTING" or unasked)


def _among(address: int | None, texts: Iterable[str]) -> bool:
    """Whether an address is in one of the prefixes or ranges of a cube."""
    for text in texts if address is not None else ():
        low, _dash, high = text.partition("-")
        network = parse_network(low)
        last = parse_network(high).value if high else network.value | ~network.mask
        if network.value <= (address or 0) <= last & ((1 << network.width) - 1):
            return True
    return False


def effect_example(effect: Effect, lang: str = "en") -> str:
    """The example of an effect in words."""
    ways = (effect.before, effect.after)
    passing = any(way.destination == "forward" and "dst" not in dict(way.rewrites) for way in ways)
    return example_words(effect.example, effect.hook, lang, where=effect.where, passing=passing)


def _example(field: str, value: int | str) -> str:
    if isinstance(value, int) and field in BIT_FIELDS:
        return bit_names(field, value)
    if isinstance(value, int) and field == "mac_src":
        return format_mac(value)
    return hex(value) if isinstance(value, int) and field in _IN_HEXADECIMAL else str(value)


_USUAL_TTL = 64


def _more(packet: Packet) -> Iterator[tuple[str, int | str]]:
    """What decides besides; a packet of which no state is told opens a connection."""
    told = ("proto", "src", "dst", "sport", "dport", "fragment")
    others = ((name, value) for name, value in packet.given().items() if name not in told)
    shown = (("uid", NOBODY) if name == "socket" else (name, value) for name, value in others)
    return (other for other in shown if other != ("ctstate", "NEW"))


def _address(packet: Packet, address: int | None, lang: str) -> str:
    if address is None:
        return sentence("eg.anywhere", lang)
    return format_address(address, 32 if packet.family == 4 else 128)


def _end(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
