"""What the program calls by its options, called as Python's keywords are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from iptsim.errors import DumpError, IptsimError
from iptsim.regex import regex

_OPTION = regex(r"(?<![\w-])--?[A-Za-z46][a-z-]*(?![\w-])")
_OTHERS = {
    "--in": "in_",
    "-i": "in_",
    "-t": "table",
    "-4": "family=4",
    "-6": "family=6",
    "--addr": "host (read_host)",
    "--route": "host (read_host)",
    "--hex-string": "--hex-string",
}
_SAME = frozenset({
    "--proto", "--src", "--dst", "--sport", "--dport", "--out", "--tcp-flags", "--tcp-options",
    "--tcp-mss", "--spi", "--ext-headers", "--fragment", "--icmp-type", "--mark", "--uid", "--gid",
    "--ctstate", "--ttl", "--tos", "--length", "--mac-src", "--payload", "--hook", "--fate",
    "--table", "--state", "--follow",
})  # fmt: skip


@contextmanager
def named_in_python() -> Iterator[None]:
    """Errors of what is done within speak of `dport`, not of `--dport`.

    Those about a dump stay: there an option is what the dump says.
    """
    try:
        yield
    except DumpError:
        raise
    except IptsimError as error:
        error.message = in_python(error.message)
        error.args = (error.message,)
        error.facts = {
            name: in_python(told) if isinstance(told, str) else told
            for name, told in error.facts.items()
        }
        raise


def in_python(text: str) -> str:
    """The text with Python's names: `dport: '99999' is not a whole number`."""
    return _OPTION.sub(_named, text)


def _named(found: re.Match[str]) -> str:
    option = found[0]
    if option in _SAME:
        return option[2:].replace("-", "_")
    return _OTHERS.get(option, option)
