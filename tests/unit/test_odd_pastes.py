"""Pastes of rarer kinds: mails as they were sent, Docker's log, hosts by two names, modules."""

from __future__ import annotations

import quopri
import shlex

import pytest
from wrapped_texts import LOGS, bare

from iptsim.dialects import read_text

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


def test_a_host_has_one_name_though_prompts_call_it_by_two() -> None:
    text = "[root@gw ~]# iptables -S\n-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"
    text += "[root@gw.example.org ~]# iptables -t nat -S\n-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n"
    (ruleset,) = read_text(text).rulesets
    assert {table.name for table in ruleset.tables} == {"nat", "filter"}


@pytest.mark.parametrize(
    "module",
    [
        "- ansible.builtin.iptables:\n    chain: INPUT\n    jump: ACCEPT\n",
        "- iptables: chain=INPUT jump=ACCEPT\n",
        "  iptables.append:\n    - chain: INPUT\n    - jump: ACCEPT\n",
    ],
)
def test_a_module_that_is_not_read_is_told(module: str) -> None:
    dump = read_text(f"{module}- command: iptables -P INPUT DROP\n")
    assert "IPT0155" in {note.code for note in dump.notes}
