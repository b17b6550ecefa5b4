"""What is well known has its sentence, and is known only where its system is recognised."""

from __future__ import annotations

from iptsim import knowledge
from iptsim.dialects import read_text
from iptsim.explain.catalogue import LANGUAGES, knows
from iptsim.knowledge.catalogue import SYSTEMS


def test_everything_known_has_a_sentence_in_every_language() -> None:
    known = [one for system in SYSTEMS for one in system.all_known()]
    assert len(known) > 30
    assert [one.key for one in known for lang in LANGUAGES if not knows(one.key, lang)] == []


def test_a_chain_of_a_pattern_is_known() -> None:
    found = knowledge.chain("KUBE-SVC-ERIFXISQEP7F7OF4")
    assert found is not None
    assert found.key == "know.kubernetes.chain.KUBE-SVC-*"
    assert knowledge.chain("DOCKER-USER2") is None


def test_a_port_means_something_only_to_its_own_system() -> None:
    dump = read_text("*nat\n:PREROUTING ACCEPT [0:0]\n:ISTIO_INBOUND - [0:0]\nCOMMIT\n")
    systems = knowledge.recognised(dump.rulesets[0])
    assert systems == ("istio",)
    assert knowledge.port(15090, systems) is not None
    assert knowledge.user(1337, systems) is not None
    assert knowledge.port(15090, ("docker",)) is None
