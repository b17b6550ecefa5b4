"""Lines of several hosts, pods and namespaces in one text are parted, and never read as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_row import every_row

from iptsim.dialects import read_states, read_text
from iptsim.errors import DumpError, UsageError
from iptsim.model import Dump

ONE = ["-P INPUT ACCEPT", "-A INPUT -p tcp -m tcp --dport 81 -j ACCEPT", "-A INPUT -j DROP"]
TWO = [
    "-P INPUT DROP",
    "-A INPUT -p udp -m udp --dport 82 -j ACCEPT",
    "-A INPUT -s 10.0.0.9/32 -j DROP",
]
FRONTS = {
    "pdsh": ("gw1: ", "gw2: ", "gw1", "gw2"),
    "kubectl": ("[pod/api-x/init] ", "[pod/api-y/init] ", "pod api-x", "pod api-y"),
    "stern": ("api-x init ", "api-y init ", "api-x init", "api-y init"),
    "compose": ("api-1  | ", "queue  | ", "api-1", "queue"),
    "syslog": (
        "Mar  3 10:11:12 gw1 fw[7]: ", "Mar  3 10:11:12 gw2 fw[8]: ", "gw1", "gw2",
    ),
    "grep": ("gw1.rules:", "gw2.rules:", "gw1.rules", "gw2.rules"),
    "stamped": (
        "[pod/api-x/init] 2024-05-06T07:08:09.1Z ", "[pod/api-y/init] 2024-05-06T07:08:09.2Z ",
        "pod api-x", "pod api-y",
    ),
}  # fmt: skip
HEADS = {
    "ansible": ("gw1 | CHANGED | rc=0 >>", "gw2 | CHANGED | rc=0 >>", "gw1", "gw2"),
    "clush": ("-----\ngw1\n-----", "-----\ngw2\n-----", "gw1", "gw2"),
    "salt": ("gw1:", "gw2:", "gw1", "gw2"),
    "head": ("==> a/gw <==", "==> b/gw <==", "a/gw", "b/gw"),
    "comment": ("# server A", "# server B", "server A", "server B"),
}
ELSEWHERE = {
    "ip netns exec red {}": "netns red",
    "sudo ip netns exec red {}": "netns red",
    "docker exec -it -u root web {}": "container web",
    "docker compose exec -T web {}": "container web",
    "kubectl -n edge exec web-0 -c proxy -- {}": "pod edge/web-0",
    "nsenter -t 77 -n {}": "process 77",
    "nsenter --net=/var/run/netns/red {}": "netns red",
    "ssh -p 2222 root@gw2 '{}'": "host gw2",
    'ssh gw2 sudo sh -c "{}"': "host gw2",
    "ssh gw2 <<'END'\n{}\nEND": "host gw2",
    "ssh gw2 '\n{}\n'": "host gw2",
    "ssh gw2 ip netns exec red {}": "host gw2, netns red",
    'NS="ip netns exec red"\n$NS {}': "netns red",
    "ip netns exec red bash\n{}\nexit": "netns red",
}
THERE, HERE = "iptables -A INPUT -p tcp --dport 81 -j DROP", "iptables -A INPUT -i lo -j ACCEPT"


def rules(dump: Dump) -> list[tuple[int | None, str | None]]:
    """Each rule's line, and its target."""
    return [
        (rule.place.line if rule.place else None, rule.target.name if rule.target else None)
        for ruleset in dump.rulesets
        for *_place, rule in ruleset.rules()
    ]


def meant(dump: Dump) -> list[object]:
    return [
        [
            (chain.name, chain.policy, [(r.header, r.matches, r.target) for r in chain.rules])
            for chain in table.chains
        ]
        for ruleset in dump.rulesets
        for table in ruleset.tables
    ]


def told(text: str) -> str:
    with pytest.raises(DumpError, match="states are told") as caught:
        read_text(text)
    assert caught.value.code == "IPT0177"
    return caught.value.expected + caught.value.message


@pytest.mark.parametrize("kind", FRONTS)
def test_lines_are_parted_by_the_name_in_front(kind: str, tmp_path: Path) -> None:
    one, two, first, second = FRONTS[kind]
    lines = [part for a, b in zip(ONE, TWO, strict=True) for part in (one + a, two + b)]
    text = "\n".join(lines)
    message = told(text)
    assert f"({first})" in message
    assert f"({second})" in message
    for name, own in ((first, ONE), (second, TWO)):
        assert meant(read_text(text, state=name)) == meant(read_text("\n".join(own)))
    assert [line for line, _ in rules(read_text(text, state="2"))] == [4, 6]
    (tmp_path / "t").write_text(text)
    both = read_states(str(tmp_path / "t"))
    assert [meant(each) for each in both] == [
        meant(read_text("\n".join(own))) for own in (ONE, TWO)
    ]


