"""Predicted rules beside those of Istio: `python istio_rules_run.py CORPUS`.

CORPUS holds a folder for each version and in it one for each case: `save.txt` and `save6.txt`, what
Istio's own program of that version came to, `VERSIONS`, who else comes to the same, and of cases
of the script `ARGS`, what it was called with. The cases of the Go program are those of its own
tests (run_test.go, plugin_dryrun_test.go, iptables_test.go), by their names; each is told here as a
manifest. Both texts are loaded into a kernel and saved by one build.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from iptsim.dialects.writing.write import write_save
from iptsim.manifests.documents import manifests
from iptsim.mesh.istio_versions import read_version
from iptsim.mesh.mesh_config import Told, read_values
from iptsim.mesh.pod_rule_sets import rule_set
from iptsim.mesh.rules_of_pods import Mesh, rules_of_pods

Json = dict[str, object]
_DNS_ARGS = "-u 3,4 -g 1,2 --redirect-dns"
_TPROXY = "-m TPROXY -b * -x 1.1.0.0/16 -i 9.9.0.0/16"
_NETS = "-x 2001:db8::/32 -i 2001:db8::/32"
# The options of each case; servers of resolv.conf stand behind a bar.
INIT: Mapping[str, str] = {
    "empty": "",
    "ipv6-empty-inbound-ports": "-b=",
    "ip-range": f"-x 1.1.0.0/16 -i 9.9.0.0/16 {_DNS_ARGS} | 127.0.0.53",
    "tproxy": f"{_TPROXY} -c not-istio-nic --redirect-dns | 127.0.0.53",
    "ipv6-inbound-ports": "-b 4000,5000",
    "ipv6-virt-interfaces": "-b 4000,5000 -k eth0,eth1",
    "ipv6-ipnets": f"-b 4000,5000 -d 6000,7000, -k eth0,eth1 {_NETS}",
    "ipv6-uid-gid": f"-b 4000,5000 -d 6000,7000 -k eth0,eth1 -u 3,4 -g 1,2 {_NETS}",
    "ipv6-outbound-ports": "-q 32000,31000",
    "kube-virt-interfaces": "-k eth1,eth2 -i *",
    "ipnets": "-i 10.0.0.0/8",
    "ipnets-with-kube-virt-interfaces": "-k eth1,eth2 -i 10.0.0.0/8",
    "inbound-ports-include": "-b 32000,31000",
    "inbound-ports-wildcard": "-b *",
    "inbound-ports-tproxy": "-b 32000,31000 -m TPROXY",
    "inbound-ports-wildcard-tproxy": "-b * -m TPROXY",
    "dns-uid-gid": f"{_DNS_ARGS} | 127.0.0.53 ::127.0.0.53",
    "ipv6-dns-uid-gid": _DNS_ARGS,
    "outbound-ports-include": "-q 32000,31000",
    "loopback-outbound-iprange": f"-i 127.1.2.3/32 {_DNS_ARGS} | 127.0.0.53",
    "basic-exclude-nic": "-c not-istio-nic",
    "logging": "--iptables-trace-logging",
    "drop-invalid": "--drop-invalid",
    "outbound-owner-groups": "ISTIO_OUTBOUND_OWNER_GROUPS=java,202",
    "outbound-owner-groups-exclude": "ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE=888,ftp",
    "ipv6-dns-outbound-owner-groups": "--redirect-dns ISTIO_OUTBOUND_OWNER_GROUPS=java,202",
    "ipv6-dns-outbound-owner-groups-exclude": (
        "--redirect-dns ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE=888,ftp"
    ),
    "host-ipv4-loopback-cidr": "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR=127.0.0.0/8",
    # run_test.go of 1.7 to 1.11
    "TestRulesWithIpRange": f"-x 1.1.0.0/16 -i 9.9.0.0/16 {_DNS_ARGS} | 127.0.0.53",
    "TestRulesWithTproxy": f"{_TPROXY} --redirect-dns | 127.0.0.53",
    "TestRulesWithLoopbackIpInOutboundIpRanges": f"-i 127.1.2.3/32 {_DNS_ARGS} | 127.0.0.53",
    "TestHandleInboundIpv4RulesWithUidGid": f"{_DNS_ARGS} DNS_AGENT=ALL | 127.0.0.53",
    "TestHandleInboundIpv6RulesWithEmptyInboundPorts": "-b=",
    "TestHandleInboundIpv6RulesWithInboundPorts": "-b 4000,5000",
}
_TRAFFIC = "traffic.sidecar.istio.io/"
CNI: Mapping[str, Json] = {
    "basic": {},
    "include-exclude-ip": {
        f"{_TRAFFIC}includeOutboundIPRanges": "127.0.0.0/8",
        f"{_TRAFFIC}excludeOutboundIPRanges": "10.0.0.0/8",
    },
    "include-exclude-ports": {
        f"{_TRAFFIC}includeInboundPorts": "1111,2222",
        f"{_TRAFFIC}excludeInboundPorts": "3333,4444",
        f"{_TRAFFIC}excludeOutboundPorts": "5555,6666",
    },
    "tproxy": {"sidecar.istio.io/interceptionMode": "TPROXY"},
    "dns": {"env": {"ISTIO_META_DNS_CAPTURE": "true"}},
    "invalid-drop": {"env": {"INVALID_DROP": "true"}},
    "custom-uid": {"runAsUser": 1000670000, "runAsGroup": 1000670001},
    "custom-uid-tproxy": {
        "runAsUser": 1000670000,
        "runAsGroup": 1000670001,
        "sidecar.istio.io/interceptionMode": "TPROXY",
    },
}
_VIRTUAL: Json = {"istio.io/reroute-virtual-interfaces": "fake1s0f0,fake1s0f1"}
_INGRESS: Json = {"ambient.istio.io/bypass-inbound-capture": "true"}
AMBIENT: Mapping[str, tuple[Json, Json]] = {
    "default": ({}, {"ambient": {"dnsCapture": "true"}}),
    "tproxy": ({}, {"ambient": {"dnsCapture": "true"}, "tproxy": "true"}),
    "ingress": (_INGRESS, {}),
    "virtual_interfaces": (_VIRTUAL, {}),
    "ingress_and_virtual_interfaces": ({**_VIRTUAL, **_INGRESS}, {}),
    "dns_pod_enabled_and_off_globally": ({"ambient.istio.io/dns-capture": "true"}, {}),
    "dns_pod_disabled_and_on_globally": (
        {"ambient.istio.io/dns-capture": "false"},
        {"ambient": {"dnsCapture": "true"}},
    ),
}
# The tests' own address of the probe.
_PROBE_6 = "e9ac:1e77:90ca:399f:4d6d:ece2:2f9b:3164"


def pod(spec: Json, **metadata: object) -> Json:
    """A manifest of a pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "case", **metadata},
        "spec": spec,
    }


