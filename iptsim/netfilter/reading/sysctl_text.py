"""Settings of the kernel, read from `sysctl -a`, from sysctl.conf(5), or as somebody types them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.regex import regex
from iptsim.sysctls import Sysctls

_KEY = regex(r"-?[A-Za-z0-9_]+[./][^\s=]+")
_NUMBER = regex(r"[+-]?(?:0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20})")
_TYPED = regex(r"[A-Za-z0-9_./@:+-]+\s*=.*", re.DOTALL)
_SAME = {"net/ipv4/ip_forward": "net/ipv4/conf/all/forwarding"}
# What sysctl itself prints of a setting that it may not read.
_COMPLAINT = regex(r"sysctl: ")

USED = frozenset(
    {
        "route_localnet", "forwarding", "force_forwarding", "rp_filter", "accept_local",
        "src_valid_mark", "send_redirects", "disable_ipv6", "ip_forward", "ip_default_ttl",
        "nf_conntrack_tcp_loose", "fwmark_reflect", "tcp_fwmark_accept",
    }
)  # fmt: skip
"""The last parts of the names of settings that answers hang on."""
# Others of the kernel whose names are near.
_OTHERS = frozenset(
    {"arp_filter", "bc_forwarding", "mc_forwarding", "accept_redirects", "secure_redirects"}
)


def _file(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{name}: {error.strerror}", code=codes.FILE_NOT_READ, file=name, why=error.strerror
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{name}: not a text in UTF-8", code=codes.FILE_NOT_UTF8, file=name
        ) from None


def read_sysctls(given: Iterable[str], read: Callable[[str], str] = _file) -> Sysctls:
    """The settings of each of `given`, `KEY=VALUE` or a file, in turn; the later one counts.

    `read` gives the text of a file. One that is typed acts as `sysctl -w`: forwarding of `all` is
    that of every interface. `UsageError` for what is no setting, and for a typed name that looks
    like a slip.
    """
    found = Sysctls()
    for each in given:
        if _TYPED.fullmatch(each) and not Path(each).exists():
            found = _typed(each, found)
        else:
            found = Sysctls(values={**found.values, **_of_text(read(each), each)})
    return found


def _typed(text: str, before: Sysctls) -> Sysctls:
    key, value = (part.strip() for part in text.split("=", maxsplit=1))
    if _KEY.fullmatch(key) is None or _NUMBER.fullmatch(value) is None:
        message = f"--sysctl {text}: expected a file or KEY=NUMBER"
        raise UsageError(message, code=codes.WRONG_SYSCTL, value=text)
    path = _path(key)
    name = path.rpartition("/")[2]
    near = [] if name in USED | _OTHERS else get_close_matches(name, sorted(USED), 1, 0.85)
    if near:
        message = f"--sysctl {text}: there is no {name}; is it {near[0]}?"
        raise UsageError(message, code=codes.NO_SUCH_SYSCTL, value=text, name=name, near=near[0])
    return before.written(path, int(value, 0 if "x" in value.lower() else 10))


def _of_text(text: str, file: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare[0] in "#;" or _COMPLAINT.match(bare):
            continue
        key, equals, value = (part.strip() for part in bare.partition("="))
        # A line of sysctl.conf(5) that only excludes a key from a pattern has no value.
        if _KEY.fullmatch(key) is None or not (equals or key.startswith("-")):
            message = f"{file}, line {number}: expected KEY = VALUE: {bare[:60]}"
            raise UsageError(
                message, code=codes.WRONG_SYSCTL_LINE, file=file, line=number, value=bare[:60]
            )
        if _NUMBER.fullmatch(value):
            told = int(value, 0 if "x" in value.lower() else 10)
            found |= dict.fromkeys(_paths(_path(key)), told)
    return found


def _paths(path: str) -> tuple[str, ...]:
    """What a pattern of sysctl.conf(5) stands for: `net/ipv4/conf/*/rp_filter`."""
    if "/*/" not in path:
        return (path,)
    return tuple(path.replace("/*/", f"/{each}/") for each in ("all", "default"))


def _path(key: str) -> str:
    """The place below /proc/sys: of `.` and `/` the one that comes first separates (sysctl(8))."""
    key = key.removeprefix("-").removeprefix("/proc/sys/")
    first = next(char for char in key if char in "./")
    path = key if first == "/" else key.translate(str.maketrans("./", "/."))
    return _SAME.get(path, path)
