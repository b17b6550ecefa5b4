"""A rule of which a part cannot be read: the rest holds, and that part may ask or do anything.

The option at fault is taken out of the line and the line is read again, until it reads. Options of
one match may change each other's meaning, so the whole match goes with it, unless its options are
known to ask each on its own (`MatchExtension.independent`). No rule becomes broader or narrower by
that: what went out is a condition that nobody can decide, or the rule may do anything. So may one
that is left without a target: that may be what went out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.rule import iptables_options as options
from iptsim.dialects.rule.plans import Read
from iptsim.dialects.rule.words import UNSUPPORTED, Source, Word
from iptsim.errors import DumpError
from iptsim.extensions.registry import matches, targets
from iptsim.model import UNREADABLE, Match, Note, Rule, Target, Unread
from iptsim.regex import regex

Attempt = Callable[[Sequence[Word]], Read]
"""Reads a line from its words; raises `DumpError` at the word at fault."""

MOST_PARTS = 16
"""A line with more parts that cannot be read is no rule."""
_MOST_WORDS = 512
"""iptables-restore itself takes 255 (xshared.h, MAX_ARGC)."""
_LONGEST = 16384
_RULES = frozenset("AIRD")
_NEVER_NEGATED = frozenset("mjgct")
GLUED = regex(r".*[^\s-]-([AI])")
"""A word to whose end the next rule's command sticks."""


@dataclass(slots=True, kw_only=True)
class _Line:
    """The words that are left of a line, and what went out of it."""

    words: list[Word]
    source: Source
    asked: list[str] = field(default_factory=list)
    deed: str = ""
    vague: bool = False

    def text(self, at: Sequence[int]) -> str:
        """The words of those numbers as they stand in the line."""
        words = (self.words[number] for number in at)
        return " ".join(self.source.text[word.start : word.end] for word in words)

    def take(self, at: Sequence[int]) -> None:
        """Take words out."""
        gone = set(at)
        self.words = [word for number, word in enumerate(self.words) if number not in gone]


def salvaged(
    words: Sequence[Word], source: Source, wrong: DumpError, attempt: Attempt
) -> Read | None:
    """What a line says but for the parts at fault, of which `wrong` is the first; None for none.

    Only of what puts a rule somewhere: of any other command nothing is known but what it names.
    """
    if len(words) > _MOST_WORDS or len(source.text) > _LONGEST or _is_two(words):
        return None
    line = _Line(words=list(words), source=source)
    for _part in range(MOST_PARTS):
        if not _taken_out(line, wrong) or not line.words:
            return None
        try:
            read = attempt(line.words)
        except DumpError as again:
            wrong = again
            continue
        return _whole(line, read) if read.letter in _RULES else None
    return None


def _is_two(words: Sequence[Word]) -> bool:
    """Whether two rules stick together in a line: what each of them asks nobody can tell."""
    return any(word.plain and GLUED.fullmatch(word.text) for word in words)


def spoiled_note(wrong: DumpError, code: str = codes.RULE_UNREADABLE) -> Note:
    """The note that a rule cannot be read whole, with all that the error says."""
    facts = (
        ("text", wrong.text.strip()[:160]),
        ("line", wrong.text),
        ("number", str(wrong.place.line)),
        ("length", str(wrong.length)),
        ("message", wrong.message),
        ("expected", wrong.expected),
        ("error", wrong.code),
    )
    return Note(code=code, place=wrong.place, facts=facts)


def error_of(note: Note) -> DumpError:
    """The error that such a note tells of."""
    facts = dict(note.facts)
    assert note.place is not None
    return DumpError(
        facts["message"],
        place=note.place,
        text=facts["line"],
        length=int(facts["length"]),
        expected=facts["expected"],
        code=facts["error"],
    )


def unread_rule(text: str, place: Source) -> Rule:
    """What stands for a rule of which nothing can be read."""
    start = len(place.text) - len(place.text.lstrip())
    unread = Unread(why="torn", text=text.strip(), count=1)
    return Rule(place=place.place(start), unread=unread)


