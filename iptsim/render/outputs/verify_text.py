"""Our trace and the kernel's for people: whether they agree, then both ways side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.explain.catalogue import knows, sentence
from iptsim.explain.unions import Parts
from iptsim.kernel.loading.rereading import Misread
from iptsim.kernel.side_by_side import Comparison, Difference
from iptsim.kernel.side_by_side import Row as Steps
from iptsim.kernel.verifying import Verified
from iptsim.model import Note, Rule, Ruleset
from iptsim.packet import Packet
from iptsim.render.shared.columns import Layout, Row, layout, lines_of, untied
from iptsim.render.shared.conditions import rule_names, union_words
from iptsim.render.shared.headline import hang, told_fate
from iptsim.render.shared.journey_rows import deed_of
from iptsim.render.shared.kernels_words import kernels_deed
from iptsim.render.shared.terminal import Style, columns_of, printable, wrap
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.render.shared.value_json import field_value, note_text, placed_note, value_text
from iptsim.tracer import HERE, Skipped, Trace

_DIFFERS = "✘"
_PLAIN_SYN = 0x02
# Tables that are not here, and what nothing tracks.
_OF_RULES = frozenset(
    {
        codes.CONNTRACK_IDLE,
        codes.ABSENT_TABLES_LET_THROUGH,
        codes.ABSENT_CHAINS_LET_THROUGH,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """A row before its width is known: the two sides' words, and what is common to both."""

    hook: str
    row: Row


def verify_text(
    found: Verified, style: Style, *, notes: Iterable[Note] = (), verbose: bool = False
) -> str:
    """The answer in words; `notes` are those on the dump's reading.

    With `verbose` also the rules that did not match, where the trace kept them, the host and the
    whole packet.
    """
    rows = list(_rows(found, style, verbose))
    ends = [_difference_row(each, style) for each in found.comparison.differences]
    shape, rows, ends = _fitted(rows, ends, style)
    lines = _headline(found, style)
    if rows or ends:
        lines += [""] if shape.stacked else ["", *lines_of(_titles(style.lang), shape, style)]
    for hook, group in groupby(rows, lambda cell: cell.hook):
        lines.append(f"  {hook}")
        lines += [line for cell in group for line in lines_of(cell.row, shape, style)]
    if ends:
        lines.append("  " + sentence("verify.end", style.lang))
        lines += [line for row in ends for line in lines_of(row, shape, style)]
    for paragraph in _paragraphs(found, style, notes, verbose):
        lines.append("")
        for text in paragraph:
            lines += wrap(printable(text), style.width, "  ")
    return untied("\n".join(lines))


def _headline(found: Verified, style: Style) -> list[str]:
    told, lang = found.comparison, style.lang
    if not told.agrees:
        return hang(_DIFFERS, printable(_disagreement(told, lang)), "bad", style)
    text = sentence("verify.agrees", lang, fate=told_fate(_as_asked(found, style)))
    return hang("✔", text, "good", style)


def _as_asked(found: Verified, style: Style) -> TraceAnswer:
    """The outcome as that of the packet as it was asked for, which reads shorter."""
    told, asked = found.comparison, found.asked
    here = told.journey.hook == "PREROUTING" and asked.dst is None and asked.out is None
    assumed = (HERE,) if here else ()
    trace = replace(told.trace, packet=asked, outcomes=(told.outcome,), assumed=assumed)
    return TraceAnswer(trace=trace, ruleset=found.ruleset, style=style)


def _disagreement(told: Comparison, lang: str) -> str:
    verdict = next((d for d in told.differences if d.field == "verdict"), None)
    if told.goes_alike:
        return sentence("verify.differs.reading", lang, rules=", ".join(map(str, told.misread)))
    if told.undecided or told.takers > 1:
        return sentence(f"verify.differs.{'open' if told.undecided else 'twice'}", lang)
    if verdict is not None:
        kernel, ours = (
            _end_value(verdict, value, lang) for value in (verdict.kernel, verdict.ours)
        )
        return sentence("verify.differs.verdict", lang, kernel=kernel, ours=ours)
    return sentence(f"verify.differs.{'end' if told.takers else 'way'}", lang)


def _rows(found: Verified, style: Style, verbose: bool) -> Iterator[_Cell]:
    """The steps of both, and, before that of ours which they preceded, the rules that failed."""
    skipped = list(found.comparison.outcome.skipped) if verbose else []
    taken = 0
    for number, steps in enumerate(found.comparison.rows, 1):
        if steps.ours is not None:
            yield from _failed(skipped, taken, style)
            taken += 1
        yield _Cell(hook=steps.hook, row=_step_row(steps, number, found.ruleset, style))
    yield from _failed(skipped, taken, style)


