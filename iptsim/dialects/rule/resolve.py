"""What the words of a rule line are: command, header, matches, target, each by word numbers.

This is the walk of getopt_long over a table of options that grows with every module loaded
(iptables/xshared.c, do_parse; libxtables/xtables.c, xtables_merge_options). It looks at options,
at the names of modules and protocols, and at nothing else: lines that agree in these resolve alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from iptsim.dataclass import dataclass, field
from iptsim.dialects.rule import iptables_options as options
from iptsim.dialects.rule.words import TOO_OLD, UNSUPPORTED, Source, Word
from iptsim.errors import DumpError
from iptsim.extensions.registry import implied_match, matches, targets
from iptsim.extensions.spec import Extension, Opt
from iptsim.extensions.values.services import PROTOCOLS
from iptsim.model import VERDICTS


@dataclass(slots=True, kw_only=True)
class Given:
    """An option of a module as given: the numbers of the words of its value."""

    opt: Opt
    word: int
    negate: bool
    values: tuple[int, ...] = ()
    attached: str | None = None


@dataclass(slots=True, kw_only=True)
class Module:
    """A match or the target; `extension` is None for a chain, a verdict and the unknown.

    Of its `raw` words the `flags` are options, or a `!`.
    """

    name: int
    extension: Extension | None
    implied: str | None = None
    given: list[Given] = field(default_factory=list)
    raw: list[int] = field(default_factory=list)
    flags: set[int] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Value:
    """The value of an option of iptables' own: a word, or what was attached to its option."""

    word: int
    negate: bool = False
    attached: str | None = None


@dataclass(slots=True, kw_only=True)
class Resolved:
    """A line, resolved. `fixed` are the numbers of all words that decided how."""

    command: str = "A"
    operands: list[Value] = field(default_factory=list)
    header: dict[str, Value] = field(default_factory=dict)
    fragment: bool | None = None
    matches: list[Module] = field(default_factory=list)
    target: Module | None = None
    goto: bool = False
    counters: tuple[Value, ...] = ()
    table: Value | None = None
    family: int | None = None
    fixed: set[int] = field(default_factory=set)


def resolve(words: Sequence[Word], source: Source, family: int) -> Resolved:
    """Resolve a line that begins with its options; raises `DumpError` where iptables would."""
    return _Walk(words, source, family).run()


