"""How commands speak: answers to standard output, everything else to standard error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TextIO

from iptsim import codes
from iptsim.cli.options import Colour, Language, OutputOptions
from iptsim.errors import UsageError
from iptsim.regex import regex
from iptsim.render.shared.terminal import Style, printable, style_for

if TYPE_CHECKING:
    from iptsim.model import Note

_HIDDEN = regex(r"[^\x00-\x7e]")


def language(chosen: Language | None, environ: Mapping[str, str] = os.environ) -> str:
    """The language asked for, or that of the locale (POSIX: LC_ALL, LC_MESSAGES, LANG).

    LANGUAGE, a list, is before these, as for gettext: but where the locale is C.
    """
    if chosen is not None:
        return chosen.value
    names = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "")
    if environ.get("LANGUAGE") and locale.partition(".")[0] not in ("", "C", "POSIX"):
        locale = environ["LANGUAGE"]
    return "zh" if locale.startswith("zh") else "en"


def asked_language(arguments: Sequence[str]) -> Language | None:
    """The last `--lang`, as far as the arguments can be read before they are understood."""
    words = " ".join(arguments).replace("--lang=", "--lang ").split()
    asked = [word for option, word in pairwise(words) if option == "--lang"]
    try:
        return Language(asked[-1]) if asked else None
    except ValueError:  # the call is refused for it, in the language of the locale
        return None


def in_own_tags(arguments: Sequence[str]) -> list[str]:
    """The arguments with each language by its own tag: `zh` for `zh-CN`, which Typer refuses."""
    asked = asked_language(arguments)
    if asked is None:
        return list(arguments)
    own = [f"--lang={asked}" if word.startswith("--lang=") else word for word in arguments]
    return [asked.value if before == "--lang" else word for before, word in pairwise(["", *own])]


def style(chosen: Language | None, files: Sequence[str] = ()) -> Style:
    """The style of standard output for an answer about these files."""
    return style_for(sys.stdout, language(chosen), files=files)


def shown_as(output: OutputOptions, files: Sequence[str] = ()) -> Style:
    """The style of standard output as the options of a command want it."""
    colour = {Colour.ALWAYS: True, Colour.NEVER: False}.get(output.color)
    return style_for(sys.stdout, language(output.lang), files=files, colour=colour)


def open_streams() -> None:
    """Make the standard streams take any text, and be there where the caller closed them.

    Python has None for a closed one (`iptsim … >&-`). The file that is opened next would get its
    number, so each gets one: an answer then cannot be written, a dump cannot be read.
    """
    closed = (
        ("stdin", os.O_WRONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    )
    for name, flags, mode in closed:
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # text streams


def tell(text: str) -> None:
    """Print an answer. A reader that has gone away is no error: `iptsim … | head`."""
    _write(sys.stdout, text + "\n")


def tell_answer(answer: object, *, indent: int | None = 2) -> None:
    """Print an answer as its form made it: a text as it is, data as JSON."""
    if isinstance(answer, str):
        tell(answer)
    else:
        tell_json(answer, indent=indent)


def tell_json(answer: object, *, indent: int | None = 2) -> None:
    """Print an answer as JSON: letters as they are where the output can hold every one."""
    import json

    text = json.dumps(answer, indent=indent, ensure_ascii=not _holds_all(sys.stdout))
    tell(_HIDDEN.sub(_escaped, text))


def json_lines() -> Callable[[object], str]:
    """What makes data a line of JSON as `tell_json` prints it; parts have the same text alone."""
    import json

    encode = json.JSONEncoder(ensure_ascii=not _holds_all(sys.stdout)).encode

    def text(answer: object) -> str:
        told = encode(answer)
        return told if told.isascii() and "\x7f" not in told else _HIDDEN.sub(_escaped, told)

    return text


def _holds_all(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def _escaped(found: re.Match[str]) -> str:
    r"""What a terminal obeys or hides, as JSON's own `\u202e`."""
    import json

    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def tell_notes(notes: Iterable[Note], shown: Style) -> None:
    """Print notes to standard error, for answers that have no room for them."""
    from iptsim.render.shared.value_json import placed_note

    for note in notes:
        _write(sys.stderr, printable(placed_note(note, shown)) + "\n")


def complain(text: str) -> None:
    """Print an error."""
    _write(sys.stderr, text + "\n")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _forget(stream)
    except OSError as wrong:
        _forget(stream)
        why = wrong.strerror or str(wrong)
        message = f"the answer cannot be written: {why}"
        raise UsageError(message, code=codes.ANSWER_NOT_WRITTEN, why=why) from None


def _forget(stream: TextIO) -> None:
    """What is left in the buffer would be tried again, and reported, when Python exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
