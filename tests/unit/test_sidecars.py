"""A request through two pods: what is sent and seen, and how it ends."""

from __future__ import annotations

import pytest
from asked_requests import ALL_IN, FILTER, FIXTURES, OLD, SERVICE, asked, ends, fixture
from mesh_dumps import HEALTHY, NO_RULES, before, changed, without

import iptsim
from iptsim import codes
from iptsim.dialects import read_files, read_text
from iptsim.errors import UsageError
from iptsim.explain.catalogue import LANGUAGES, sentences
from iptsim.sidecars import Ending, Party, journey, read_request
from iptsim.sidecars.verdicts import verdict_of


def test_through_both() -> None:
    answer = asked(HEALTHY, HEALTHY, dst=SERVICE, target_port=8080)
    assert (answer.ending, answer.through) == (Ending.APPLICATION, (True, True))
    assert verdict_of(answer).code == codes.REQUEST_THROUGH
    assert ends(answer) == [
        ("10.244.1.5 10.96.0.7:80", "127.0.0.1:15001"),
        ("10.244.1.5 10.244.2.8:8080", "10.244.2.8:8080"),
        ("10.244.1.5 10.244.2.8:8080", "10.244.2.8:15006"),
        ("127.0.0.6 10.244.2.8:8080", "10.244.2.8:8080"),
    ]
    originals = [hop.original and hop.original[1] for hop in answer.hops]
    assert originals == [80, None, 8080, None]
    parties = [(hop.sender, hop.receiver) for hop in answer.hops]
    assert parties == [
        (Party.APPLICATION, Party.ENVOY), (Party.ENVOY, Party.NETWORK),
        (Party.NETWORK, Party.ENVOY), (Party.ENVOY, Party.APPLICATION),
    ]  # fmt: skip


def test_up_to_1_9_the_application_is_reached_at_loopback() -> None:
    answer = asked(HEALTHY, read_files([str(OLD)]), dport=8080)
    assert answer.hops[2].port == 15001
    assert ends(answer)[-1] == ("127.0.0.1 127.0.0.1:8080", "127.0.0.1:8080")
    told = asked(HEALTHY, HEALTHY, app_address="127.0.0.1")
    assert ends(told)[-1] == ("127.0.0.1 127.0.0.1:80", "127.0.0.1:80")


def test_past_both() -> None:
    answer = asked(NO_RULES, NO_RULES)
    assert (answer.through, len(answer.hops)) == ((False, False), 2)
    assert verdict_of(answer).code == codes.REQUEST_PAST_BOTH


@pytest.mark.parametrize("port", [15008, 15020, 15021, 15090])
def test_ports_of_the_sidecar_itself(port: int) -> None:
    answer = asked(HEALTHY, HEALTHY, dport=port)
    assert (answer.ending, answer.causes[-1].code) == (Ending.PROXY, codes.PROXYS_OWN_PORT)
    assert verdict_of(answer).is_good


def test_a_pod_without_a_sidecar_has_no_such_ports() -> None:
    answer = asked(None, NO_RULES, probe=True)
    assert answer.causes[-1].code == codes.NO_INBOUND_RULES
    assert verdict_of(answer).code == "IPT0949.past"


def test_what_envoy_sends_comes_back() -> None:
    answer = asked(without("id-owner 1337 -j RETURN"), HEALTHY)
    assert (answer.ending, answer.causes[-1].code) == (Ending.LOOP, codes.OUTBOUND_LOOP)
    assert [hop.port for hop in answer.hops] == [15001, 15001]


def test_what_envoy_passes_on_comes_back() -> None:
    answer = asked(HEALTHY, without("127.0.0.6"))
    assert (answer.ending, answer.causes[-1].code) == (Ending.LOOP, codes.INBOUND_LOOP)
    assert [hop.port for hop in answer.hops] == [15001, None, 15006, 15006]


def test_inbound_at_the_outbound_listener() -> None:
    answer = asked(HEALTHY, changed("15006", "15001"))
    assert answer.ending is Ending.LOOP
    assert [one.code for one in answer.causes] == [codes.INBOUND_AT_OUTBOUND, "IPT0960.misled"]


@pytest.mark.parametrize(
    ("client", "server", "hops"),
    [
        (HEALTHY + FILTER.format("-A OUTPUT -p tcp --dport 15001 -j DROP"), HEALTHY, 1),
        (HEALTHY + FILTER.format("-A OUTPUT -p tcp --dport 80 -j REJECT"), HEALTHY, 2),
        (HEALTHY, HEALTHY + FILTER.format("-A INPUT -p tcp --dport 15006 -j DROP"), 3),
        (HEALTHY, HEALTHY + FILTER.format("-A INPUT -i lo -s 127.0.0.6 -j DROP"), 4),
    ],
)
def test_black_holes(client: str, server: str, hops: int) -> None:
    answer = asked(client, server)
    assert (answer.ending, len(answer.hops)) == (Ending.LOST, hops)
    (cause,) = answer.causes
    assert cause.code == codes.REQUEST_DROPPED
    assert cause.step is not None
    assert cause.step.table == "filter"
    assert verdict_of(answer).code == codes.REQUEST_LOST


