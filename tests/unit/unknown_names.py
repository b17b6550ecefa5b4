"""Names of extensions that tests take for unknown: nobody will ever write one of that name.

A test that needs an extension that iptsim does not know takes its name from here, so that a new
extension breaks no test but its own.
"""

from __future__ import annotations

from iptsim.extensions.addons import NAMES
from iptsim.extensions.registry import targets

NO_MATCH = "unheardof"
NO_TARGET = "UNHEARDOF"
ADDONS = tuple(sorted(NAMES - targets().keys()))
"""Targets of add-ons that are known by name alone, whichever these are by now."""
ADDON = ADDONS[0]
