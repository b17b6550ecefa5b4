"""A packet's fields, rewrites, places and notes as the JSON of every command has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iptsim.explain.catalogue import knows, sentence
from iptsim.extensions.values.services import PROTOCOL_NAMES
from iptsim.model import Note
from iptsim.packet import BIT_FIELDS, NOBODY, Packet, bit_names
from iptsim.render.shared.terminal import Style
from iptsim.values import IntSet, Masked, Network, blocks, format_address, format_mac

Json = Mapping[str, object]


def field_value(field: str, value: int | str, family: int) -> int | str:
    """A field's value as the interface has it.

    Ports, marks, users, TTL, TOS and lengths are numbers; addresses, protocols, flags are texts.
    """
    if isinstance(value, str):
        return value
    if field in ("src", "dst"):
        return format_address(value, 32 if family == 4 else 128)
    if field in ("proto", "ctproto"):
        return PROTOCOL_NAMES.get(value, str(value))
    if field in BIT_FIELDS:
        return bit_names(field, value)
    if field == "mac_src":
        return format_mac(value)
    return value


def packet_json(fields: Iterable[tuple[str, int | str]], family: int) -> dict[str, object]:
    """Known fields by name; an ICMP type and its code are one text, `8/0`."""
    given = {name: field_value(name, value, family) for name, value in fields}
    if given.pop("socket", None) == "no":
        given["uid"] = NOBODY
    code = given.pop("icmp_code", None)
    if "icmp_type" in given:
        kind = given["icmp_type"]
        given["icmp_type"] = str(kind) if code is None else f"{kind}/{code}"
    return dict(given)


def asked_json(packet: Packet) -> dict[str, object]:
    """The packet that was asked for, as far as it was given."""
    named = {**dict(packet.names), **set_texts(packet)}
    given = {**packet_json(packet.given().items(), packet.family), **named}
    if packet.payload is None:
        return given
    from iptsim.extensions.matches.string import write_bytes  # noqa: PLC0415  # few packets

    return {**given, "payload": write_bytes(packet.payload)}


def set_texts(packet: Packet) -> dict[str, str]:
    """The fields of which only a set was told, each as its option takes it."""
    return {name: ",".join(_members(name, held, packet.family)) for name, held in packet.sets}


def _members(field: str, held: IntSet, family: int) -> Iterator[str]:
    """The ranges of a set as its option takes them."""
    width = 32 if family == 4 else 128
    if field == "src":
        yield from (_network(block, width) for block in blocks(held, width))
        return
    for low, high in held.ranges:
        ends = [str(field_value(field, end, family)) for end in (low, high)]
        yield ends[0] if low == high else "-".join(ends)


def _network(block: Masked, width: int) -> str:
    network = Network(value=block.value, mask=block.mask, width=width)
    return str(network).removesuffix(f"/{width}")


def note_text(note: Note, lang: str) -> str:
    """The sentence of a note."""
    return sentence(note.code, lang, **dict(note.facts))


def placed_note(note: Note, style: Style) -> str:
    """The sentence of a note with the place that it speaks of."""
    text = note_text(note, style.lang)
    return f"{text} ({style.place(note.place)})" if note.place else text


def notes_text(notes: Iterable[Note], style: Style) -> list[str]:
    """The sentences of notes with their places; what several chains or tables lack is said once."""
    alike: dict[tuple[str, str], list[Note]] = {}
    every = list(dict.fromkeys(notes))
    for note in every:
        if knows(f"{note.code}.tables"):
            alike.setdefault((note.code, ""), []).append(note)
        elif knows(f"{note.code}.many"):
            alike.setdefault((note.code, dict(note.facts)["table"]), []).append(note)
    told: dict[str, None] = {}
    for note in every:
        of = "" if (note.code, "") in alike else dict(note.facts).get("table", "")
        some = alike.get((note.code, of), [])
        told[placed_note(note, style) if len(some) < 2 else _many(some, style.lang)] = None
    return list(told)


def _many(notes: list[Note], lang: str) -> str:
    """`nat A, B and C are not here; …`."""
    facts = [dict(note.facts) for note in notes]
    if knows(f"{notes[0].code}.tables"):
        comma = sentence("trace.comma", lang)
        tables, programs = (
            comma.join(dict.fromkeys(one[name] for one in facts)) for name in ("table", "program")
        )
        return sentence(f"{notes[0].code}.tables", lang, tables=tables, programs=programs)
    names = dict.fromkeys(one.get("rules") or one["chain"] for one in facts)
    chains = sentence("trace.comma", lang).join(names)
    return sentence(f"{notes[0].code}.many", lang, table=facts[0]["table"], chains=chains)


def note_json(note: Note, lang: str) -> dict[str, object]:
    """A note with its stable code, its sentence and, where it speaks of one, its place."""
    code = note.code.partition(".")[0]  # one with several sentences names its own behind a point
    found: dict[str, object] = {"code": code, "text": note_text(note, lang)}
    if note.place is not None:
        found |= {"file": note.place.file, "line": note.place.line}
    return found


def value_text(field: str, value: int | str) -> str:
    """A rewritten field's value for people: marks in hexadecimal, everything else as in JSON."""
    if isinstance(value, int) and field in ("mark", "connmark", "tos"):
        return f"{value:#x}"
    return str(value)
