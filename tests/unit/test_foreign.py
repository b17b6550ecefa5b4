"""Texts of other firewalls are refused by their name, with what to send instead."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.dialects.finding.foreign import BY_IPTABLES, NEVER, SIGNS
from iptsim.errors import DumpError, NoDumpError
from iptsim.explain.catalogue import sentence

TEXTS = (
    (
        "ufw",
        BY_IPTABLES,
        "Status: active\n"
        "\n"
        "To      Action      From\n"
        "--      ------      ----\n"
        "22/tcp  ALLOW  Anywhere\n",
    ),
    (
        "ufw",
        BY_IPTABLES,
        "$ sudo ufw allow 22/tcp\n$ sudo ufw default deny incoming\n",
    ),
    (
        "ufw",
        BY_IPTABLES,
        "ufw limit ssh\n",
    ),
    (
        "firewall-cmd",
        BY_IPTABLES,
        "public (active)\n"
        "  target: default\n"
        "  icmp-block-inversion: no\n"
        "  services: ssh\n"
        "  rich rules: \n",
    ),
    (
        "firewall-cmd",
        BY_IPTABLES,
        "# firewall-cmd --zone=public --add-port=80/tcp\nsuccess\n",
    ),
    (
        "LuCI",
        BY_IPTABLES,
        "<!DOCTYPE html>\n<html><head><title>router - LuCI</title></head>\n",
    ),
    (
        "LuCI",
        BY_IPTABLES,
        "Table: Filter\n"
        "\n"
        "Chain INPUT (Policy: ACCEPT, 0 Packets, 0 B Traffic)\n"
        "Pkts. Traffic Target Prot.\n"
        "1.2 K 88 KB ACCEPT all\n",
    ),
    (
        "uci",
        BY_IPTABLES,
        "config defaults\n\toption input 'ACCEPT'\n\nconfig zone\n\toption name 'lan'\n",
    ),
    (
        "uci",
        BY_IPTABLES,
        "firewall.@rule[0]=rule\nfirewall.@rule[0].target='ACCEPT'\n",
    ),
    (
        "Shorewall",
        BY_IPTABLES,
        "#ACTION SOURCE DEST PROTO DPORT\nACCEPT net fw tcp 22\nDNAT net loc:10.0.0.3 tcp 80\n",
    ),
    (
        "NetworkPolicy",
        BY_IPTABLES,
        "apiVersion: networking.k8s.io/v1\n"
        "kind: NetworkPolicy\n"
        "metadata:\n"
        "  name: db\n"
        "spec:\n"
        "  podSelector: {}\n",
    ),
    (
        "pf",
        NEVER,
        "# pfctl -s rules\nblock drop in all\npass out quick on em0 all keep state\n",
    ),
    (
        "pf",
        NEVER,
        "scrub in all fragment reassemble\npass in on egress proto tcp to port 22\n",
    ),
    (
        "Puppet",
        BY_IPTABLES,
        "firewall { '042 web':\n  dport => [80, 443],\n  jump  => 'accept',\n}\n",
    ),
    (
        "Ansible",
        BY_IPTABLES,
        "- hosts: a\n- hosts: b\n  tasks:\n    - iptables:\n        chain: INPUT\n",
    ),
    (
        "Chef",
        BY_IPTABLES,
        "iptables_rule 'http_8080' do\n  lines '-m web'\nend\n",
    ),
    (
        "Terraform",
        BY_IPTABLES,
        'resource "aws_security_group" "web" {\n  ingress {\n    to_port = 443\n  }\n}\n',
    ),
    (
        "source code",
        BY_IPTABLES,
        'if [].append("iptables", chain)\nipt.Insert("nat", "OUTPUT", 1, args...)\n',
    ),
    (
        "Windows",
        NEVER,
        "C:\\> netsh advfirewall firewall show rule name=all\n",
    ),
    (
        "Windows",
        NEVER,
        "\nRule Name:                  Core Networking\n-----\nEnabled:   Yes\n",
    ),
    (
        "Cisco",
        NEVER,
        "access-list 101 permit tcp any host 192.0.2.5 eq 80\naccess-list 101 deny ip any any\n",
    ),
    (
        "Cisco",
        NEVER,
        "Extended IP access list EDGE\n    10 permit tcp any any eq 22\n",
    ),
)


@every_row(("name", "code", "text"), TEXTS)
@every_row("above", ["", "Hi,\nhere is what I have:\n\n"])
def test_another_firewalls_text_is_named(name: str, code: str, text: str, above: str) -> None:
    with pytest.raises(NoDumpError) as caught:
        read_text(above + text)
    error = caught.value
    assert error.code == code
    assert name in error.message
    assert "iptables-save" in error.message
    assert sentence(code, "en", **error.facts) == error.message
    chinese = sentence(code, "zh", **error.facts)
    assert name in chinese
    assert "iptables-save" in chinese


def test_every_sign_has_a_text() -> None:
    for sign in SIGNS:
        assert any(sign.shows.search(text) for _name, _code, text in TEXTS), sign.name


@every_row(("name", "code", "text"), TEXTS)
def test_beside_a_dump_it_is_no_refusal(name: str, code: str, text: str) -> None:
    dump = read_text(text + "\n*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n")
    rules = [rule for ruleset in dump.rulesets for *_place, rule in ruleset.rules()]
    assert len(rules) == 1, (name, code)


SAVE = "*{name}\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (SAVE.format(name="table"), 2),
        (SAVE.format(name="filtre"), 2),
        ("iptables -t fliter -A INPUT -j DROP\n", 13),
    ],
)
def test_a_table_that_iptables_does_not_have_is_refused(text: str, column: int) -> None:
    with pytest.raises(DumpError, match="is no table of iptables") as caught:
        read_text(text)
    error = caught.value
    assert (error.code, error.place.line, error.place.column) == ("IPT0197", 1, column)
    assert error.expected == "raw, mangle, nat, filter, security"
    assert sentence(error.code, "en", **error.facts) == error.message
    assert "security" in sentence(error.code, "zh", **error.facts)


def test_beside_tables_that_it_has_a_note_tells() -> None:
    dump = read_text(SAVE.format(name="table") + SAVE.format(name="filter"))
    assert [table.name for table in dump.rulesets[0].tables] == ["filter"]
    (note,) = (note for note in dump.notes if note.code == "IPT0197")
    assert note.place is not None
    assert (note.place.line, dict(note.facts)["name"]) == (1, "table")


@pytest.mark.parametrize(
    "call",
    [
        "> > > # iptables -n -L -Z chain",
        "> > # iptables -n -L -Z chain, which doesn't",
        "> $ sudo iptables -nvL # what doesn't",
        "$ iptables -L -Z won't",
    ],
)
def test_a_call_that_looks_is_no_open_quote(call: str) -> None:
    with pytest.raises(NoDumpError):
        read_text(f"{call}\n")