def test_an_answer_that_does_not_come_back() -> None:
    rule = "-A OUTPUT -p tcp --sport 80 -m owner --uid-owner 1000 -j DROP"
    answer = asked(HEALTHY, HEALTHY + FILTER.format(rule))
    assert (answer.ending, answer.causes[-1].code) == (Ending.LOST, codes.ANSWER_DROPPED)
    other = asked(HEALTHY, HEALTHY + FILTER.format(rule), app_uid=7)
    assert other.ending is Ending.APPLICATION


def test_without_the_clients_dump() -> None:
    answer = asked(None, HEALTHY, dport=8080)
    assert answer.through == (None, True)
    assert answer.hops[0].trace is None
    assert verdict_of(answer).code == "IPT0947.client"
    assert verdict_of(asked(None, NO_RULES)).code == "IPT0947.client.past"


def test_without_the_servers_dump() -> None:
    answer = asked(HEALTHY, None)
    assert (answer.ending, answer.through) == (Ending.UNKNOWN, (True, None))
    assert (len(answer.hops), answer.hops[-1].trace) == (3, None)
    assert verdict_of(answer).code == "IPT0947.server"
    assert verdict_of(asked(NO_RULES, None)).code == "IPT0947.server.past"
    assert verdict_of(asked(None, None)).code == "IPT0947.both"


def test_a_port_that_is_none_of_the_proxys() -> None:
    for answer in (
        asked(changed("--to-ports 15001", "--to-ports 9999"), HEALTHY),
        asked(HEALTHY, changed("--to-ports 15006", "--to-ports 9999")),
    ):
        assert answer.causes[-1].code == codes.TO_OTHER_PORT
        assert verdict_of(answer).code == "IPT0947.port"


def test_dns_is_captured() -> None:
    dns = fixture("dns-1.10/after.save.txt")
    answer = asked(dns, HEALTHY, dst="10.96.0.10", dport=53, proto="udp")
    assert (answer.ending, answer.causes[0].code) == (Ending.NETWORK, codes.DNS_CAPTURED)
    assert ends(answer) == [
        ("10.244.1.5 10.96.0.10:53", "127.0.0.1:15053"),
        ("10.244.1.5 10.96.0.10:53", "10.96.0.10:53"),
    ]
    assert answer.hops[1].packet.uid == 1337


def test_a_dns_proxy_that_asks_itself() -> None:
    text = (FIXTURES / "dns-1.10/after.save.txt").read_text()
    spoiled = without("--dport 53 -m owner --uid-owner 1337 -j RETURN",
                      "--dport 53 -m owner --gid-owner 1337 -j RETURN", text=text)  # fmt: skip
    answer = asked(spoiled, None, dst="10.96.0.10", dport=53, proto="udp")
    assert (answer.ending, answer.causes[-1].code) == (Ending.LOOP, f"{codes.OUTBOUND_LOOP}.dns")


def test_a_pod_that_calls_itself_by_its_service() -> None:
    answer = asked(HEALTHY, None, itself=True, dst=SERVICE, target_port=8080)
    assert ends(answer) == [
        ("10.244.2.8 10.96.0.7:80", "127.0.0.1:15001"),
        ("10.244.2.8 10.244.2.8:8080", "127.0.0.1:15006"),
        ("127.0.0.6 10.244.2.8:8080", "10.244.2.8:8080"),
    ]
    assert [one.code for one in answer.causes] == [codes.CALLS_ITSELF]
    assert verdict_of(answer).code == "IPT0940.itself"


def test_old_versions_have_one_listener_for_both_directions() -> None:
    answer = asked(read_files([str(OLD)]), None, itself=True, dst=SERVICE, target_port=8080)
    assert [hop.port for hop in answer.hops] == [15001, 15001, None]
    assert verdict_of(answer).code == "IPT0940.itself"
    new = asked(changed("15006", "15001"), None, itself=True, dst=SERVICE)
    assert (new.ending, new.causes[-1].code) == (Ending.LOOP, codes.INBOUND_AT_OUTBOUND)


def test_a_pod_that_calls_itself_by_its_own_address() -> None:
    answer = asked(HEALTHY, None, itself=True)
    assert (len(answer.hops), answer.causes[0].code) == (1, codes.WITHIN_POD)
    assert verdict_of(answer).code == "IPT0943.itself"


def test_a_pod_whose_inbound_side_is_not_asked() -> None:
    spoiled = without("-j ISTIO_IN_REDIRECT")
    answer = asked(spoiled, None, itself=True, dst=SERVICE)
    assert answer.through == (True, False)
    assert answer.causes[-1].code == f"{codes.CALLS_ITSELF}.past"
    assert verdict_of(answer).code == "IPT0943.itself.in"


def test_a_pod_past_its_sidecar_by_its_service() -> None:
    answer = asked(HEALTHY, None, itself=True, dst=SERVICE, client_uid=1337)
    assert answer.through == (False, True)
    assert ends(answer)[1] == ("10.244.2.1 10.244.2.8:80", "10.244.2.8:15006")


