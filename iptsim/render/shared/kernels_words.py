"""What the kernel did at a step, in words."""

from __future__ import annotations

from iptsim.explain.catalogue import sentence
from iptsim.kernel.events.events import KernelStep


def kernels_deed(step: KernelStep, lang: str) -> str:
    """The kernel's own word; `matched` where it told none."""
    if step.verdict in ("jump", "goto"):
        return sentence(f"trace.{step.verdict}", lang, chain=step.target)
    if step.verdict == "return":
        return sentence("trace.return", lang)
    if step.verdict == "continue":
        return sentence("verify.goes_on", lang)
    return step.verdict.upper() or sentence("verify.untold", lang)
