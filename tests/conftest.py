"""What all tests share: one width for all output, and how to write goldens anew."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings

# The same cases in every run, so that a run can be had again; IPTSIM_EXPLORE=1 draws others.
settings.register_profile("steady", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("explore" if os.environ.get("IPTSIM_EXPLORE") else "steady")
KEPT = Path(__file__).resolve().parent.parent / ".pytest_cache"
COMPILED, FIRST, MOST_WAITS = KEPT / "compiled", "gw0", 600
LONG = 0.005  # seconds; `--durations` shows no shorter ones
# Rules, worlds and nodes are many small values that live long: looking through all of them for
# cycles again and again takes a large part of a run.
gc.set_threshold(50_000, 20, 100)

if sys.dont_write_bytecode:
    # Else every process that a test starts would compile the whole program, and every run each test
    # module. The tree stays as it is.
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(KEPT / "code")
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are cores: tests that ask the kernel wait for it, others need not."""
    return (os.cpu_count() or 1) + 2


def pytest_configure(config: pytest.Config) -> None:
    """A worker ends without freeing each value, which takes seconds; its code is asked by nobody.

    What was registered first is called last, so others' ends come before.
    """
    if hasattr(config, "workerinput"):
        atexit.register(os._exit, 0)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nobody would read what a worker's last collections warn of, so they look through nothing."""
    if hasattr(session.config, "workerinput"):
        gc.freeze()


def pytest_collection(session: pytest.Session) -> None:
    """In a fresh tree the first worker compiles all tests; else each would, at the same time."""
    if getattr(session.config, "workerinput", {}).get("workerid", FIRST) == FIRST:
        return
    for _ in range(MOST_WAITS):
        if COMPILED.exists():
            return
        time.sleep(0.2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First, and so by one process, the tests that share what takes long to make.

    Each process begins with a part of the list, and takes from the ends of others' parts when it
    has done its own.
    """
    items.sort(key=_comes)


def _comes(item: pytest.Item) -> int:
    if item.get_closest_marker("browser"):
        return 0
    return 1 if hasattr(getattr(item, "module", None), "trees") else 2


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tests and modules stay to the end, so no collection need look through them again."""
    gc.freeze()
    if getattr(session.config, "workerinput", {}).get("workerid") == FIRST:
        COMPILED.parent.mkdir(exist_ok=True)
        COMPILED.touch()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A worker tells of a test what is told of it at the end, and no more.

    Three reports and a beginning cost more than most tests: of setting up and taking down, only
    what failed, was skipped or took long is told.
    """
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration > LONG:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens",
        action="store_true",
        help="write what the program says into the goldens, to be read before it is kept",
    )


@pytest.fixture
def updating(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-goldens", default=False))


@pytest.fixture(autouse=True, scope="session")
def one_width() -> Iterator[None]:
    """A runner of many processes tells its workers the width of its own terminal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)
        yield
