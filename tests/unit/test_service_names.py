"""Destinations by the names of Services and of /etc/hosts."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.extensions.values.hostnames import names_of, read_hosts
from iptsim.questions import read_packet
from iptsim.values import parse_address

RULES = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A KUBE-SERVICES ! -d 10.9.0.0/16 -m comment --comment "a/b cluster IP" -j RETURN
-A KUBE-SERVICES -d 10.96.0.9 -p tcp -m comment --comment "a/b:http cluster IP" -j RETURN
-A KUBE-SERVICES -d 203.0.113.5 -p tcp -m comment --comment "a/b:http external IP" -j RETURN
-A KUBE-SERVICES -d 10.96.0.8 -p tcp -m comment --comment "c/d has no endpoints" -j RETURN
COMMIT
"""
NAMES = names_of(read_text(RULES))
HOSTS = "127.0.0.1 localhost\n192.0.2.8\tweb.example web # first\n192.0.2.9 web\nfd00::8 web\nx y\n"


@pytest.mark.parametrize("name", ["a/b"])
@pytest.mark.parametrize("field", ["src", "dst"])
def test_a_service_is_its_own_address(name: str, field: str) -> None:
    packet = read_packet({field: name}, None, NAMES).packet
    assert getattr(packet, field) == parse_address("10.96.0.9")[0]


@pytest.mark.parametrize("name", ["a/none", "c/d", "a/b:http"])
def test_what_no_comment_names_is_no_address(name: str) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        read_packet({"dst": name}, None, NAMES)


def test_a_hosts_text_tells_names() -> None:
    told = read_hosts(HOSTS)
    assert told["host", "web"] == ("192.0.2.8", "fd00::8")
    assert told["host", "web.example"] == ("192.0.2.8",)
    assert ("host", "y") not in told
    names = names_of(read_text(RULES), told)
    assert read_packet({"dst": "web"}, 6, names).packet.dst == parse_address("fd00::8")[0]
