"""As programs are told rules: lists of arguments, Ansible's tasks, functions, logs backwards."""

from __future__ import annotations

import pytest

from iptsim.dialects import NoDumpError, read_text
from iptsim.model import Dump, Rule


def rules(dump: Dump) -> list[tuple[int, str, str, Rule]]:
    """Each rule with its family, table and chain, places aside."""
    return [
        (ruleset.family, table.name, chain.name, rule)
        for ruleset in dump.rulesets
        for table, chain, _number, rule in ruleset.rules()
    ]


def same(text: str, commands: str) -> None:
    """Fails unless a text makes the rules, chains and policies that commands make."""
    found, meant = read_text(text), read_text(commands)
    assert rules(found) == rules(meant)
    chains = [
        [
            (table.name, chain.name, chain.policy)
            for ruleset in dump.rulesets
            for table in ruleset.tables
            for chain in table.chains
        ]
        for dump in (found, meant)
    ]
    assert chains[0] == chains[1]


LISTS = {
    "Python": 'run(["iptables", "-t", "nat", "-A", "OUTPUT", "-j", "ACCEPT"], check=True)\n',
    "Go": 'exec.Command("/sbin/iptables", "-t", "nat", "-A", "OUTPUT", "-j", "ACCEPT")\n',
    "behind sudo": "system('sudo', 'iptables', '-t', 'nat', '-A', 'OUTPUT', '-j', 'ACCEPT')\n",
    "checked": (
        'if err := exec.Command("iptables", "-t", "nat", "-A", "OUTPUT", "-j", "ACCEPT").Run();'
        " err != nil {\n\treturn err\n}\n"
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_arguments_is_a_command(name: str) -> None:
    same(LISTS[name], "iptables -t nat -A OUTPUT -j ACCEPT\n")


def test_what_is_no_literal_in_a_list_is_unknown() -> None:
    text = (
        'run(["iptables", "-A", "INPUT", "--dport", str(port), "-p", "tcp", "-j", "ACCEPT"])\n'
        'run(["iptables", "-A", "INPUT", "-j", "DROP"])\n'
    )
    first, second = (rule for *_where, rule in rules(read_text(text)))
    assert first.unread is not None or any(match.name == "??" for match in first.matches)
    assert second.unread is None
    assert not second.matches


@pytest.mark.parametrize(
    "text",
    [
        'run([\n    "iptables", "-A", "INPUT",\n    "-j", "DROP",\n])\n',
        'if x:\n    run(["iptables", "-A", "INPUT", "-j", "DROP"])\n',
        'for p in ports:\n    run(["iptables", "-A", "INPUT", "--dport", p, "-j", "DROP"])\n',
        'ipt.AppendUnique("nat", "POSTROUTING", "-s", net, "-j", "MASQUERADE")\n',
    ],
)
def test_a_source_that_cannot_be_read_whole_is_refused_by_name(text: str) -> None:
    with pytest.raises(NoDumpError, match="source code"):
        read_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "firewall { '100 ssh':\n  dport => 22,\n  action => accept,\n}\n",
        "firewall { '100 ssh': dport => 22, jump => 'accept' }\n",
        "firewallchain { 'INPUT:filter:IPv4':\n  policy => drop,\n}\n",
    ],
)
def test_puppet_is_refused_by_name(text: str) -> None:
    with pytest.raises(NoDumpError, match="Puppet"):
        read_text(text)


HEAD = "- hosts: web\n  tasks:\n"
TASKS = {
    "plain": (
        "    - name: in\n      iptables:\n        chain: INPUT\n        protocol: tcp\n"
        "        destination_port: 22\n        jump: ACCEPT\n",
        "iptables -A INPUT -p tcp --dport 22 -j ACCEPT\n",
    ),
    "full name, a list, a comment": (
        "    - ansible.builtin.iptables:\n        table: nat   # of the gateway\n"
        "        chain: PREROUTING\n        in_interface: eth0\n        protocol: tcp\n"
        "        destination_ports:\n          - '80'\n          - '443'\n"
        "        jump: REDIRECT\n        to_ports: 8600\n        comment: Web's ports\n",
        "iptables -t nat -A PREROUTING -i eth0 -p tcp -m multiport --dports 80,443"
        ' -m comment --comment "Webs ports" -j REDIRECT --to-ports 8600\n',
    ),
    "in one line": (
        "    - iptables: chain=INPUT source=192.0.2.8 jump=DROP\n",
        "iptables -A INPUT -s 192.0.2.8 -j DROP\n",
    ),
    "a policy, and no first": (
        "    - iptables:\n        chain: INPUT\n        policy: DROP\n"
        '    - iptables:\n        chain: INPUT\n        source: "!10.0.0.0/8"\n'
        "        reject_with: icmp-port-unreachable\n",
        "iptables -P INPUT DROP\n"
        "iptables -A INPUT ! -s 10.0.0.0/8 -j REJECT --reject-with icmp-port-unreachable\n",
    ),
    "before others, states, IPv6": (
        "    - iptables: {chain: X}\n"
        "    - iptables:\n        chain: INPUT\n        jump: DROP\n        ip_version: ipv6\n"
        "    - iptables:\n        chain: INPUT\n        action: insert\n        ip_version: ipv6\n"
        "        ctstate: [ESTABLISHED, RELATED]\n        jump: ACCEPT\n",
        "iptables -A X\nip6tables -A INPUT -j DROP\n"
        "ip6tables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n",
    ),
    "there already": (
        2 * "    - iptables:\n        chain: INPUT\n        protocol: icmp\n        jump: DROP\n",
        "iptables -A INPUT -p icmp -j DROP\n",
    ),
    "away again": (
        "    - iptables:\n        chain: INPUT\n        jump: DROP\n"
        "    - iptables:\n        chain: INPUT\n        source: 192.0.2.1\n        jump: DROP\n"
        "    - iptables:\n        chain: INPUT\n        jump: DROP\n        state: absent\n",
        "iptables -A INPUT -s 192.0.2.1 -j DROP\n",
    ),
}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_of_ansible_is_its_command(name: str) -> None:
    task, commands = TASKS[name]
    same(HEAD + task, commands)


