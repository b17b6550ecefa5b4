"""The real kernel as judge, in a throwaway network namespace."""

from iptsim.kernel.events.events import Journey, KernelStep, Sighting
from iptsim.kernel.host.interfaces import LINKS, Link, Links, links_for
from iptsim.kernel.host.namespaces import JudgeError
from iptsim.kernel.host.privilege import enter_user_namespace
from iptsim.kernel.host.tools import NEEDED, needed
from iptsim.kernel.judge import Judge

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
