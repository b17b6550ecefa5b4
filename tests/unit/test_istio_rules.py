"""Rules of a pod, predicted: beside what Istio's own scripts wrote, and what decides them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from every_row import every_row

from iptsim.dialects.dump import read_text
from iptsim.dialects.writing.write import write_save
from iptsim.errors import DumpError, UsageError
from iptsim.manifests.documents import manifests
from iptsim.mesh.capture_settings import CaptureSettings
from iptsim.mesh.istio_versions import read_version
from iptsim.mesh.mesh_config import Told, read_mesh_config, read_values
from iptsim.mesh.pod_rule_sets import rule_set
from iptsim.mesh.rules_of_pods import Mesh, PodRules, rules_of_pods
from iptsim.render.outputs.rules_listing import rules_listing

PODS = Path(__file__).parents[2] / "fixtures" / "istio-pods"
EXPECTED = sorted((PODS / "expected").glob("*.save.txt"))
TRAFFIC = "traffic.sidecar.istio.io/"
VERSIONS = [f"1.{minor}" for minor in range(31)]


def asked(manifest: object, version: str | None = None, **told: Any) -> PodRules:
    """The only pod of a manifest, which is a file of the fixtures or data."""
    text = (PODS / manifest).read_text() if isinstance(manifest, str) else json.dumps(manifest)
    mesh = Mesh(version=None if version is None else read_version(version), **told)
    (found,) = rules_of_pods(manifests(text, "pod.yaml"), mesh)
    return found


def rules(manifest: object, version: str | None = None, **told: Any) -> list[str]:
    """Its rules, as iptables-save has them."""
    found = asked(manifest, version, **told)
    dump = rule_set(found.settings, found.version, told.get("family", 4))
    saved = "".join(map(write_save, dump.rulesets))
    return [line for line in saved.splitlines() if line.startswith("-A")]


def pod(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    whole = {"containers": [{"name": "app", "ports": [{"containerPort": 8080}]}], **spec}
    return {"kind": "Pod", "metadata": {"name": "p", "annotations": annotations}, "spec": whole}


def injected(*options: str, **variables: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    args = ["istio-iptables", *options]
    return pod(initContainers=[{"name": "istio-init", "args": args, "env": env}])


def codes_of(found: PodRules) -> list[str]:
    return [note.code for note in found.notes]


@every_row("file", EXPECTED, ids=lambda file: file.name.removesuffix(".save.txt"))
def test_rules_are_those_that_the_script_wrote(file: Path) -> None:
    name, _, version = file.name.removesuffix(".save.txt").partition(".")
    found = asked(f"{name}.yaml", version)
    (ruleset,) = rule_set(found.settings, found.version, 4).rulesets
    saved = [line for line in write_save(ruleset).splitlines() if line[:1] != "#"]
    assert saved == file.read_text().splitlines()


def test_container_ports_decide_up_to_1_2_and_not_later() -> None:
    for version in ("1.0", "1.1", "1.2"):
        assert rules("shop.yaml", version) != rules("shop-8088.yaml", version)
    for version in VERSIONS[3:]:
        assert rules("shop.yaml", version) == rules("shop-8088.yaml", version)


@pytest.mark.parametrize(
    ("version", "code"),
    [("1.2", "IPT0920.containers.some"), ("1.3", "IPT0920.default.all")],
)
def test_what_chose_the_ports_is_told(version: str, code: str) -> None:
    assert code in codes_of(asked("shop-8088.yaml", version))


def test_a_list_comes_by_annotation_or_by_values() -> None:
    by_annotation = pod({f"{TRAFFIC}includeInboundPorts": "7,9"})
    values = read_values((PODS / "values.yaml").read_text(), "values.yaml")
    ports = "-A ISTIO_INBOUND -p tcp -m tcp --dport {} -j ISTIO_IN_REDIRECT"
    assert {ports.format(7), ports.format(9)} <= {*rules(by_annotation, "1.30")}
    assert ports.format(8088) in rules("shop.yaml", "1.20", values=values)
    assert ports.format(8088) not in rules("shop.yaml", "1.12.1", values=values)
    assert codes_of(asked("shop.yaml", "1.20", values=values)) == ["IPT0920.told.some"]


def test_the_mesh_tells_ports_and_dns() -> None:
    config = read_mesh_config((PODS / "mesh.yaml").read_text(), "mesh.yaml")
    early, late = (rules("shop.yaml", v, config=config) for v in ("1.17", "1.18"))
    assert "-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15101" in early
    assert "-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006" in early
    assert "-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15106" in late
    assert "IPT0926" in codes_of(asked("shop.yaml", "1.18", config=config))
    told = asked("shop.yaml", "1.18", config=config, dns_servers=("10.96.0.10",))
    assert "IPT0926" not in codes_of(told)
    assert any("10.96.0.10" in each for each in rules(
        "shop.yaml", "1.18", config=config, dns_servers=("10.96.0.10",)
    ))  # fmt: skip


def test_an_injected_pod_is_taken_by_its_words_and_the_version_of_its_image() -> None:
    found = asked("injected.yaml")
    assert str(found.version) == "1.16.2"
    assert codes_of(found) == ["IPT0922", "IPT0920.told.all"]
    assert rules("injected.yaml") == rules("shop.yaml", "1.16.2")


def test_options_are_read_in_every_way_that_they_are_written() -> None:
    ways = (
        ["-b", "80", "-d", "", "--redirect-dns=false"],
        ["-b80", "-d="],
        ["--istio-inbound-ports=80"],
        ["--istio-inbound-ports", "80", "--redirect-dns", "--capture-all-dns=false"],
    )
    first, *others = (rules(injected(*way), "1.20") for way in ways[:3])
    assert all(each == first for each in others)
    assert rules(injected(ISTIO_INBOUND_PORTS="80"), "1.20") == first
    assert rules(injected(*ways[3]), "1.20") != first


def test_dns_capture_is_asked_by_another_name_in_each_of_the_old_versions() -> None:
    asks = {"1.6": "DNS_CAPTURE", "1.7": "ISTIO_META_DNS_CAPTURE", "1.9": "ISTIO_META_DNS_CAPTURE"}
    for version, name in asks.items():
        for each in {*asks.values()}:
            found = asked(injected(**{each: "true"}), version).settings
            assert isinstance(found, CaptureSettings)
            assert found.dns == (each == name)


def test_a_user_that_is_not_told_is_the_proxys_and_in_old_versions_roots_too() -> None:
    owners = [line for line in rules(injected("-b", "*"), "1.7") if "--uid-owner 0" in line]
    assert owners
    assert not [line for line in rules(injected("-b", "*"), "1.8") if "--uid-owner 0" in line]


def test_istio_cni_goes_by_annotations_and_has_ports_of_its_own() -> None:
    plain = rules("shop.yaml", "1.20", by_cni=True)
    told = rules(pod({f"{TRAFFIC}excludeOutboundPorts": "25"}), "1.20", by_cni=True)
    status = "-A ISTIO_OUTPUT -p tcp -m tcp --dport 15020 -j RETURN"
    assert status in plain
    assert status not in told
    assert "-A ISTIO_OUTPUT -p tcp -m tcp --dport 25 -j RETURN" in told
    ports = "-A ISTIO_INBOUND -p tcp -m tcp --dport 8080 -j ISTIO_IN_REDIRECT"
    assert ports in rules(pod(), "1.8", by_cni=True)
    assert ports not in rules(pod(), "1.9", by_cni=True)
    with pytest.raises(UsageError, match="istio-cni"):
        asked(pod(), "1.1.4", by_cni=True)


def test_the_ambient_mesh_is_told_by_the_label_of_pod_or_namespace() -> None:
    assert "IPT0923" in codes_of(asked("ambient.yaml", "1.25"))
    labelled = pod()
    labelled["metadata"]["labels"] = {"istio.io/dataplane-mode": "ambient"}
    chains = {line.split()[1] for line in rules(labelled, "1.25")}
    assert chains == {"PREROUTING", "OUTPUT", "ISTIO_PRERT", "ISTIO_OUTPUT"}
    assert "IPT0924.node" in codes_of(asked(labelled, "1.19"))
    assert asked(labelled, "1.19").settings is None
    assert "ISTIO_INBOUND" in {line.split()[1] for line in rules(labelled, "1.17")}


@pytest.mark.parametrize(
    ("annotations", "spec", "reason"),
    [
        ({}, {"hostNetwork": True}, "host"),
        ({"sidecar.istio.io/inject": "false"}, {}, "inject"),
        ({"sidecar.istio.io/interceptionMode": "NONE"}, {}, "mode"),
    ],
)
def test_a_pod_without_rules_tells_why(
    annotations: dict[str, str], spec: dict[str, Any], reason: str
) -> None:
    found = asked(pod(annotations, **spec), "1.20")
    assert found.settings is None
    assert codes_of(found) == [f"IPT0924.{reason}"]
    assert rules(pod(annotations, **spec), "1.20") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (f"{TRAFFIC}includeInboundPorts", "http"),
        (f"{TRAFFIC}includeOutboundIPRanges", "10.0.0.0"),
        (f"{TRAFFIC}excludeInboundPorts", "1-9"),
        ("sidecar.istio.io/interceptionMode", "NAT"),
        (f"{TRAFFIC}kubevirtInterfaces", "net1 -j DROP"),
    ],
)
def test_an_annotation_that_istio_refuses_is_refused_at_its_place(name: str, value: str) -> None:
    with pytest.raises(DumpError) as refused:
        asked(pod({name: value}), "1.25")
    assert refused.value.code == "IPT0902"
    assert value in refused.value.text


@pytest.mark.parametrize(
    "options",
    [["-b", "80 -j ACCEPT"], ["-u", "1337\n-A INPUT"], ["-k", "a b"], ["-i", "everywhere"], ["-y"]],
)
def test_words_that_iptables_would_not_take_get_into_no_rule(options: list[str]) -> None:
    with pytest.raises(DumpError):
        asked(injected(*options), "1.20")


def test_ipv6_is_closed_by_the_script_and_captured_by_the_program() -> None:
    closed = rules("shop.yaml", "1.4", family=6)
    assert closed[-1] == "-A INPUT -j REJECT --reject-with icmp6-port-unreachable"
    assert "-A ISTIO_OUTPUT -s ::6/128 -o lo -j RETURN" in rules("shop.yaml", "1.20", family=6)
    single = injected("--dual-stack=false", "-b", "*")
    assert rules(single, "1.20", family=6) == rules(injected("-b", "*"), "1.20", family=6) != []
    four = pod()
    four["status"] = {"podIPs": [{"ip": "10.1.2.3"}]}
    assert rules(four, "1.20", family=6) == []


@every_row("version", VERSIONS)
@every_row("file", ["shop-8088", "ledger", "night", "ambient"])
def test_a_listing_tells_the_same_rules(file: str, version: str) -> None:
    if file == "ambient" and version in ("1.18", "1.19", "1.20"):
        return
    found = asked(f"{file}.yaml", version)
    (ruleset,) = rule_set(found.settings, found.version, 4).rulesets
    read = read_text(rules_listing(ruleset), table="nat" if len(ruleset.tables) == 1 else None)
    assert _of_nat(ruleset) == _of_nat(read.rulesets[0])


def _of_nat(ruleset: Any) -> list[str]:
    saved = write_save(ruleset)
    nat = saved[saved.index("*nat") :]
    return [line for line in nat.splitlines() if line.startswith("-A")]


@pytest.mark.parametrize("text", ["2", "1.31", "one", "", "0.9"])
def test_other_versions_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_version(text)


def test_a_manifest_without_a_pod_is_refused() -> None:
    with pytest.raises(UsageError, match="ConfigMap"):
        asked({"kind": "ConfigMap", "metadata": {"name": "c"}})
    with pytest.raises(DumpError):
        asked({"kind": "Deployment", "metadata": {"name": "d"}, "spec": {}})


def test_values_stand_in_their_configmap_or_operator() -> None:
    inner = {"global": {"proxy": {"includeInboundPorts": "1"}}}
    ways = (
        inner,
        {"kind": "ConfigMap", "data": {"values": json.dumps(inner)}},
        {"kind": "IstioOperator", "spec": {"values": inner}},
    )
    told = [read_values(json.dumps(way), "v") for way in ways]
    assert [each.text("global", "proxy", "includeInboundPorts") for each in told] == ["1"] * 3
    assert Told().text("global") is None