class _Walk:
    def __init__(self, words: Sequence[Word], source: Source, family: int) -> None:
        self.words, self.source, self.family = words, source, family
        self.at = 0
        self.found = Resolved()
        self.command: int | None = None
        self.loaded: list[Module] = []  # the latest first, as its options are found first
        self.raw: Module | None = None
        self.bang: int | None = None

    def run(self) -> Resolved:
        while self.at < len(self.words):
            self._word()
        if self.bang is not None:
            raise self.wrong(self.bang, "nothing follows this !", "an option to negate")
        if self.command is None:
            raise self._no_command()
        return self.found

    def _no_command(self) -> DumpError:
        """A log may show a program's name with no words behind it."""
        end = self.words[0].end if self.words else len(self.source.text)
        start = self.words[0].start if self.words else 0
        expected = "-A, -I, -D, -N, -P or another command"
        return self.source.error("this line has no command", start, end, expected)

    def wrong(
        self, word: int, message: str, expected: str = "", last: int | None = None
    ) -> DumpError:
        end = self.words[word if last is None else last].end
        return self.source.error(message, self.words[word].start, end, expected)

    def _word(self) -> None:
        number, word = self.at, self.words[self.at]
        self.at += 1
        if self._is_bang(number) and not self._bang_is_raw():
            if self.bang is not None:
                raise self.wrong(number, "a second ! right after the first", "an option")
            self.found.fixed.add(number)
            self.bang = number
        elif not self._is_flag(number):
            self._loose(number)
        elif word.text.startswith("--"):
            self._long(number, word.text)
        else:
            self._short(number, word.text)

    def _is_bang(self, number: int) -> bool:
        return self.words[number].plain and self.words[number].text == "!"

    def _is_flag(self, number: int) -> bool:
        word = self.words[number]
        return word.plain and len(word.text) > 1 and word.text[0] == "-"

    def _bang_is_raw(self) -> bool:
        """Whether a `!` is a word of an unknown module: unless a header option or `!` follows."""
        if self.raw is None or self.at >= len(self.words) or self._is_bang(self.at):
            return False
        return self._header_letter(self.at) is None

    def _header_letter(self, number: int) -> str | None:
        text = self.words[number].text
        if not self._is_flag(number):
            return None
        letter = options.long_letter(text[2:].partition("=")[0]) if text[1] == "-" else text[1]
        return letter if letter in options.ENDS_RAW else None

    def _loose(self, number: int) -> None:
        if self.raw is None:
            self.found.fixed.add(number)
            if self.words[number].text == UNSUPPORTED[0]:
                raise self.wrong(number, TOO_OLD, "what a newer iptables-save prints")
            raise self.wrong(
                number, f"{self.words[number].text!r} belongs to no option", "an option"
            )
        self._unread(self.raw, number)

    def _unread(self, module: Module, number: int) -> None:
        module.raw.append(number)
        if self._is_flag(number) or self._is_bang(number):
            module.flags.add(number)

    def _short(self, number: int, text: str) -> None:
        """One short option, or several without values in one word (`-vn`)."""
        for at in range(1, len(text)):
            letter, attached = text[at], text[at + 1 :] or None
            if self.raw is not None and letter not in options.ENDS_RAW:
                self._unread(self.raw, number)
                return
            if letter not in options.LETTERS or letter in "0M":
                raise self._unknown(number, f"-{letter}")
            if letter not in options.FLAGS:
                self._own(number, letter, attached)
                return
            self._own(number, letter, None)

    def _long(self, number: int, text: str) -> None:
        name, equals, attached = text.partition("=")
        value = attached if equals else None
        letter = options.long_letter(name[2:])
        if letter is not None and (self.raw is None or letter in options.ENDS_RAW):
            self._own(number, letter, value)
            return
        module, opt = self._owner(number, name)
        if module is not None and opt is not None:
            self._extension(number, module, opt, value)
        elif self.raw is not None:
            self._unread(self.raw, number)
        else:
            self._abbreviation(number, name, value)

    def _owner(self, number: int, name: str) -> tuple[Module | None, Opt | None]:
        """The latest module that knows the option; behind an unknown one, unless it has it."""
        if self.raw is not None and self.raw is not self.found.target:
            return None, None
        for module in chain(tuple(self.loaded), self._unasked(number, name)):
            opt = module.extension.find(name) if module.extension else None
            again = any(given.opt is opt for given in module.given)
            if opt is not None and not (self.raw and again):
                return module, opt
        return None, None

    def _unasked(self, number: int, name: str) -> Iterator[Module]:
        """The implied match, unless the word is short for an option of a module that is there.

        `-p tcp -m multiport --dport 80,443` is of multiport (getopt_long(3) looks first).
        """
        if len(self.loaded) == 0 or len(options.meant(name, self._loaded_options())) != 1:
            yield from self._implied(number, name)

    def _implied(self, number: int, name: str) -> Iterator[Module]:
        """The match that -p loads unasked, once an option needs it (xshared.c, load_proto)."""
        proto = self.found.header.get("proto")
        extension = implied_match(self._protocol(proto)) if proto else None
        if extension is None or any(module.extension is extension for module in self.loaded):
            return
        if self.family in extension.families and extension.find(name):
            module = Module(name=number, extension=extension, implied=extension.name)
            self._load(module)
            yield module

    def _protocol(self, value: Value) -> int:
        text = self._text(value).lower()
        return int(text[:4]) if text.isascii() and text.isdigit() else PROTOCOLS.get(text, -1)

    def _text(self, value: Value) -> str:
        return self.words[value.word].text if value.attached is None else value.attached

    def _load(self, module: Module) -> None:
        self.loaded.insert(0, module)
        self.found.matches.append(module)

    def _abbreviation(self, number: int, name: str, value: str | None) -> None:
        known = self._loaded_options()
        if len(options.meant(name, known)) != 1:
            known = self._known()
        full = options.abbreviated(name, known)
        meant = {known[word] for word in full}
        if len(meant) == 1:
            self._long(number, full[0] if value is None else f"{full[0]}={value}")
        elif meant:
            raise self.wrong(number, f"{name} is short for more than one option", " or ".join(full))
        else:
            raise self._unknown(number, name)

    def _known(self) -> dict[str, object]:
        """Every long option that may stand here, and what it stands for."""
        proto = self.found.header.get("proto")
        implied = implied_match(self._protocol(proto)) if proto else None
        known = self._loaded_options()
        if implied is not None and self.family in implied.families:
            known |= options.of_extension(implied)
        return known

    def _loaded_options(self) -> dict[str, object]:
        return options.known_options(m.extension for m in self.loaded if m.extension)

    def _unknown(self, number: int, name: str) -> DumpError:
        hint = options.nearest(name, self._known())
        return self.wrong(number, f"unknown option {name!r}", hint or "an option of a module above")

    def _negated(self, number: int, negatable: bool, valued: bool) -> bool:
        """Whether the option is negated: by a `!` before it, or, as of old, by one behind it."""
        negate, self.bang = self.bang is not None, None
        if negate and not negatable:
            raise self.wrong(number, f"{self.words[number].text} cannot be negated", "no !")
        behind = negatable and valued and self.at < len(self.words) and self._is_bang(self.at)
        if behind and negate:
            raise self.wrong(self.at, "a second !", "a value")
        self.at += behind
        return negate or behind

    def _extension(self, number: int, module: Module, opt: Opt, attached: str | None) -> None:
        least, most = opt.words
        negate = self._negated(number, opt.negatable, attached is None and most > 0)
        taken = 0 if attached is None else 1
        if attached is not None and not most:
            raise self.wrong(number, f"{opt.name} takes no value")
        values = tuple(self._values(number, opt, least - taken, most - taken))
        module.given.append(
            Given(opt=opt, word=number, negate=negate, values=values, attached=attached)
        )

    def _values(self, number: int, opt: Opt, least: int, most: int) -> Iterator[int]:
        for taken in range(most):
            ended = self.at >= len(self.words)
            if taken >= least and (ended or self._is_flag(self.at) or self._is_bang(self.at)):
                return
            if ended:
                expected = opt.value.expected if opt.value else ""
                raise self.wrong(number, f"{opt.name} has no value", expected)
            self.at += 1
            yield self.at - 1

    def _own(self, number: int, letter: str, attached: str | None) -> None:
        """An option of iptables' own; the letter says what it does."""
        if letter in options.ENDS_RAW:
            self.raw = None
        valued = attached is None and letter in options.HEADER
        negate = self._negated(number, letter == "f" or letter in options.HEADER, valued)
        if letter in options.COMMANDS:
            self._command(number, letter, attached)
        elif letter in options.HEADER:
            self._header(number, options.HEADER[letter], letter, negate, attached)
        elif letter == "f":
            self.found.fragment = not negate
        elif letter == "m":
            self._match(self._value(number, letter, attached))
        elif letter in "jg":
            self._target(self._value(number, letter, attached), letter == "g")
        else:
            self._other(number, letter, attached)

    def _value(self, number: int, letter: str, attached: str | None, negate: bool = False) -> Value:
        if attached is not None:
            return Value(word=number, negate=negate, attached=attached)
        if self.at >= len(self.words):
            text = self.words[number].text
            raise self.wrong(
                number, f"{text} has no value", options.EXPECTED.get(letter, "a value")
            )
        self.at += 1
        return Value(word=self.at - 1, negate=negate)

    def _header(
        self, number: int, name: str, letter: str, negate: bool, attached: str | None
    ) -> None:
        if name in self.found.header:
            raise self.wrong(number, f"{self.words[number].text} stands here a second time")
        value = self._value(number, letter, attached, negate)
        if name == "proto":
            self.found.fixed.add(value.word)
        self.found.header[name] = value

    def _match(self, value: Value) -> None:
        self.found.fixed.add(value.word)
        module = Module(name=value.word, extension=matches().get(self._text(value)))
        if value.attached is not None:
            module.implied = value.attached
        self._load(module)
        if module.extension is None:
            self.raw = module

    def _target(self, value: Value, goto: bool) -> None:
        if self.found.target is not None:
            raise self.wrong(value.word, "a second target")
        name = self._text(value)
        extension = None if goto else targets().get(name)
        module = Module(name=value.word, extension=extension, implied=value.attached)
        if extension is not None or name in VERDICTS:
            self.found.fixed.add(value.word)
        self.found.target, self.found.goto = module, goto
        self.loaded.insert(0, module)
        if extension is None and name not in VERDICTS and not goto:
            self.raw = module

    def _command(self, number: int, letter: str, attached: str | None) -> None:
        if self.command is not None and letter not in "ZLS":
            raise self.wrong(number, "a second command on one line")
        if self.command is None:
            self.command, self.found.command = number, letter
        operands = self.found.operands
        if attached is not None:
            operands.append(Value(word=number, attached=attached))
        least = {"E": 2, "P": 2, "R": 2, "L": 0, "S": 0, "F": 0, "Z": 0, "X": 0}.get(letter, 1)
        most = {"L": 2, "S": 2, "Z": 2, "F": 1, "X": 1}.get(letter, least + (letter in "ID"))
        while len(operands) < most and self.at < len(self.words):
            if len(operands) >= least and (self._is_flag(self.at) or self._is_bang(self.at)):
                break
            operands.append(Value(word=self.at))
            self.at += 1
        if len(operands) < least:
            raise self.wrong(
                number, f"{self.words[number].text} has no chain", "the name of a chain"
            )

    def _other(self, number: int, letter: str, attached: str | None) -> None:
        if letter == "c":
            self._counters(number, attached)
        elif letter in "tM":
            value = self._value(number, letter, attached)
            self.found.fixed.add(value.word)
            self.found.table = value if letter == "t" else self.found.table
        elif letter in "46":
            self.found.family = int(letter)
        elif letter in "wW" and self.at < len(self.words) and self.words[self.at].text.isdigit():
            self.found.fixed.add(self.at)
            self.at += 1

    def _counters(self, number: int, attached: str | None) -> None:
        packets = self._value(number, "c", attached)
        if "," in self._text(packets):
            self.found.fixed.add(packets.word)
            self.found.counters = (packets,)
        else:
            self.found.counters = (packets, self._value(number, "c", None))
