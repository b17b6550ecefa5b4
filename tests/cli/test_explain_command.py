"""`iptsim explain`: every rule in plain words, one rule, or a code."""

from __future__ import annotations

import json

import pytest
from called_program import ROOT
from cli_program import CASE, iptsim

AFTER = CASE / "1.8.9" / "after.txt"
SERVICES = ROOT / "fixtures" / "kube-proxy" / "services" / "before.nat.S.txt"


def test_every_rule_has_its_sentence() -> None:
    out = iptsim("explain", AFTER, COLUMNS="200").out
    assert "Every TCP connection to port 8088 that comes to ISTIO_INBOUND goes through" in out
    assert "ISTIO_IN_REDIRECT hands connections to Envoy's inbound port." in out
    assert "Rules of PREROUTING lead here." in out
    assert "What no rule decides is accepted." in out
    assert "hides interfaces" in out


def test_one_rule_is_shown_as_it_is_written_too() -> None:
    done = iptsim("explain", AFTER, "nat", "ISTIO_OUTPUT", "3", COLUMNS="200")
    assert "of user 1337" in done.out
    assert "-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN" in done.out
    assert "ISTIO_INBOUND" not in done.out


def test_a_chain_without_its_table_is_found() -> None:
    named = iptsim("explain", AFTER, "nat", "ISTIO_OUTPUT", "3", COLUMNS="200")
    assert iptsim("explain", AFTER, "ISTIO_OUTPUT", "3", COLUMNS="200").out == named.out
    piped = iptsim("explain", "-", "ISTIO_OUTPUT", "3", stdin=AFTER.read_text(), COLUMNS="200")
    assert "-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN" in piped.out


def test_a_chain_of_several_tables_is_told_of_each() -> None:
    docker = ROOT / "fixtures" / "docker" / "published-port" / "after.save.txt"
    both = iptsim("explain", docker, "DOCKER", COLUMNS="200").out
    assert ("nat, IPv4" in both, "filter, IPv4" in both) == (True, True)
    one = iptsim("explain", docker, "DOCKER", "4", COLUMNS="200").out
    assert ("nat, IPv4" in one, "filter, IPv4" in one) == (True, False)


@pytest.mark.parametrize("words", [("nowhere.txt",), ("NOWHERE",), ("a", "b", "c")])
def test_what_is_neither_a_file_nor_a_chain_is_told(words: tuple[str, ...]) -> None:
    done = iptsim("explain", AFTER, *words)
    assert (done.code, done.out) == (2, "")
    assert words[0] in done.err


def test_a_rule_s_comment_stands_below_it() -> None:
    done = iptsim("explain", SERVICES, "nat", "KUBE-SERVICES", COLUMNS="200")
    assert "Its comment: «shop/web:http cluster IP»." in done.out


def test_a_dump_that_is_piped_in() -> None:
    done = iptsim("explain", "nat", "ISTIO_INBOUND", stdin=AFTER.read_text())
    assert (done.code, "port 8088" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("nat", "NOWHERE"), "nat NOWHERE: nothing of this name"),
        (("nat", "ISTIO_INBOUND", "7"), "there is no rule 7 in ISTIO_INBOUND: it has 1"),
        (("nat", "ISTIO_INBOUND", "x"), "the number of a rule"),
        (("mangle",), "mangle: nothing of this name"),
    ],
)
def test_what_is_not_there_is_told(words: tuple[str, ...], why: str) -> None:
    done = iptsim("explain", AFTER, *words)
    assert (done.code, done.out) == (2, "")
    assert why in done.err


def test_a_code_is_explained() -> None:
    assert "{" not in iptsim("explain", "IPT0402").out
    assert "hides" in iptsim("explain", "IPT0402").out
    assert iptsim("explain", "IPT0402", "--lang", "zh").out != iptsim("explain", "IPT0402").out
    assert iptsim("explain", "IPT9999").code == 2


def test_data_for_programs() -> None:
    answer = json.loads(iptsim("explain", AFTER, "nat", "--format", "json").out)
    assert answer["schema"] == "iptsim.explain/1"
    chains = {chain["chain"]: chain for chain in answer["chains"]}
    (rule,) = chains["ISTIO_INBOUND"]["rules"]
    assert rule == {
        "rule": 1,
        "line": 17,
        "text": "-A ISTIO_INBOUND -p tcp -m tcp --dport 8088 -j ISTIO_IN_REDIRECT",
        "explanation": "Every TCP connection to port 8088 that comes to ISTIO_INBOUND goes through "
        "ISTIO_IN_REDIRECT.",
        "use": "Istio: Port 8088 is one of the listed inbound ports (includeInboundPorts, or "
        "containerPorts up to 1.2): Envoy gets it.",
        "comment": None,
    }
    assert chains["ISTIO_INBOUND"]["system"] == "istio"
