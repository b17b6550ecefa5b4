"""`iptsim istio injection` and `iptsim istio check` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from called_program import ROOT
from cli_program import iptsim

MANIFESTS = ROOT / "fixtures/manifests"
WEB, SHOP = MANIFESTS / "web.yaml", MANIFESTS / "shop.yaml"
NEW, OLD = MANIFESTS / "webhooks-1.10.yaml", MANIFESTS / "webhook-1.7.yaml"
HELP = MANIFESTS / "apiserver-help.txt"
SWAPPED = ROOT / "fixtures/mistakes/swapped.save.txt"
HEALTHY = ROOT / "fixtures/istio/dns-1.10/after.save.txt"
BOTH = ("--pod", WEB, "--namespace", SHOP)


def test_who_is_injected_exits_with_0() -> None:
    done = iptsim("istio", "injection", *BOTH, "--webhook", NEW, "--apiserver-flags", HELP)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        "Yes: Deployment web in namespace shop gets a sidecar, from namespace."
    )
    assert "✔ MutatingAdmissionWebhook is on by default here." in done.out


def test_who_is_not_exits_with_1_and_is_told_what_helps() -> None:
    done = iptsim("istio", "injection", *BOTH, "--webhook", OLD)
    assert done.code == 1
    assert "kubectl label namespace shop istio-env=sidecar-injector --overwrite" in done.out
    assert "webhook-1.7.yaml:19: istio-env: sidecar-injector" in done.out


def test_what_no_text_tells_exits_with_1() -> None:
    done = iptsim("istio", "injection", "--pod", WEB)
    assert done.code == 1
    assert done.out.startswith("? The texts do not tell whether Deployment web")


def test_flags_may_be_typed_or_come_from_standard_input() -> None:
    typed = "--enable-admission-plugins=MutatingAdmissionWebhooks"
    for flags, stdin in ((typed, ""), ("-", typed)):
        words = ("--webhook", NEW, f"--apiserver-flags={flags}")
        done = iptsim("istio", "injection", *BOTH, *words, stdin=stdin)
        assert done.code == 1
        assert "There is no plugin MutatingAdmissionWebhooks" in done.out


def test_injection_as_json() -> None:
    words = ("--webhook", OLD, "--format", "json")
    told = json.loads(iptsim("istio", "injection", *BOTH, *words).out)
    assert (told["schema"], told["injected"]) == ("iptsim.injection/1", False)
    (hook,) = told["webhooks"]
    assert hook == {
        "name": "sidecar-injector.istio.io",
        "configuration": "istio-sidecar-injector",
        "called": False,
    }
    stopped = [one for one in told["steps"] if one["passes"] is False]
    assert [(one["step"], one["facts"]["asks"]) for one in stopped] == [
        ("namespaceSelector", "istio-env=sidecar-injector")
    ]
    assert stopped[0]["evidence"][0]["line"] == 19
    assert len(told["assumed"]) == 2


def test_a_manifest_that_is_none_is_refused_with_its_place(tmp_path: Path) -> None:
    wrong = tmp_path / "pod.yaml"
    wrong.write_text("kind: Pod\nmetadata:\n  labels:\n    sidecar.istio.io/inject: true\n")
    done = iptsim("istio", "injection", "--pod", wrong)
    assert (done.code, done.out) == (2, "")
    assert "sidecar.istio.io/inject is a bare true or false" in done.err
    assert f"{wrong}:4:30" in done.err
    assert "^^^^" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("injection",), "--pod is missing"),
        (("injection", "--pod", SHOP), "--pod: the text holds no Pod"),
        (
            ("injection", "--pod", WEB, "--namespace", WEB),
            "--namespace: the text holds no Namespace",
        ),
        (("injection", "--pod", "-", "--namespace", "-"), "standard input (-) can be one"),
        (("injektion",), "did you mean istio injection?"),
    ],
)
def test_wrong_calls(words: tuple[str, ...], said: str) -> None:
    done = iptsim("istio", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_help_of_a_command_of_two_words() -> None:
    done = iptsim("istio", "check", "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: iptsim istio check [OPTIONS] [DUMP]...")


def test_check_exits_with_1_where_it_finds_something() -> None:
    done = iptsim("istio", "check", SWAPPED)
    assert (done.code, done.err) == (1, "")
    assert "swapped.save.txt:18: IPT0840 nat ISTIO_IN_REDIRECT 1" in done.out
    assert "For example tcp 192.0.2.1:40000 → this host:8080 in eth0: REDIRECT:15001." in done.out


def test_check_of_a_healthy_mesh_exits_with_0() -> None:
    done = iptsim("istio", "check", "--pod", WEB, HEALTHY)
    assert (done.code, done.out, done.err) == (0, "Nothing found.\n", "")


def test_ports_that_are_excluded_from_a_list_are_told(tmp_path: Path) -> None:
    pod = tmp_path / "pod.yaml"
    pod.write_text(
        "kind: Pod\nmetadata:\n  annotations:\n"
        "    traffic.sidecar.istio.io/includeInboundPorts: '8088'\n"
        "    traffic.sidecar.istio.io/excludeInboundPorts: '9090'\n"
    )
    done = iptsim("istio", "check", "--pod", pod, HEALTHY)
    assert done.code == 0
    assert "excludeInboundPorts 9090 has no effect" in done.out
    assert "pod.yaml:5" in done.out


def test_check_of_a_host_without_a_mesh_says_so() -> None:
    done = iptsim("istio", "check", ROOT / "fixtures/firewall/host/after.save.txt")
    assert done.code == 0
    assert "There are no rules of Istio here." in done.out


def test_check_as_data() -> None:
    told = json.loads(iptsim("istio", "check", "--format", "json", SWAPPED).out)
    (found,) = told["findings"]
    assert (told["schema"], found["code"], found["rule"]) == ("iptsim.check/1", "IPT0840", 1)
    assert found["example"]["dport"] == 8080
    run = json.loads(iptsim("istio", "check", "--format", "sarif", SWAPPED).out)["runs"][0]
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert (rule["id"], result["ruleId"]) == ("IPT0840", "IPT0840")
    assert {one["id"][:5] for one in run["tool"]["driver"]["rules"]} == {"IPT08"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("injection", *BOTH, "--webhook", OLD),
            "namespaceSelector 要求 istio-env=sidecar-injector",
        ),
        (("check", SWAPPED), "把流量交给端口 15001，而 Istio 用的是 15006"),
    ],
)
def test_answers_in_chinese(words: tuple[str | Path, ...], said: str) -> None:
    done = iptsim("istio", *words, "--lang", "zh")
    assert done.code == 1
    assert said in done.out
