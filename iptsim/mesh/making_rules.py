"""From settings and a version to the rules, as text and as a rule set."""

from __future__ import annotations

from iptsim.mesh.ambient_rules import ambient_rules
from iptsim.mesh.capture_settings import AmbientSettings, Settings
from iptsim.mesh.istio_lines import Lines, save_text, with_traces
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.script_rules import script_rules
from iptsim.mesh.sidecar_rules import sidecar_rules


def rules_text(settings: Settings, version: Version, family: int) -> str:
    """The rules as restore input of iptables (4) or ip6tables (6); nothing where none are made."""
    lines = _lines(settings, version, family)
    traced = not isinstance(settings, AmbientSettings) and settings.traced
    return save_text(with_traces(lines) if traced and version.has(Step.TRACED) else lines)


def _lines(settings: Settings, version: Version, family: int) -> Lines:
    if isinstance(settings, AmbientSettings):
        return ambient_rules(settings, version, family)
    by_script = version.has(Step.CNI_SCRIPT if settings.by_plugin else Step.SCRIPT)
    program = script_rules if by_script else sidecar_rules
    return program(settings, version, family)
