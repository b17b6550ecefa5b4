"""`iptsim verify` as people run it, against the real kernel."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from called_program import called
from json_schemas import hold

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Judge, JudgeError
from iptsim.kernel.host.namespaces import Namespace
from iptsim.kernel.verifying import Verifier
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.render.outputs.verify_json import verify_json
from iptsim.render.outputs.verify_text import verify_text
from iptsim.render.shared.terminal import Style

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
ISTIO = FIXTURES / "istio" / "both-directions"
COMMAND = (sys.executable, "-m", "iptsim", "verify")
# Inbound, what the application sends, what Envoy sends, and Envoy to the application.
POD = (
    {"dport": 8088},
    {"dport": 8089},
    {"uid": 1000, "dst": "10.9.9.9", "dport": 80},
    {"uid": 1337, "dst": "10.9.9.9", "dport": 80},
    {"uid": 1337, "out": "lo", "dst": "10.0.0.2", "dport": 8088},
    {"uid": 1337, "out": "lo", "dst": "127.0.0.1", "dport": 8088},
    {"uid": 1337, "src": "127.0.0.6", "out": "lo", "dst": "10.0.0.2", "dport": 8088},
)
LIMIT = """\
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m limit --limit 1/sec -j ACCEPT
-A INPUT -m set --match-set friends src -j ACCEPT
COMMIT
"""
SETS = "create friends hash:ip family inet\nadd friends 192.0.2.7\n"

pytestmark = pytest.mark.kernel


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def answers(self) -> list[dict[str, Any]]:
        """Each held to its schema."""
        found = [json.loads(line) for line in self.out.splitlines()]
        for answer in found:
            hold(answer)
        return found


def verify(*arguments: str | Path, stdin: str = "", **environ: str) -> Done:
    told = {**os.environ, "LC_ALL": "C.UTF-8", **environ}
    done = called(["verify", *map(str, arguments)], stdin.encode(), told)
    return Done(done.code, done.out, done.err)


def lines_of(packets: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps({"id": n, **packet}) + "\n" for n, packet in enumerate(packets))


def own_network() -> tuple[str, str, str]:
    words = (["nft", "list", "ruleset"], ["ip", "-o", "link"], ["ip", "netns"])
    told = [subprocess.run(w, capture_output=True, text=True, check=True).stdout for w in words]
    # Tests of other processes name their namespaces by those, and may run at the same time.
    names = [
        name for name in told[2].split() if set(re.findall(r"\d+", name)) <= {str(os.getpid())}
    ]
    return told[0], told[1], " ".join(names)


@pytest.mark.parametrize("form", ["save.txt", "txt", "v.txt"])
@pytest.mark.parametrize("state", ["before", "after"])
def test_the_kernel_agrees_on_a_sidecars_rules(real_kernel: None, state: str, form: str) -> None:
    done = verify("--packets", "-", ISTIO / f"{state}.{form}", stdin=lines_of(POD))
    assert (done.code, done.err) == (0, "")
    answers = done.answers
    assert [answer["id"] for answer in answers] == list(range(len(POD)))
    assert {answer["answer"] for answer in answers} == {"agree"}
    port = 15001 if state == "after" else 8088
    assert answers[0]["kernel"]["packet"]["dport"] == port
    assert answers[2]["kernel"]["packet"]["dport"] == 15001
    notes = [note["code"] for note in answers[0]["notes"]]
    assert notes.count("IPT0626") == (1 if form == "txt" else 0)
    assert notes.count("IPT0634") == (0 if form == "save.txt" else 1)


def test_legacy_tables_agree(real_kernel: None) -> None:
    with Judge(backend="legacy") as judge:
        try:
            judge.load("*nat\nCOMMIT\n")
        except JudgeError as error:
            if os.environ.get("IPTSIM_REQUIRE_KERNEL", "") not in ("", "0"):
                raise
            pytest.skip(f"no legacy tables here: {error}")
    after = ISTIO / "after.save.txt"
    done = verify("--legacy", "--packets", "-", after, stdin=lines_of(POD))
    assert (done.code, done.err) == (0, "")
    assert all(answer["judge"]["backend"] == "legacy" for answer in done.answers)
    assert all("(legacy)" in answer["judge"]["iptables"] for answer in done.answers)
    assert all(row["kernel"] for answer in done.answers for row in answer["steps"])


def test_ipv6_rules_agree(real_kernel: None) -> None:
    packets = (
        {"dst": "2001:db8::2", "dport": 443},
        {"dst": "2001:db8::2", "proto": "ipv6-icmp", "icmp_type": "128/0"},
        {"uid": 0, "dst": "2001:db8:9::1", "dport": 80},
    )
    dump = FIXTURES / "firewall" / "ipv6" / "after.save.txt"
    done = verify("--packets", "-", dump, stdin=lines_of(packets))
    assert (done.code, done.err) == (0, "")
    assert all(answer["steps"] for answer in done.answers)


@pytest.mark.parametrize(("lang", "first"), [("en", "✔ the kernel agrees"), ("zh", "✔ 与内核一致")])
@pytest.mark.parametrize("columns", [60, 100])
def test_as_people_read_it(real_kernel: None, lang: str, first: str, columns: int) -> None:
    options = ("--dport", "8088", "--lang", lang)
    done = verify(*options, ISTIO / "after.txt", COLUMNS=str(columns))
    assert done.code == 0
    told = done.out.splitlines()
    assert told[0].startswith(first)
    assert max(map(len, told)) <= columns
    assert "✘" not in done.out
    assert [line for line in told if "nat ISTIO_IN_REDIRECT 1" in line]
    assert "198.18.0.1:40000 → 198.18.0.2:8088" in done.out


def test_the_host_is_as_it_was_told(real_kernel: None, tmp_path: Path) -> None:
    addr, route = tmp_path / "addr", tmp_path / "route"
    addr.write_text(json.dumps([
        {"ifname": name, "addr_info": [{"family": "inet", "local": own, "prefixlen": 24}]}
        for name, own in (("lan0", "10.5.0.2"), ("wan0", "192.0.2.2"))
    ]))  # fmt: skip
    route.write_text(json.dumps([
        {"dst": "10.5.0.0/24", "dev": "lan0"},
        {"dst": "192.0.2.0/24", "dev": "wan0"},
        {"dst": "default", "gateway": "192.0.2.1", "dev": "wan0"},
    ]))  # fmt: skip
    rules = "*nat\n-A POSTROUTING -o wan0 -j MASQUERADE\nCOMMIT\n"
    packets = (
        {"in": "lan0", "src": "10.5.0.7", "dst": "198.51.100.9", "dport": 443},
        {"uid": 0, "dst": "10.5.0.9", "dport": 443},
        {"uid": 0, "out": "lan0", "dst": "198.51.100.9", "dport": 443},
    )
    file = tmp_path / "packets"
    file.write_text(lines_of(packets))
    done = verify("-4", "--addr", addr, "--route", route, "--packets", file, "-", stdin=rules)
    forwarded, sent, impossible = done.answers
    assert forwarded["kernel"]["packet"]["src"] == "192.0.2.2"
    assert forwarded["kernel"]["destination"] == "forward"
    assert sent["sent"]["src"] == "10.5.0.2"
    assert {forwarded["answer"], sent["answer"]} == {"agree"}
    assert impossible["reason"]["code"] == "IPT0624"
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_open_facts_and_sets(real_kernel: None, tmp_path: Path) -> None:
    sets = tmp_path / "sets"
    sets.write_text(SETS)
    packets = (
        {"dport": 22},
        {"proto": "udp", "dport": 53, "src": "192.0.2.7"},
        {"proto": "udp", "dport": 53, "src": "192.0.2.8"},
    )
    file = tmp_path / "packets"
    file.write_text(lines_of(packets))
    done = verify("-4", "--ipset", sets, "--packets", file, "-", stdin=LIMIT)
    assert (done.code, done.err) == (0, "")
    limited, friend, stranger = done.answers
    assert list(limited["implied"][0]["facts"].values()) == [True]
    told = [answer["kernel"]["verdict"] for answer in (limited, friend, stranger)]
    assert told == ["ACCEPT", "ACCEPT", "DROP"]
    text = verify("-4", "--ipset", sets, "--dport", "22", "-", stdin=LIMIT).out
    assert "the kernel took the one if -m limit --limit 1/sec matches." in text


def test_a_set_that_nobody_told(real_kernel: None) -> None:
    done = verify("-4", "--dport", "22", "-", stdin=LIMIT)
    assert (done.code, done.out) == (2, "")
    assert "filter INPUT 2: Set friends doesn't exist" in done.err
    assert "--ipset" in done.err


@pytest.mark.parametrize("backend", [(), ("--legacy",)])
@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("-A INPUT -j MASQUERADE", "does not load filter INPUT 2: "),
        ("-A INPUT -m strange --thing 1", "strange"),
    ],
)
def test_a_refused_rule_is_named_with_its_line(
    real_kernel: None, tmp_path: Path, rule: str, why: str, backend: tuple[str, ...]
) -> None:
    dump = tmp_path / "rules"
    dump.write_text(f"*filter\n-A INPUT -p tcp\n\n{rule}\n-A INPUT -p udp\n-A OUTPUT\nCOMMIT\n")
    done = verify("-4", "--dport", "80", *backend, dump)
    assert (done.code, done.out) == (2, "")
    assert why in done.err
    assert f"{dump}:4:1" in done.err
    assert f"4 | {rule}" in done.err


def test_packets_that_cannot_be_judged_do_not_stop_the_others(real_kernel: None) -> None:
    packets = (
        {"hook": "FORWARD", "dport": 80},
        {"dport": 80, "ctstate": "ESTABLISHED"},
        {"dport": 80, "tcp_flags": "SYN,ACK", "ctstate": "INVALID"},
        {"dport": 80, "out": "lo"},
        {"dport": 80},
    )
    done = verify("--packets", "-", ISTIO / "after.txt", stdin=lines_of(packets))
    told = [answer["answer"] for answer in done.answers]
    assert told[:3] == ["cannot judge", "cannot judge", "agree"]
    assert told[-1] == "agree"
    assert [answer["reason"]["code"] for answer in done.answers[:2]] == ["IPT0613", "IPT0623"]
    assert done.code == 2


def test_the_hosts_own_tables_are_left_alone(real_kernel: None) -> None:
    before = own_network()
    assert verify("--dport", "8088", ISTIO / "after.txt").code == 0
    assert verify("-4", "--dport", "22", "-", stdin=LIMIT).code == 2
    assert own_network() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_after_an_interrupt(real_kernel: None, tmp_path: Path, number: int) -> None:
    before = own_network()
    file = tmp_path / "packets"
    file.write_text(lines_of([{"dport": 1000 + n} for n in range(2000)]))
    with subprocess.Popen(
        [*COMMAND, "--packets", file, ISTIO / "after.txt"], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(number)
        _, errors = running.communicate(timeout=30)
    assert running.returncode != 0
    assert "Traceback" not in errors
    for _ in range(50):
        if own_network() == before:
            break
        time.sleep(0.1)
    assert own_network() == before


@pytest.mark.parametrize("backend", [(), ("--legacy",)])
@pytest.mark.parametrize("family", [4, 6])
def test_a_mark_arrives(real_legacy: None, backend: tuple[str, ...], family: int) -> None:
    rules = (
        "*raw\n-A PREROUTING -m mark --mark 0x10/0xf0\nCOMMIT\n"
        "*filter\n:INPUT DROP [0:0]\n-A INPUT -i wan0 -m mark --mark 0x12 -j ACCEPT\nCOMMIT\n"
    )
    packets = ({"in": "wan0", "mark": mark} for mark in (0x12, 0x13, 0))
    sent = lines_of({**packet, "proto": "udp", "dport": 53} for packet in packets)
    with NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(sent)
        file.flush()
        done = verify(f"-{family}", *backend, "--packets", file.name, "-", stdin=rules)
    assert (done.code, done.err) == (0, "")
    assert [answer["kernel"]["verdict"] for answer in done.answers] == ["ACCEPT", "DROP", "DROP"]
    assert done.answers[0]["kernel"]["packet"]["mark"] == 0x12
    assert [answer["steps"][0]["rule"] for answer in done.answers] == [1, 1, None]


@pytest.mark.parametrize("backend", [(), ("--legacy",)])
def test_the_text_is_judged_and_not_what_we_read_in_it(
    real_legacy: None, tmp_path: Path, backend: tuple[str, ...]
) -> None:
    """Noise in front of each line, counters, -N and -I: loaded all the same, rule by rule."""
    dump = tmp_path / "rules"
    dump.write_text(
        "2024-05-01T10:00:00.000000Z\tinfo\t*filter\n"
        "2024-05-01T10:00:00.000000Z\tinfo\t-N web\n"
        "2024-05-01T10:00:00.000001Z\tinfo\t[5:300] -A INPUT -p tcp -j web\n"
        "2024-05-01T10:00:00.000002Z\tinfo\t-A web -p tcp --dport 81 -j DROP\n"
        "2024-05-01T10:00:00.000003Z\tinfo\t-I web -p tcp --dport 80 -j RETURN\n"
        "2024-05-01T10:00:00.000004Z\tinfo\tCOMMIT\n"
    )
    packets = tmp_path / "packets"
    packets.write_text(lines_of([{"dport": 80}, {"dport": 81}, {"dport": 82}]))
    done = verify("-4", *backend, "--packets", packets, dump)
    assert (done.code, done.err) == (0, "")
    codes = {note["code"] for answer in done.answers for note in answer["notes"]}
    assert codes.isdisjoint({"IPT0634", "IPT0635"})
    told = [[(row["chain"], row["rule"]) for row in answer["steps"]] for answer in done.answers]
    assert told == [
        [("INPUT", 1), ("web", 1), ("INPUT", None)],
        [("INPUT", 1), ("web", 2)],
        [("INPUT", 1), ("INPUT", None)],
    ]


def test_a_rule_that_is_misread_is_told_whatever_the_packet(real_kernel: None) -> None:
    """What is loaded is the text: our reading of it is put in the wrong here."""
    text = "*filter\n-A INPUT -p tcp --dport 22 -j DROP\n-A INPUT -p udp -j DROP\nCOMMIT\n"
    wrong = read_text(text.replace("22", "23"), file="rules", family=4)
    with Verifier(wrong, Host(), texts={"rules": text}) as verifier:
        found = verifier.verify(Question(packet=Packet(proto=1)))
    told = found.comparison
    assert told.goes_alike
    assert not told.agrees
    (one,) = told.misread
    assert (str(one), one.place.line if one.place else None) == ("filter INPUT 1", 2)
    assert ("--dport 23" in one.ours, "--dport 22" in one.kernel) == (True, True)
    for lang in ("en", "zh"):
        shown = verify_text(found, Style(lang=lang))
        assert "filter INPUT 1" in shown.split("\n")[0]
        assert one.kernel in " ".join(shown.split())
    assert verify_json(found)["answer"] == "disagree"


@pytest.mark.parametrize("backend", ["nft", "legacy"])
@pytest.mark.parametrize(
    ("rules", "tracked"),
    [
        ("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK --set-mark 1\nCOMMIT\n", False),
        (
            "*nat\n-A PREROUTING -j LOG\nCOMMIT\n*raw\n-A OUTPUT -p 99 -j CT --notrack\nCOMMIT\n",
            False,
        ),
        ("*nat\n-A PREROUTING -p 99 -j REDIRECT\nCOMMIT\n", True),
        (
            "*nat\n:PREROUTING ACCEPT\nCOMMIT\n*filter\n-A OUTPUT -m state --state NEW\nCOMMIT\n",
            True,
        ),
    ],
    ids=["mark", "log", "redirect", "state"],
)
def test_the_judge_has_nothing_tracked_by_itself(
    real_legacy: None, backend: str, rules: str, tracked: bool
) -> None:
    with Judge(backend=backend) as judge:
        judge.load(rules)
        (journey,) = judge.send([(Packet(in_="eth0"), "PREROUTING")])
    assert any(step.table == "nat" for step in journey.steps) == tracked


def test_programs_that_read_a_dump_have_few_rights(real_kernel: None) -> None:
    with Namespace() as place:
        told = place.run("grep", "-E", "^(Uid|CapEff|CapBnd|NoNewPrivs)", "/proc/self/status")
        kept = place.run(
            "grep", "-E", "^(Uid|CapEff|CapBnd|NoNewPrivs)", "/proc/self/status", untrusted=True
        )
        names = place.run("env").split("\n")
    assert told.split()[1] == "0"
    if shutil.which("setpriv") is not None:
        rights = f"{1 << 12 | 1 << 13:016x}"  # CAP_NET_ADMIN, CAP_NET_RAW
        values = [line.split("\t")[1] for line in kept.splitlines()]
        assert values == ["65534", rights, rights, "1"]
    assert {name.split("=")[0] for name in names if name} == {"PATH", "LC_ALL", "XTABLES_LOCKFILE"}


def test_every_program_that_reads_a_dump_is_confined(
    real_kernel: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def confined(command: list[str]) -> list[str]:
        seen.append(Path(command[0]).name.replace("-nft", ""))
        return command

    monkeypatch.setattr("iptsim.kernel.host.namespaces.confined", confined)
    with Judge() as judge:
        judge.ipset("create friends hash:ip\n")
        rules = "*filter\n-A INPUT -m set --match-set friends src -j ACCEPT\nCOMMIT\n"
        judge.load(rules)
        printed = (judge.saved_elsewhere(rules) or "", judge.save())
        assert all("-A INPUT -m set --match-set friends src -j ACCEPT\n" in one for one in printed)
        assert judge.saved_elsewhere(rules.replace("friends", "strangers")) is None
    assert seen == ["ipset", "iptables-restore"] * 3
