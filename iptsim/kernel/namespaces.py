"""Network namespaces that live as long as a file descriptor of this process.

Nothing is written below /run/netns and no process is left behind: when the program ends, however
it ends, the kernel takes the namespaces down with every interface and rule in them. Only a thread
made for the purpose ever enters one (setns(2) is a matter of the calling thread), so the program
itself never leaves its own.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from iptsim.errors import IptsimError

_CLONE_NEWNET = 0x40000000  # include/uapi/linux/sched.h
_LIBC = ctypes.CDLL(None, use_errno=True)

T = TypeVar("T")


class JudgeError(IptsimError):
    """The kernel could not be asked: no root, a program missing, rules that it refuses."""


def _in_thread(work: Callable[[], T]) -> T:
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  # handed on to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise JudgeError(f"{what}: {os.strerror(number)}", code="IPT0601")


def program(name: str) -> str:
    """The full path of a program; `JudgeError` naming it when it is not installed."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        raise JudgeError(f"{name} is not installed", code="IPT0602")
    return path


class Namespace:
    """A fresh network namespace. Close it, or use it in a `with`; needs root (CAP_SYS_ADMIN)."""

    def __init__(self) -> None:
        self.fd = _in_thread(_fresh)

    def __enter__(self) -> Namespace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the kernel take the namespace down. Sockets opened in it keep it until closed."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def do(self, work: Callable[[], T]) -> T:
        """The result of `work`, done by a thread of its own inside the namespace."""

        def inside() -> T:
            _checked(_LIBC.setns(self.fd, _CLONE_NEWNET), "entering a network namespace")
            return work()

        return _in_thread(inside)

    def run(self, *words: str, stdin: str = "", pass_fds: tuple[int, ...] = ()) -> str:
        """What the program `words[0]` prints inside; `JudgeError` with its words if it fails."""
        command = [program(words[0]), *words[1:]]

        def work() -> subprocess.CompletedProcess[str]:
            return subprocess.run(  # noqa: S603  # words are ours, no shell; text goes by stdin
                command, input=stdin, capture_output=True, text=True, check=False, pass_fds=pass_fds
            )

        done = self.do(work)
        if done.returncode:
            raise JudgeError(f"{words[0]}: {done.stderr.strip()}", code="IPT0603")
        return done.stdout

    def sysctl(self, name: str, value: str) -> None:
        """Set `net/…` inside. What this kernel does not have is left alone."""
        path = Path("/proc/sys", name)

        def work() -> None:
            if path.exists():
                path.write_text(value)

        self.do(work)

    def socket(
        self, family: int, kind: int, protocol: int = 0, *, uid: int = 0, gid: int = 0
    ) -> socket.socket:
        """A socket inside, whose file belongs to `uid` and `gid`.

        The owner match reads the credentials of the socket's file, which are the file-system ids
        of the thread that made it (`net/netfilter/xt_owner.c`, owner_mt).
        """

        def work() -> socket.socket:
            _LIBC.setfsgid(gid)
            _LIBC.setfsuid(uid)
            return socket.socket(family, kind, protocol)

        return self.do(work)


def _fresh() -> int:
    _checked(_LIBC.unshare(_CLONE_NEWNET), "making a network namespace")
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