def injected(options: str) -> Json:
    """A pod with an init container of those options."""
    told, _, servers = options.partition("|")
    words = ["-u", "1337", *(word for word in told.split(" ") if word)]
    env = dict(word.split("=", 1) for word in words if word[0] != "-" and "=" in word)
    env["ISTIO_META_DNS_CONNTRACK_ZONE"] = "true"
    init = {
        "name": "istio-init",
        "args": ["istio-iptables", *(word for word in words if word.split("=")[0] not in env)],
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }
    dns = {"dnsPolicy": "None", "dnsConfig": {"nameservers": servers.split()}}
    return pod({"initContainers": [init], "containers": [{"name": "istio-proxy"}], **dns})


def of_script(args: str) -> Json:
    """A pod whose init container calls the script as that line does."""
    words: list[str] = []
    for word in args.split(" "):
        if words[-1:] and words[-1][:1] == "-" and word[:1] == "-" and len(words) % 2:
            words.append("")
        words.append(word)
    if words[-1][:1] == "-":
        words.append("")
    return pod({"initContainers": [{"name": "istio-init", "args": words}], "containers": []})


def of_cni(told: Json) -> Json:
    """A pod that was injected for istio-cni."""
    env = told.get("env", {})
    assert isinstance(env, dict)
    security = {key: told[key] for key in ("runAsUser", "runAsGroup") if key in told}
    notes = {key: value for key, value in told.items() if "/" in key}
    proxy = {
        "name": "istio-proxy",
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "securityContext": security,
    }
    validation = {"name": "istio-validation"}
    return pod({"initContainers": [validation], "containers": [proxy]}, annotations=notes)


