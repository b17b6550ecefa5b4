"""Rules that programs and playbooks make: none is read as a broader or a surer one than it is."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import IptsimError
from iptsim.packet import Packet
from iptsim.tracer import trace

TASK = "- hosts: edge\n  tasks:\n"


def fates(text: str) -> set[str]:
    packet = Packet(family=4).with_(proto=6, dport=22)
    ruleset = read_text(text).family(4)
    assert ruleset is not None
    return {each.verdict for each in trace(ruleset, packet, hook="INPUT").outcomes}


@pytest.mark.parametrize(
    ("told", "drops"),
    [
        ("{ chain: INPUT, protocol: tcp, destination_port: 22, jump: DROP }", True),
        ("{ chain: INPUT, protocol: tcp, destination_port: 23, jump: DROP }", False),
        ('{ chain: INPUT, protocol: tcp, destination_ports: [21, "22"], jump: DROP }', True),
        ("{chain: INPUT, protocol: tcp, destination_ports: ['80:90'], jump: DROP}", False),
        ("&common\n        chain: INPUT\n        protocol: tcp\n        jump: DROP", True),
    ],
)
def test_a_task_on_one_line(told: str, *, drops: bool) -> None:
    found = fates(f"{TASK}    - iptables: {told}\n")
    assert found == ({"DROP"} if drops else {"ACCEPT"})


@pytest.mark.parametrize(
    "told", ["{ chain: INPUT, <<: *common, jump: DROP }", "{ chain: INPUT, jump: DROP, tos: &x 9 }"]
)
def test_a_task_on_one_line_of_which_a_part_is_elsewhere(told: str) -> None:
    udp = "{ chain: INPUT, protocol: udp, jump: DROP }"
    text = f"{TASK}    - iptables: {told}\n    - iptables: {udp}\n"
    assert len(fates(text)) > 1


RUNS = "iptables -A INPUT -p tcp -j DROP"


@pytest.mark.parametrize(
    "task",
    [
        f"    - command: {RUNS}\n      when: edge\n",
        f"    - shell: {RUNS}\n      loop: [1, 2]\n",
        f"    - shell: |\n        true\n        {RUNS}\n      when: edge\n",
        f"    - ansible.builtin.command:\n        cmd: {RUNS}\n      with_items: [1]\n",
        f"    - when: edge\n      block:\n        - shell: {RUNS}\n",
        "    - block:\n        - iptables: { chain: INPUT, jump: DROP }\n      when: edge\n",
    ],
)
def test_a_task_that_may_not_run_makes_no_sure_rule(task: str) -> None:
    assert {"ACCEPT", "DROP"} <= fates(TASK + task)


def test_a_command_that_always_runs() -> None:
    assert fates(f"{TASK}    - command: {RUNS}\n      become: true\n") == {"DROP"}


@every_row(
    "line",
    [
        'run(["iptables", "-A", "INPUT", "-j", "DROP"] + extra)',
        'spawn(["iptables", "-A", "INPUT", "-j", "DROP"].concat(extra))',
        'exec(append([]string{"iptables", "-A", "INPUT", "-j", "DROP"}, extra...))',
        'os.system("iptables -A INPUT -j DROP" + extra)',
        'os.system("iptables -A INPUT -p tcp " + extra + " -j DROP")',
        "system('iptables -A INPUT -j DROP ' . $extra);",
        'run("iptables -A INPUT -j DROP {}".format(extra))',
        '# run(["iptables", "-A", "INPUT", "-j", "DROP"])',
        '// exec.Command("iptables", "-A", "INPUT", "-j", "DROP")',
    ],
)
def test_a_call_that_is_not_all_of_the_command(line: str) -> None:
    with pytest.raises(IptsimError):
        read_text(line + "\n")
    whole = 'run(["iptables", "-A", "INPUT", "-p", "udp", "-j", "DROP"])\n'
    try:
        found = fates(f"{line}\n{whole}")
    except IptsimError:
        return
    assert found != {"DROP"}


def test_a_remark_beside_a_call() -> None:
    lines = [f'run(["iptables", "-A", "INPUT", "-j", "{verdict}"])' for verdict in ("DROP", "LOG")]
    assert fates(f"# {lines[0]}\n{lines[1]}\n") == {"ACCEPT"}
    assert fates(f"{lines[0]}\n{lines[1]}\n") == {"DROP"}
