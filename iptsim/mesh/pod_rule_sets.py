"""The rules of a pod as a rule set, as it would be read from the pod's own dump."""

from __future__ import annotations

from iptsim.dialects.dump import read_text
from iptsim.dialects.writing.write import write_save
from iptsim.mesh.capture_settings import Settings
from iptsim.mesh.istio_versions import Version
from iptsim.mesh.making_rules import rules_text
from iptsim.model import Dump, Ruleset


def rule_set(settings: Settings | None, version: Version, family: int) -> Dump:
    """The rules of that family; a rule set without tables where none are made.

    It is read from what iptables-save would print in the pod, and its lines are counted there.
    """
    text = "" if settings is None else rules_text(settings, version, family)
    if not text:
        return Dump(rulesets=(Ruleset(family=family, tables=()),))
    made = read_text(text, family=family)
    saved = "".join(map(write_save, made.rulesets))
    return read_text(saved, file=f"istio-{version}", family=family)
