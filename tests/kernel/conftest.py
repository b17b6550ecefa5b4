"""Whether the real kernel can be asked here."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterator

import pytest

from iptsim.kernel import Judge, JudgeError, needed
from iptsim.kernel.host.namespaces import program

REQUIRED = os.environ.get("IPTSIM_REQUIRE_KERNEL", "") not in ("", "0")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Asks a test once more of which the kernel threw events away, for want of memory just then."""
    try:
        return (yield)
    except JudgeError as error:
        if getattr(error.__cause__, "errno", None) != errno.ENOBUFS:
            raise
    names = pyfuncitem._fixtureinfo.argnames
    pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    return True


def _obstacle(backend: str) -> str | None:
    if os.geteuid() != 0:
        return "a network namespace needs root"
    try:
        for name in needed(backend, ipset=True):
            program(name)
        with Judge(backend=backend) as judge:
            judge.load("*nat\n-A OUTPUT -p tcp -j REDIRECT --to-ports 1\nCOMMIT\n")
    except (JudgeError, OSError) as error:
        return f"the kernel cannot be asked: {error}"
    return None


def _skip_or_fail(obstacle: str | None) -> None:
    if obstacle and REQUIRED:
        pytest.fail(obstacle)
    if obstacle:
        pytest.skip(obstacle)


@pytest.fixture(scope="session")
def real_kernel() -> None:
    """Skip where the kernel cannot be asked; fail instead where IPTSIM_REQUIRE_KERNEL=1."""
    _skip_or_fail(_obstacle("nft"))


@pytest.fixture(scope="session")
def real_legacy(real_kernel: None) -> None:
    """The same for legacy tables."""
    _skip_or_fail(_obstacle("legacy"))


@pytest.fixture
def judge(real_kernel: None) -> Iterator[Judge]:
    """A fresh host."""
    with Judge() as fresh:
        yield fresh