def told_as(folder: Path) -> tuple[Json, Json] | None:
    """A case as a manifest, and the values that go with it; None for what none can tell."""
    name = folder.name.rpartition(".")[0]
    if (folder / "ARGS").exists():
        return of_script((folder / "ARGS").read_text().split("\n")[0]), {}
    for prefix in ("init-", "run_test-"):
        if name.startswith(prefix):
            options = INIT.get(name.removeprefix(prefix))
            return None if options is None else (injected(options), {})
    if name.startswith("cni-plugin-"):
        told = CNI.get(name.removeprefix("cni-plugin-"))
        return None if told is None else (of_cni(told), {})
    found = AMBIENT.get(name.removeprefix("ambient-inpod-").removesuffix("_ipv6"))
    return None if found is None else ambient(*found)


def ambient(annotations: Json, values: Json) -> tuple[Json, Json]:
    """A pod of the ambient mesh."""
    redirection = str(values.get("tproxy", "false"))
    env = {"HOST_PROBE_SNAT_IPV6": _PROBE_6, "AMBIENT_TPROXY_REDIRECTION": redirection}
    labels = {"istio.io/dataplane-mode": "ambient"}
    whole = {"ambient": {"dnsCapture": "false"}, **values, "env": env}
    return pod({"containers": []}, labels=labels, annotations=annotations), whole


def ours(manifest: Json, values: Json, version: str, family: int) -> str:
    """The rules that are predicted."""
    told = read_values(json.dumps(values), "values") if values else Told()
    mesh = Mesh(version=read_version(version), values=told, family=family)
    (one,) = rules_of_pods(manifests(json.dumps(manifest), "case"), mesh)
    return "".join(map(write_save, rule_set(one.settings, one.version, family).rulesets))


def saved(text: str, family: int) -> str:
    """A text, loaded in a namespace of its own and saved."""
    tools = "ip6tables" if family == 6 else "iptables"
    run = subprocess.run(
        ["unshare", "-n", "sh", "-c", f"{tools}-restore && {tools}-save"],
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    rules = [line for line in run.stdout.splitlines() if not line.startswith("#")]
    return run.stderr or "\n".join(rules)


def cases(corpus: Path) -> Iterator[tuple[Path, str, int]]:
    """Each folder with each version and family that it tells of."""
    for folder in sorted(path for path in corpus.glob("*/*") if path.is_dir()):
        for version in (folder / "VERSIONS").read_text().split():
            for family, name in ((4, "save.txt"), (6, "save6.txt")):
                if version[0].isdigit() and (folder / name).exists():
                    yield folder, version, family


def main(corpus: Path) -> int:
    """Exit code 1 where something differs."""
    same: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    untold: set[str] = set()
    for folder, version, family in cases(corpus):
        told = told_as(folder)
        if told is None:
            untold.add(f"{folder.parent.name}/{folder.name}")
            continue
        text = (folder / ("save6.txt" if family == 6 else "save.txt")).read_text()
        if saved(ours(*told, version, family), family) == saved(text, family):
            same[version] += 1
        else:
            wrong[version] += 1
            print(f"differs: {version} {folder.name} IPv{family}")
    for version in sorted({*same, *wrong}, key=lambda text: read_version(text).order):
        print(f"{version:8} {same[version]:4} alike {wrong[version]:4} differ")
    print(*sorted(untold), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
