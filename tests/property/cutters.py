"""Ways in which people cut a dump: each takes a text and draws what is left of it.

A cutter that finds nothing to cut in a text answers None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

from iptsim.model import BUILTIN_CHAINS

BUILTINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)
ADDRESS = re.compile(r"(?<![\d.])(\d+\.\d+\.\d+\.\d+)(?![\d.])")
_HEADER = re.compile(r"^Chain (\S+) ", re.MULTILINE)
_ROW = re.compile(r"^(?!Chain |target |num | *pkts |\s*$|#|\$).*$")

Cutter = Callable[[str, Random], str | None]


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


def _is_save(text: str) -> bool:
    return text.startswith(("#", "*")) and "\n*" in f"\n{text}"


def _is_listing(text: str) -> bool:
    return _HEADER.search(text) is not None


def without_chain(text: str, random: Random) -> str | None:
    """Without one chain: its declaration and its rules, or its part of the listing."""
    if _is_listing(text):
        blocks = _blocks(text)
        return "".join(b for b in _dropped(blocks, random)) if len(blocks) > 1 else None
    names = _declared(text)
    if not names:
        return None
    name = random.choice(names)
    mine = re.compile(rf"^(?::{re.escape(name)} |-[ANP] {re.escape(name)}(?: |$))")
    return "\n".join(line for line in _lines(text) if not mine.match(line)) + "\n"


def one_chain(text: str, random: Random) -> str | None:
    """One chain of a listing alone, as `iptables -L CHAIN` prints it."""
    return random.choice(_blocks(text)) if _is_listing(text) else None


def elided(text: str, random: Random) -> str | None:
    """Some rules left out, and the writer says so."""
    lines = _lines(text)
    rules = [n for n, line in enumerate(lines) if _is_rule(line, text)]
    if not rules:
        return None
    first = random.choice(rules)
    last = first
    while last + 1 in rules and _chain_of(lines, last + 1) == _chain_of(lines, first):
        if random.random() < 0.4:
            break
        last += 1
    mark = random.choice(("...", "…", "[...]", "<snip>", "(snip)", "[…]"))
    return "\n".join((*lines[:first], mark, *lines[last + 1 :])) + "\n"


def numbered(text: str, random: Random) -> str | None:
    """A listing with line numbers, from which rows before a chain's last were taken."""
    if not _is_listing(text):
        return None
    done: list[str] = []
    count = 0
    lines = _lines(text)
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("Chain "):
            count = 0
            done.append(line)
        elif line.lstrip().startswith(("target", "pkts")):
            done.append(f"num  {line}")
        elif _ROW.match(line):
            count += 1
            if random.random() < 0.75 or not _ROW.match(below):
                done.append(f"{count:<4} {line}")
        else:
            done.append(line)
    return "\n".join(done) + "\n"


def cut_off(text: str, random: Random) -> str | None:
    """The text ends somewhere in a save, within a line too."""
    if not _is_save(text) or "COMMIT" not in text:
        return None
    start = text.index("*")
    return text[: random.randrange(start + 8, len(text))]


def before_target(text: str, random: Random) -> str | None:
    """The text ends in a rule, before its target."""
    ends = [found.start() for found in re.finditer(r" -[jg] ", text)] if _is_save(text) else []
    return text[: random.choice(ends)] if ends else None


def grepped(text: str, random: Random) -> str | None:
    """`iptables-save | grep WORD`, or a listing's."""
    words = re.findall(r"(?<![\w-])[A-Z][A-Z_-]{3,}(?![\w-])|(?<=dpt:)\d+|(?<=dport )\d+", text)
    if not words or not (_is_save(text) or _is_listing(text)):
        return None
    word = random.choice(words)
    kept = [line for line in _lines(text) if word in line]
    call = "iptables-save" if _is_save(text) else "iptables -nL"
    prompt = [f"$ sudo {call} | grep {word}"] if random.random() < 0.7 else []
    return "\n".join((*prompt, *kept)) + "\n"


