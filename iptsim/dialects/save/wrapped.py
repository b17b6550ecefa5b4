"""Lines of a save that mails and terminals broke, put together; and a last one that breaks off.

A line that begins with no command is the rest of the rule above where both read as one rule. Where
they do not, or the text ends within a rule, that line is marked as cut: what stands before the
break is all that is known of the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.rule.broken_quotes import alike, gaps_in, may_decide
from iptsim.dialects.rule.plans import Read, Reader
from iptsim.dialects.rule.words import Source
from iptsim.dialects.save.mistyped import mistyped
from iptsim.dialects.signs.elided import is_bar, says_left_out
from iptsim.dialects.signs.shapes import TARGETED, is_save_line
from iptsim.dialects.signs.statements import quote_open
from iptsim.errors import DumpError
from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS
from iptsim.regex import regex

_RULE = regex(r"\s*(?:\[\d+:\d+\]\s+)?-[AI]\s|\s*(?:\[\d+:\d+\]\s+)?--(?:append|insert)\s")
_OPTION = regex(r"\s*(?:!\s+)?--?[a-zA-Z]")
_MODULE = regex(
    r"\s(?:!\s+)?(?:-[mpsdiofjg]|--(?:match|proto\w*|source|src|destination|dst|in-interface"
    r"|out-interface|fragment|jump|goto))(?=\s)"
)
_CHAIN = regex(r"\s*(?::|(?:\[\d+:\d+\]\s+)?-[ANP]\s+)(\S+)")


def mended(section: Section, reader: Reader) -> tuple[Line, ...]:
    """The lines with broken ones joined; what says that others are left out is a comment."""
    odd = section.odd or any(map(may_decide, section.lines))
    lines = list(_joined(section, reader)) if odd else list(section.lines)
    last = next((at for at in reversed(range(len(lines))) if lines[at].text.strip()), None)
    if last is not None:
        lines = _ended(lines, last, section, reader)
    return tuple(lines)


def _joined(section: Section, reader: Reader) -> Iterator[Line]:
    rule: list[Line] = []  # with the lines that its comment goes on in
    rest: list[Line] = []
    for line in section.lines:
        if rule and not rest and quote_open(rule):
            rule.append(line)
        elif rule and _is_rest(line):
            rest.append(line)
        else:
            yield from _together(section, rule, rest, reader)
            rule, rest = ([line] if _RULE.match(line.text) else []), []
            if not rule:
                yield _remark(line) if says_left_out(line.text) else line
    yield from _together(section, rule, rest, reader)


def _is_rest(line: Line) -> bool:
    text = line.text
    own = is_save_line(text) or mistyped(text) or says_left_out(text)
    return bool(text.strip()) and not own


def _remark(line: Line) -> Line:
    """A bar behind `#` is an ornament, and dots are none."""
    told = "..." if is_bar(line.text) else line.text.strip().lstrip("# ")
    return replace(line, text=f"# {told}", full=line.shown)


def _together(
    section: Section, rule: list[Line], rest: list[Line], reader: Reader
) -> Iterator[Line]:
    """A rule with the lines that stand below it and begin with no command."""
    texts = gaps_in("\n".join(line.text for line in rule))
    if not rest:
        same = len(texts) == 1 or _same(section, rule[0], texts, reader)
        yield from rule if same else [_in_quote(rule)]
        return
    whole = rule[0].with_rest(" ".join(line.text for line in rule), rule[1:])
    ways = [way for text in texts[-2:] for way in _ways(text, rest)]
    found = [text for text in ways if _is_known(section, whole, text, reader)]
    if found and not _same(section, whole, found, reader):
        yield _in_quote(rule) if len(rule) > 1 else replace(whole, cut=True)
    elif found:
        yield whole.with_rest(found[0], rest)
    elif _is_rule(section, whole, reader) and not _OPTION.match(rest[0].text):
        yield from rule
        # A rule that lost its beginning may be one of any chain.
        yield from (replace(each, text="# ...") for each in rest if TARGETED.search(each.text))
    else:
        yield replace(whole.with_rest(whole.text, rest), cut=True)


def _in_quote(rule: Sequence[Line]) -> Line:
    """The rule up to the quote that the end of its line broke."""
    first = rule[0]
    bare = first.text[: first.text.rindex('"')] if '"' in first.text else first.text
    return replace(first.with_rest(bare, rule[1:]), cut=True)


def _same(section: Section, line: Line, texts: Sequence[str], reader: Reader) -> bool:
    """Whether all the texts that a rule may have been ask and do the same."""
    return alike(_read(section, replace(line, text=text), reader) for text in texts)


def _ways(text: str, rest: Sequence[Line]) -> list[str]:
    texts = [text]
    for line in rest:
        gaps = (" ",) if _OPTION.match(line.text) else ("", " ")
        texts = [text + gap + line.text.strip() for text in texts for gap in gaps][:16]
    return texts


def _is_known(section: Section, line: Line, text: str, reader: Reader) -> bool:
    """Whether a text is a rule of which every word is known: prose is none by chance."""
    read = _read(section, replace(line, text=text), reader)
    if read is None or not _acts(read):
        return False
    names = {rule.target.name for rule in read.rules if rule.target}
    strange = names - set(VERDICTS) - targets().keys()
    raw = any(match.raw for rule in read.rules for match in rule.matches)
    return not raw and (not strange or strange <= _chains(section))


def _chains(section: Section) -> set[str]:
    """The chains that the lines declare or have rules of."""
    found = (_CHAIN.match(line.text) for line in section.lines)
    return {each[1] for each in found if each is not None}


def _is_rule(section: Section, line: Line, reader: Reader) -> bool:
    read = _read(section, line, reader)
    return read is not None and _acts(read)


def _acts(read: Read) -> bool:
    return all(rule.target is not None for rule in read.rules)


def _read(section: Section, line: Line, reader: Reader) -> Read | None:
    try:
        return reader.read(Source(file=section.file, lines=(line,), text=line.text))
    except DumpError:
        return None


def _ended(lines: list[Line], at: int, section: Section, reader: Reader) -> list[Line]:
    """The last statement marked as cut, where it is a rule that breaks off."""
    start = next((n for n in range(at, max(at - 64, -1), -1) if is_save_line(lines[n].text)), at)
    starred = any(line.text.lstrip()[:1] == "*" for line in lines[:1])
    if section.last and lines[at].text.lstrip()[:1] in ("-", "[") and _is_started(lines[at]):
        return [*lines[:at], replace(lines[at], cut=True), *lines[at + 1 :]]
    if not _RULE.match(lines[start].text) or not (starred or section.last):
        return lines
    first = lines[start]
    if quote_open(lines[start:]):
        bare = first.text[: first.text.rindex('"') if first.text.count('"') % 2 else None]
        return [*lines[:start], replace(first, text=bare, cut=True)]
    whole = replace(first, text="\n".join(line.text for line in lines[start : at + 1]))
    if first.cut or _is_told(section, whole, lines[:start], reader):
        return lines
    broken = first.with_rest(first.text, lines[start + 1 : at + 1])
    return [*lines[:start], replace(broken, cut=True), *lines[at + 1 :]]


def _is_started(line: Line) -> bool:
    from iptsim.dialects.save.broken_ends import is_started  # noqa: PLC0415  # of a text's end

    return is_started(line.text)


def _is_told(section: Section, line: Line, others: list[Line], reader: Reader) -> bool:
    """Whether a rule that ends a text is one that iptables prints so."""
    read = _read(section, line, reader)
    if read is None or not _acts(read):
        return False
    from iptsim.dialects.save.broken_ends import ends_within  # noqa: PLC0415  # as above

    target = read.rules[0].target if read.rules else None
    chains = _chains(section)
    return target is None or not ends_within(target, line, others, chains, reader.family)


def beginning(line: Line, section: Section, reader: Reader) -> Read | None:
    """What a rule says before the last of its modules, in which it may break off."""
    ends = [found.start() for found in _MODULE.finditer(line.text)]
    for end in reversed(ends):
        read = _read(section, replace(line, text=line.text[:end]), reader)
        if read is not None and read.rules:
            return read
    found = re.match(r"\s*(?:\[\d+:\d+\]\s+)?(?:-[AI]|--append|--insert)\s+\S+(?=\s)", line.text)
    return _read(section, replace(line, text=found[0]), reader) if found else None
