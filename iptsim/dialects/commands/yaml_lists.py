"""A command that YAML tells word by word: Ansible's `argv:`, the `command:` of a container.

Sources: ansible/modules/command.py (argv); Kubernetes, core/v1 Container (command, args).
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.regex import regex

_PROGRAM = r"[\"']?(?:/\S*/)?ip6?tables(?:-legacy|-nft)?[\"']?"
_FIRST = regex(rf"(?P<to>\s*-\s+)(?P<word>{_PROGRAM})\s*(?:\s#.*)?\Z")
_ITEM = regex(r"(?P<to>\s*-\s+)(?P<word>\"[^\"]*\"|'[^']*'|[^\"'#\s].*?)\s*(?:\s#.*)?\Z")
_KEPT = regex(r"(?P<to>\s*(?:-\s+)?argv:\s+)\[\s*(?P<words>[^\[\]]*tables[^\[\]]*)\]\s*(?:#.*)?\Z")
_CALLED = regex(_PROGRAM)
_WORD = regex(r"\s*(\"[^\"]*\"|'[^']*'|[^\"',\s][^,]*?)\s*(?:,|\Z)")
_BARE = regex(r"[\w.:/,+!-]+")
_ODD = ("{", "|", ">", "&", "*")


def joined_lists(lines: list[str]) -> bool:
    """Put each such list on the line of its first word; whether there was one."""
    found = False
    for number, text in enumerate(lines):
        kept = _KEPT.match(text)
        words = None if kept is None else _WORD.findall(kept["words"])
        if kept is not None and words and _CALLED.fullmatch(words[0]):
            lines[number] = kept["to"] + _told(words)
            found = True
        elif (first := _FIRST.match(text)) is not None:
            items = _items(lines, number, len(first["to"]))
            if len(items) > 1:
                lines[number] = first["to"] + _told(items)
                lines[number + 1 : number + len(items)] = [""] * (len(items) - 1)
                found = True
    return found


def _items(lines: Sequence[str], number: int, column: int) -> list[str]:
    """The words of the items from a line on that stand in one column."""
    words: list[str] = []
    for text in lines[number:]:
        item = _ITEM.match(text)
        if item is None or len(item["to"]) != column:
            break
        words.append(item["word"])
    return words


def _told(words: Sequence[str]) -> str:
    return " ".join(map(_word, words))


def _word(written: str) -> str:
    """An item as a shell's word; one that a template fills in as a variable."""
    quoted = written[:1] in "\"'"
    text = written[1:-1] if quoted else written
    if "{{" in text or (not quoted and text.startswith(_ODD)):
        return "$template"
    return text if _BARE.fullmatch(text) else "'" + text.replace("'", "") + "'"
