"""As programs are told rules: lists of arguments, Ansible's tasks, functions, logs backwards."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim import codes
from iptsim.dialects import NoDumpError, read_text
from iptsim.errors import DumpError
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
    "Node": "spawnSync('iptables', ['-t', 'nat', '-A', 'OUTPUT', '-j', 'ACCEPT']);\n",
    "Rust": (
        'Command::new("iptables").args(&["-t", "nat", "-A", "OUTPUT", "-j", "ACCEPT"]).status()?;\n'
    ),
    "Rust, one by one": (
        'Command::new("iptables").arg("-t").arg("nat").arg("-A").arg("OUTPUT")'
        '.args(["-j", "ACCEPT"]).status();\n'
    ),
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


LONGER = {
    "over lines": (
        'run([\n    "iptables", "-A", "INPUT",  # here\n    "-p", "udp",\n    "-j", "DROP",\n])\n',
        ["udp"],
    ),
    "the program alone": (
        'exec.Command("iptables",\n\t"-A", "INPUT", "-p", "udp", // all of it\n\t"-j", "DROP")\n',
        ["udp"],
    ),
    "in a branch": (
        'if x:\n    run(["iptables", "-A", "INPUT", "-p", "udp", "-j", "DROP"])\n',
        ["udp?"],
    ),
    "behind a way out": (
        'if x:\n    return\nrun(["iptables", "-A", "INPUT", "-p", "udp", "-j", "DROP"])\n',
        ["udp?"],
    ),
    "made longer": ('run(["iptables", "-A", "INPUT"] + more)\n', ["??"]),
    "spread": ('run(["iptables", "-A", "INPUT", "-p", "udp", *more])\n', ["??"]),
    "with one more": ('new("iptables").args(["-A", "INPUT", "-p", "udp"]).arg(more)\n', ["??"]),
    "put together": ('run("iptables", append([]string{"-A", "INPUT"}, more...)...)\n', ["??"]),
}  # fmt: skip


@every_row("name", LONGER)
def test_of_a_source_the_calls_are_read_that_are_told(name: str) -> None:
    """One that is not told whole is unknown, with its place, and the others are read."""
    text, expected = LONGER[name]
    last = 'run(["iptables", "-A", "INPUT", "-p", "tcp", "-j", "ACCEPT"])\n'
    found = [rule for *_where, rule in rules(read_text(last + text + last))]
    told = ["tcp", *expected, "tcp?" if "way out" in name else "tcp"]
    assert [kind(rule) for rule in found] == told
    assert found[1].place is not None
    assert 2 <= found[1].place.line <= 4


def kind(rule: Rule) -> str:
    """Its protocol, `?` where it may not be there, `??` where more may be asked or done."""
    name = {6: "tcp", 17: "udp"}.get(rule.header.proto or 0, "")
    maybe = any(match.name == "?" for match in rule.matches)
    part = rule.unread is not None or any(match.name == "??" for match in rule.matches)
    return name + "?" * maybe + "??" * part


def test_a_call_of_which_nothing_is_told_leaves_no_firm_rule() -> None:
    text = 'def ipt(*args):\n    run(["iptables", *args])\nipt("-A", "INPUT", "-j", "DROP")\n'
    last = 'run(["iptables", "-A", "INPUT", "-j", "ACCEPT"])\n'
    with pytest.raises(DumpError, match="literal"):
        read_text(text + last)


@pytest.mark.parametrize(
    "text",
    ['ipt.AppendUnique("nat", "POSTROUTING", "-s", net, "-j", "MASQUERADE")\n'],
)
def test_a_source_that_cannot_be_read_is_refused_by_name(text: str) -> None:
    with pytest.raises(NoDumpError, match="source code"):
        read_text(text)


ARGV = {
    "below": "argv:\n          - /sbin/iptables\n          - -A\n          - INPUT\n"
    "          - -p\n          - tcp\n          - '--dport'\n          - \"22\"  # ssh\n"
    "          - -j\n          - ACCEPT\n",
    "in one line": 'argv: [iptables, -A, INPUT, -p, tcp, "--dport", "22", -j, ACCEPT]\n',
}


@pytest.mark.parametrize("name", ARGV)
def test_a_list_of_words_in_a_playbook_is_a_command(name: str) -> None:
    head = "- hosts: web\n  tasks:\n"
    task = f"    - name: ssh\n      ansible.builtin.command:\n        {ARGV[name]}"
    command = "iptables -A INPUT -p tcp --dport 22 -j ACCEPT\n"
    same(head + task, command)
    same(head + task + task, command + command)
    ((*_where, rule),) = rules(read_text(head + task + "      when: gateway\n"))
    assert [match.name for match in rule.matches] == ["tcp", "?"]


def test_a_template_in_such_a_list_is_unknown() -> None:
    items = ["iptables", "-A", "INPUT", "-s", "{{ office }}", "-j", "DROP"]
    task = "    - command:\n        argv:\n" + "".join(f"          - '{each}'\n" for each in items)
    (first, second) = (rule for *_where, rule in rules(read_text(HEAD + task + TASKS["plain"][0])))
    assert kind(first) == "??"
    assert kind(second) == "tcp"


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


RULE = "iptables -A INPUT -s {0} -p tcp --dport {1} -j ACCEPT\n"
ARGUMENTS = {
    "in another order": (
        'let() {\n  iptables -A INPUT -s $2 -p tcp --dport "$1" -j ACCEPT\n}\n'
        "let 22 192.0.2.1\nlet 80 192.0.2.2\n",
        [("192.0.2.1", 22), ("192.0.2.2", 80)],
    ),
    "in one line": (
        "let() { iptables -A INPUT -s ${1} -p tcp --dport ${2} -j ACCEPT; }\nlet 192.0.2.9 443\n",
        [("192.0.2.9", 443)],
    ),
    "a variable": (
        "OFFICE=192.0.2.7\nfunction let {\n"
        " iptables -A INPUT -s $1 -p tcp --dport $2 -j ACCEPT\n}\n"
        'let "$OFFICE" 22\n',
        [("192.0.2.7", 22)],
    ),
    "handed on": (
        "let() {\n  iptables -A INPUT -s $1 -p tcp --dport $2 -j ACCEPT\n}\n"
        "both() {\n  let $1 80\n  let $1 443\n}\nboth 192.0.2.3\n",
        [("192.0.2.3", 80), ("192.0.2.3", 443)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_functions_arguments_are_put_in(name: str) -> None:
    text, meant = ARGUMENTS[name]
    first, last = "iptables -P INPUT DROP\n", "iptables -A INPUT -j LOG\n"
    same(first + text + last, first + "".join(RULE.format(*each) for each in meant) + last)


@pytest.mark.parametrize(
    "text",
    [
        "let() {\n  shift\n  iptables -A INPUT -p udp --dport $1 -j DROP\n}\nlet 22 80\n",
        "let() {\n  iptables -A INPUT -p udp --dport $1 -j DROP\n}\nlet $port\n",
        "let() {\n  iptables -A INPUT -p udp --dport $1 -j DROP\n}\nlet $(cat ports)\n",
        "let() {\n  iptables -A INPUT -p udp --dport $2 -j DROP\n}\nlet 80\n",
        "let() {\n  iptables -A INPUT -p udp --dport $1 -j DROP\n}\nlet '$a' 80\n",
    ],
)
def test_an_argument_that_is_not_told_is_unknown(text: str) -> None:
    last = "iptables -A INPUT -p tcp -j ACCEPT\n"
    first, second = sorted(map(kind, (rule for *_where, rule in rules(read_text(text + last)))))
    assert (first, second) == ("tcp", "udp??")


@pytest.mark.parametrize(
    "body",
    [
        '"$@"',
        'echo "+ $*"; "$@"',
        '"$@" || exit 1',
        'if ! "$@"; then\n    exit 1\n  fi',
        'sudo "$@"',
    ],
)
def test_a_function_that_carries_out_what_it_is_given(body: str) -> None:
    text = "{0}iptables -P INPUT DROP\n{0}iptables -A INPUT -p tcp --dport 22 -j ACCEPT\n"
    same(f"run() {{\n  {body}\n}}\n" + "x=1\n" * 20 + text.format("run "), text.format(""))


def test_a_function_that_may_carry_out_what_it_is_given_does_not() -> None:
    text = 'run() {\n  [ -n "$dry" ] || "$@"\n}\nrun iptables -A INPUT -j DROP\n'
    text += "iptables -P INPUT DROP\n"
    dump = read_text(text)
    assert not rules(dump)
    assert [note.code for note in dump.notes] == [codes.CALL_NOT_READ]
