"""`diff --with` and `diff --commands` as the program takes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_program import CASE, iptsim

SAVE = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:web - [0:0]
:spare - [0:0]
-A FORWARD -j web
-A web -p tcp --dport 80 -j ACCEPT
COMMIT
"""
REFUSED = {
    "iptables -I FORWARD 3 -j DROP": "there is no rule 3 in FORWARD: it has 1",
    "iptables -D web 2": "there is no rule 2 in web: it has 1",
    "iptables -D web -p tcp --dport 81 -j ACCEPT": "no rule of web is the same as this one",
    "iptables -A nowhere -j DROP": "there is no chain nowhere",
    "iptables -A web -j nowhere": "there is no chain and no target nowhere",
    "iptables -A web -j FORWARD": "no rule may lead to FORWARD",
    "iptables -A web -g web": "this makes a loop of chains: web → web",
    "iptables -N web": "there is a chain web already",
    "iptables -N LOG": "LOG is the name of a target, so no chain can have it",
    "iptables -X web": "chain web is in use: it has rules, or some lead to it",
    "iptables -X": "chain web is in use: it has rules, or some lead to it",
    "iptables -X INPUT": "INPUT is a built-in chain",
    "iptables -E web spare": "there is a chain spare already",
    "iptables -E OUTPUT out": "OUTPUT is a built-in chain",
    "iptables -P web DROP": "web is no built-in chain",
    "iptables -P INPUT REJECT": "REJECT",
    "iptables -t nat -P PREROUTING DROP": "DROP can be no policy here: ACCEPT",
    "iptables -t nat -A PREROUTING -j DROP": "-j DROP does not work in table nat",
    "iptables -A INPUT -o eth0 -j DROP": "-o does not work in INPUT",
    "ip6tables -A INPUT -j DROP": "the dump holds no IPv6 rules",
    "ls -l": "this is none of iptables' commands, and what it does is unknown",
    "iptables -F; ufw enable": "this is none of iptables' commands, and what it does is unknown",
    "iptables -F | cat": "this is none of iptables' commands, and what it does is unknown",
    "cat <<X; iptables -F": "this is none of iptables' commands",
    "if true; then iptables -F; fi": "this is none of iptables' commands",
    "iptables -t no -F": "there is no table no",
    "true": "no command of iptables that changes anything",
}


@pytest.fixture
def save(tmp_path: Path) -> Path:
    (tmp_path / "host").write_text(SAVE)
    return tmp_path / "host"


def test_a_command_is_compared_with_what_was(save: Path) -> None:
    command = "iptables -I FORWARD -p tcp --dport 8443 -j ACCEPT"
    done = iptsim("diff", "--format", "json", save, "--with", command)
    assert done.code == 1
    answer = json.loads(done.out)
    (added,) = answer["structure"]
    assert (added["change"], added["chain"], added["rule"]) == ("rule-added", "FORWARD", 1)
    (effect,) = answer["effect"]
    assert effect["where"][0]["dport"] == ["8443"]
    assert effect["decided_by"]["after"][0]["chain"] == "FORWARD"


def test_commands_are_carried_out_in_their_order(save: Path, tmp_path: Path) -> None:
    (tmp_path / "change.sh").write_text("set -e\niptables -N new\niptables -A new -j DROP\n")
    done = iptsim("diff", save, "--with", tmp_path / "change.sh", "--with", "-I FORWARD -j new")
    assert done.code == 1
    assert "decided by filter new 1" in done.out
    again = iptsim("diff", save, "--with", "-N new", "--with", "-X new")
    assert (again.code, again.err) == (0, "")


@pytest.mark.parametrize(("command", "why"), REFUSED.items())
def test_what_the_host_would_not_take_is_told(save: Path, command: str, why: str) -> None:
    done = iptsim("diff", save, "--with", command)
    assert (done.code, done.out) == (2, "")
    assert why in done.err


def test_the_word_at_fault_is_marked(save: Path) -> None:
    done = iptsim("diff", save, "--with", "iptables -I FORWARD 3 -j DROP")
    assert "  --with:1:21\n    1 | iptables -I FORWARD 3 -j DROP\n" in done.err
    assert done.err.rstrip().endswith("^")
    assert iptsim("diff", save, "--with", "-D web 2", "--lang", "zh").err.startswith(
        "错误：web 没有第 2 条规则"
    )


def test_a_listing_that_hides_interfaces_tells_no_rule_to_delete() -> None:
    text = (CASE / "1.8.9" / "after.txt").read_text()
    done = iptsim("diff", "-", "--with", "iptables -t nat -D ISTIO_INBOUND 1", stdin=text)
    assert done.code == 1
    assert "ISTIO_INBOUND" in done.out