def without_rows(text: str, random: Random) -> str | None:
    """A listing without a row that leads to a chain, whose references no longer add up."""
    names = set(_HEADER.findall(text)) - BUILTINS
    lines = _lines(text)
    jumps = [n for n, line in enumerate(lines) if line.split()[:1] and line.split()[0] in names]
    if not jumps:
        return None
    gone = random.choice(jumps)
    return "\n".join(line for n, line in enumerate(lines) if n != gone) + "\n"


def narrowed(text: str, random: Random) -> str | None:
    """A listing cut at a column within its titles, as `cut -c1-80` cuts one with -v.

    Further to the right the titles are whole, and where each row reads, nothing shows the cut.
    """
    titles = {len(line) for line in _lines(text) if line.lstrip().startswith(("target", "pkts"))}
    if not _is_listing(text) or not titles:
        return None
    width = min(titles) - random.randrange(1, 30)
    return "\n".join(line[:width] for line in _lines(text)) + "\n"


def spoiled(text: str, random: Random) -> str | None:
    """One word of a rule is none that iptables takes there, or one more stands there.

    No `!` goes: behind what stands in its place nothing shows that the next option was negated.
    """
    lines = _lines(text)
    rules = [n for n, line in enumerate(lines) if _is_rule(line, text)]
    if not rules:
        return None
    number = random.choice(rules)
    several = () if _is_listing(text) else ("{{ port }}", "! --frob 7")
    junk = random.choice(("@PORT@", "{{port}}", "0.0.0.300", "--frob", "x.x.x.x", *several))
    found = re.finditer(r'"[^"]*"|\S+', lines[number])
    # Without its opt a row is one of an ip6tables that prints none.
    words = [each.span() for each in found if each[0] not in ("--", "-f", "!f")]
    first = 1 if _is_listing(text) else 2
    if len(words) <= first:
        return None
    start, end = random.choice(words[first:])
    alone = lines[number][start:end] == "!" or (random.random() < 0.3 and not _is_listing(text))
    end = start if alone else end
    line = f"{lines[number][:start]}{junk} {lines[number][end:].lstrip()}"
    return "\n".join((*lines[:number], line, *lines[number + 1 :])) + "\n"


def masked(text: str, random: Random) -> str | None:
    """One address of a rule is hidden, or its end."""
    found = list(ADDRESS.finditer(text))
    if not found or not (_is_save(text) or _is_listing(text)):
        return None
    each = random.choice(found)
    octets = each[0].split(".")
    kept = random.randrange(4)
    hidden = ".".join((*octets[:kept], *(["xx"] * (4 - kept))))
    return text[: each.start()] + hidden + text[each.end() :]


CUTTERS: Mapping[str, Cutter] = {
    cutter.__name__: cutter
    for cutter in (
        without_chain, one_chain, elided, numbered, cut_off, before_target, grepped, without_rows,
        spoiled, masked,
    )
}  # fmt: skip

NARROW: Mapping[str, Cutter] = {"narrowed": narrowed}
"""Apart, so that the seeds of the others draw what they drew."""


def _blocks(text: str) -> list[str]:
    starts = [found.start() for found in _HEADER.finditer(text)]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def _dropped(blocks: list[str], random: Random) -> list[str]:
    gone = random.randrange(len(blocks))
    return [block for number, block in enumerate(blocks) if number != gone]


def _declared(text: str) -> list[str]:
    return re.findall(r"^(?::|-[NP] )(\S+)", text, re.MULTILINE)


def _is_rule(line: str, text: str) -> bool:
    return bool(_ROW.match(line)) if _is_listing(text) else line.startswith("-A ")


def _chain_of(lines: list[str], number: int) -> str:
    line = lines[number]
    if line.startswith("-A "):
        return line.split()[1]
    return next(one for one in reversed(lines[:number]) if one.startswith("Chain "))
