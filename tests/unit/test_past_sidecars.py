"""What passes a sidecar by, and why: each way has a name."""

from __future__ import annotations

import pytest
from asked_requests import ALL_IN, ALL_OUT, FIRST_OUT, IN, OUT, SERVICE, asked_of, ends
from every_row import every_row
from mesh_dumps import HEALTHY, NO_RULES, before, changed, without

from iptsim import codes
from iptsim.explain.catalogue import LANGUAGES
from iptsim.explain.journey_sentences import cause_words, remedy_words, verdict_words
from iptsim.sidecars.verdicts import verdict_of

PAST: dict[str, tuple[str, dict[str, str | int], str]] = {
    "as Envoy's user": (HEALTHY, {"client_uid": 1337}, codes.AS_PROXYS_USER),
    "as Envoy's group": (HEALTHY, {"client_gid": 1337}, codes.AS_PROXYS_USER),
    "a port": (
        before(FIRST_OUT, "-A ISTIO_OUTPUT -p tcp -m tcp --dport 5432 -j RETURN"),
        {"dport": 5432}, codes.OUTBOUND_PORT_EXCLUDED,
    ),
    "a range": (
        before(ALL_OUT, "-A ISTIO_OUTPUT -d 10.96.0.0/16 -j RETURN"),
        {}, codes.OUTBOUND_RANGE_EXCLUDED,
    ),
    "no listed range": (
        changed(ALL_OUT, "-A ISTIO_OUTPUT -d 172.16.0.0/12 -j ISTIO_REDIRECT"),
        {}, f"{codes.OUTBOUND_RANGE_EXCLUDED}.unlisted",
    ),
    "a group": (
        before(ALL_OUT, "-A ISTIO_OUTPUT -m owner --gid-owner 202 -j RETURN"),
        {"client_gid": 202}, codes.OWNER_GROUP_EXCLUDED,
    ),
    "all groups but one": (
        before(ALL_OUT, "-A ISTIO_OUTPUT -m owner ! --gid-owner 202 -j RETURN"),
        {}, codes.OWNER_GROUP_EXCLUDED,
    ),
    "an interface": (
        before(OUT, "-A OUTPUT -o eth0 -j RETURN"), {}, codes.INTERFACE_EXCLUDED,
    ),
    "no rules": (NO_RULES, {}, codes.NO_OUTBOUND_RULES),
    "rules that nothing leads to": (
        without(OUT), {}, f"{codes.NO_OUTBOUND_RULES}.unasked",
    ),
    "another's rule first": (
        before(OUT, "-A OUTPUT -d 10.96.0.0/16 -p tcp -j ACCEPT"),
        {}, f"{codes.LEFT_ALONE}.unasked",
    ),
    "another protocol": (HEALTHY, {"proto": "udp", "dport": 123}, codes.NOT_TCP),
}  # fmt: skip


@every_row("name", PAST)
def test_past_the_clients_sidecar(name: str) -> None:
    text, given, code = PAST[name]
    answer = asked_of(text, HEALTHY, {"dst": SERVICE, **given})
    assert answer.causes[0].code == code
    assert answer.through[0] is False
    if answer.through[1]:
        assert verdict_of(answer).code == codes.REQUEST_PAST_CLIENT
    # The node leads the service's address to the pod.
    assert ends(answer)[1][0].startswith("10.244.1.5 10.244.2.8:")


IN_PAST: dict[str, tuple[str, dict[str, str | int], str]] = {
    "a port": (
        before(ALL_IN, "-A ISTIO_INBOUND -p tcp -m tcp --dport 9090 -j RETURN"),
        {"dport": 9090}, codes.INBOUND_PORT_EXCLUDED,
    ),
    "a port that is not listed": (
        changed(ALL_IN, "-A ISTIO_INBOUND -p tcp -m tcp --dport 8080 -j ISTIO_IN_REDIRECT"),
        {"dport": 9090}, codes.INBOUND_PORT_UNLISTED,
    ),
    "an interface": (
        before(IN, "-A PREROUTING -i eth0 -j RETURN"), {}, codes.INTERFACE_EXCLUDED,
    ),
    "no rules": (NO_RULES, {}, codes.NO_INBOUND_RULES),
    "rules that nothing leads to": (without(IN), {}, f"{codes.NO_INBOUND_RULES}.unasked"),
    "another's rule first": (
        before(IN, "-A PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT"),
        {}, f"{codes.LEFT_ALONE}.unasked",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PAST)
def test_past_the_servers_sidecar(name: str) -> None:
    text, given, code = IN_PAST[name]
    answer = asked_of(HEALTHY, text, given)
    assert [one.code for one in answer.causes] == [code]
    assert (answer.through, len(answer.hops)) == ((True, False), 3)
    assert verdict_of(answer).code == codes.REQUEST_PAST_SERVER


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_name_has_its_sentence(lang: str) -> None:
    answers = [
        asked_of(text, HEALTHY, {"dst": SERVICE, **given}) for text, given, _ in PAST.values()
    ]
    answers += [asked_of(HEALTHY, text, given) for text, given, _ in IN_PAST.values()]
    answers += [
        asked_of(HEALTHY, without("127.0.0.6"), {}),
        asked_of(HEALTHY, changed("15006", "15001"), {}),
    ]
    for answer in answers:
        assert verdict_words(verdict_of(answer), answer, lang)
        for cause in answer.causes:
            assert cause_words(cause, lang)
            remedy_words(cause, lang)
