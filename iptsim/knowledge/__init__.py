"""What well-known chains, rules, ports and users mean, for the systems that a dump shows signs of.

Knowledge explains; it never decides. A port means something only where its system is recognised.
"""

from iptsim.knowledge.catalogue import chain, limited_to, port, systems, user
from iptsim.knowledge.known import Known, System
from iptsim.knowledge.recognition import Found, Recognised, names, recognised, recognised_by_chains

__all__ = [
    "Found", "Known", "Recognised", "System", "chain", "limited_to", "names", "port", "recognised",
    "recognised_by_chains",
    "systems", "user",
]  # fmt: skip
