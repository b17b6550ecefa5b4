"""How much work a call is, whatever machine it runs on: the lines of iptsim that it carries out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import iptsim

_HOUSE = str(Path(iptsim.__file__).parent)


def steps(call: Callable[[], object]) -> int:
    """The lines of the program carried out; what C does within one (a pattern) counts as one."""
    count = 0

    def each(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return each

    def begin(frame: FrameType, _event: str, _arg: object) -> Any:
        return each if frame.f_code.co_filename.startswith(_HOUSE) else None

    before = sys.gettrace()
    sys.settrace(begin)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