def test_tproxy_keeps_the_source() -> None:
    answer = asked(HEALTHY, fixture("tproxy-1.10/after.save.txt"), dport=8080)
    assert verdict_of(answer).code == codes.REQUEST_THROUGH
    assert [one.code for one in answer.causes] == [codes.SOURCE_KEPT]
    assert ends(answer)[2:] == [
        ("10.244.1.5 10.244.2.8:8080", "10.244.2.8:8080"),
        ("10.244.1.5 10.244.2.8:8080", "10.244.2.8:8080"),
    ]
    assert (answer.hops[2].port, answer.hops[3].packet.uid) == (15006, 0)


def test_ambient_goes_by_the_tunnel() -> None:
    ambient = fixture("ambient-1.25/after.save.txt")
    answer = asked(ambient, ambient, dst=SERVICE, target_port=8080)
    assert verdict_of(answer).code == "IPT0940.ambient"
    assert ends(answer) == [
        ("10.244.1.5 10.96.0.7:80", "127.0.0.1:15001"),
        ("10.244.1.5 10.244.2.8:15008", "10.244.2.8:15008"),
        ("10.244.1.5 10.244.2.8:15008", "10.244.2.8:15008"),
        ("10.244.1.5 10.244.2.8:8080", "10.244.2.8:8080"),
    ]
    assert not answer.is_open


def test_ambient_and_a_sidecar() -> None:
    ambient = fixture("ambient-1.25/after.save.txt")
    for answer, hop in ((asked(HEALTHY, ambient), 2), (asked(ambient, HEALTHY), 2)):
        assert verdict_of(answer).code == "IPT0940.mixed"
        assert answer.hops[hop].port == 15006


def test_a_probe_of_the_rewritten_port() -> None:
    answer = asked(None, HEALTHY, probe=True)
    assert (answer.ending, answer.hops[0].receiver) == (Ending.PROXY, Party.AGENT)
    assert verdict_of(answer).code == "IPT0949.agent"
    on = asked(None, HEALTHY, probe=True, target_port=8080)
    assert (on.ending, on.hops[1].sender) == (Ending.APPLICATION, Party.AGENT)
    assert verdict_of(on).code == "IPT0949.agent"


def test_a_probe_that_is_captured() -> None:
    answer = asked(None, HEALTHY, probe=True, dport=8080)
    assert answer.causes[0].code == codes.PROBE_CAPTURED
    assert verdict_of(answer).code == "IPT0949.captured"


def test_a_probe_past_the_proxy() -> None:
    ambient = fixture("ambient-1.25/after.save.txt")
    answer = asked(None, ambient, probe=True, dport=8080)
    assert ends(answer)[0][0] == "169.254.7.127 10.244.2.8:8080"
    assert answer.causes[0].code == codes.AMBIENT_PROBE
    assert verdict_of(answer).code == "IPT0949.past"
    assert verdict_of(asked(HEALTHY, None, probe=True)).code == "IPT0949.untold"


def test_a_dump_that_leaves_ways_open_is_not_firm() -> None:
    limited = before(ALL_IN, "-A ISTIO_INBOUND -m limit --limit 5/sec -j RETURN")
    answer = asked(HEALTHY, limited)
    assert answer.is_open
    assert [hop.is_open for hop in answer.hops][2] is True


def test_ipv6() -> None:
    made = HEALTHY.replace("127.0.0.6/32", "::6/128").replace("127.0.0.1/32", "::1/128")
    six = read_text(made, file="six.txt", family=6)
    request = read_request({"dst": "fd00:10:96::7"})
    answer = journey(request, client=six, server=six)
    assert verdict_of(answer).code == codes.REQUEST_THROUGH
    assert answer.hops[3].packet.src == 6
    assert (
        read_request({}, family=6).server == read_request({"server_ip": "fd00:10:244:2::8"}).server
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dst": "nobody"}, "--dst"),
        ({"client_ip": "10.0.0.300"}, "--client-ip"),
        ({"target_port": "70000"}, "--target-port"),
        ({"client_uid": "none"}, "--client-uid"),
        ({"proto": "icmp"}, "--proto"),
        ({"dst": "10.0.0.1", "client_ip": "fd00::1"}, "--dst"),
        ({"dport": "80-90"}, "--dport"),
    ],
)
def test_what_is_no_request(given: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{said}: "):
        read_request(given)


def test_both_languages_fill_in_the_same() -> None:
    english, chinese = (sentences(lang) for lang in LANGUAGES)
    own = [code for code in english if code.startswith(("journey.", "IPT094", "IPT095", "IPT096"))]
    assert len(own) > 60
    assert all(chinese[code] for code in own if english[code].strip())


def test_the_library_shows_it() -> None:
    rules = iptsim.read(text=HEALTHY, lang="zh")
    told = iptsim.istio_journey(rules, rules, dst=SERVICE)
    assert repr(told).startswith("✔ 请求经过两端的 sidecar 到达应用。")
    assert len(told.hops) == 4
    assert told.json()["schema"] == "iptsim.journey/1"
    assert "<pre" in told._repr_html_()
