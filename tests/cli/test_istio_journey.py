"""`iptsim istio journey` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from called_program import ROOT
from cli_program import iptsim

from iptsim.render.shared.terminal import columns_of

SIDECAR = ROOT / "fixtures/istio/ports-1.30/before.save.txt"
TPROXY = ROOT / "fixtures/istio/tproxy-1.10/after.save.txt"
SHOP = ROOT / "fixtures/istio-pods/shop-8088.yaml"
BOTH = ("--client", SIDECAR, "--server", SIDECAR)
SERVICE = ("--dst", "10.96.0.7", "--dport", "80", "--target-port", "8080")


def test_both_sidecars_in_one_sentence_then_the_hops() -> None:
    done = iptsim("istio", "journey", *BOTH, *SERVICE)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "✔ The request reaches the application through both sidecars."
    hops = [line.split(maxsplit=1)[1] for line in lines if line[:2] == "  " and line[2:3].isdigit()]
    assert hops == [
        "application → Envoy, port 15001",
        "Envoy → network",
        "network → Envoy, port 15006",
        "Envoy → application",
    ]
    assert "  asked for  10.96.0.7:80  (original destination)" in done.out


def test_a_bypass_is_called_by_its_name() -> None:
    done = iptsim("istio", "journey", *BOTH, "--client-uid", "1337")
    assert done.code == 0
    told = " ".join(done.out.split())
    assert told.startswith(
        "✘ The request bypasses the client's sidecar: the application runs as the proxy's own uid,"
        " 1337. It reaches the application through the server's."
    )
    assert "where PeerAuthentication is STRICT, the server's sidecar refuses it" in told
    assert "Run the application as another user" in told


def test_a_pod_without_a_dump_stays_open() -> None:
    done = iptsim("istio", "journey", "--client", SIDECAR)
    assert done.out.startswith("? The request leaves through the client's sidecar.")
    assert "by         No dump of this pod: what its rules do with it is not known." in done.out


@pytest.mark.parametrize(("version", "port"), [("1.30", 15006), ("1.2", 15001)])
def test_a_manifest_stands_for_a_dump(version: str, port: int) -> None:
    words = ("--server", SHOP, "--istio-version", version, "--dport", "8088", "--format", "json")
    done = iptsim("istio", "journey", "--client", SIDECAR, *words)
    told = json.loads(done.out)
    assert told["hops"][2]["port"] == port
    assert told["verdict"]["ending"] == "application"
    assert any(note["code"] == "IPT0920" for note in told["notes"])


def test_json_has_every_hop_with_its_trace() -> None:
    done = iptsim("istio", "journey", *BOTH, *SERVICE, "--format", "json")
    told = json.loads(done.out)
    assert told["schema"] == "iptsim.journey/1"
    assert told["verdict"] == {
        "ending": "application",
        "code": "IPT0940",
        "good": True,
        "firm": True,
        "text": "The request reaches the application through both sidecars.",
    }
    assert told["through"] == {"client": True, "server": True}
    first, _second, third, last = told["hops"]
    assert first["packet"]["uid"] == 1000
    assert first["seen"] == {
        "src": "10.244.1.5",
        "sport": 40000,
        "dst": "127.0.0.1",
        "dport": 15001,
    }
    assert first["original_dst"] == {"dst": "10.96.0.7", "dport": 80}
    assert third["original_dst"] == {"dst": "10.244.2.8", "dport": 8080}
    assert third["outcomes"][0]["decided_by"]["text"].endswith("REDIRECT --to-ports 15006")
    assert last["outcomes"][0]["steps"][0]["hook"] == "OUTPUT"
    assert (last["from"], last["to"], last["cause"]) == ("envoy", "application", None)


def test_a_cause_in_json() -> None:
    done = iptsim("istio", "journey", *BOTH, "--client-gid", "1337", "--format", "json")
    (cause,) = json.loads(done.out)["causes"]
    assert cause["code"] == "IPT0950"
    assert cause["facts"] == {"kind": "gid", "id": "1337"}
    assert cause["rule"] == "nat ISTIO_OUTPUT 9"
    assert cause["remedy"].startswith("Run the application as another user")


def test_in_chinese() -> None:
    done = iptsim("istio", "journey", "--client", SIDECAR, "--server", TPROXY, "--lang", "zh")
    assert done.out.startswith(
        "✔ 请求经过两端的 sidecar 到达应用。\n\n客户端 Pod，before.save.txt\n"
    )
    assert "TPROXY 模式：应用看到的源地址仍是客户端的" in done.out


@pytest.mark.parametrize("columns", [60, 100])
def test_lines_fit(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = iptsim("istio", "journey", *BOTH, *SERVICE, "--client-uid", "1337")
    assert max(map(columns_of, done.out.splitlines())) <= columns


def test_a_probe_and_a_pod_that_calls_itself() -> None:
    probe = iptsim("istio", "journey", "--probe", "--server", SIDECAR)
    assert probe.out.startswith("✔ The probe is answered by the sidecar: port 15020 is")
    itself = iptsim("istio", "journey", "--self", "--client", SIDECAR, "--dst", "10.96.0.7")
    assert itself.out.startswith("✔ The pod reaches itself through its own sidecar,")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Tell the rules of a pod: --client DUMP, --server DUMP, or both."),
        (("--client", "-", "--server", "-"), "standard input (-) can be one of the files only"),
        (("--client", SIDECAR, "--dport", "0x"), "--dport: "),
        (("--client", SIDECAR, "-p", "icmp"), "--proto: a request is tcp or udp"),
    ],
)
def test_wrong_calls(words: tuple[str | Path, ...], said: str) -> None:
    done = iptsim("istio", "journey", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {said}")