@pytest.mark.parametrize(
    ("commands", "changes"),
    [
        ("-C FORWARD -j web || iptables -I FORWARD -j web", []),
        ("iptables -C FORWARD -j spare || iptables -I FORWARD -j spare", ["rule-added"]),
        ("iptables -C FORWARD -j web && iptables -D FORWARD -j web", ["rule-removed"]),
        ("iptables -N web 2>/dev/null || iptables -F web", ["rule-removed"]),
        ("iptables -D web 7 || true; iptables -D web 1", ["rule-removed"]),
        ("iptables -A spare -j DROP || iptables -F", ["rule-added"]),
        ("iptables -A spare -m u32 --u32 '0<<2=0' -j DROP", ["rule-added"]),
        ('iptables -A spare -m comment --comment "a << b" -j DROP', ["rule-added"]),
        ("false && iptables -F", []),
        ("true || iptables -F", []),
        ("-P FORWARD ACCEPT; -F web", ["rule-removed", "policy-changed"]),
        ("iptables -A spare \\\n -j DROP", ["rule-added"]),
        ("iptables -A spare -m comment --comment 'two\nlines' -j DROP", ["rule-added"]),
        ("iptables -D web 1\nexit 0\niptables -F", ["rule-removed"]),
    ],
)
def test_a_shell_runs_what_it_would(save: Path, commands: str, changes: list[str]) -> None:
    done = iptsim("diff", "--format", "json", save, "--with", commands)
    assert done.err == ""
    told = [each["change"] for each in json.loads(done.out)["structure"]]
    assert sorted(each for each in told if each != "references-changed") == sorted(changes)


LISTED = """Chain FORWARD (policy DROP)
num  target     prot opt source               destination
1    ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
2    ACCEPT     tcp  --  10.0.0.0/8           0.0.0.0/0
3    ACCEPT     tcp  --  10.0.0.0/8           0.0.0.0/0
"""


def test_a_rule_whose_interface_is_hidden_is_found_by_what_shows() -> None:
    found = iptsim("diff", "-", "--with", "-D FORWARD -i a -o b -j ACCEPT", stdin=LISTED)
    assert found.code == 1
    assert "1 rule removed" in found.out
    several = iptsim(
        "diff", "-", "--with", "-D FORWARD -p tcp -s 10.0.0.0/8 -j ACCEPT", stdin=LISTED
    )
    assert (several.code, "give its number" in several.err) == (2, True)
    none = iptsim("diff", "-", "--with", "-D FORWARD -s 192.0.2.1 -j ACCEPT", stdin=LISTED)
    assert (none.code, "no rule of FORWARD is the same" in none.err) == (2, True)
    asked = iptsim("diff", "-", "--with", "-C FORWARD -j ACCEPT || iptables -F", stdin=LISTED)
    assert (asked.code, "does not tell what -C finds" in asked.err) == (2, True)


def test_a_table_that_a_listing_is_not_of_is_unknown() -> None:
    for command in ("-t nat -D POSTROUTING 1", "-t nat -I PREROUTING -j DOCKER"):
        done = iptsim("diff", "-", "-t", "filter", "--with", command, stdin=LISTED)
        assert (done.code, done.err) == (1, "")
        assert done.out.startswith("?")


def test_commands_leave_alone_what_a_text_does_not_tell(save: Path, tmp_path: Path) -> None:
    nat = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\nCOMMIT\n"
    (tmp_path / "both").write_text(SAVE + nat)
    (tmp_path / "S").write_text("-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n")
    done = iptsim("diff", tmp_path / "both", tmp_path / "S", "-t", "filter", "--commands")
    assert "nat" not in done.out
    assert "nat" in done.err
    done = iptsim("diff", tmp_path / "S", tmp_path / "both", "-t", "filter", "--commands")
    assert (done.code, done.out) == (2, "")
    whole = iptsim("diff", tmp_path / "both", save, "--commands")
    assert whole.out == "iptables -t nat -D PREROUTING 1\n"


def test_b_and_with_do_not_go_together(save: Path) -> None:
    done = iptsim("diff", save, save, "--with", "-F")
    assert done.code == 2
    assert "--with" in done.err


def test_commands_lead_from_a_to_b(save: Path, tmp_path: Path) -> None:
    other = SAVE.replace(":spare - [0:0]\n", "").replace(
        "dport 80 ", 'dport 81 -m comment --comment "$x\'s" '
    )
    (tmp_path / "b").write_text(other)
    done = iptsim("diff", save, tmp_path / "b", "--commands")
    assert done.out.splitlines() == [
        "iptables -D web 1",
        """iptables -A web -p tcp -m tcp --dport 81 -m comment --comment '$x'"'"'s' -j ACCEPT""",
        "iptables -X spare",
    ]
    (tmp_path / "commands").write_text(done.out)
    answer = iptsim("diff", "--format", "json", save, "--with", tmp_path / "commands", "--commands")
    assert json.loads(answer.out) == {
        "schema": "iptsim.commands/1",
        "commands": done.out.splitlines(),
    }


def test_commands_are_not_written_for_what_is_not_told(save: Path, tmp_path: Path) -> None:
    (tmp_path / "b").write_text(
        "Chain web (1 references)\ntarget prot opt source destination\n"
        "DROP all -- anywhere anywhere\n"
    )
    done = iptsim("diff", save, tmp_path / "b", "-t", "filter", "--commands")
    assert (done.code, done.out) == (2, "")
    assert "commands cannot be written" in done.err
