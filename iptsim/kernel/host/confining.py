"""Programs that read what a stranger wrote run with the least that they need."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NOBODY = "65534"
_CAPABILITIES = "-all,+net_admin,+net_raw"
_ALL_USERS = ["0", "0", "4294967295"]  # user_namespaces(7): the map of the first user namespace


def environment(lock: int) -> dict[str, str]:
    """All that a program is told of ours: no XTABLES_LIBDIR, no LD_PRELOAD, no PATH of a user's.

    `lock` is the descriptor of the file that iptables-legacy locks in place of the host's.
    """
    return {"PATH": _PATH, "LC_ALL": "C", "XTABLES_LOCKFILE": f"/proc/self/fd/{lock}"}


def confined(command: list[str]) -> list[str]:
    """The command, run by nobody, who may do what the network's administrator may, and no more.

    So what it would start or open has no rights to files, modules or other programs. As it is for
    who is not root (a user namespace has these rights over nothing else, and knows of no nobody),
    and where there is no setpriv(1) of util-linux. A user namespace for root would do the same, but
    in one the kernel takes no `-m owner` (net/netfilter/xt_owner.c, owner_check).
    """
    setpriv = _setpriv() if os.geteuid() == 0 and _is_real_root() else None
    if setpriv is None:
        return command
    return [
        setpriv, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--no-new-privs",
        f"--inh-caps={_CAPABILITIES}", f"--ambient-caps={_CAPABILITIES}",
        f"--bounding-set={_CAPABILITIES}", "--", *command,
    ]  # fmt: skip


@cache
def _setpriv() -> str | None:
    """Its path; busybox has a program of that name without these options."""
    path = shutil.which("setpriv", path=_PATH)
    return path if path and Path(path).resolve().name == "setpriv" else None


def _is_real_root() -> bool:
    try:
        return Path("/proc/self/uid_map").read_text().split() == _ALL_USERS
    except OSError:
        return False