def _whole(line: _Line, read: Read) -> Read:
    asked = tuple(Match(name=UNREADABLE, raw=(text,)) for text in line.asked)
    rules = tuple(_rule(line, rule, asked) for rule in read.rules)
    return replace(read, rules=rules)


def _rule(line: _Line, rule: Rule, asked: tuple[Match, ...]) -> Rule:
    known = replace(rule, matches=(*rule.matches, *asked))
    if line.vague and rule.target is not None:
        vague = replace(rule.target, options=(), raw=("?", line.deed))
        return replace(known, target=vague)
    if not line.deed and rule.target is not None:
        return known
    target = _vague(line.deed)
    if target is not None and rule.target is None:
        return replace(known, target=target)
    unread = Unread(why="torn", text=line.source.text.strip(), count=1)
    return replace(known, target=None, unread=unread)


def _vague(deed: str) -> Target | None:
    """A target of which it is known what it does, whatever its options say."""
    flag, name, *rest = [*deed.split(None, 2), "", ""]
    known = targets().get(name)
    if flag not in ("-j", "--jump") or known is None or known.vague is None:
        return None
    return Target(name=name, raw=("?", " ".join(rest).strip()))


def _taken_out(line: _Line, wrong: DumpError) -> bool:
    """Take the part at fault out of the line; False where the line cannot do without."""
    at = _word_at(line, wrong)
    if at is None:
        return False
    flag = _flag_before(line.words, at)
    if line.words[at].text == UNSUPPORTED[0]:
        return _unsupported(line, at)
    if flag is None:
        return False
    letter = _letter(line.words[flag])
    if letter in options.COMMANDS:
        return _behind_command(line, flag, at, letter)
    if letter == "t":
        return False
    numbers = _with_doubtful(line, _part(line, flag, at))
    first = _letter(line.words[next(n for n in numbers if not _is_bang(line.words[n]))])
    text = line.text(numbers)
    if first in ("j", "g"):
        line.deed = line.deed or text
    else:
        line.asked.append(text)
    line.take(numbers)
    return True


def _word_at(line: _Line, wrong: DumpError) -> int | None:
    """The number of the word in which the error lies."""
    wanted = (wrong.place.line, wrong.place.column)
    found = None
    for number, word in enumerate(line.words):
        place = line.source.place(word.start)
        if (place.line, place.column) <= wanted:
            found = number
    return found


def _unsupported(line: _Line, at: int) -> bool:
    """The options of a match or target that iptables was too old to print."""
    modules = [n for n in range(at) if _letter(line.words[n]) in ("m", "j", "g")]
    numbers = [n for n in (at, at + 1) if n < len(line.words)]
    if not modules:
        return False
    if _letter(line.words[modules[-1]]) == "m":
        numbers = [*range(modules[-1], numbers[-1] + 1)]
        line.asked.append(line.text(numbers))
    else:
        known = targets().get(line.words[modules[-1] + 1].text)
        line.vague = known is not None and known.vague is not None
        line.deed = " ".join(UNSUPPORTED)
    line.take(numbers)
    return True


def _behind_command(line: _Line, flag: int, at: int, letter: str) -> bool:
    """Words that belong to no option, right behind the command: they may ask anything."""
    operands = {"I": 2, "R": 2, "D": 2}.get(letter, 1)
    if letter not in _RULES or at <= flag + operands:
        return False
    start = at
    while start > flag + 2 and _is_bang(line.words[start - 1]):
        start -= 1
    numbers = [*range(start, _end(line.words, flag))]
    if not numbers:
        return False  # at a `!` too many of the option behind it
    numbers = _with_doubtful(line, numbers)
    line.asked.append(line.text(numbers))
    line.take(numbers)
    return True


