"""The real kernel as judge, in a throwaway network namespace."""

from iptsim.kernel.events import Journey, KernelStep, Sighting
from iptsim.kernel.judge import Judge
from iptsim.kernel.links import LINKS, Link, Links, links_for
from iptsim.kernel.namespaces import JudgeError
from iptsim.kernel.privilege import enter_user_namespace
from iptsim.kernel.tools import NEEDED, needed

__all__ = [
    "LINKS",
    "NEEDED",
    "Journey",
    "Judge",
    "JudgeError",
    "KernelStep",
    "Link",
    "Links",
    "Sighting",
    "enter_user_namespace",
    "links_for",
    "needed",
]
