"""Commands that a mail or a terminal broke over several lines, without a backslash.

A line that calls no program, right below one that does, may be its rest: it is where both together
are one rule wholly known. Where they are none, and the first alone is none either or ends at the
text's right edge, the command is marked as cut: what it does is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.parts import Line
from iptsim.dialects.rule.broken_quotes import alike, gaps_in, may_decide
from iptsim.dialects.rule.plans import Read
from iptsim.dialects.signs.elided import says_left_out
from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS
from iptsim.regex import regex

Reads = Callable[[Line], Read | None]
"""What the one call of a line says; None where it cannot be read, or there are several."""

_OPTION = regex(r"\s*(?:!\s+)?--?[a-zA-Z]")
_SHELL = regex(
    r"\s*(?:(?:fi|done|esac|else|elif|then|do|echo|exit|return|if|for|while|until|case|function)"
    r"(?![\w.-])|[A-Za-z_]\w*\s*=|(?:-\s+)?[A-Za-z_][\w.-]*:(?:\s|$)|[A-Za-z_]\w*\s*\(\)|[{}()\[#;&|<`']|[^\x00-\x7f]|\W*$)"
)
_CHAIN = regex(r"\s(?:-[ANIP]|--(?:append|new-chain|insert|policy))\s+(\S+)")
_ADDS = regex(r"\s(?:-[AIR]|--(?:append|insert|replace))\s")
_JUMP = regex(r"\s(?:-[jg]|--(?:jump|goto))(?:\s+(?P<name>\S+))?(?P<more>\s+\S.*)?\s*\Z")
_JUMPS = regex(r"(?:\A|\s)(?:-[jg]|--(?:jump|goto))\s+\S")
_HALF = regex(r"\s*[A-Z]{1,12}(?:\s+--?\w.*)?\Z")
_NARROWEST = 60
"""No mail and no terminal is narrower."""
_MOST_BREAKS = 8
_MOST_WAYS = 16


def may_go_on(lines: Sequence[Line], line: Line, end: int) -> bool:
    """Whether a line may be the rest of the command that ends the lines of a section.

    `end` is the number of the last line of these in the text.
    """
    above = lines[-1]
    if line.number - end != 1 or _SHELL.match(line.text) or says_left_out(above.text):
        return False
    if above.text.rstrip().endswith((";", "}")):
        return False
    rests = next((n for n, each in enumerate(reversed(lines)) if not each.rest), len(lines))
    fits = (
        _OPTION.match(line.text) is not None
        or _width(above, line) >= _NARROWEST
        or _lacks(above.text, line.text)
    )
    return fits and rests < _MOST_BREAKS


def _goes_on(above: str, line: str) -> bool:
    return _OPTION.match(line) is not None or _lacks(above, line)


def _lacks(above: str, line: str) -> bool:
    """Whether a rule has no target yet, and the line below one; or half of a target's name."""
    if _ADDS.search(above) is None:
        return False
    jump = _JUMP.search(above)
    if jump is None:
        return _JUMPS.search(line) is not None
    half = jump["more"] is None and jump["name"] not in VERDICTS
    return half and _HALF.match(line) is not None


def whole_commands(lines: Sequence[Line], reads: Reads) -> Iterator[Line]:
    """The commands of lines, each on one: broken ones joined, or marked as cut."""
    lines = [_sure(line, reads) if may_decide(line) else line for line in lines]
    if not any(line.rest for line in lines):
        yield from lines
        return
    broken = _Broken(
        reads=reads,
        chains=frozenset(found[1] for line in lines for found in _CHAIN.finditer(line.text)),
        width=max(len(_shown(line)) for line in lines),
    )
    first: Line | None = None
    rest: list[Line] = []
    for line in lines:
        if line.rest:
            rest.append(line)
            continue
        if first is not None:
            yield broken.together(first, rest)
        first, rest = line, []
    if first is not None:
        yield broken.together(first, rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Broken:
    """What tells whether lines belong together: the text's chains, and its right edge."""

    reads: Reads
    chains: frozenset[str]
    width: int

    def together(self, line: Line, rest: Sequence[Line]) -> Line:
        """A command with what stands below it."""
        if not rest:
            return line
        failed = next((each.failed for each in (line, *rest) if each.failed), "")
        line = replace(line, failed=failed)
        alone, option = self._is_known(line), _goes_on(line.text, rest[0].text)
        edge = self._at_edge(line, rest[0])
        if not alone or option or edge:
            joined = self._joined(line, rest)
            if joined is not None:
                return joined
        broken = option or (edge and not (alone and rest[0].text.lstrip()[:1].isalpha()))
        return replace(line.with_rest(line.text, rest[:1]), cut=True) if broken else line

    def _joined(self, line: Line, rest: Sequence[Line]) -> Line | None:
        """The one rule that the lines are together; None for none or several."""
        ways = [line.with_rest(text, rest) for text in _ways(line, rest)]
        found = [way for way in ways if self._is_known(way)]
        return found[0] if alike(map(self.reads, found)) else None

    def _at_edge(self, line: Line, rest: Line) -> bool:
        """Whether the next word had no room any more."""
        return _width(line, rest) > max(self.width, _NARROWEST - 1)

    def _is_known(self, line: Line) -> bool:
        """Whether a command is a rule of which every word is known."""
        read = self.reads(line)
        if read is None or not read.rules:
            return False
        parts = [part for rule in read.rules for part in (*rule.matches, rule.target)]
        names = {rule.target.name for rule in read.rules if rule.target is not None}
        known = names <= {*VERDICTS, *targets(), *self.chains}
        return known and not any(part is None or part.raw for part in parts)


def _sure(line: Line, reads: Reads) -> Line:
    """A command, marked as cut where it matters what stood where a line ends within its quote."""
    told = [reads(replace(line, text=text)) for text in gaps_in(line.text)]
    return line if len(told) == 1 or alike(told) or not any(told) else replace(line, cut=True)


def _width(line: Line, rest: Line) -> int:
    """How wide a line were with the next word."""
    return len(_shown(line)) + 1 + len(rest.text.split(maxsplit=1)[0])


def _shown(line: Line) -> str:
    """The last line of a command as it stands in the text."""
    whole = line.text if "\n" in line.text else line.full or line.text
    return whole.rpartition("\n")[2].rstrip()


def _ways(line: Line, rest: Sequence[Line]) -> list[str]:
    """The texts that the lines may have been: broken at a blank, or within a word."""
    texts = [line.text]
    for each in rest:
        texts = [f"{text}{gap}{each.text.strip()}" for text in texts for gap in ("", " ")]
        texts = texts[:_MOST_WAYS]
    return texts