def _part(line: _Line, flag: int, at: int) -> list[int]:
    """The words that go with the option at `flag`, near which the fault at `at` lies."""
    words = line.words
    start = flag
    while start and _is_bang(words[start - 1]):
        start -= 1
    own = [*range(min(start, at), _end(words, flag))]
    letter = _letter(words[flag])
    if letter in ("m", "j", "g"):
        return [*range(start, flag), *_module(words, flag)]
    if letter:
        return own
    owner = _owner(words, flag)
    if owner is None:
        return own
    if _letter(words[owner]) == "m" and _is_independent(words, owner):
        return own
    return sorted({*_module(words, owner), *own})


def _with_doubtful(line: _Line, numbers: list[int]) -> list[int]:
    """The words, and those of the next option where a `!` before them may be either's.

    `! @PORT@ -s 10.0.0.1`: one word may have come between, or stand for an option that went.
    """
    words, behind = line.words, max(numbers) + 1
    if behind == len(words) or _letter(words[behind]) in _NEVER_NEGATED:
        return numbers
    bang = next((n for n in reversed(range(behind)) if _is_bang(words[n])), -1)
    between = words[bang + 1 : behind]
    told = any(map(_is_flag, between)) and len(between) > 1
    if (
        bang not in numbers
        or not _is_flag(words[behind])
        or (told and not _is_bang(words[bang - 1]))
    ):
        return numbers
    return sorted({*numbers, *_part(line, behind, behind)})


def _owner(words: Sequence[Word], flag: int) -> int | None:
    """The module above an option; a verdict and a chain have none."""
    for number in reversed(range(flag)):
        letter = _letter(words[number])
        if letter == "m":
            return number
        if letter == "j" and number + 1 < len(words):
            known = targets().get(words[number + 1].text)
            if known is not None and known.options:
                return number
    return None


def _is_independent(words: Sequence[Word], owner: int) -> bool:
    known = matches().get(words[owner + 1].text) if owner + 1 < len(words) else None
    return known is not None and known.independent


def _flag_before(words: Sequence[Word], at: int) -> int | None:
    """The option to which the word at fault belongs; behind a `!` it is the next one."""
    if _is_bang(words[at]):
        behind = next((n for n in range(at, len(words)) if not _is_bang(words[n])), at)
        if behind < len(words) and _is_flag(words[behind]):
            return behind
    return next((n for n in range(at, -1, -1) if _is_flag(words[n])), None)


def _end(words: Sequence[Word], flag: int) -> int:
    """Where the words of an option end: at the next one, or at its `!`."""
    end = flag + 1
    while end < len(words) and not _is_flag(words[end]):
        bang = _is_bang(words[end]) and end + 1 < len(words)
        if bang and (_is_flag(words[end + 1]) or _is_bang(words[end + 1])):
            break
        end += 1
    return end


def _module(words: Sequence[Word], flag: int) -> Iterator[int]:
    """A module with its options; of one that is known, only those that it has."""
    letter, known = _letter(words[flag]), None
    yield from (end := range(flag, _end(words, flag)))
    if letter == "m" and flag + 1 < len(words):
        known = matches().get(words[flag + 1].text)
    at = end.stop
    while at < len(words):
        behind = next((n for n in range(at, len(words)) if not _is_bang(words[n])), len(words))
        if behind == len(words) or _letter(words[behind]) in options.ENDS_RAW:
            return
        end = range(at, _end(words, behind))
        name = words[behind].text.partition("=")[0]
        if known is None or known.find(name) is not None:
            yield from end
        at = end.stop


def _letter(word: Word) -> str:
    """The letter of an option of iptables' own; '' for any other word."""
    if not _is_flag(word):
        return ""
    if word.text.startswith("--"):
        return options.long_letter(word.text[2:].partition("=")[0]) or ""
    return word.text[1] if word.text[1] in options.LETTERS else ""


def _is_flag(word: Word) -> bool:
    return word.plain and len(word.text) > 1 and word.text[0] == "-"


def _is_bang(word: Word) -> bool:
    return word.plain and word.text == "!"
