"""A capture through the rules, for people: how its packets fared, most of them first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath

from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence
from iptsim.model import Note
from iptsim.render.shared.fate_words import deciders
from iptsim.render.shared.replayed import Fared, Replayed, Totals, fate_name
from iptsim.render.shared.terminal import Style, columns_of, printable, wrap
from iptsim.render.shared.value_json import notes_text
from iptsim.worlds.outcome import Outcome

_GAP = "  "
_LEAST = 24
_COLOURS = {"ACCEPT": "good", "DROP": "bad", "REJECT": "bad"}
_MOST_FATES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A fate, by whom, the rule's text or why nothing is certain, and of how many packets."""

    fate: str
    colour: str
    decided: str
    why: str
    count: int


def replay_text(totals: Totals, style: Style, notes: Sequence[Note] = ()) -> str:
    """The whole answer."""
    parts = [
        wrap(_head(totals, style), style.width),
        list(_table(totals, style)),
        list(_not_read(totals, style)),
        list(_taken(totals, style)),
        [line for note in notes_text(notes, style) for line in wrap(note, style.width)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def replayed_text(one: Replayed, style: Style) -> str:
    """One packet: its number, when it came, what it is, how it fared and by whom."""
    when = datetime.fromtimestamp(one.time, UTC).strftime("%H:%M:%S.%f")
    head = f"{one.number}{_GAP}{when}{_GAP}{_packet(one.packet)}"
    if one.fared is None:
        told = _say(style, f"not.{one.why}")
        return "\n".join(_hanging(head, f"{_say(style, 'not')}: {told}", style))
    row = _row(one.fared, 1, style)
    kind = _say(style, f"kind.{one.kind}")
    return "\n".join(_hanging(f"{head}{_GAP}{kind}", f"{row.fate}{_GAP}{row.decided}", style))


def _hanging(head: str, tail: str, style: Style) -> list[str]:
    """One line where both fit, else the second part below the first."""
    if columns_of(head) + columns_of(tail) + 2 <= style.width:
        return [f"{printable(head)}{_GAP}{printable(tail)}"]
    return [*wrap(printable(head), style.width), *wrap(printable(tail), style.width, " " * 4)]


def _packet(packet: Mapping[str, object]) -> str:
    """`tcp 10.0.0.7:40000 > 10.0.0.2:80 in eth0 SYN`."""
    ends = [_end(packet, *names) for names in (("src", "sport"), ("dst", "dport"))]
    more = [str(packet[name]) for name in ("tcp_flags", "icmp_type") if name in packet]
    links = [f"{name} {packet[name]}" for name in ("in", "out") if name in packet]
    return " ".join((str(packet.get("proto", "")), " > ".join(ends), *links, *more))


def _end(packet: Mapping[str, object], address: str, port: str) -> str:
    text = str(packet.get(address, ""))
    if port not in packet:
        return text
    return f"[{text}]:{packet[port]}" if ":" in text else f"{text}:{packet[port]}"


def _say(style: Style, code: str, **facts: object) -> str:
    return sentence(f"replay.{code}", style.lang, **facts)


def _packets(count: int, style: Style) -> str:
    return (
        _say(style, "packet.one") if count == 1 else _say(style, "packet.many", count=f"{count:,}")
    )


def _head(totals: Totals, style: Style) -> str:
    name = totals.capture if style.folders else PurePath(totals.capture).name
    if totals.first_time is None or totals.last_time is None:
        return printable(_say(style, "head.none", capture=name))
    began = datetime.fromtimestamp(totals.first_time, UTC).strftime("%Y-%m-%d %H:%M:%S")
    left = sum(totals.not_read.values())
    seconds = f"{totals.last_time - totals.first_time:,.1f}"
    told = _say(
        style, "head", capture=name, packets=_packets(totals.packets, style), seconds=seconds,
        began=began, asked=f"{totals.packets - left:,}", left=f"{left:,}",
    )  # fmt: skip
    return printable(told)


def _table(totals: Totals, style: Style) -> Iterator[str]:
    """The rows, each with the text of its rule below it."""
    rows = _rows(totals, style)
    if not rows:
        return
    whole = sum(row.count for row in rows)
    counts = max(columns_of(f"{row.count:,}") for row in rows)
    lead = counts + 2 + 6 + 2
    fates = min(max(columns_of(row.fate) for row in rows), max(12, (style.width - lead) // 2))
    for row in rows:
        head = f"{_GAP}{row.count:>{counts},}{_share(row.count, whole)}{_GAP}"
        yield from _told(head, row, fates, style)


def _share(count: int, whole: int) -> str:
    """`  4%`; of very few `<1%`."""
    share = count * 100 / whole
    return f"{'<1%' if share < 1 else f'{share:.0f}%':>6}"


def _told(head: str, row: _Row, fates: int, style: Style) -> Iterator[str]:
    margin = " " * columns_of(head)
    left = style.width - columns_of(head) - fates - 2
    fate = wrap(row.fate, fates) or [""]
    if left < _LEAST:
        painted = [
            style.paint(line, row.colour) for line in wrap(row.fate, style.width - len(margin))
        ]
        yield head + painted[0]
        yield from (margin + line for line in painted[1:])
        yield from wrap(row.decided, style.width, margin)
    else:
        decided = wrap(row.decided, left) or [""]
        for number in range(max(len(fate), len(decided))):
            first = fate[number] if number < len(fate) else ""
            second = decided[number] if number < len(decided) else ""
            shown = style.paint(first, row.colour) + " " * (fates - columns_of(first))
            yield f"{margin if number else head}{shown}{_GAP}{second}".rstrip()
    yield from (style.paint(line, "dim") for line in wrap(row.why, style.width, f"{margin}  "))


def _rows(totals: Totals, style: Style) -> list[_Row]:
    """What is told alike is one row."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for fared, count in totals.fared.items():
        row = _row(fared, count, style)
        key = (row.fate, row.colour, row.decided, row.why)
        counts[key] = counts.get(key, 0) + count
    rows = [_Row(fate=f, colour=c, decided=d, why=w, count=n) for (f, c, d, w), n in counts.items()]
    return sorted(rows, key=lambda row: -row.count)


def _row(fared: Fared, count: int, style: Style) -> _Row:
    ends = fared.outcomes
    told = list(dict.fromkeys(printable(fate_name(end)) for end in ends))
    by = deciders(ends, style) or _say(style, "lost")
    if fared.firm is not None:
        colour = _COLOURS.get(fared.firm.verdict, "unsure")
        return _Row(fate=told[0], colour=colour, decided=by, why=_text(fared.firm), count=count)
    if len(told) > _MOST_FATES:
        told[_MOST_FATES - 1 :] = ["…"]
    fate = _say(style, "unsure", fates=_say(style, "or").join(told))
    why = _say(style, f"untold.{fared.untold}")
    return _Row(fate=fate, colour="unsure", decided=by, why=why, count=count)


def _text(end: Outcome) -> str:
    step = end.decided_by
    return printable(step.text) if step is not None and step.rule is not None else ""


def _not_read(totals: Totals, style: Style) -> Iterator[str]:
    if totals.not_read:
        yield _say(style, "not")
    for why, count in sorted(totals.not_read.items(), key=lambda item: -item[1]):
        first, *rest = wrap(_say(style, f"not.{why}"), style.width - 12)
        yield f"{_GAP}{count:>8,}{_GAP}{first}"
        yield from (f"{' ' * 12}{line}" for line in rest)


def _taken(totals: Totals, style: Style) -> Iterator[str]:
    """What was taken as given, the connections that the capture contradicts first."""
    if totals.refused:
        code = "contradicted.one" if totals.refused == 1 else "contradicted.many"
        yield from wrap(_say(style, code, count=f"{totals.refused:,}"), style.width)
    if totals.forgotten:
        yield from wrap(_say(style, "forgotten", count=f"{totals.forgotten:,}"), style.width)
    if totals.kinds:
        told = (f"{_say(style, f'kind.{kind}')} {count:,}" for kind, count in totals.kinds.items())
        every = sentence("trace.comma", style.lang).join(told)
        yield from wrap(_say(style, "kinds", told=every), style.width)
    if totals.broken:
        yield from wrap(_say(style, "broken", number=totals.packets), style.width)
    texts = list(taken_texts(totals, style.lang))
    if texts:
        yield _say(style, "taken")
    for text in texts:
        first, *rest = wrap(printable(text), style.width - 4)
        yield f"{_GAP}- {first}"
        yield from (f"    {line}" for line in rest)


def taken_texts(totals: Totals, lang: str) -> Iterator[str]:
    """The sentences on what was taken as given, of the whole capture first."""
    for name in totals.premises:
        yield sentence(f"replay.taken.{name}", lang)
    style = Style(lang=lang)
    for text, count in sorted(totals.presumed().items(), key=lambda item: -item[1]):
        yield sentence(
            "replay.taken.count", lang, text=text.rstrip(".。"), packets=_packets(count, style)
        )
