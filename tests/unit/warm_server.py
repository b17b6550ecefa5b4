"""The process that has the program loaded, and forks for each run of it (`warm_program`)."""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import socket
import sys
import traceback

FILES = 4
"""What a request brings: what is asked, and the three standard streams."""


def held(file: int) -> bytes:
    """All that a file holds."""
    return os.pread(file, os.fstat(file).st_size, 0)


def serve(at: socket.socket) -> None:
    """Fork for each request, and answer with the exit code."""
    load()
    while True:
        word, files, _flags, _address = socket.recv_fds(at, 16, FILES)
        if not word:
            return
        child = os.fork()
        if not child:
            at.close()
            be_the_program(files)
        for file in files:
            os.close(file)
        _child, status = os.waitpid(child, 0)
        at.send(b"%d" % os.waitstatus_to_exitcode(status))


def load() -> None:
    """What commands import when they run, so that no fork does."""
    package = importlib.import_module("iptsim")
    for module in pkgutil.walk_packages(package.__path__, "iptsim."):
        if module.name != "iptsim.__main__":
            importlib.import_module(module.name)
    importlib.import_module("networkx")
    gc.freeze()


def be_the_program(files: list[int]) -> None:
    """Run it as `python -m iptsim` does, and end with its code."""
    asked = json.loads(held(files[0]))
    os.environ.clear()
    os.environ.update(asked["environ"])
    for number, file in enumerate(files[1:]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    sys.argv = ["iptsim", *asked["arguments"]]
    with (
        open(0, encoding="utf-8", errors="surrogateescape", closefd=False) as sys.stdin,
        open(1, "w", encoding="utf-8", closefd=False) as sys.stdout,
        open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False) as sys.stderr,
    ):
        code = _code()
    os._exit(code)


def _code() -> int:
    try:
        runpy.run_module("iptsim", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return int(str(end.code or 0))
    except BaseException:  # noqa: BLE001  # as an interpreter tells of it
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