@pytest.mark.parametrize("kind", HEADS)
def test_lines_are_parted_by_the_name_above(kind: str) -> None:
    one, two, first, second = HEADS[kind]
    indent = "    " if kind == "salt" else ""
    own = ONE[1:], TWO[1:]
    text = "\n".join((one, *(indent + a for a in own[0]), two, *(indent + b for b in own[1])))
    assert f"({first})" in told(text)
    for name, lines in ((first, own[0]), (second, own[1])):
        assert meant(read_text(text, state=name)) == meant(read_text("\n".join(lines)))


@every_row("call", ELSEWHERE)
def test_what_runs_elsewhere_is_not_of_the_host(call: str) -> None:
    text = f"{call.format(THERE)}\n{HERE}\n"
    assert f"({ELSEWHERE[call]})" in told(text)
    assert [target for _, target in rules(read_text(text, state="host"))] == ["ACCEPT"]
    assert [target for _, target in rules(read_text(text, state=ELSEWHERE[call]))] == ["DROP"]


@every_row("call", ELSEWHERE)
def test_what_runs_in_one_place_alone_is_read_and_noted(call: str) -> None:
    dump = read_text(f"{call.format(THERE)}\n")
    assert [target for _, target in rules(dump)] == ["DROP"]
    (note,) = (note for note in dump.notes if note.code == "IPT0240")
    assert dict(note.facts)["name"] == ELSEWHERE[call]


@pytest.mark.parametrize(
    "wrap", ["+ {}", "> {}", '{{"msg":"{}"}}', "  41  {}", "2024-05-06T07:08:09Z + {}"]
)
def test_around_such_commands_anything_may_lie(wrap: str) -> None:
    lines = (f"ip netns exec red {THERE}", HERE)
    text = "\n".join(wrap.format(line) for line in lines)
    assert "(netns red)" in told(text)
    assert rules(read_text(text, state="host")) == [(2, "ACCEPT")]


def test_what_a_command_elsewhere_prints_is_of_that_place() -> None:
    text = (
        "root@gw:~# ip netns exec red iptables-save\n# Generated by iptables-save v1.8.7\n*filter\n"
        ":INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
        "root@gw:~# iptables -S INPUT\n-P INPUT ACCEPT\n-A INPUT -j DROP\n"
    )
    assert rules(read_text(text, state="netns red")) == []
    assert rules(read_text(text, state="host")) == [(10, "DROP")]


def test_hosts_that_come_one_behind_the_other() -> None:
    many = [f"-A INPUT -p tcp -m tcp --dport {port} -j ACCEPT" for port in range(1, 3001)]
    text = "\n".join([*(f"gw1: {rule}" for rule in many), *(f"gw2: {rule}" for rule in many[:2])])
    assert len(rules(read_text(text, state="gw2"))) == 2


def test_places_that_tell_the_same_are_read_once() -> None:
    text = "\n".join(front + rule for rule in ONE for front in ("gw1: ", "gw2: "))
    dump = read_text(text)
    assert len(rules(dump)) == 2
    assert [dict(note.facts) for note in dump.notes if note.code == "IPT0241"] == [
        {"names": "gw1, gw2"}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[pod/api-x/init] {}\n[pod/api-x/proxy] {}",  # containers of a pod share its network
        "nsenter -t 1 -m {}\n{}",  # without -n it stays in the network namespace
        "ip vrf exec red {}\n{}",
        "service ssh restart\n{}\n{}",
        "# ip netns exec red iptables -P INPUT DROP\n{}\n{}",
        "docker run --rm --net=host tools {}\n{}",
    ],
)
def test_one_place_is_read_as_one(text: str) -> None:
    dump = read_text(text.format("iptables -P INPUT ACCEPT", HERE))
    assert [target for _, target in rules(dump)] == ["ACCEPT"]
    assert not {note.code for note in dump.notes} & {"IPT0240", "IPT0241"}


def test_no_place_of_that_name() -> None:
    text = f"ip netns exec red {THERE}\n{HERE}\n"
    with pytest.raises(UsageError, match="blue"):
        read_text(text, state="blue")


DOCKER = """\
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.3:81
"""
FILTER = "-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n"


@pytest.mark.parametrize(
    "heads", ["", ":DOCKER - [0:0]\n", ":PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"]
)
def test_a_grep_of_dockers_rules_is_nats(heads: str) -> None:
    dump = read_text(f"$ iptables-save | grep -i docker\n{heads}{DOCKER}{FILTER}")
    (ruleset,) = dump.rulesets
    lines = {
        table.name: sum(len(chain.rules) for chain in table.chains) for table in ruleset.tables
    }
    assert lines == {"nat": 4, "filter": 2}
