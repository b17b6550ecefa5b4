"""What well-known chains, ports and users mean, for the systems that a dump shows traces of.

Knowledge explains; it never decides. A port means something only where its system is recognised
by its chains.
"""

from iptsim.knowledge.catalogue import chain, limited_to, port, recognised, user
from iptsim.knowledge.known import Known

__all__ = ["Known", "chain", "limited_to", "port", "recognised", "user"]
