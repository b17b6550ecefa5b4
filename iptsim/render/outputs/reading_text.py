"""The reading report for people: what was read, what is missing, what was not used, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from iptsim.dataclass import replace
from iptsim.dialects.report import NFT, ChainRead, FileRead, Reading, TableRead, Unused
from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.explain.condition_words import quoted
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.shared.value_json import notes_text
from iptsim.render.shared.written_by import written_by, written_lines

_MOST_UNUSED = 40
_SHOWN, _SHOWN_OF_TWO = 60, 36
_MOST_LINES = 6


def reading_text(reading: Reading, style: Style, *, every: bool = False) -> str:
    """The report; `every` shows each line that holds no rule, however many there are."""
    paragraphs = [
        [line for each in reading.files for line in _file(each, style)],
        written_lines(written_by(reading.dump), style),
        *(list(_table(each, style)) for each in reading.tables),
        list(_lacking(reading, style)),
        list(_unused(reading, style, every=every)),
        [line for note in notes_text(reading.notes, style) for line in wrap(note, style.width)],
    ]
    return "\n\n".join("\n".join(map(printable, lines)) for lines in paragraphs if lines)


def _say(style: Style, code: str, **facts: object) -> str:
    return sentence(f"read.{code}", style.lang, **facts)


def _name(file: str, style: Style) -> str:
    return file if style.folders else PurePath(file).name


def _file(file: FileRead, style: Style) -> Iterator[str]:
    around = _comma(style).join(_say(style, f"wrapper.{name}") for name in file.wrappers)
    code = "file.wrapped" if around else "file"
    told = _say(
        style, code, file=_name(file.name, style), lines=file.lines, used=file.used, around=around
    )
    yield from wrap(told, style.width)
    counts = (_counted(style, f"line.{each.value}", count) for each, count in file.counts.items())
    yield from wrap(_say(style, "lines", told=_say(style, "and").join(counts)), style.width)


def _table(table: TableRead, style: Style) -> Iterator[str]:
    place = style.place(table.place)
    if table.form == NFT:
        yield _say(style, "native", table=table.name, family=table.family, place=place)
    else:
        form = _say(style, f"form.{table.form or 'none'}")
        yield _say(style, "table", table=table.name, family=table.family, form=form, place=place)
    width = max((columns_of(chain.name) for chain in (*table.chains,)), default=0)
    for chain in table.chains:
        yield from _chain(chain, min(width, 28), style)
    if table.missing:
        yield from wrap(
            _say(style, "missing", chains=_comma(style).join(table.missing)), style.width, "  "
        )


def _chain(chain: ChainRead, width: int, style: Style) -> Iterator[str]:
    policy = _say(style, "policy", policy=chain.policy) if chain.policy else ""
    parts = [policy, _counted(style, "rules", chain.rules)]
    if chain.untold:
        lines = _lines(chain.untold)
        parts.append(_counted(style, "untold", len(chain.untold), lines=lines))
    if chain.left_out:
        parts.append(_say(style, "left_out", lines=_lines(chain.left_out)))
    if not chain.whole:
        parts.append(_say(style, "in_part"))
    first, *rest = wrap(_comma(style).join(filter(None, parts)), style.width - width - 4) or [""]
    yield f"  {pad(chain.name, width)}  {first}"
    yield from (f"  {' ' * width}  {line}" for line in rest)


def _lines(places: Sequence[Place]) -> str:
    lines = list(map(str, sorted({place.line for place in places})))
    return ", ".join(lines[:_MOST_LINES]) + (" …" if len(lines) > _MOST_LINES else "")


def _counted(style: Style, code: str, count: int, **facts: object) -> str:
    number = "one" if count == 1 else "many"
    return _say(style, f"{code}.{number}", count=count, **facts)


def _lacking(reading: Reading, style: Style) -> Iterator[str]:
    for family, table in reading.lacking:
        yield from wrap(_say(style, "lacking", table=table, family=family), style.width)


def _unused(reading: Reading, style: Style, *, every: bool) -> Iterator[str]:
    if not reading.unused:
        yield _say(style, "all_used")
        return
    yield _say(style, "unused")
    shown = reading.unused if every else reading.unused[:_MOST_UNUSED]
    several = len(reading.files) > 1
    for each in shown:
        for line in _apart(each) if every else [each]:
            yield from wrap(_told(line, style, several=several), style.width, "  ")
    if left := len(reading.unused) - len(shown):
        yield f"  {_say(style, 'more', count=left)}"


def _apart(each: Unused) -> Iterator[Unused]:
    """Every line by itself."""
    for number, text in each.lines:
        yield replace(each, first=number, last=number, lines=((number, text),))


def _comma(style: Style) -> str:
    return sentence("trace.comma", style.lang)


def _told(each: Unused, style: Style, *, several: bool) -> str:
    lines = str(each.first) if each.first == each.last else f"{each.first}-{each.last}"
    where = f"{_name(each.file, style)}:{lines}" if several else lines
    colon = ": " if style.lang == "en" else "："
    return colon.join((where, _quoted(each, style.lang), _say(style, f"why.{each.why.value}")))


def _quoted(each: Unused, lang: str) -> str:
    """The first line, and the last of several."""
    texts = [text for _, text in (each.lines[0], each.lines[-1])][: len(each.lines)]
    most = _SHOWN if len(texts) == 1 else _SHOWN_OF_TWO
    told = (text if len(text) <= most else f"{text[:most]}…" for text in texts)
    return " … ".join(quoted(text, lang) for text in told)