def _failed(skipped: Sequence[Skipped], taken: int, style: Style) -> Iterator[_Cell]:
    for rule in skipped:
        if rule.before == taken:
            yield _Cell(hook=rule.hook, row=_skipped_row(rule, style))


def _skipped_row(rule: Skipped, style: Style) -> Row:
    failed = rule.failed or sentence("trace.some_condition", style.lang)
    return Row(
        number="·",
        where=f"{rule.table} {rule.chain} {rule.rule}",
        condition=sentence("verify.failed", style.lang, what=failed),
        did="",
        place=style.place(rule.place),
        dim=True,
    )


def _step_row(steps: Steps, number: int, ruleset: Ruleset, style: Style) -> Row:
    step = steps.ours or steps.kernel
    assert step is not None
    lang, nothing = style.lang, sentence("verify.no_step", style.lang)
    rule = _rule(ruleset, step.table, step.chain, step.rule)
    place = steps.ours.place if steps.ours else rule.place if rule else None
    return Row(
        number=str(number) if steps.same else _DIFFERS,
        where=f"{step.table} {step.chain}" + (f" {step.rule}" if step.rule else ""),
        condition=deed_of(steps.ours, lang) if steps.ours else nothing,
        did=kernels_deed(steps.kernel, lang) if steps.kernel else nothing,
        place=style.place(place),
        colour=None if steps.same else "bad",
    )


def _rule(ruleset: Ruleset, table: str, chain: str, number: int | None) -> Rule | None:
    """The rule, where there is one: this must not break on an answer that is wrong."""
    found = ruleset.table(table)
    there = found.chain(chain) if found else None
    if there is None or number is None:
        return None
    return there.rule(number)


def _difference_row(difference: Difference, style: Style) -> Row:
    lang, field = style.lang, difference.field
    name = f"verify.{field}" if field in ("verdict", "destination") else f"field.{field}"
    return Row(
        number=_DIFFERS,
        where=sentence(name, lang),
        condition=_end_value(difference, difference.ours, lang),
        did=_end_value(difference, difference.kernel, lang),
        place="",
        colour="bad",
    )


def _end_value(difference: Difference, value: int | str | None, lang: str) -> str:
    if value is None:
        return sentence("verify.nowhere", lang)
    told = f"verify.{value}"
    named = difference.field in ("verdict", "destination") and knows(told, lang)
    return sentence(told, lang) if named else value_text(difference.field, value)


def _titles(lang: str) -> Row:
    ours, kernel = sentence("verify.ours", lang), sentence("verify.kernel", lang)
    return Row(number="", where="", condition=ours, did=kernel, place="")


def _fitted(
    rows: list[_Cell], ends: list[Row], style: Style
) -> tuple[Layout, list[_Cell], list[Row]]:
    """The layout: all words where they fit, else «same» for the kernel's that are ours.

    Where there is no room for columns at all, every cell says whose it is.
    """
    titles, lang = _titles(style.lang), style.lang
    shape = _layout(titles, rows, ends, style)
    if shape.stacked or _wraps(shape, [titles, *(cell.row for cell in rows), *ends]):
        short = [replace(cell, row=_short(cell.row, lang)) for cell in rows]
        shape = _layout(titles, short, ends, style)
        if not shape.stacked:
            return shape, short, ends
        rows = [replace(cell, row=_named(cell.row, lang)) for cell in rows]
        ends = [_named(row, lang) for row in ends]
        shape = _layout(titles, rows, ends, style)
    return shape, rows, ends


def _layout(titles: Row, rows: list[_Cell], ends: list[Row], style: Style) -> Layout:
    return layout([titles, *(cell.row for cell in rows), *ends], style.width)


def _wraps(shape: Layout, rows: list[Row]) -> bool:
    """Whether a cell is wider than its column."""
    return any(
        columns_of(cell) > width
        for row in rows
        for cell, width in zip(row.cells, shape.widths, strict=True)
    )


def _short(row: Row, lang: str) -> Row:
    if row.colour is not None or row.dim:
        return row
    if row.did == row.condition:
        return replace(row, did=sentence("verify.same", lang))
    return replace(row, did=sentence("verify.same_as", lang, did=row.did))


def _named(row: Row, lang: str) -> Row:
    if row.dim:
        return row
    if row.condition == row.did:
        return replace(row, condition="", did=sentence("verify.by_both", lang, did=row.did))
    ours = sentence("verify.by_ours", lang, did=row.condition)
    return replace(row, condition=ours, did=sentence("verify.by_kernel", lang, did=row.did))


