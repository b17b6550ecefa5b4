r"""Wordings of listings as data: a lead and parts, each tied to an option.

A part's template is a regular expression in which a blank stands for any run of blanks, `{}` for
the option's value and `{!}` for a negation (`!`, with or without a blank after it):

    Parts(lead="tcp", parts=(Part("--source-port", "spts?:{!}{}"), …))

reads `tcp spt:80`, `tcp spts:!1:1023` and a bare `tcp`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from iptsim.dataclass import dataclass
from iptsim.extensions.spec import Opt, Wording
from iptsim.model import Option
from iptsim.regex import regex


@dataclass(frozen=True, slots=True)
class Part:
    """One option's text. `required` parts must be there for the wording to be recognised."""

    option: str
    template: str
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A fixed lead (a template too, may be empty) and parts in the order in which iptables prints.

    `options` are those of the extension; every part names one of them. Without a lead at least one
    part must be there.
    """

    options: tuple[Opt, ...]
    lead: str = ""
    parts: tuple[Part, ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, Opt]:
        return {option.name: option for option in self.options}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        pieces = [_word(_blanks(self.lead))] if self.lead else []
        for number, part in enumerate(self.parts):
            piece = _word(_part(part, self._by_name[part.option], number))
            pieces.append(piece if part.required else f"(?:{piece})?")
        return re.compile("".join(pieces), re.DOTALL)

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """See `Wording.starts`."""
        return _united([literals(self.lead)] if self.lead else map(literals, self._first()))

    def _first(self) -> Iterator[str]:
        """The templates of the parts that may come first where there is no lead."""
        for part in self.parts:
            yield part.template
            if part.required:
                return

    def _may_begin(self, text: str, start: int) -> bool:
        blanks = _BLANKS.match(text, start)
        return not self.starts or text.startswith(self.starts, blanks.end() if blanks else start)

    def read(self, text: str, start: int, family: int) -> Iterator[tuple[tuple[Option, ...], int]]:
        """See `Wording.read`; a value that its type refuses means that this is not it."""
        if not self._may_begin(text, start):
            return
        found = self._pattern.match(text, start)
        if found is None or found.end() == start:
            return
        try:
            yield tuple(self._options(found, family)), found.end()
        except ValueError:
            return

    def _options(self, found: re.Match[str], family: int) -> Iterator[Option]:
        for number, part in enumerate(self.parts):
            text = found.group(f"p{number}")
            if text is None:
                continue
            option = self._by_name[part.option]
            negate = "{!}" in part.template and found.group(f"n{number}") is not None
            value = option.value
            read = True if value is None else value.read_listing(found.group(f"v{number}"), family)
            yield Option(name=option.name, value=read, negate=negate)


@dataclass(frozen=True, slots=True)
class Either:
    """Several wordings of one extension (by version, or by what it is asked); tried in order."""

    choices: Sequence[Wording]

    @property
    def starts(self) -> tuple[str, ...]:
        """See `Wording.starts`."""
        return _united(choice.starts for choice in self.choices)

    def read(self, text: str, start: int, family: int) -> Iterable[tuple[tuple[Option, ...], int]]:
        """See `Wording.read`."""
        for choice in self.choices:
            yield from choice.read(text, start, family)


@dataclass(frozen=True, slots=True)
class Nothing:
    """An extension that prints nothing at all when its options are as they come (LOG aside)."""

    starts: tuple[str, ...] = ()

    def read(self, text: str, start: int, family: int) -> Iterable[tuple[tuple[Option, ...], int]]:  # noqa: ARG002  # the protocol's
        """Reads no text."""
        yield (), start


_BLANKS = regex(r"\s*")
_PLAIN = regex(r"[A-Za-z0-9#/_:=-]*")
_CHOICE = regex(r"\(\?:([A-Za-z]+(?:\|[A-Za-z]+)+)\)(?![?*{])")
_GROUP = regex(r"\([^()]*\)")


def literals(template: str) -> tuple[str, ...]:
    """The plain beginnings of a template; none when it may begin in too many ways."""
    rest = template.removeprefix("{!}")
    choice = _CHOICE.match(rest)
    found = tuple(choice[1].split("|")) if choice else _plain(rest)
    return ("!", *found) if found and rest != template else found


def _plain(rest: str) -> tuple[str, ...]:
    found = _PLAIN.match(rest)
    text = found.group() if found else ""
    # A quantifier or a choice after the plain text reaches back over its last letter, or all of it.
    follows = rest[len(text) : len(text) + 1]
    text = "" if "|" in _GROUP.sub("", rest) else text[:-1] if follows in _REACHES_BACK else text
    return (text,) if text else ()


_REACHES_BACK = ("?", "*", "{")


def _united(begins: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """All of them together; none where one of them may begin anyhow."""
    every = tuple(begins)
    return tuple(dict.fromkeys(text for texts in every for text in texts)) if all(every) else ()


def _word(piece: str) -> str:
    """A piece that begins at a blank or at the start, and ends at a blank or at the end."""
    return rf"\s*(?<!\S){piece}(?!\S)"


def _blanks(template: str) -> str:
    """A blank means any run of blanks; ` ?` a run that may be missing."""
    return template.replace(" ?", r"\s*").replace(" ", r"\s+")


def _part(part: Part, option: Opt, number: int) -> str:
    value = option.value.listing if option.value else ""
    text = _blanks(part.template)
    if option.value is not None and "{}" not in text:
        raise ValueError(f"the wording of {option.name} has no place for its value")
    text = text.replace("{!}", rf"(?P<n{number}>!\s*)?")
    return rf"(?P<p{number}>{text.replace('{}', rf'(?P<v{number}>{value})')})"
