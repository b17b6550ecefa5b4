"""The programs that the judge runs, and the words they refuse with."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache

from iptsim.kernel.host.namespaces import JudgeError, program
from iptsim.regex import regex

NEEDED = ("ip", "nft", "iptables-restore", "iptables-save", "ip6tables-restore", "ip6tables-save")
"""The programs without which no kernel is asked."""

_KINDS = {"nft": "nf_tables", "legacy": "legacy"}
# «line 3 failed», «line 3: RULE_APPEND failed», «Error occurred at line: 3», «Error in line 3: …».
_LINE = regex(
    r"^(?:\S+: )?line (\d+)(?: failed|: )|^Error occurred at line: (\d+)|Error in line (\d+): "
    r"|/dev/stdin:(\d+):",
    re.MULTILINE,
)


def needed(backend: str = "nft", *, ipset: bool = False) -> tuple[str, ...]:
    """The programs needed for a backend, and for sets."""
    names = (*NEEDED[:2], *(_special(name, backend) for name in NEEDED[2:]))
    return (*names, "ipset") if ipset else names


def _special(name: str, backend: str) -> str:
    return name.replace("tables", f"tables-{backend}", 1)


@lru_cache
def tool(name: str, backend: str) -> str:
    """The program of the iptables family that works on this backend.

    Raises `JudgeError` where there is none, or only one of the other backend.
    """
    special = _special(name, backend)
    try:
        program(special)
    except JudgeError:
        if _KINDS[backend] not in _version(name):
            raise
        return name
    return special


def _version(name: str) -> str:
    try:
        path = program(name)
    except JudgeError:
        return ""
    done = subprocess.run(  # noqa: S603  # a path that we found, no shell
        [path, "--version"], capture_output=True, text=True, check=False, timeout=10
    )
    return done.stdout


def line_of(words: str) -> int | None:
    """The number of the line of its input that a program refused, where it told one."""
    found = _LINE.search(words)
    return int(next(filter(None, found.groups()))) if found else None
