"""Sets of packets in words: «tcp to port 22 (ssh) from 10.0.0.0/8, arriving by eth0».

What goes without saying is not said: at each hook some conditions hold of every packet. JSON has
the whole condition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.explain.catalogue import knows, sentence
from iptsim.explain.chance import without_draws
from iptsim.explain.unions import Parts, Told, apart, excepting, shorter
from iptsim.explain.untold_facts import chosen_words, detail_words, telling
from iptsim.explain.value_names import PORTS, listed, values_words
from iptsim.packet import CT_STATES
from iptsim.predicate import Fact
from iptsim.regex import regex
from iptsim.worlds.outcome import Condition, Cube

# More cubes than this tell a reader nothing; JSON has them all.
_MOST = 4
# Conditions that lines of a list have in common are told once when they are as many as these.
_MUCH = 2
# Nor do sets of more letters than this.
_SAYABLE = 320
_NARROW = "\u2e7f"  # of Chinese half as many are as long
_CHOSEN = codes.CHOSEN_VALUE
_NEW_ROUTE = regex(r"out after the new route is (not )?(\S+)")
_ROUTED = frozenset({"NEW", "ESTABLISHED", "RELATED"})
_UNUSUAL = (
    "0.0.0.0/32", "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32",
    "::/128", "::1/128", "ff00::/8",
)  # fmt: skip
_ENDS = ("dst", "dport"), ("src", "sport")
_LINKS = ("in", "out")
_OWNERS = ("uid", "gid")
_OPPOSITE = MappingProxyType({"yes": "no", "no": "yes"})
_APART = frozenset({"proto", "ctstate", "dst_type", *_LINKS, *(f for end in _ENDS for f in end)})


def _none(field: str, *values: str) -> Condition:
    return Condition(field=field, values=values, negate=True)


# A packet whose TTL runs out is not forwarded, and one that is sent here has more. What comes in
# from elsewhere is not sent on over lo, nor has it an address that routing throws away (route.c,
# ip_route_input_slow): that multicast fares otherwise than the packets told is no news.
FORWARDED_TTL = (_none("ttl", "0-1"), Condition(field="ttl", values=("2-255",)))
_FROM_ELSEWHERE = (
    *FORWARDED_TTL,
    *(_none(field, *_UNUSUAL) for field in ("src", "dst")),
    *(_none(field, "lo") for field in _LINKS),
)
_UNSAID: Mapping[str, tuple[Condition, ...]] = MappingProxyType(
    {
        "PREROUTING": _FROM_ELSEWHERE, "INPUT": (*FORWARDED_TTL, _none("in", "lo")),
        "FORWARD": _FROM_ELSEWHERE, "OUTPUT": FORWARDED_TTL, "POSTROUTING": FORWARDED_TTL,
    }
)  # fmt: skip


def is_sayable(told: Collection[str]) -> bool:
    """Whether a reader can keep in mind what `set_words` tells."""
    return sum(1 + (letter > _NARROW) for text in told for letter in text) <= _SAYABLE


def some_words(cubes: Iterable[Cube], hook: str, lang: str) -> str:
    """`some tcp to port 80, arriving by eth0`: what all of a set have in common."""
    parts: list[Parts] = [(*cube.conditions, *cube.facts) for cube in cubes]
    common = _said(apart(parts)[0], _UNSAID[hook]) if parts else ()
    where = _packets(common, hook, lang, form=_Form.SOME)
    return sentence("set.such", lang, where=where)


def set_words(
    cubes: Iterable[Cube], hook: str, lang: str = "en", *, unsaid: Collection[Condition] = ()
) -> tuple[str, ...]:
    """The packets at a hook that lie in one of the cubes, each text one line of a list.

    `unsaid` is what other words say: such a condition is left out, and of a negated one its values.
    The first text names the hook; `no packet` where there is no cube.
    """
    known = (*_UNSAID[hook], *unsaid)
    exact = shorter((*cube.conditions, *cube.facts) for cube in cubes)
    found = sorted(shorter(_said(parts, known) for parts in exact), key=len)
    if not found:
        return (sentence("set.none", lang),)
    return _cut(found, hook, lang) or _either(found, hook, lang) or _each(found, hook, lang)


def _each(found: Sequence[Parts], hook: str, lang: str) -> tuple[str, ...]:
    first, *others = found[:_MOST]
    told = [_packets(first, hook, lang)]
    for other in others:
        where = _packets(other, hook, lang, form=_Form.NEXT)
        told.append(sentence("set.or-else", lang, where=where))
    left = len(found) - len(told)
    if left:
        told.append(sentence(f"set.more.{'one' if left == 1 else 'many'}", lang, count=left))
    return tuple(told)


def _said(parts: Parts, known: Collection[Condition]) -> Parts:
    """What is worth saying of a cube."""
    return tuple(one for part in parts if (one := _rest(part, known)) is not None)


def _rest(part: Told, known: Collection[Condition]) -> Told | None:
    if not isinstance(part, Condition):
        return part
    if part in known:
        return None
    if not part.negate:
        return part
    said = {v for one in known if one.negate and one.field == part.field for v in one.values}
    left = tuple(value for value in part.values if value not in said)
    return replace(part, values=left) if left else None


def _cut(found: Sequence[Parts], hook: str, lang: str) -> tuple[str, ...]:
    """«any packet, except …»; nothing where that is not shorter."""
    held = excepting(found)
    if held is None:
        return ()
    common, cuts = held
    told = listed(_parts(cuts, hook, lang), lang)
    where = _packets(common, hook, lang)
    return (sentence("set.except", lang, where=where, cuts=told),)


def _either(found: Sequence[Parts], hook: str, lang: str) -> tuple[str, ...]:
    """What all ask is told once, where that is much."""
    common, rests = apart(found)
    if not 1 < len(found) <= _MOST or len(common) < _MUCH:
        return ()
    told = _parts(rests, hook, lang)
    where = _packets(common, hook, lang, form=_Form.SOME)
    ways = sentence("set.or-also", lang).join(told)
    return (sentence("set.either", lang, where=where, ways=ways),)


def _parts(rests: Sequence[Parts], hook: str, lang: str) -> list[str]:
    return [_packets(rest, hook, lang, form=_Form.PART) for rest in rests]


class _Form(Enum):
    """Where words stand in a list: first or alone, after others, before their parts, as a part."""

    FIRST = "first"
    NEXT = "next"
    SOME = "some"
    PART = "part"


_ANY = MappingProxyType(
    {
        _Form.FIRST: "set.any", _Form.NEXT: "set.any", _Form.SOME: "set.some",
        _Form.PART: "set.part",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a cube asks of a field: to be one of some values, and none of others."""

    some: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class _Packets:
    """A cube by its fields."""

    def __init__(self, parts: Parts, lang: str) -> None:
        self.lang = lang
        self.asked: dict[str, _Asked] = {}
        for part in parts:
            if isinstance(part, Condition):
                old = self.asked.get(part.field, _Asked())
                more = {"none": (*old.none, *part.values)} if part.negate else {"some": part.values}
                self.asked[part.field] = replace(old, **more)
        self.facts = [part for part in parts if isinstance(part, tuple)]

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that are asked for, if any."""
        return self.asked.get("proto", _Asked()).some

    def words(self, field: str, values: Sequence[str], word: str = "and") -> str:
        """Values in a list."""
        return values_words(field, values, self.lang, self.protocols, word)

    def say(self, code: str, **facts: object) -> str:
        """A sentence of this language."""
        return sentence(code, self.lang, **facts)


def _packets(parts: Parts, hook: str, lang: str, *, form: _Form = _Form.FIRST) -> str:
    """`tcp to port 22, arriving by eth0`."""
    packets = _Packets(parts, lang)
    what = packets.say("set.join").join(_qualifiers(packets))
    way = _way(packets, hook, form)
    code = ".".join(["set.packets", *(["what"] if what else []), *(["way"] if way else [])])
    facts = packets.say("set.if", facts=_facts(packets.facts, lang)) if packets.facts else ""
    noun = _noun(packets, form)
    return packets.say(code, noun=noun, what=what, way=way, facts=facts).strip(" ,")


def _noun(packets: _Packets, form: _Form) -> str:
    asked = packets.asked.get("proto", _Asked())
    if asked.some:
        return packets.say("set.noun", protos=listed(asked.some, packets.lang))
    if asked.none:
        return packets.say("set.any.not", protos=listed(asked.none, packets.lang, "or"))
    return packets.say(_ANY[form])


def _qualifiers(packets: _Packets) -> Iterator[str]:
    for address, port in _ENDS:
        told = _end(packets, address, port)
        if told:
            yield packets.say(f"set.{address}", end=told)
    if local := packets.asked.get("dst_type"):
        yield from _type(packets, local)
    if state := packets.asked.get("ctstate"):
        yield _state(packets, state)
    owners = _owners(packets)
    yield from owners
    for field, asked in packets.asked.items():
        if field not in _APART and not (owners and field in _OWNERS):
            yield from _field(packets, field, asked)


def _owners(packets: _Packets) -> list[str]:
    """«neither user nor group», where both are left out."""
    asked = [packets.asked.get(field, _Asked()) for field in _OWNERS]
    if any(one.some or not one.none for one in asked):
        return []
    uid, gid = (packets.words(f, one.none, "or") for f, one in zip(_OWNERS, asked, strict=True))
    return [packets.say("set.owner.not", uid=uid, gid=gid)]


def _end(packets: _Packets, address: str, port: str) -> str:
    """`port 22 of 10.0.0.1`, or one of both; nothing where neither is asked for."""
    told = [_values(packets, field) for field in (port, address) if field in packets.asked]
    if len(told) == 2:
        return packets.say("set.port-of", port=told[0], address=told[1])
    return told[0] if told else ""


def _values(packets: _Packets, field: str) -> str:
    asked = packets.asked[field]
    kind = "port" if field in PORTS else "address"
    if not asked.some:
        return packets.say(f"set.{kind}.not", values=packets.words(field, asked.none, "or"))
    values = packets.words(field, asked.some)
    if asked.none:
        less = packets.words(field, asked.none)
        return packets.say(f"set.{kind}.but", values=values, less=less)
    several = kind == "port" and (len(asked.some) > 1 or "-" in asked.some[0])
    return packets.say("set.ports" if several else f"set.{kind}", values=values)


def _type(packets: _Packets, asked: _Asked) -> Iterator[str]:
    for values, form in _forms(asked):
        if values == ("LOCAL",):
            yield packets.say(f"set.local{form}")
        elif values:
            yield _one(packets, "dst_type", values, form)


def _state(packets: _Packets, asked: _Asked) -> str:
    states, form = (asked.some, "") if asked.some else (asked.none, ".not")
    order = [state for state in CT_STATES if state in states]
    routed = set(order) <= _ROUTED
    names = [packets.say(f"set.state.{state}") for state in order] if routed else order
    word = "and" if routed and not form else "or"
    bare = "" if routed else ".bare"
    return packets.say(f"set.ctstate{bare}{form}", states=listed(names, packets.lang, word))


def _field(packets: _Packets, field: str, asked: _Asked) -> Iterator[str]:
    """Any other field."""
    for values, form in _forms(asked):
        if values:
            yield _one(packets, field, values, form)


def _one(packets: _Packets, field: str, values: Sequence[str], form: str) -> str:
    """By the field's own words where the catalogues have them, else by its name."""
    only = values[0] if len(values) == 1 else ""
    own = f"set.{field}.{_OPPOSITE.get(only, only) if form else only}"
    if knows(own, packets.lang):
        return packets.say(own)
    ports = [value or packets.say("when.no_port") for value in values]
    told = packets.words(field, ports, "or")
    keys = (f"set.{field}{form}", f"cond{form}.{field}")
    code = next((code for code in keys if knows(code, packets.lang)), None)
    if code is not None:
        return packets.say(code, values=told).strip()
    return packets.say(f"set.field{form}", field=packets.say(f"field.{field}"), values=told)


