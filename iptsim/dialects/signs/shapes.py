"""How the lines of each form begin: what a sniffer asks of one line alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from iptsim.dialects.parts import Line
from iptsim.dialects.signs.signs import COUNT, WHERE
from iptsim.model import BUILTIN_CHAINS
from iptsim.regex import regex

if TYPE_CHECKING:
    from iptsim.dialects.rule.words import Word

# A star and a blank before any other word is an item of a list in prose.
TABLE_LINE = regex(r"\*(?:\s?(?:raw|mangle|nat|filter|security)|[\w.-]+)\s*$")
SAVE_LINE = regex(
    r"(?::\S+\s+(?:-|[A-Z]+)(?:\s+\[\d+:\d+\])?\s*$|COMMIT\s*$|\[\d+:\d+\]\s+-"
    r"|(?:-[ANPIDRFXZE]|--(?:append|insert|delete|replace|flush|zero|new-chain|delete-chain"
    r"|policy|rename-chain))(?=\s|$))"
)
ROW_LIKE = regex(
    rf"\s*(?:\d+\s+)?(?:{COUNT}\s+{COUNT}\s+)?(?:\S+\s+)?!?[\w.+-]+?\s*"
    rf"(?:\s(?:--|-f|!f)|(?<=[a-z])--)(?:\s|$)|\s*(?:\S+\s+){{1,8}}?{WHERE}\s+{WHERE}(?:\s|$)"
)
OPTISH = regex(r"--\s|\s-f\s|!f\s")
TARGETED = regex(r" -[jg] \S")
SAVING = regex(r"-(?:save|restore)$")
EDITING = regex(
    r"-[ADIRFZNXPE]$|--(?:append|delete|insert|replace|flush|zero|new-chain|delete-chain|policy"
    r"|rename-chain|new|check)$"
)


def is_save_line(text: str) -> bool:
    """Whether a line begins as a statement of a save does; the rest of one does not."""
    bare = text.lstrip()
    return (
        bare[:1] == "#" or TABLE_LINE.match(bare) is not None or SAVE_LINE.match(bare) is not None
    )


def declares(text: str) -> bool:
    """Whether a line declares a chain."""
    return text.lstrip().startswith((":", "-P", "-N"))


def only_asks(words: Sequence[Word]) -> bool:
    """`iptables -nvL`, `--version` and the like, which leave no rule behind."""
    texts = [word.text for word in words]
    if any(text in ("--list", "--list-rules", "--check", "--version", "--help") for text in texts):
        return True
    short = (t for t in texts if re.fullmatch("-[a-zA-Z46]+", t))
    return any(t[1] in "LSCVh" or re.fullmatch("-[vnx46]+[LSCVh]", t) for t in short)


def shortest_head(lines: Sequence[Line], generated: bool) -> int:
    """The fewest lines of a save that part these, a table's first ones, from another's first rule.

    The chains that are still to be declared, COMMIT, `*raw` and its two chains; with the comments
    of iptables-save («generated») two lines more.
    """
    texts = [line.text.strip() for line in lines]
    name = next((text.lstrip("* ") for text in texts if text.startswith("*")), "")
    declared = {text[1:].split(" ")[0] for text in texts if text.startswith(":")}
    ruled = any(text.startswith(("-A", "[")) for text in texts)
    missing = 0 if ruled else len({*BUILTIN_CHAINS.get(name, ())} - declared)
    return missing + 4 + 2 * generated
