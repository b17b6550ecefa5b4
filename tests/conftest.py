"""What all tests share: one width for all output, and how to write goldens anew."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same cases in every run, so that a run can be had again; IPTSIM_EXPLORE=1 draws others.
settings.register_profile("steady", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("explore" if os.environ.get("IPTSIM_EXPLORE") else "steady")
# Rules, worlds and nodes are many small values that live long: looking through all of them for
# cycles again and again takes a large part of a run.
gc.set_threshold(50_000, 20, 100)

if sys.dont_write_bytecode:
    # Else every process that a test starts would compile the whole program, and every run each test
    # module. The tree stays as it is.
    kept = Path(__file__).resolve().parent.parent / ".pytest_cache" / "code"
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(kept)
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are cores: tests that ask the kernel wait for it, others need not."""
    return (os.cpu_count() or 1) + 2


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


def pytest_collection_finish() -> None:
    """Tests and modules stay to the end, so no collection need look through them again."""
    gc.freeze()


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
