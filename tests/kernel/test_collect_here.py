"""What `iptsim collect` prints on a host is read as that host, whichever program is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from iptsim.dialects import read_text
from iptsim.host import NOBODY, Host
from iptsim.kernel.host.namespaces import Namespace
from iptsim.model import Dump, Note
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.pasted import host_told
from iptsim.questions import read_packet
from iptsim.tracer import Outcome, Tracer

pytestmark = pytest.mark.kernel

SCRIPT = (files("iptsim") / "collect.sh").read_text(encoding="utf-8")
OWN_PATH = "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n"
PLAIN = ("cat", "grep", "sed", "head", "date", "uname")
TOOLS = (
    "ip", "ifconfig", "route", "ss", "ipset", "nft", "iptables-save", "ip6tables-save", "iptables",
    "ip6tables",
    "iptables-nft-save", "ip6tables-nft-save", "iptables-legacy-save", "ip6tables-legacy-save",
)  # fmt: skip
RULES = """*nat
-A PREROUTING -p tcp --dport 80 -m addrtype --dst-type LOCAL -j REDIRECT --to-ports 8080
COMMIT
*filter
:INPUT DROP
-A INPUT -m set --match-set friends src -p tcp --dport 8080 -j ACCEPT
COMMIT
"""
FRIEND = {"src": "10.0.0.77", "dst": "10.0.0.2", "dport": "80", "in": "eth0"}
STRANGER = FRIEND | {"src": "10.0.0.78"}
WITHOUT_LEGACY = "*mangle\n-A PREROUTING -p tcp --dport 81 -j DROP\nCOMMIT\n"


@pytest.fixture
def host(real_kernel: None) -> Iterator[Namespace]:
    """A host with addresses, a set and rules of nf_tables."""
    with Namespace() as made:
        for words in (
            "ip link set lo up",
            "ip link add eth0 type veth peer name p0",
            "ip link set eth0 up",
            "ip link set p0 up",
            "ip addr add 10.0.0.2/24 dev eth0",
            "ip route add default via 10.0.0.1",
            "ipset create friends hash:ip",
            "ipset add friends 10.0.0.77",
        ):
            name, *rest = words.split()
            made.run(name, *rest)
        run_in(made, ["iptables-nft-restore"], text=RULES)
        yield made


def run_in(host: Namespace, words: list[str], text: str = "", path: str | None = None) -> str:
    env = {**os.environ, **({} if path is None else {"PATH": path})}

    def work() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, input=text, text=True, capture_output=True, check=False, env=env, timeout=60
        )

    done = host.do(work)
    assert done.returncode == 0, done
    assert path is None or done.stderr == ""
    return done.stdout


def path_without(folder: Path, missing: Collection[str]) -> str:
    """A folder that holds what the script may call, but for what is missing."""
    for name in {*PLAIN, *TOOLS} - set(missing):
        found = shutil.which(name)
        if found is not None:
            (folder / name).symlink_to(found)
    return str(folder)


def collected(host: Namespace, folder: Path, *missing: str, shell: str = "sh") -> str:
    assert SCRIPT.count(OWN_PATH) == 1
    words = [shutil.which(shell.split(maxsplit=1)[0]) or "", *shell.split()[1:]]
    script = SCRIPT.replace(OWN_PATH, "")
    return run_in(host, words, text=script, path=path_without(folder, missing))


def read(text: str) -> tuple[Dump, Host, tuple[Note, ...]]:
    dump = read_text(text, file="host.txt")
    told, notes = host_told((dump,), NOBODY)
    return dump, told, (*dump.notes, *notes)


def fates(text: str, packet: dict[str, str]) -> tuple[Outcome, ...]:
    dump, told, _notes = read(text)
    ruleset = dump.family(4)
    assert ruleset is not None
    question = read_packet(packet)
    return Tracer.of(ruleset).trace(question.packet, host=told).outcomes


def verdicts(text: str, packet: dict[str, str]) -> set[str]:
    return {outcome.verdict for outcome in fates(text, packet)}


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "busybox sh"])
def test_one_text_tells_the_host(host: Namespace, tmp_path: Path, shell: str) -> None:
    if shutil.which(shell.split(maxsplit=1)[0]) is None:
        pytest.skip(f"there is no {shell}")
    text = collected(host, tmp_path, shell=shell)
    _dump, told, _notes = read(text)
    wanted = read_host(host.run("ip", "-j", "addr"))
    assert {a.address for a in told.addresses or ()} >= {10 << 24 | 2, 127 << 24 | 1}
    assert told.devices == wanted.devices
    assert told.sysctls.of("net/ipv4/conf/all/route_localnet") == 0
    assert [each.name for each in told.sets or ()] == ["friends"]
    assert told.time is not None
    assert told.sockets == ()
    assert len(told.rules_of(32) or ()) == 3
    assert verdicts(text, FRIEND) == {"ACCEPT"}
    assert verdicts(text, STRANGER) == {"DROP"}


@pytest.mark.parametrize("missing", TOOLS)
def test_what_is_missing_is_told_and_never_makes_a_wrong_answer(
    host: Namespace, tmp_path: Path, missing: str
) -> None:
    text = collected(host, tmp_path, missing)
    assert "ACCEPT" in verdicts(text, FRIEND)
    assert "DROP" in verdicts(text, STRANGER)
    if missing == "ipset":
        assert verdicts(text, STRANGER) == {"ACCEPT", "DROP"}
        assert any(
            n.code == "IPT0189" and "ipset" in dict(n.facts)["sections"] for n in read(text)[2]
        )
    if missing == "ip":
        assert read(text)[1].addresses is not None  # by ifconfig


def test_without_any_program_of_nf_tables_its_rules_are_unknown(
    host: Namespace, tmp_path: Path
) -> None:
    run_in(host, ["iptables-legacy-restore"], text=WITHOUT_LEGACY)
    gone = [name for name in TOOLS if name == "nft" or ("tables" in name and "legacy" not in name)]
    text = collected(host, tmp_path, *gone)
    dump, _told, notes = read(text)
    assert [ruleset.beside for ruleset in dump.rulesets if ruleset.family == 4] == [("nft",)]
    assert verdicts(text, STRANGER) > {"DROP"}
    assert any(note.code == "IPT0189" for note in notes)


def test_rules_of_both_back_ends_stand(host: Namespace, tmp_path: Path, real_legacy: None) -> None:
    run_in(host, ["iptables-legacy-restore"], text=WITHOUT_LEGACY)
    text = collected(host, tmp_path)
    dump = read_text(text)
    (ruleset,) = (each for each in dump.rulesets if each.family == 4)
    assert ruleset.beside == ()
    assert {table.name: table.nft for table in ruleset.tables} == {
        "mangle": False, "nat": True, "filter": True,
    }  # fmt: skip
    assert verdicts(text, FRIEND) == {"ACCEPT"}
    assert verdicts(text, FRIEND | {"dport": "81"}) == {"DROP"}
    run_in(host, ["iptables-legacy-restore"], text="*filter\n-A INPUT -p udp -j DROP\nCOMMIT\n")
    folder = tmp_path / "again"
    folder.mkdir()
    both = collected(host, folder)
    (again,) = (each for each in read_text(both).rulesets if each.family == 4)
    assert again.beside == ("filter",)
    assert verdicts(both, FRIEND) > {"ACCEPT"}


def test_a_text_that_is_cut_tells_no_more_than_is_there(host: Namespace, tmp_path: Path) -> None:
    lines = collected(host, tmp_path).split("\n")
    for end in range(1, len(lines), 3):
        part = "\n".join(lines[:end])
        if "COMMIT" in part:
            assert "ACCEPT" in verdicts(part, FRIEND), end
            assert "DROP" in verdicts(part, STRANGER), end


def test_it_changes_nothing(host: Namespace, tmp_path: Path) -> None:
    def state() -> tuple[str, ...]:
        saves = ("iptables-nft-save", "ip6tables-nft-save")
        rules = ["\n".join(x for x in run_in(host, [s]).split("\n") if x[:1] != "#") for s in saves]
        modules = Path("/proc/modules")
        loaded = modules.read_text() if modules.exists() else ""
        tables = host.do(lambda: Path("/proc/thread-self/net/ip_tables_names").read_text())
        shown = (host.run("ip", "-br", "addr"), host.run("ip", "route"), host.run("ipset", "save"))
        return (*rules, *shown, loaded, tables)

    before = state()
    collected(host, tmp_path)
    assert state() == before
    assert sorted(p.name for p in tmp_path.iterdir() if not p.is_symlink()) == []


@pytest.mark.parametrize("told", ["iptables v1.4.21", "iptables v1.8.9 (nf_tables)"])
def test_plain_programs_are_of_the_back_end_that_they_name(
    host: Namespace, tmp_path: Path, told: str
) -> None:
    run_in(host, ["iptables-legacy-restore"], text=WITHOUT_LEGACY)
    nft = "nf_tables" in told
    folder = tmp_path / "bin"
    folder.mkdir()
    gone = [name for name in TOOLS if "tables" in name or name == "nft"]
    path = path_without(folder, gone)
    (folder / "iptables").write_text(f"#!/bin/sh\necho '{told}'\n")
    real = shutil.which("iptables-nft-save" if nft else "iptables-legacy-save")
    (folder / "iptables-save").symlink_to(real or "")
    (folder / "iptables").chmod(0o755)
    text = run_in(host, [shutil.which("sh") or ""], SCRIPT.replace(OWN_PATH, ""), path)
    own, other = ("nft", "legacy") if nft else ("legacy", "nft")
    assert f"#iptsim# begin iptables-{own}-save" in text
    assert f"#iptsim# absent iptables-{other}-save unseen" in text
    (ruleset,) = (each for each in read_text(text).rulesets if each.family == 4)
    assert ruleset.beside == (other,)
