"""What of a dump's text may reach iptables-restore, which root runs on it: only what is harmless.

Nobody vouches for a dump. `--modprobe` starts a program, a pinned object is a file, a LED is this
host's; any other name makes iptables load what is installed under it. So names and options pass by
a list, spelt out: getopt_long(3) takes an option's unique beginning (`--modp`) and letters in one
word (`-fM`). Lines are cut into words as iptables-restore does (iptables 1.8.9, iptables/xshared.c,
add_param_to_argv), and those that its versions cut differently are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.extensions.registry import matches, targets
from iptsim.model import TABLES, VERDICTS
from iptsim.regex import regex

RUNS = codes.RUNS_OR_OPENS
"""Would start a program or open a file."""
REACHES = codes.TOUCHES_HOST
"""Would touch something of this host that its namespace does not hold."""
UNKNOWN = codes.EFFECT_ON_IPTABLES_UNKNOWN
"""Nobody knows what it makes iptables do."""
UNCLEAR = codes.READ_IN_SEVERAL_WAYS
"""Versions of iptables-restore may read the line differently."""
ABSENT = codes.LEADS_NOWHERE
"""A jump to a chain that is nowhere."""
NAMED = codes.NAMES_HOST
"""A host's name, which would be asked of a name server."""

# Triggers of LEDs and timers in /sys are the whole machine's, as is the audit log (xt_LED.c,
# xt_IDLETIMER.c, xt_AUDIT.c; SYSRQ of xtables-addons says what it does), and a path of a cgroup is
# one of this host's (xt_cgroup.c).
_REACHING = frozenset({"LED", "IDLETIMER", "AUDIT", "SYSRQ", "--path"})
_RUNNING = ("--modprobe", "--object-pinned")
# iptables/xshared.h, OPTSTRING_COMMON and IPT_OPTSTRING, without what only listing needs.
_VALUED = "AIDRNPFXZEsdpiojgm"
_LONG: Mapping[str, str] = MappingProxyType({
    "--append": "-A", "--insert": "-I", "--delete": "-D", "--replace": "-R", "--new-chain": "-N",
    "--policy": "-P", "--flush": "-F", "--delete-chain": "-X", "--zero": "-Z",
    "--rename-chain": "-E", "--source": "-s", "--src": "-s", "--destination": "-d", "--dst": "-d",
    "--protocol": "-p", "--proto": "-p", "--in-interface": "-i", "--out-interface": "-o",
    "--jump": "-j", "--goto": "-g", "--match": "-m", "--fragment": "-f", "--set-counters": "-c",
    "--ipv4": "-4", "--ipv6": "-6",
})  # fmt: skip
_ALONE = frozenset({"-f", "-c", "-4", "-6"})
# Free text, once the extension is loaded that asks for it.
_TEXTS: Mapping[str, str] = MappingProxyType({
    "--comment": "comment", "--string": "string", "--hex-string": "string", "--log-prefix": "LOG",
    "--nflog-prefix": "NFLOG", "--ulog-prefix": "ULOG",
})  # fmt: skip
# Their value libxtables asks of a name server where it is no address (XTTYPE_HOST, HOSTMASK).
_HOSTS = frozenset({
    "-s", "-d", "--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst", "--tunnel-src",
    "--tunnel-dst", "--vaddr", "--srh-psid", "--srh-nsid", "--srh-lsid", "--gateway", "--on-ip",
    "--to", "--src-pfx", "--dst-pfx",
})  # fmt: skip
_ADDRESS = regex(r"[0-9./]+|[0-9a-fA-F.:/]*:[0-9a-fA-F.:/]*")
_PLAIN = regex(r"[^\s/\"'\\]{1,64}")
_PROTOCOL = regex(r"!|[\w.+-]{1,32}", re.ASCII)
_NUMBER = regex(r"-[0-9]+")
_CONTROLS = regex(r"[\x00-\x08\x0a-\x1f\x7f]")
_WORD = regex(r'[ \t]*+(?:([^" \t]*+)"((?:[^"\\]|\\.)*+)"(?=[ \t]|$)|([^" \t]++))')
_ESCAPED = regex(r"\\(.)")
_COUNTERS = regex(r"\[[0-9]+:[0-9]+\][ \t]*")
# What iptables-restore reads at once (char buffer[10240]): the rest is another line to it.
_LONGEST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a line must not be loaded: `word` at `column` (from 0), `length` letters of the text.

    `line` counts from 0 in what was vetted; `code` is one of this module's.
    """

    code: str
    line: int
    column: int
    length: int
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    text: str
    start: int
    end: int


class _BadError(Exception):
    """A word that must not pass."""

    def __init__(self, code: str, word: _Word, shown: str = "") -> None:
        super().__init__(code)
        self.code, self.word, self.shown = code, word, shown or word.text


def refused(lines: Iterable[str]) -> Refusal | None:
    """The first thing in restore input that must not reach iptables-restore, None where all may."""
    text = list(lines)
    chains: frozenset[str] = frozenset()
    for number, line in enumerate(text):
        try:
            if line.startswith("*"):
                chains = frozenset(_declared(text[number + 1 :]))
            _vet(line, chains)
        except _BadError as bad:
            word = bad.word
            return Refusal(
                code=bad.code, line=number, column=word.start, length=word.end - word.start,
                word=bad.shown,
            )  # fmt: skip
    return None


def _declared(lines: Iterable[str]) -> Iterator[str]:
    """The user's chains of the table whose lines begin here."""
    for line in lines:
        if line.strip() == "COMMIT":
            return
        if line.startswith(":"):
            yield line[1:].split(maxsplit=1)[0] if line[1:].strip() else ""
        elif line.lstrip().startswith(("-N", "--new-chain")):
            yield from (word.text for word in _words(line)[1:])
            yield line.split()[0].removeprefix("-N")