def _paragraphs(
    found: Verified, style: Style, notes: Iterable[Note], verbose: bool
) -> Iterator[list[str]]:
    told, lang = found.comparison, style.lang
    if not told.agrees:
        yield [sentence("verify.report", lang)]
    if told.misread:
        yield [_misread_words(each, style) for each in told.misread]
    if told.implied:
        names = rule_names(told.implied, found.ruleset)
        parts: list[Parts] = [(*cube.conditions, *cube.facts) for cube in told.implied]
        when = sentence("trace.comma", lang).join(union_words(parts, lang, names))
        yield [sentence("verify.implied", lang, count=len(told.trace.outcomes), when=when)]
    sent = sent_words(told.journey.packet, told.journey.hook, lang, whole=verbose)
    lines = [sentence("verify.sent", lang, packet=sent)]
    if found.made_up:
        lines.append(sentence("verify.made_up", lang))
    lines += _given(told.trace, lang)
    lines += _details(found, lang) if verbose else []
    software = found.software
    lines.append(
        sentence("verify.software", lang, iptables=software.iptables, kernel=software.kernel)
    )
    yield lines
    every = dict.fromkeys((*told.trace.notes, *notes, *found.notes))
    if every:
        yield [placed_note(note, style) for note in every]


def _given(trace: Trace, lang: str) -> Iterator[str]:
    """What is taken as given of the rules; the packet and the host are shown as they were."""
    told = [note_text(note, lang) for note in trace.assumed if note.code in _OF_RULES]
    if told:
        yield sentence("trace.assumed", lang, given=sentence("trace.comma", lang).join(told))


def _misread_words(rule: Misread, style: Style) -> str:
    lang = style.lang
    ours, kernel = (text or sentence("verify.no_rule", lang) for text in (rule.ours, rule.kernel))
    told = sentence("verify.misread", lang, rule=str(rule), ours=ours, kernel=kernel)
    place = style.place(rule.place)
    return f"{told} ({place})" if place else told


def _details(found: Verified, lang: str) -> Iterator[str]:
    """The host as it was, and the packet where the kernel last saw it."""
    comma = sentence("trace.comma", lang)
    family = found.ruleset.family
    own = [
        f"{a.interface} {field_value('src', a.address, family)}/{a.network.prefix_length}"
        for a in found.host.addresses or ()
        if a.network.width == found.ruleset.width
    ]
    yield sentence("verify.addresses", lang, addresses=comma.join(own))
    for sighting in found.comparison.journey.sightings[-1:]:
        packet = _packet_words(sighting.packet)
        yield sentence("verify.seen", lang, hook=sighting.hook, packet=packet)


def sent_words(packet: Packet, hook: str, lang: str, *, whole: bool = False) -> str:
    """`tcp 10.0.0.1:40000 → 10.0.0.2:8088, in by eth0`; `whole` adds every other field."""
    told = [_packet_words(packet)]
    if hook == "OUTPUT":
        told.append(sentence("verify.user", lang, uid=packet.uid or 0, gid=packet.gid or 0))
    elif packet.in_ is not None:
        told.append(sentence("verify.in", lang, interface=packet.in_))
    told += [f"{name} {value}" for name, value in _others(packet, whole)]
    return sentence("trace.comma", lang).join(told)


_IN_WORDS = ("proto", "src", "dst", "sport", "dport", "in", "out", "uid", "gid", "icmp_code")
_USUAL = {"tcp_flags": _PLAIN_SYN, "mark": 0, "tos": 0, "ttl": 64}


def _others(packet: Packet, whole: bool) -> Iterator[tuple[str, int | str]]:
    for name, value in packet.given().items():
        unusual = _USUAL.get(name, value) != value or name == "icmp_type"
        if name not in _IN_WORDS and (whole or unusual):
            shown = str(field_value(name, value, packet.family))
            if name == "icmp_type":
                shown = f"{shown}/{packet.icmp_code or 0}"
            yield name, value_text(name, value) if name == "mark" else shown


def _packet_words(packet: Packet) -> str:
    """`tcp 10.0.0.1:40000 → 10.0.0.2:8088`."""
    given = packet.given()
    proto = field_value("proto", given.get("proto", 0), packet.family)
    ends = [
        _end(str(field_value(side, given.get(side, 0), packet.family)), given.get(port))
        for side, port in (("src", "sport"), ("dst", "dport"))
    ]
    return f"{proto} {ends[0]} → {ends[1]}"


def _end(address: str, port: int | str | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
