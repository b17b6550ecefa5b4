"""Ways in which people cut a listing of nft: each takes a text and draws what is left of it.

A cutter that finds nothing to cut in a text answers None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

Cutter = Callable[[str, Random], str | None]
_TABLE = re.compile(r"^table .*?^\}\n", re.MULTILINE | re.DOTALL)
_MEMBER = re.compile(r"^\t(?:chain|set|map) .*?^\t\}\n", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"(?i)chain (?:\S*(?:input|output|forward|routing)|in|out|incoming) \{")
_WIDTH = 80


def tables(text: str) -> list[str]:
    """The tables of a listing, each as it stands."""
    return _TABLE.findall(text)


def members(table: str) -> list[str]:
    """The chains, sets and maps of a table."""
    return _MEMBER.findall(table)


def _with(table: str, kept: list[str]) -> str:
    return table.partition("\n")[0] + "\n" + "".join(kept) + "}\n"


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


def _drawn(text: str, random: Random, sign: str) -> tuple[str, str] | None:
    """A table of the text, and a member of it in which a sign stands."""
    found = [(t, m) for t in tables(text) for m in members(t) if re.search(sign, m)]
    return random.choice(found) if found else None


def one_table(text: str, random: Random) -> str | None:
    """What `nft list table` prints."""
    return random.choice(tables(text)) if tables(text) else None


def one_chain(text: str, random: Random) -> str | None:
    """What `nft list chain` prints of a base chain."""
    drawn = _drawn(text, random, r" hook ")
    return None if drawn is None else _with(drawn[0], [drawn[1]])


def one_regular_chain(text: str, random: Random) -> str | None:
    """What `nft list chain` prints of a chain that rules lead to."""
    drawn = _drawn(text, random, r"^\tchain [^\n]*\n(?!\t\ttype )")
    return None if drawn is None else _with(drawn[0], [drawn[1]])


def one_set(text: str, random: Random) -> str | None:
    """What `nft list set` prints."""
    drawn = _drawn(text, random, r"^\t(?:set|map) ")
    return None if drawn is None else _with(drawn[0], [drawn[1]])


def without_chain(text: str, random: Random) -> str | None:
    """Without one chain, to which rules may lead."""
    drawn = _drawn(text, random, r"^\tchain [^\n]*\n(?!\t\ttype )")
    return None if drawn is None else text.replace(drawn[1], "", 1)


def without_hook(text: str, random: Random) -> str | None:
    """Without the line that tells the hook of one chain whose name says it; others keep theirs.

    Of another name it is a chain that nothing leads to, as Istio, kube-proxy and foomuuri have.
    """
    lines = _lines(text)
    hooks = [
        at for at, line in enumerate(lines) if " hook " in line and _NAMED.search(lines[at - 1])
    ]
    if not hooks:
        return None
    gone = random.choice(hooks)
    return "\n".join(line for at, line in enumerate(lines) if at != gone) + "\n"


def grepped(text: str, random: Random) -> str | None:
    """`nft list ruleset | grep WORD`, with the lines around it or without."""
    words = re.findall(
        r"(?<=dport )\d+|(?<=jump )\S+|\b(?:drop|accept|dnat|masquerade|hook)\b", text
    )
    if not words:
        return None
    word, around = random.choice(words), random.choice((0, 0, 2, 4))
    lines = _lines(text)
    hits = [at for at, line in enumerate(lines) if word in line]
    kept = [line for at, line in enumerate(lines) if any(abs(at - hit) <= around for hit in hits)]
    option = f"-C{around} " if around else ""
    return _called(f"| grep {option}{word}", kept, random)


def grepped_out(text: str, random: Random) -> str | None:
    """`nft list ruleset | grep -v WORD`."""
    word = random.choice(("hook", "type", "policy", "accept", "ct", "jump", "counter", "drop", "}"))
    kept = [line for line in _lines(text) if word not in line]
    if word not in ("hook", "policy"):  # nothing shows that whole rules are gone
        return f"$ sudo nft list ruleset | grep -v {word}\n" + "\n".join(kept) + "\n"
    return _called(f"| grep -v {word}", kept, random)


def head(text: str, random: Random) -> str | None:
    """The first lines."""
    lines = _lines(text)
    many = random.randrange(1, len(lines))
    return _called(f"| head -{many}", lines[:many], random)


def tail(text: str, random: Random) -> str | None:
    """The last lines."""
    lines = _lines(text)
    many = random.randrange(1, len(lines))
    return _called(f"| tail -{many}", lines[-many:], random)


def torn(text: str, random: Random) -> str | None:
    """The text ends within a line, maybe one of a set's elements."""
    elements = [found.start() for found in re.finditer(r"elements = \{", text)]
    if elements and random.random() < 0.5:
        start = random.choice(elements)
        end = text.find("}", start)
        return text[: random.randrange(start, max(end, start + 1))]
    return text[: random.randrange(8, len(text))]


def some_rules(text: str, random: Random) -> str | None:
    """Rules of one chain alone, without its braces."""
    drawn = _drawn(text, random, r"^\tchain ")
    if drawn is None:
        return None
    rules = _lines(drawn[1])[1:-1]
    return "\n".join(rules) + "\n" if rules else None


def at_column(text: str, random: Random) -> str | None:
    """As wide as a terminal is: `cut -c1-80`, or what a pager shows."""
    width = random.choice((_WIDTH, _WIDTH, 72, 60, 100, 120))
    cut = [line.expandtabs(8)[:width] for line in _lines(text)]
    return "\n".join(cut) + "\n"


def wrapped(text: str, random: Random) -> str | None:
    """Lines broken where a terminal breaks them."""
    width = random.choice((_WIDTH, 100, 120))
    lines = [line.expandtabs(8) for line in _lines(text)]
    parts = (line[at : at + width] for line in lines for at in range(0, max(len(line), 1), width))
    return "\n".join(parts) + "\n"


def elided(text: str, random: Random) -> str | None:
    """Some lines left out, and the writer says so."""
    lines = _lines(text)
    first = random.randrange(1, len(lines))
    last = min(first + random.choice((1, 1, 2, 5, 20)), len(lines))
    mark = random.choice(("...", "\t\t...", "[...]", "\t\t# ...", "<snip>", "[…]", "(snip)"))
    return "\n".join((*lines[:first], mark, *lines[last:])) + "\n"


def _called(words: str, kept: list[str], random: Random) -> str:
    prompt = [f"$ sudo nft list ruleset {words}"] if random.random() < 0.5 else []
    return "\n".join((*prompt, *kept)) + "\n"


CUTTERS: Mapping[str, Cutter] = {
    cutter.__name__: cutter
    for cutter in (
        one_table, one_chain, one_regular_chain, one_set, without_chain, without_hook, grepped,
        grepped_out, head, tail, torn, some_rules, at_column, wrapped, elided,
    )
}  # fmt: skip
