"""Nothing of a dump makes iptables-restore start a program, open a file or leave its namespace."""

from __future__ import annotations

import pytest
from every_row import every_row
from unknown_names import NO_MATCH

from iptsim.kernel.loading import vetting
from iptsim.kernel.loading.vetting import Refusal, refused

HARMLESS = [
    "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
    "-A INPUT -ptcp -jweb",
    "[12:3456] -A INPUT -s 192.0.2.0/24,198.51.100.7 ! -i lo -g web",
    "--append INPUT --protocol udp --jump DROP",
    "-I INPUT 2 -p tcp -j RETURN",
    "-D INPUT 1",
    "-N other",
    "-P INPUT DROP",
    "-R INPUT 1 -j REJECT --reject-with icmp-port-unreachable",
    '-A INPUT -m comment --comment "-M /bin/true" -j LOG --log-prefix="--modprobe=/bin/true"',
    r'-A INPUT -m comment --comment "said \"-M\" and \\"',
    "-A INPUT -m comment --comment --modprobe -j DROP",
    "-A INPUT -m conntrack --ctorigsrc 2001:db8::/32 --ctstate NEW -j other",
    "-A INPUT -c 5 300 -f -j DROP",
    "# -M /bin/true",
    "",
    "\t",
]
FORBIDDEN = [
    ("-A INPUT -M /bin/true -j DROP", vetting.RUNS, "-M"),
    ("-A INPUT -M/bin/true -j DROP", vetting.RUNS, "-M/bin/true"),
    ("-A INPUT -fM/bin/true -j DROP", vetting.RUNS, "-fM/bin/true"),
    ("-A INPUT -4nM /bin/true", vetting.RUNS, "-4nM"),
    ("-A INPUT --modprobe /bin/true", vetting.RUNS, "--modprobe"),
    ("-A INPUT --modprobe=/bin/true", vetting.RUNS, "--modprobe"),
    ("-A INPUT --modp=/bin/true", vetting.RUNS, "--modp"),
    ("-A INPUT --mo /bin/true", vetting.RUNS, "--mo"),
    ('-A INPUT "--modprobe" /bin/true', vetting.RUNS, "--modprobe"),
    (r'-A INPUT "\-\-modprobe=/bin/true"', vetting.RUNS, "--modprobe"),
    ("--modprobe /bin/true", vetting.RUNS, "--modprobe"),
    ("-M /bin/true", vetting.RUNS, "-M"),
    ("-A INPUT --comment -M /bin/true", vetting.RUNS, "-M"),
    ("-A INPUT -m comment --comment=x -M /bin/true", vetting.RUNS, "-M"),
    ("-A INPUT -j LOG --log-prefix x --modprobe /bin/true", vetting.RUNS, "--modprobe"),
    ("-A INPUT -m bpf --object-pinned /sys/fs/bpf/x", vetting.RUNS, "--object-pinned"),
    ("-A INPUT -m bpf --obj /sys/fs/bpf/x", vetting.RUNS, "--obj"),
    ("-A INPUT -m ../../srv/x", vetting.RUNS, "../../srv/x"),
    ("-A INPUT -m/srv/x", vetting.RUNS, "/srv/x"),
    ("-A INPUT -j /srv/x", vetting.RUNS, "/srv/x"),
    ("-A INPUT -g a/b", vetting.RUNS, "a/b"),
    (":../x - [0:0]", vetting.RUNS, ":../x - [0:0]"),
    ("-A INPUT -j LED --led-trigger-id x", vetting.REACHES, "LED"),
    ("-A INPUT -j IDLETIMER --timeout 5 --label x", vetting.REACHES, "IDLETIMER"),
    ("-A INPUT -j AUDIT --type drop", vetting.REACHES, "AUDIT"),
    ("-A INPUT -m cgroup --path user.slice", vetting.REACHES, "--path"),
    (f"-A INPUT -m {NO_MATCH} --source-country ../x", vetting.UNKNOWN, NO_MATCH),
    ("-A INPUT -p ../x", vetting.UNKNOWN, "../x"),
    ("-A INPUT -w 5", vetting.UNKNOWN, "-w"),
    ("-A INPUT -t nat", vetting.UNKNOWN, "-t"),
    ("-L", vetting.UNKNOWN, "-L"),
    ("*../x", vetting.UNKNOWN, "*../x"),
    ("-A INPUT --dpor 5", vetting.UNKNOWN, "--dpor"),
    ("-A INPUT -s db.example.com", vetting.NAMED, "db.example.com"),
    ("-A INPUT -s 192.0.2.1,feed.de", vetting.NAMED, "192.0.2.1,feed.de"),
    ("-A INPUT -j TEE --gateway db.example.com", vetting.NAMED, "db.example.com"),
    ("-A INPUT -j NOWHERE", vetting.ABSENT, "NOWHERE"),
    ('-A INPUT -m comment --comment "open', vetting.UNCLEAR, '"open'),
    ('-A INPUT -m comment --comment "a"b', vetting.UNCLEAR, '"a"b'),
    ("-A INPUT -j\x00DROP", vetting.UNCLEAR, "-A INPUT -j\x00DROP"),
    ("-A INPUT -j DROP\n--modprobe", vetting.UNCLEAR, "-A INPUT -j DROP\n--modprobe"),
]


def of_line(line: str) -> Refusal | None:
    return refused(["*filter", ":INPUT ACCEPT [0:0]", ":web - [0:0]", "-N other", line, "COMMIT"])


@every_row("line", HARMLESS)
def test_what_iptables_save_prints_passes(line: str) -> None:
    assert of_line(line) is None


@every_row(("line", "code", "word"), FORBIDDEN)
def test_what_is_not_known_to_be_harmless_does_not(line: str, code: str, word: str) -> None:
    found = of_line(line)
    assert found is not None
    assert (found.code, found.word, found.line) == (code, word, 4)
    assert word in line[found.column : found.column + found.length].replace("\\", "")


def test_a_line_that_is_read_in_two_pieces_is_refused() -> None:
    pad = "x" * 10_240
    found = of_line(f'-A INPUT -m comment --comment "{pad}"')
    assert found is not None
    assert found.code == vetting.UNCLEAR


def test_a_chain_is_one_of_its_own_table() -> None:
    text = ["*nat", ":web - [0:0]", "COMMIT", "*filter", "-A INPUT -j web", "COMMIT"]
    found = refused(text)
    assert found is not None
    assert (found.code, found.line) == (vetting.ABSENT, 4)


@pytest.mark.parametrize("declared", [":LED - [0:0]", "-N LED", "-NLED"])
def test_a_chain_that_is_called_as_a_target_is_that_target(declared: str) -> None:
    found = refused(["*filter", declared, "-A INPUT -j LED --led-trigger-id x", "COMMIT"])
    assert found is not None
    assert (found.code, found.word) == (vetting.REACHES, "LED")


def test_no_option_that_passes_is_the_beginning_of_one_that_must_not() -> None:
    """getopt_long(3) takes a unique beginning for the whole."""
    forbidden = ("--modprobe", "--object-pinned", "--path", "--table", "--wait", "--list-rules")
    every = vetting.known_options()
    assert len(every) > 300
    assert [one for one in every if any(each.startswith(one) for each in forbidden)] == []
