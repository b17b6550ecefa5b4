"""Predicted rules are those that a kernel takes, and saves as they were printed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from called_program import called
from random_commands import Host

import iptsim as library
from iptsim.dialects.writing.write import write_save
from iptsim.kernel.host.namespaces import Namespace
from iptsim.manifests.documents import manifests
from iptsim.mesh.capture_settings import ALL, CaptureSettings
from iptsim.mesh.istio_versions import read_version
from iptsim.mesh.mesh_config import read_mesh_config
from iptsim.mesh.native_rules import native_text
from iptsim.mesh.pod_rule_sets import rule_set
from iptsim.mesh.rules_of_pods import Mesh, rules_of_pods

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("real_kernel")]
PODS = Path(__file__).parents[2] / "fixtures" / "istio-pods"
MINORS = (0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 18, 20, 22, 23, 24, 25, 30)
# Everything at once.
_OPTIONS = (
    "-p 15201 -z 15206 -e 15208 -u 1337,7 -g 1337,8 -m TPROXY -b 80,443 -d 22 -q 25 -o 26 -k n1,n2 "
    "-c n3 -i 10.0.0.0/8,fd00::/8 -x 10.1.0.0/16,fd01::/16 --redirect-dns --drop-invalid "
    "--iptables-trace-logging"
)


def _all_at_once() -> str:
    variables = {
        "ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE": "9",
        "ISTIO_META_DNS_CONNTRACK_ZONE": "true",
        "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR": "127.0.0.0/8",
    }
    env = [{"name": name, "value": value} for name, value in variables.items()]
    init = {"name": "istio-init", "args": ["istio-iptables", *_OPTIONS.split()], "env": env}
    dns = {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.10", "fd00::10"]}}
    spec = {"initContainers": [init], "containers": [], **dns}
    return json.dumps({"kind": "Pod", "metadata": {"name": "p"}, "spec": spec})


def _texts() -> dict[str, str]:
    found = {file.stem: file.read_text() for file in PODS.glob("*.yaml")}
    pods = {name: text for name, text in found.items() if name not in ("mesh", "values")}
    return {**pods, "everything": _all_at_once()}


def _printed(text: str, version: str, **told: Any) -> str:
    mesh = Mesh(version=read_version(version), **told)
    (one,) = rules_of_pods(manifests(text, "pod"), mesh)
    dump = rule_set(one.settings, one.version, mesh.family)
    return "".join(map(write_save, dump.rulesets))


def _bare(text: str) -> list[str]:
    return [line for line in text.splitlines() if line[:1] != "#"]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("name", sorted(_texts()))
def test_the_kernel_saves_what_was_printed(name: str, family: int) -> None:
    text = _texts()[name]
    config = read_mesh_config((PODS / "mesh.yaml").read_text(), "mesh")
    for version in (f"1.{minor}" for minor in MINORS):
        if name == "ambient" and version in ("1.18", "1.20"):
            continue
        told = {"config": config} if name == "ledger" else {}
        printed = _printed(text, version, family=family, dns_servers=("10.0.0.10",), **told)
        with Namespace() as namespace:
            host = Host(namespace=namespace, backend="nft", family=family)
            host.load(printed)
            assert _bare(host.save()) == _bare(printed), version


@pytest.mark.parametrize("mode", ["REDIRECT", "TPROXY"])
def test_the_kernel_takes_istios_own_nftables_rules(real_kernel: None, mode: str) -> None:
    made = CaptureSettings(
        mode=mode, inbound_ports=ALL, excluded_inbound_ports=("15020",), ranges=ALL, ipv6=True,
        virtual_interfaces=("tap0",), excluded_interfaces=("net1",), drops_invalid=True, dns=True,
        dns_servers=("10.96.0.10", "fd00::a"), owner_groups=("7", "8"),
    )  # fmt: skip
    script = native_text(made, read_version("1.30"))
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", "nft -f - && nft list ruleset"],
        input=script, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    rules = [line for line in script.splitlines() if " rule inet " in line]
    assert done.stdout.count("counter packets 0 bytes 0") == len(rules)


def test_the_lessons_pod_is_what_the_kernel_lists(real_kernel: None) -> None:
    folder = PODS.parent / "nft"
    pod = [str(folder / "shop.yaml"), "--istio-version", "1.28"]
    for backend, steps, file in (
        ("iptables", "iptables-restore && iptables-save", "shop.save.txt"),
        ("nft", "nft -f - && nft list ruleset", "shop.list"),
    ):
        made = called(["istio", "rules", *pod, "--backend", backend], b"", {}).out
        done = subprocess.run(
            ["unshare", "-n", "sh", "-c", steps],
            input=made, capture_output=True, text=True, check=True,
        )  # fmt: skip
        listed = library.read(text=done.stdout)
        assert not library.diff(listed, folder / file).changes, backend