def _vet(line: str, chains: frozenset[str]) -> None:
    whole = _Word(text=line.strip(), start=0, end=max(1, len(line)))
    if len(line.encode(errors="surrogateescape")) > _LONGEST or _CONTROLS.search(line):
        raise _BadError(UNCLEAR, whole)
    if not line.strip() or line.startswith("#") or line == "COMMIT":
        return
    if line.startswith("*"):
        if line[1:].strip() not in TABLES:
            raise _BadError(UNKNOWN, whole)
    elif line.startswith(":"):
        _vet_chain(line, whole)
    else:
        _vet_rule(line, chains)


def _vet_chain(line: str, whole: _Word) -> None:
    name = line[1:].split(maxsplit=1)[:1]
    if not name or "/" in name[0]:
        raise _BadError(RUNS if name else UNCLEAR, whole)


def _words(line: str) -> list[_Word]:
    """The words of a rule's line; `_BadError` where its quotes are not those of iptables-save."""
    counters = _COUNTERS.match(line.lstrip())
    at = len(line) - len(line.lstrip()) + (counters.end() if counters else 0)
    words, end = [], len(line.rstrip())
    while at < end:
        found = _WORD.match(line, at)
        if found is None:
            raise _BadError(UNCLEAR, _Word(text=line[at:].strip(), start=at, end=end))
        start = next(found.start(n) for n in (1, 3) if found[n] is not None)
        text = found[3] if found[3] is not None else found[1] + _ESCAPED.sub(r"\1", found[2])
        words.append(_Word(text=text, start=start, end=found.end()))
        at = found.end()
    return words


def _vet_rule(line: str, chains: frozenset[str]) -> None:
    option, loaded = "", set[str]()
    for word in _words(line):
        if _TEXTS.get(option) in loaded:
            option = ""  # any text at all
        elif word.text.startswith("-") and not _NUMBER.fullmatch(word.text):
            option, value = _option(word)
            if value is not None:
                _vet_value(option, value, word, chains, loaded)
                option = ""
        elif word.text != "!":
            _vet_value(option, word.text, word, chains, loaded)
            option = "" if option in _TEXTS or len(option) == 2 else option


def _option(word: _Word) -> tuple[str, str | None]:
    """The option by its usual name, and the value where it is in the same word."""
    name, equals, value = word.text.partition("=")
    if name.startswith("--"):
        if name not in known_options():
            raise _BadError(_code_of(name), word, name)
        return _LONG.get(name, name), value if equals else None
    if word.text in _ALONE:
        return word.text, None
    if name[1:2] and name[1] in _VALUED:
        return name[:2], word.text[2:] or None
    raise _BadError(RUNS if "M" in name else UNKNOWN, word)


def _vet_value(
    option: str, value: str, word: _Word, chains: frozenset[str], loaded: set[str]
) -> None:
    if option == "-m":
        _vet_name(value, matches(), word)
        loaded.add(value)
    elif option in ("-j", "-g"):
        # A chain's name is looked for among the targets first (xshared.c, command_jump).
        if value in _REACHING or (value not in chains and value not in VERDICTS):
            _vet_name(value, targets(), word, missing=ABSENT)
        loaded |= {value} & targets().keys()
    elif option == "-p" and not _PROTOCOL.fullmatch(value):
        raise _BadError(UNKNOWN, word)
    elif option in _HOSTS and not all(map(_ADDRESS.fullmatch, value.split(","))):
        raise _BadError(NAMED, word, value)


def _vet_name(
    name: str, known: Mapping[str, object], word: _Word, *, missing: str = UNKNOWN
) -> None:
    """An extension's name is part of the name of the file that has it (libxt_NAME.so)."""
    if "/" in name:
        raise _BadError(RUNS, word, name)
    if name in _REACHING:
        raise _BadError(REACHES, word, name)
    if name not in known:
        raise _BadError(missing if _PLAIN.fullmatch(name) else UNKNOWN, word, name)


def _code_of(option: str) -> str:
    """Why a long option is refused: for what it is the beginning of, if anything."""
    if any(len(option) > 2 and each.startswith(option) for each in _RUNNING):
        return RUNS
    return REACHES if option in _REACHING else UNKNOWN


@cache
def known_options() -> frozenset[str]:
    """The long options that pass: of rules, and of extensions what stays in the namespace."""
    every = [*matches().values(), *targets().values()]
    names = {n for each in every for o in each.options for n in (o.name, *o.aliases)}
    return frozenset({*names, *_LONG}) - _REACHING - set(_RUNNING)
