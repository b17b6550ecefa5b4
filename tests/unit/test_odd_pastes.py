"""Pastes of rarer kinds: mails as they were sent, Docker's log, hosts by two names, modules."""

from __future__ import annotations

import quopri
import shlex
from itertools import product

import pytest
from wrapped_texts import LOGS, bare

from iptsim.dialects import read_text
from iptsim.errors import DumpError

SAVE = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 203.0.113.9/32 -p tcp -m tcp --dport 843 -j DNAT --to-destination 10.1.0.7:443
-A PREROUTING -i ens3 -p udp -m udp --dport 500 -m comment --comment "a = b: über" -j REDIRECT
-A POSTROUTING -s 10.1.0.0/24 -o ens3 -j MASQUERADE
COMMIT
"""


def rules(text: str) -> list[tuple[object, ...]]:
    found = [each for ruleset in read_text(text).rulesets for each in ruleset.rules()]
    return [
        (chain.name, rule.header, rule.matches, rule.target, rule.unread)
        for _table, chain, _number, rule in found
    ]


def test_a_mail_as_it_was_sent_is_joined_and_decoded() -> None:
    sent = quopri.encodestring(SAVE.encode()).decode()
    assert "=\n" in sent
    assert rules(sent) == rules(SAVE)


@pytest.mark.parametrize("header", ["Content-Transfer-Encoding: quoted-printable\n\n", ""])
def test_the_lines_of_a_mail_keep_their_numbers(header: str) -> None:
    sent = header + quopri.encodestring(SAVE.encode()).decode()
    lines = sent.split("\n")
    for *_place, rule in read_text(sent).rulesets[0].rules():
        assert rule.place is not None
        assert lines[rule.place.line - 1].startswith("-A")


def test_an_equals_sign_at_a_lines_end_is_no_mails() -> None:
    text = SAVE.replace("COMMIT", '-A INPUT -m comment --comment "x\n=" -j ACCEPT\nCOMMIT')
    assert len(rules(text)) == len(rules(SAVE)) + 1


@pytest.mark.parametrize("wrap", LOGS)
def test_commands_of_a_log_read_as_the_bare_ones(wrap: str) -> None:
    calls = [f"iptables -t nat {line}" for line in SAVE.splitlines() if line.startswith("-A")]
    text = "".join(f"{call}\n" for call in calls)
    assert rules(LOGS[wrap](bare(text)).text) == rules(text)


def test_docker_logs_a_program_and_its_arguments() -> None:
    calls = [f"iptables -t nat {line}" for line in SAVE.splitlines() if line.startswith("-A")]
    calls = [call for call in calls if '"' not in call]
    log = [
        f'time="2031-01-02T03:04:05.{n:09d}Z" level=debug '
        f'msg="/usr/sbin/iptables, [{" ".join(["--wait", *shlex.split(call)[1:]])}]"'
        for n, call in enumerate(calls)
    ]
    assert rules("\n".join(log) + "\n") == rules("\n".join(calls) + "\n")


RECORDS = [
    ("when,host,message", '{when},{host},"{said}"'),
    ("message;kubernetes.pod_name;n", '"{said}";{host};{when}'),
    ("", '"{when}","{host}","{said}"'),
]


@pytest.mark.parametrize(("titles", "record"), RECORDS)
def test_records_of_two_hosts_are_two_hosts(titles: str, record: str) -> None:
    """Whichever way their commands alternate: read as one, a host had the other's rules."""
    calls = ["iptables -P INPUT DROP", "iptables -A INPUT -i {} -j ACCEPT"]
    lines = [
        record.format(when=n, host=host, said=call.format(host))
        for n, (call, host) in enumerate(product(calls, ("node1", "node2")))
    ]
    text = "\n".join([*filter(None, [titles]), *lines, ""])
    with pytest.raises(DumpError, match=r"node1.*node2"):
        read_text(text)
    one = "".join(f"{line}\n" for line in text.splitlines() if "node2" not in line)
    assert len(rules(one)) == 1


def test_labels_of_two_hosts_are_two_hosts() -> None:
    text = "".join(
        f'{{app="fw", host="{host}"}} iptables -A INPUT -i {host} -j DROP\n' for host in ("a", "b")
    )
    with pytest.raises(DumpError, match="2 states"):
        read_text(text)


def test_a_host_has_one_name_though_prompts_call_it_by_two() -> None:
    text = "[root@gw ~]# iptables -S\n-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"
    text += "[root@gw.example.org ~]# iptables -t nat -S\n-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n"
    (ruleset,) = read_text(text).rulesets
    assert {table.name for table in ruleset.tables} == {"nat", "filter"}


@pytest.mark.parametrize(
    "module",
    [
        "- hosts: a\n- hosts: b\n- iptables: chain=INPUT jump=ACCEPT\n",
        "  iptables.append:\n    - chain: INPUT\n    - jump: ACCEPT\n",
    ],
)
def test_a_module_that_is_not_read_is_told(module: str) -> None:
    dump = read_text(f"{module}- command: iptables -P INPUT DROP\n")
    assert "IPT0155" in {note.code for note in dump.notes}
