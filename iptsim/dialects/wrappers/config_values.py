"""Commands that are the values of settings: wg-quick, systemd, Debian's interfaces, YAML, Docker.

Sources: wg-quick(8), systemd.service(5), interfaces(5), openvpn(8) (`--up`), Dockerfile's `RUN`,
cloud-init's `runcmd`, ansible's `shell` and `command`, crontab(5) (`@reboot`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.signs import DOWN, UP
from iptsim.regex import regex

_KEY = regex(
    rf"\s*(?:(?P<up>{UP})|(?P<down>{DOWN})"
    r"|(?:-\s+)?(?:[\w.]+\.)?(?:shell|command|cmd|argv|raw|run|script|args)\s*:\s+"
    r"|@reboot\s+(?:root\s+)?|RUN\s+(?:--\S+\s+)*|CMD\s+|ENTRYPOINT\s+"
    r"|-\s+(?=\[))"
)
_SHELL = regex(r"(?:/\S*/)?(?:ba|da|a)?sh\s+-\w*c\s+(?P<quote>[\"'])")
# `["sh", "-c", "iptables …"]`, as Docker and Kubernetes have commands.
_JSON = regex(
    r"\[\s*\"(?:/\S*/)?(?:ba|da|a)?sh\"\s*,\s*\"-\w*c\"\s*,\s*(?P<text>\"(?:[^\"\\]|\\.)*+\")\s*\]"
)
_CALLS = regex(r"(?<![^\s/;&|(\"'\[=+!:-])ip6?tables(?:-legacy|-nft)?(?:-restore)?(?=[\s\"',;<])")
_ITEMS = regex(r"\[\s*(?:(?P<quote>[\"']?)(?:/\S*/)?ip6?tables(?P=quote)\s*,[^\[\]]*)\]\s*\Z")
_ITEM = regex(r"[\"']([\w./:+!-]+)[\"']")
_COMMA = regex(r"\s*,\s*")
_AGAIN = regex(r"\s*(?:\[[A-Z]\w*\]\s*\Z|iface\s)")
_EMPTIED = regex(r"\s*ExecStart\w*=\s*\Z")
_FIRST = ("pre", "execstartpre")
_LAST = "execstartpost"


def find_settings(lines: Sequence[Line]) -> Settings | None:
    """Settings that call iptables when a host, a link or a service comes up.

    None where they stand in another order than they are carried out in.
    """
    held = [line for line in lines if _called(line) is not None]
    return Settings() if held and _in_order(lines) else None


class Settings:
    """Takes the command out of a setting; one that undoes it later is never carried out."""

    def __call__(self, line: Line) -> tuple[Line, ...] | None:
        """The command; no line for one that is carried out when all ends; None for no setting."""
        found = _called(line)
        if found is None:
            return None
        return () if found["down"] else (_value(line.behind(found.end())),)


def _called(line: Line) -> re.Match[str] | None:
    found = _KEY.match(line.text) if "tables" in line.text else None
    return found if found is not None and _CALLS.search(line.text, found.end()) else None


def _value(line: Line) -> Line:
    """The value without its quotes, a shell's `-c`, and the signs of a list around its words."""
    json = _JSON.match(line.text)
    if json is not None:
        text, start, end = json["text"], *json.span("text")
        plain = 0 if "\\" in text else 1  # else the escapes are taken off next
        return line.upto(end - plain).behind(start + plain)
    shell = _SHELL.match(line.text)
    quote = shell["quote"] if shell is not None else line.text[:1]
    start = shell.end() if shell is not None else 1
    end = len(line.text.rstrip()) - 1
    if quote in ("'", '"') and end > start and line.text[end] == quote:
        return line.upto(end).behind(start)
    return _bare_items(line)


def _bare_items(line: Line) -> Line:
    """`[iptables, -A, "INPUT"]` with blanks in the place of commas; other lines as they stand."""
    if _ITEMS.match(line.text) is None:
        return line
    start, end = line.text.index("[") + 1, line.text.rindex("]")
    text = line.text[start:end]
    bare = _ITEM.sub(r" \1 ", text)
    blanked = _COMMA.sub(lambda found: " " * len(found[0]), bare)
    return replace(line.upto(end).behind(start), text=blanked)


def _in_order(lines: Sequence[Line]) -> bool:
    """Whether each unit has its settings in the order in which they are carried out."""
    ranks = [0]
    for rank in _ranks(lines):
        if rank is None:
            ranks = [0]
        elif rank < ranks[-1]:
            return False
        else:
            ranks.append(rank)
    return True


def _ranks(lines: Sequence[Line]) -> Iterator[int | None]:
    """When each setting's turn is; None where another unit begins, -1 for one that empties."""
    for line in lines:
        if _AGAIN.match(line.text):
            yield None
        elif _EMPTIED.match(line.text):
            yield -1
        elif (found := _called(line)) is not None and found["up"]:
            word = found["up"].lower()
            yield 0 if word.startswith(_FIRST) else 2 if word.startswith(_LAST) else 1
