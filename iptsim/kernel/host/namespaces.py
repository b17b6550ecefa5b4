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
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from iptsim import codes
from iptsim.errors import IptsimError
from iptsim.kernel.host.confining import confined, environment

_CLONE_NEWNET = 0x40000000  # include/uapi/linux/sched.h
_LIBC = ctypes.CDLL(None, use_errno=True)

# The packages of Debian and most others; every iptables program is in iptables.
_PACKAGES = {"ip": "iproute2", "nft": "nftables", "ipset": "ipset", "conntrack": "conntrack"}
_PATIENCE = 60  # seconds: a host name in a rule is asked of a name server that is not there

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
    try:
        thread.join()
    except BaseException:
        thread.join()  # Ctrl-C: what the work opens must be known to be closed
        raise
    if errors:
        raise errors[0]
    return results[0]


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise JudgeError(
            f"{what}: {os.strerror(number)}",
            code=codes.NAMESPACE_REFUSED,
            what=what,
            why=os.strerror(number),
        )


def program(name: str) -> str:
    """The full path of a program; `JudgeError` naming its package when it is not installed."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        package = _PACKAGES.get(name, "iptables")
        raise JudgeError(
            f"{name} is not installed: it comes with the package {package}",
            code=codes.NOT_INSTALLED, program=name, package=package,
        )  # fmt: skip
    return path


class ProgramError(JudgeError):
    """A program ended with an error; `words` is what it printed."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(f"{name}: {words}", code=codes.PROGRAM_FAILED, program=name, words=words)
        self.words = words


class Namespace:
    """A fresh network namespace. Close it, or use it in a `with`; needs root (CAP_SYS_ADMIN)."""

    def __init__(self) -> None:
        self.fd = self._lock = -1
        try:
            _in_thread(self._open)
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        _checked(_LIBC.unshare(_CLONE_NEWNET), "making a network namespace")
        self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        # iptables-legacy would else lock the host's own /run/xtables.lock, or fail to.
        self._lock = os.memfd_create("xtables.lock")

    def __enter__(self) -> Namespace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the kernel take the namespace down. Sockets opened in it keep it until closed."""
        for fd in (self.fd, self._lock):
            if fd >= 0:
                os.close(fd)
        self.fd = self._lock = -1

    def do(self, work: Callable[[], T]) -> T:
        """The result of `work`, done by a thread of its own inside the namespace."""

        def inside() -> T:
            _checked(_LIBC.setns(self.fd, _CLONE_NEWNET), "entering a network namespace")
            return work()

        return _in_thread(inside)

    def run(
        self, *words: str, stdin: str = "", pass_fds: tuple[int, ...] = (), untrusted: bool = False
    ) -> str:
        """What the program `words[0]` prints inside; `ProgramError` with its words if it fails.

        Bytes that are no UTF-8 pass as lone surrogates, both ways. With `untrusted`, where a
        stranger wrote what it reads, root's program has the rights of a network's administrator
        only.
        """
        command = [program(words[0]), *words[1:]]
        command = confined(command) if untrusted else command
        fds = (*pass_fds, self._lock)

        def work() -> subprocess.CompletedProcess[bytes]:
            return subprocess.run(  # noqa: S603  # words are ours, no shell; text goes by stdin
                command, input=stdin.encode(errors="surrogateescape"), capture_output=True,
                check=False, pass_fds=fds, env=environment(self._lock), timeout=_PATIENCE,
            )  # fmt: skip

        try:
            done = self.do(work)
        except subprocess.TimeoutExpired as error:
            raise ProgramError(words[0], f"no end after {error.timeout:.0f} s") from None
        if done.returncode:
            text = (done.stderr or done.stdout).decode(errors="surrogateescape")
            raise ProgramError(words[0], text.strip())
        return done.stdout.decode(errors="surrogateescape")

    def interfaces(self) -> list[str]:
        """The names of the interfaces inside."""
        return self.do(lambda: [name for _, name in socket.if_nameindex()])

    def sysctls(self, values: Mapping[str, str]) -> None:
        """Set each `net/…` inside. What this kernel does not have is left alone."""

        def work() -> None:
            for name, value in values.items():
                with suppress(FileNotFoundError):
                    Path("/proc/sys", name).write_text(value)

        self.do(work)

    def socket(
        self, family: int, kind: int, protocol: int = 0, *, uid: int = 0, gid: int = 0
    ) -> socket.socket:
        """A socket inside, whose file belongs to `uid` and `gid`.

        The owner match reads the credentials of the socket's file, which are the file-system ids
        of the thread that made it (`net/netfilter/xt_owner.c`, owner_mt).
        """

        def work() -> socket.socket:
            for change, number in ((_LIBC.setfsgid, gid), (_LIBC.setfsuid, uid)):
                change(ctypes.c_uint32(number))
                # Nobody is -1, so this changes nothing and tells the one in force (setfsuid(2)).
                if change(-1) & 0xFFFFFFFF != number:
                    raise JudgeError(
                        f"no packet of user or group {number} can be sent here: without root"
                        " there is one user only",
                        code=codes.NO_SUCH_USER, number=number,
                    )  # fmt: skip
            return socket.socket(family, kind, protocol)

        return self.do(work)