def _way(packets: _Packets, hook: str, form: _Form) -> str:
    """How the packets come and go: by which interfaces, or at least that they do."""
    told = [_link(packets, hook, field) for field in _LINKS if field in packets.asked]
    opens = form in (_Form.FIRST, _Form.SOME)
    if not told:
        return packets.say(f"set.{hook}") if opens else ""
    pieces = told if form is _Form.PART else [packets.say(f"set.{hook}.some"), *told]
    return packets.say("set.way").join(piece for piece in pieces if piece).strip(" ,")


def _link(packets: _Packets, hook: str, field: str) -> str:
    """` by eth0`, ` by eth+ except eth1`, ` by any interface but eth0`."""
    asked = packets.asked[field]
    values = packets.words(field, asked.some or asked.none, "or")
    if not asked.some:
        return packets.say(f"set.{hook}.{field}.not", values=values)
    if asked.none:
        less = packets.words(field, asked.none)
        values = packets.say("set.address.but", values=values, less=less)
    return packets.say(f"set.{hook}.{field}", values=values)


def _forms(asked: _Asked) -> tuple[tuple[tuple[str, ...], str], ...]:
    return (asked.some, ""), (asked.none, ".not")


def _facts(facts: Sequence[tuple[Fact, bool]], lang: str) -> str:
    from iptsim.explain.hidden_in_one_breath import (  # noqa: PLC0415  # listings alone hide them
        hidden_words,
        without_hidden,
    )

    others, drawn = without_draws(telling(facts), lang)
    plain = without_hidden(others)
    words = dict.fromkeys([*(_fact(fact, true, lang) for fact, true in plain), *drawn])
    words |= dict.fromkeys(hidden_words(others, lang, {}))
    return listed(list(words), lang, "facts")


def _fact(fact: Fact, true: bool, lang: str) -> str:
    """In the fact's own words where its code has them; the bare code is its «yes»."""
    if fact.code == _CHOSEN and true and (found := _NEW_ROUTE.fullmatch(fact.detail)):
        form = ".not" if found[1] else ""
        return sentence(f"set.route{form}", lang, values=found[2].replace(",", ", "))
    if (told := chosen_words(fact, true, lang)) is not None:
        return told
    keys = (f"{fact.code}.yes", fact.code) if true else (f"{fact.code}.no",)
    own = next((code for code in keys if knows(code, lang)), None)
    detail = detail_words(fact, lang)
    if own is not None:
        return sentence(own, lang, detail=detail, key=fact.key)
    told = sentence(fact.code, lang, detail=detail, key=fact.key)
    return sentence("fact.no", lang, fact=told)