def test_a_rule_of_a_task_stands_where_its_module_is_named() -> None:
    ((*_where, rule),) = rules(read_text(HEAD + TASKS["plain"][0]))
    assert rule.place is not None
    assert rule.place.line == 4


@pytest.mark.parametrize(
    "odd",
    [
        "        frobnicate: 3\n",
        '        destination_port: "{{ port }}"\n        protocol: tcp\n',
        "      loop: [1, 2]\n",
        "      with_items: '{{ all }}'\n",
        "      when: gateway\n",
        "      delegate_to: other\n",
        "      args:\n        source: 192.0.2.1\n",
    ],
)
def test_what_a_task_hangs_on_is_unknown(odd: str) -> None:
    task = "    - iptables:\n        chain: INPUT\n        jump: DROP\n" + odd
    last = "    - iptables:\n        chain: INPUT\n        protocol: udp\n        jump: ACCEPT\n"
    first, second = (rule for *_where, rule in rules(read_text(HEAD + task + last)))
    unsure = {match.name for match in first.matches} & {"?", "??"}
    assert first.unread is not None or unsure
    assert second.unread is None
    assert second.target is not None


@pytest.mark.parametrize("above", ["  handlers:\n", "    - when: x\n      block:\n"])
def test_handlers_and_blocks_may_not_run(above: str) -> None:
    text = HEAD + above + "        - iptables:\n            chain: INPUT\n            jump: DROP\n"
    text += "          when: x\n" if "block" in above else ""
    ((*_where, rule),) = rules(read_text(text))
    assert [match.name for match in rule.matches] == ["?"]


def test_tasks_for_several_hosts_are_refused_by_name() -> None:
    with pytest.raises(NoDumpError, match="Ansible"):
        read_text(2 * (HEAD + TASKS["plain"][0]))


def test_what_iptables_says_is_no_task() -> None:
    with pytest.raises(NoDumpError):
        read_text("iptables: No chain/target/match by that name.\n")


GIVEN = """\
add() {
    $1 -A INPUT -p tcp --dport 22 -j ACCEPT
    $1 -P INPUT DROP
}
"""


@pytest.mark.parametrize("programs", [["iptables"], ["iptables", "ip6tables"]])
def test_a_function_that_is_given_the_program(programs: list[str]) -> None:
    first = "iptables -A INPUT -s 192.0.2.1 -j DROP\n"
    calls = "".join(f"add {program}\n" for program in programs)
    meant = "".join(
        f"{program} -A INPUT -p tcp --dport 22 -j ACCEPT\n{program} -P INPUT DROP\n"
        for program in programs
    )
    same(GIVEN + first + calls, first + meant)
    same(first + GIVEN + calls + first, first + meant + first)


@pytest.mark.parametrize("call", ["", "add $IPT\n", "add iptables-legacy\nadd iptables\n"])
def test_of_a_function_that_is_given_something_else_no_rule_is_read(call: str) -> None:
    last = "iptables -A INPUT -j DROP\n"
    found = [rule for *_where, rule in rules(read_text(GIVEN + call + last))]
    assert [rule.target is not None and not rule.matches for rule in found if not rule.unread] == [
        True
    ]


def test_a_log_newest_first_has_its_policies_below_its_rules() -> None:
    lines = ["-P INPUT DROP", "-N X", "-A INPUT -j X", "-A X -s 192.0.2.1 -j ACCEPT"]
    stamped = [f'2024-03-05T10:00:{n:02}Z,"{line}"' for n, line in enumerate(lines)]
    oldest, newest = "\n".join(stamped) + "\n", "\n".join(reversed(stamped)) + "\n"
    assert rules(read_text(newest)) == rules(read_text(oldest))
    (ruleset,) = read_text(newest).rulesets
    (chain,) = [each for each in ruleset.tables[0].chains if each.name == "INPUT"]
    assert chain.policy == "DROP"


def test_equal_times_part_dumps_as_before() -> None:
    lines = ["-A INPUT -s 192.0.2.1 -j DROP", "-P INPUT DROP", "-A INPUT -j ACCEPT"]
    text = "".join(f'2024-03-05T10:00:00Z,"{line}"\n' for line in lines)
    assert len(rules(read_text(text, state="last"))) == 1
