"""The real kernel as judge, in a throwaway network namespace."""

from iptsim.kernel.events import Journey, KernelStep, Sighting
from iptsim.kernel.judge import NEEDED, Judge
from iptsim.kernel.namespaces import JudgeError
from iptsim.kernel.trio import LINKS, Link

__all__ = ["LINKS", "NEEDED", "Journey", "Judge", "JudgeError", "KernelStep", "Link", "Sighting"]
