"""Checks the answers of the lessons without knowing them by heart.

Each check asks the program about the dumps and compares. It returns what to tell the learner, and
whether the answer is right. Lessons in Chinese say `speak("zh")` first.
"""

from checking.every_packet import latest, merged, unredirected
from checking.meshes import HEALTHY, MESHES, mended, mesh, symptom
from checking.nft import MIGRATIONS, OLD_FIREWALL, elsewhere, migrations, one_rule
from checking.reading import count, decider, fate, returns, way
from checking.replies import Reply, speak
from checking.sidecars import FIXTURES, callers, port, to_the_application, untouched

__all__ = [
    "FIXTURES", "HEALTHY", "MESHES", "MIGRATIONS", "OLD_FIREWALL", "Reply", "callers", "count", "decider",
    "elsewhere", "fate", "latest", "mended", "merged", "mesh", "migrations", "one_rule", "port", "returns",
    "speak", "symptom", "to_the_application", "unredirected", "untouched", "way",
]  # fmt: skip
