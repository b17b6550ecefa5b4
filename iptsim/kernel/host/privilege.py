"""Rights enough to ask the kernel, for who is not root."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from iptsim import codes
from iptsim.kernel.host.namespaces import JudgeError

# include/uapi/linux/sched.h
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def enter_user_namespace() -> None:
    """Become root of a new user namespace, in which `Judge` works; root stays as it is.

    The process must have one thread, and stays inside for good: its rights to files are as before,
    but every other user is nobody to it. So packets of another uid or gid cannot be judged
    (`JudgeError`, IPT0608). Source: user_namespaces(7). Raises `JudgeError` (IPT0609) where the
    kernel or its settings forbid it.
    """
    if os.geteuid() == 0:
        return
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        raise _refused(os.strerror(ctypes.get_errno()))
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1\n")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1\n")
    except OSError as error:
        raise _refused(str(error)) from error
    # AppArmor may let anyone make one, but without its rights (user_namespaces on Ubuntu 24.04).
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise _refused(os.strerror(ctypes.get_errno()))


def _refused(why: str) -> JudgeError:
    return JudgeError(
        f"the kernel cannot be asked without root: no user namespace ({why})",
        code=codes.NO_USER_NAMESPACE,
        why=why,
    )
