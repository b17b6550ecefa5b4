"""Errors for people: one clear message, and for a dump the place with a caret below it."""

from __future__ import annotations

from iptsim.errors import DumpError, IptsimError
from iptsim.explain.catalogue import sentence
from iptsim.explain.error_words import error_words
from iptsim.explain.phrases import in_language
from iptsim.render.shared.terminal import Style, columns_of, printable

# How much of a long line is shown on each side of the fault.
_BEFORE, _AFTER = 60, 30
_LONGEST_FAULT = 60
_LONGEST_MESSAGE = 300


def error_text(error: IptsimError, style: Style, *, only_warns: bool = False) -> str:
    """The message in the language of `style`.

    A `DumpError` adds file, line and column, the line itself with a caret below the fault, and
    what would have been right. `only_warns`: the answer goes on without what is at fault.
    """
    message = printable(_shortened(error_words(error, style.lang)))
    said = sentence("error.warning" if only_warns else "error.head", style.lang)
    head = style.paint(said, "unsure" if only_warns else "bad")
    lines = [f"{head} {message}" if said.isascii() else head + message]
    if isinstance(error, DumpError):
        lines += _placed(error, style)
    return "\n".join(lines)


def _shortened(message: str) -> str:
    """A message that quotes a very long word shows its beginning and its end."""
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[: _LONGEST_MESSAGE // 2]} … {message[-_LONGEST_MESSAGE // 4 :]}"


def _placed(error: DumpError, style: Style) -> list[str]:
    place = error.place
    lines = [f"  {printable(place.file)}:{place.line}:{place.column}"]
    if error.text:
        lines += _excerpt(error, style)
    if error.expected:
        what = printable(in_language(error.expected, style.lang))
        lines.append("  " + sentence("error.expected", style.lang, what=what))
    return lines


def _excerpt(error: DumpError, style: Style) -> list[str]:
    """The line with the caret below it; of a very long line only what is around the fault."""
    at = error.place.column - 1
    text = error.text.expandtabs(1)
    start = 0 if at <= _BEFORE else at - _BEFORE
    length = min(error.length, _LONGEST_FAULT)
    end = at + length + _AFTER
    shown = text[start:end] if len(text) > _BEFORE + _AFTER + 10 else text
    start = 0 if shown == text else start
    before = columns_of(printable(shown[: at - start]))
    fault = columns_of(printable(shown[at - start : at - start + length])) or 1
    number = f"{error.place.line:5d} | "
    caret = " " * (len(number) - 2) + "| " + " " * before + style.paint("^" * fault, "bad")
    return [number + printable(shown), caret]
