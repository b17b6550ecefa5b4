"""`istio rules` on the command line: what it prints, what it says beside, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from called_program import ROOT
from cli_program import iptsim
from every_row import every_row

PODS = ROOT / "fixtures" / "istio-pods"
BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
)


def test_the_rules_of_a_pod_are_printed_and_what_decided_them_is_said() -> None:
    done = iptsim("istio", "rules", PODS / "shop-8088.yaml", "--istio-version", "1.1")
    expected = (PODS / "expected" / "shop-8088.1.1.save.txt").read_text()
    assert done.code == 0
    assert "".join(done.out.splitlines(keepends=True)[1:]) == expected
    assert "inbound ports 8088 are captured" in done.err


def test_standard_input_is_read() -> None:
    text = (PODS / "shop-8088.yaml").read_text()
    call = ("istio", "rules", "-", "--istio-version", "1.1")
    assert (
        iptsim(*call, stdin=text).out == iptsim(*call[:2], PODS / "shop-8088.yaml", *call[3:]).out
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
def test_a_diff_takes_two_predictions_by_process_substitution() -> None:
    program = f"{sys.executable} -m iptsim"
    rules = f"{program} istio rules --istio-version 1.1 {PODS}"
    command = f"{program} diff <({rules}/shop.yaml) <({rules}/shop-8088.yaml)"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 1
    assert "tcp to port 8088" in done.stdout
    assert "redirected to port 15001" in done.stdout


def test_two_versions_are_compared() -> None:
    call = ("istio", "rules", PODS / "shop.yaml", "--istio-version", "1.4", "--and")
    done = iptsim(*call, "1.30")
    assert done.code == 1
    assert "tcp to port 22 (ssh), arriving from the network" in done.out
    assert iptsim(*call, "1.4.1").code == 0
    answer = json.loads(iptsim(*call, "1.30", "--to", "json").out)
    assert answer["same_effect"] is False


def test_one_table_is_listed() -> None:
    call = ("istio", "rules", PODS / "night.yaml", "--istio-version", "1.20", "--to", "list")
    done = iptsim(*call, "-t", "mangle")
    assert done.out.startswith("Chain PREROUTING (policy ACCEPT 0 packets, 0 bytes)\n")
    assert "TPROXY redirect 0.0.0.0:15006 mark 0x539/0xffffffff" in done.out
    assert "ISTIO_IN_REDIRECT" not in done.out


def test_several_pods_are_told_apart_or_said_to_be_alike(tmp_path: Path) -> None:
    both = tmp_path / "both.yaml"
    both.write_text("---\n".join((PODS / name).read_text() for name in ("shop.yaml", "night.yaml")))
    done = iptsim("istio", "rules", both, "--istio-version", "1.20")
    assert [line for line in done.out.splitlines() if line[:5] in ("# Dep", "# Cro")] == [
        "# Deployment/shop",
        "# CronJob/night",
    ]
    one = iptsim("istio", "rules", both, "--istio-version", "1.20", "--pod", "shop")
    assert one.out == iptsim("istio", "rules", PODS / "shop.yaml", "--istio-version", "1.20").out
    assert iptsim("istio", "rules", both, "--pod", "till").code == 2
    both.write_text("---\n".join((PODS / "shop.yaml").read_text() for _ in range(2)))
    assert iptsim("istio", "rules", both, "--istio-version", "1.20").out == one.out


@every_row(
    ("arguments", "text", "said"),
    [
        (["--backend", "nft", "--istio-version", "1.26"], "", "from 1.27 on it can"),
        (["--backend", "nft", "--and", "1.28"], "", "so there is no --and"),
        (["--backend", "nft", "-t", "nat"], "", "so there is no -t"),
        (["--backend", "nft", "--to", "list"], "", "so there is no --to"),
        (["--istio-version", "1.99"], "", "1.0.0 to 1.30"),
        (["--dns-server", "dns"], "", "dns is nothing"),
        ([], BOMB, "aliases repeat"),
        ([], "kind: Pod\nspec: {containers: [{ports: [{containerPort: 0}]}]}", "containerPort 0"),
        ([], "kind: Pod\nspec: {containers: {a: 1}}", "containers is a mapping"),
        ([], "kind: Pod\nmetadata: {annotations: {a: 1}}\nspec: {containers: []}", "a is a"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], text: str, said: str) -> None:
    text = text or (PODS / "shop.yaml").read_text()
    done = iptsim("istio", "rules", "-", *arguments, stdin=text)
    assert done.code == 2
    assert done.out == ""
    assert said in done.err


def test_chinese_is_spoken() -> None:
    call = ("istio", "rules", PODS / "shop-8088.yaml", "--lang", "zh")
    assert "拦截入站端口 8088" in iptsim(*call, "--istio-version", "1.1").err
    assert "假定为 Istio 1.30" in iptsim(*call).err
    assert "Istio 不接受" in iptsim(
        "istio", "rules", "-", "--lang", "zh",
        stdin="kind: Pod\nmetadata: {annotations: {sidecar.istio.io/interceptionMode: X}}\n"
        "spec: {containers: []}",
    ).err  # fmt: skip
    assert "写出 Istio" in iptsim("istio", "rules", "--help", "--lang", "zh").out


def test_nftables_rules_are_a_script_for_nft() -> None:
    done = iptsim(
        "istio", "rules", PODS / "shop.yaml", "--backend", "nft", "--istio-version", "1.29"
    )
    assert done.code == 0
    assert done.out.startswith("add table inet istio-proxy-nat\nflush table inet istio-proxy-nat\n")
    assert "istio-inbound meta l4proto tcp counter jump istio-in-redirect\n" in done.out
    assert "every inbound port is captured" in done.err
