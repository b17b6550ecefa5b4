"""Rule sets that programs left on hosts in good health, by the program."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent / "healthy_hosts"
_FIXTURES = {
    "docker": "docker/published-port",
    "istio": "istio/tproxy-1.10",
    "istio-dns": "istio/dns-1.10",
    "kubernetes": "kube-proxy/services",
}

HEALTHY = {
    **{name: (_HERE / f"{name}.save.txt").read_text() for name in
       ("calico", "firewalld", "libvirt", "ufw")},
    **{name: (ROOT / "fixtures" / path / "after.save.txt").read_text()
       for name, path in _FIXTURES.items()},
}  # fmt: skip
