"""Every code that the program speaks, by a name that says what it means.

A code is published (`IPT0402`) and keeps its meaning for ever; its sentence stands in both
languages in `iptsim.explain.catalogue`. A new code takes a number that no code has.
"""

from __future__ import annotations

from iptsim.codes.asked import *  # noqa: F403  # one list of names, a part a file
from iptsim.codes.compared import *  # noqa: F403  # one list of names, a part a file
from iptsim.codes.dumps import *  # noqa: F403  # one list of names, a part a file
from iptsim.codes.packets_way import *  # noqa: F403  # one list of names, a part a file


def is_code(text: str) -> bool:
    """Whether a text has the form of a code, be there one or not."""
    return text[:3] == "IPT" and len(text) == 7 and text[3:].isascii() and text[3:].isdecimal()
