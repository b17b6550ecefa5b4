"""istio-cni before 1.7: the rules of its own script, and which ports its plugin asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_row import every_row

from iptsim.dialects.writing.write import write_save
from iptsim.knowledge import recognised
from iptsim.knowledge.recognition import version as order
from iptsim.manifests.documents import manifests
from iptsim.mesh.capture_settings import ALL, CaptureSettings
from iptsim.mesh.istio_versions import read_version
from iptsim.mesh.pod_rule_sets import rule_set
from iptsim.mesh.rules_of_pods import Mesh, rules_of_pods

MADE = Path(__file__).parents[2] / "fixtures" / "istio-cni" / "rules.txt"
CASES: dict[str, dict[str, object]] = {
    "all": {"inbound_ports": ALL},
    "list": {"inbound_ports": ("8080", "9090")},
    "none": {"inbound_ports": ()},
    "tproxy": {"inbound_ports": ALL, "mode": "TPROXY"},
    "ranges": {
        "inbound_ports": ALL,
        "ranges": ("10.96.0.0/12", "172.20.0.0/16"),
        "excluded_ranges": ("10.96.0.10/32",),
    },
    "kube": {"inbound_ports": ALL, "virtual_interfaces": ("net1",)},
}


def sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in MADE.read_text().splitlines():
        if line.startswith("## "):
            found[line[3:]] = []
        elif not line.startswith("#"):
            found[next(reversed(found))].append(line)
    return found


MADE_BY_SCRIPT = sections()


def by_chain(lines: list[str]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    table = ""
    for line in lines:
        if line.startswith("*"):
            table = line
        elif line.startswith("-A"):
            found.setdefault((table, line.split()[1]), []).append(line)
    return found


@every_row("name", MADE_BY_SCRIPT)
def test_the_plugins_script_makes_these_rules(name: str) -> None:
    told, case, family, *closed = name.split()
    version = read_version(told)
    asked: dict[str, object] = {"ranges": ALL, **CASES[case]}
    if told.startswith(("1.1", "1.2")):
        asked["inbound_port"] = "15001"
    settings = CaptureSettings(
        by_plugin=True,
        excluded_inbound_ports=("15020", "7777"),
        excluded_outbound_ports=() if told.startswith("1.1") else ("15020",),
        ipv6=family == "6" and not closed,
        **asked,  # type: ignore[arg-type]
    )
    (rules,) = rule_set(settings, version, int(family)).rulesets
    for found in recognised(rules) if family == "4" else ():
        assert not found.mixed
        assert found.name in ("istio", "istio-cni")
        assert order(found.since or "1") <= version.order[:2] <= order(found.until or "2")
    assert by_chain(write_save(rules).splitlines()) == by_chain(MADE_BY_SCRIPT[name])


POD = """
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations: {{{annotations}}}
spec:
  containers:
  - name: web
    image: web
    ports: [{{containerPort: 8080}}]
  {proxy}
"""
PROXY = "- {name: istio-proxy, image: 'istio/proxyv2:1.4', ports: [{containerPort: 15090}]}"
INBOUND = "traffic.sidecar.istio.io/includeInboundPorts"


def ports(version: str, annotations: str = "", *, injected: bool = True) -> tuple[str, ...]:
    text = POD.format(annotations=annotations, proxy=PROXY if injected else "")
    mesh = Mesh(version=read_version(version), by_cni=True)
    (found,) = rules_of_pods(manifests(text, "pod.yaml"), mesh)
    assert isinstance(found.settings, CaptureSettings)
    return found.settings.inbound_ports


OWN = f'{INBOUND}: "7000"'
EVERY = f'{INBOUND}: "*"'
ASKED = [
    ("1.1.5", "", ("8080",)),
    ("1.2", "", ("8080",)),
    ("1.2", OWN, ("7000",)),
    ("1.3", "", ("8080",)),
    ("1.4.7", "", ("8080",)),
    ("1.4.8", "", ALL),
    ("1.4.8", OWN, ("7000",)),
    ("1.5.1", "", ("8080",)),
    ("1.5.2", "", ALL),
    ("1.5.2", OWN, ("8080",)),
    ("1.5.2", EVERY, ALL),
    ("1.6", "", ALL),
    ("1.6", OWN, ("7000",)),
]


@every_row(("version", "annotations", "asked"), ASKED)
def test_which_ports_the_plugin_asks_for(
    version: str, annotations: str, asked: tuple[str, ...]
) -> None:
    assert ports(version, annotations) == asked


def test_the_injector_annotates_from_1_3_on() -> None:
    assert ports("1.2", injected=False) == ("8080",)
    assert ports("1.6", injected=False) == ("8080",)  # what the injector writes, the plugin takes


def test_the_plugin_is_told_beside_the_ports_that_it_takes() -> None:
    text = POD.format(annotations="", proxy="")
    mesh = Mesh(version=read_version("1.5"), by_cni=True)
    (found,) = rules_of_pods(manifests(text, "pod.yaml"), mesh)
    assert "IPT0920.plugin.some" in {note.code for note in found.notes}


OWN_PORTS = [
    ("1.1.5", ("15020",), ()),
    ("1.2", ("15020",), ("15020",)),
    ("1.5.1", ("15020",), ("15020",)),
    ("1.5.2", ("15020", "15090"), ("15020",)),
    ("1.6", ("15020", "15021", "15090"), ("15020",)),
]


@pytest.mark.parametrize(("version", "inbound", "outbound"), OWN_PORTS)
def test_which_ports_the_plugin_leaves_alone(
    version: str, inbound: tuple[str, ...], outbound: tuple[str, ...]
) -> None:
    text = POD.format(annotations="", proxy=PROXY)
    mesh = Mesh(version=read_version(version), by_cni=True)
    (found,) = rules_of_pods(manifests(text, "pod.yaml"), mesh)
    assert isinstance(found.settings, CaptureSettings)
    assert found.settings.excluded_inbound_ports == inbound
    assert found.settings.excluded_outbound_ports == outbound
