"""Dumps that the page offers, each with a question."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from iptsim.dataclass import dataclass

_PACKAGE = Path(__file__).parent
_FIXTURES = _PACKAGE.parents[1] / "fixtures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A dump, perhaps with one of the same host before.

    `asked` are options of `trace`, `fate` is one that `query` may be asked for.
    Paths are below `fixtures/`.
    """

    name: str
    after: str
    before: str | None = None
    asked: Mapping[str, str]
    fate: str = "DROP"

    def texts(self) -> dict[str, str]:
        """The dumps by the names that the page gives them."""
        paths = {"before.txt": self.before, "after.txt": self.after}
        return {name: _read(path) for name, path in paths.items() if path is not None}


EXAMPLES = (
    Example(
        name="istio",
        before="istio/both-directions/before.txt",
        after="istio/both-directions/after.txt",
        asked={"--dport": "8088"},
        fate="REDIRECT:15001",
    ),
    Example(
        name="docker",
        before="docker/published-port/before.save.txt",
        after="docker/published-port/after.save.txt",
        asked={"--in": "eth0", "--src": "192.0.2.9", "--dport": "8080"},
    ),
    Example(
        name="kube",
        before="kube-proxy/services/before.save.txt",
        after="kube-proxy/services/after.save.txt",
        asked={"--in": "eth0", "--src": "192.0.2.9", "--dst": "10.96.45.10", "--dport": "80"},
    ),
    Example(
        name="firewall",
        before="firewall/host/before.save.txt",
        after="firewall/host/after.save.txt",
        asked={"--in": "eth0", "--src": "192.0.2.9", "--dport": "22"},
    ),
    Example(
        name="nft",
        after="nft/sidecar.list",
        asked={"--dport": "8088"},
        fate="REDIRECT:15006",
    ),
)


def _read(path: str) -> str:
    """Out of the package as installed, else out of the fixtures as checked out."""
    inside = _PACKAGE / "examples" / path.replace("/", "-")
    return (inside if inside.exists() else _FIXTURES / path).read_text(encoding="utf-8")
