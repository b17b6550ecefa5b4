"""Two dumps in one text that no patch's header parts: signs before lines, prefixes, conflicts."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from iptsim.dialects import read_states, read_text
from iptsim.errors import IptsimError
from iptsim.model import Dump

OLD = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport 25 -j ACCEPT
-A INPUT -p udp -m udp --dport 53 -j ACCEPT
COMMIT
"""
NEW = OLD.replace("INPUT DROP", "INPUT ACCEPT").replace("--dport 25", "--dport 587").replace(
    "COMMIT", "-A FORWARD -j LOG\nCOMMIT"
)  # fmt: skip
UNIFIED = [*difflib.unified_diff(OLD.splitlines(), NEW.splitlines(), "a", "b", "", "", 99, "")]
TIGHT = [line for line in UNIFIED if line[:2] not in ("--", "++", "@@") or line[2:4] == "A "]
LOOSE = [line.rstrip() for line in difflib.ndiff(OLD.splitlines(), NEW.splitlines())]


def rules(dump: Dump) -> list[tuple[str, object, object, list[object]]]:
    return [
        (chain.name, chain.policy, len(chain.rules),
         [(rule.matches, rule.target, rule.unread) for rule in chain.rules])
        for ruleset in dump.rulesets for table in ruleset.tables for chain in table.chains
    ]  # fmt: skip


def sides(lines: Sequence[str], folder: Path) -> list[object]:
    (folder / "text").write_text("\n".join(lines) + "\n")
    return [rules(dump) for dump in read_states(str(folder / "text"))]


WAYS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "bare": list,
    "quoted": lambda lines: [f"> {line}" for line in lines],
    "a box": lambda lines: [f"│ {line}" for line in lines],
    "a log": lambda lines: [f"Mar  9 08:00:01 box keeper[7]: {line}" for line in lines],
    "a runner": lambda lines: [f"2031-05-06T07:08:{n:02d}.5Z {t}" for n, t in enumerate(lines)],
    "numbers": lambda lines: [f"{n:4d}  {line}" for n, line in enumerate(lines, 1)],
    "compose": lambda lines: [f"wall-1  | {line}" for line in lines],
    "compose, indented": lambda lines: [f"wall |       {line}" for line in lines],
    "JSON": lambda lines: [json.dumps({"out": "\n".join(lines)})],
    "indented": lambda lines: ["  content: <<-X", *(f"      {line}" for line in lines)],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["unified", "tight", "loose"])
def test_both_dumps_are_read_apart_in_any_clothes(kind: str, way: str, tmp_path: Path) -> None:
    lines = {"unified": UNIFIED, "tight": TIGHT, "loose": LOOSE}[kind]
    assert sides(WAYS[way](lines), tmp_path) == [rules(read_text(t)) for t in (OLD, NEW)]


def test_rules_of_both_dumps_are_never_one_dump() -> None:
    with pytest.raises(IptsimError, match="patch of two dumps"):
        read_text("\n".join(LOOSE) + "\n")


def test_a_conflict_of_a_merge_is_two_dumps(tmp_path: Path) -> None:
    top, *rest = OLD.splitlines()
    ours, theirs = rest[3:5], ["-A INPUT -j RETURN"]
    text = [top, *rest[:3], "<<<<<<< HEAD", *ours, "||||||| base", "-A INPUT -j LOG", "=======",
            *theirs, ">>>>>>> other", *rest[5:]]  # fmt: skip
    told = ["\n".join([top, *rest[:3], *own, *rest[5:], ""]) for own in (ours, theirs)]
    assert sides(text, tmp_path) == [rules(read_text(each)) for each in told]


@pytest.mark.parametrize("sign", ["- ", "+ ", "* "])
def test_one_sign_before_every_rule_is_a_lists(sign: str) -> None:
    text = "".join(f"{sign}{line}\n" for line in OLD.splitlines() if line[:2] == "-A")
    bare = "".join(f"{line}\n" for line in OLD.splitlines() if line[:2] == "-A")
    assert rules(read_text(text)) == rules(read_text(bare))


def test_a_dash_before_some_rules_takes_them_out(tmp_path: Path) -> None:
    lines = [f"- {line}" if "53" in line else f"  {line}" for line in OLD.splitlines()]
    before, after = sides(lines, tmp_path)
    assert before == rules(read_text(OLD))
    assert after == rules(
        read_text(OLD.replace("-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n", ""))
    )


def test_a_trace_of_commands_is_no_patch() -> None:
    text = "+ iptables -P INPUT DROP\n+ iptables -A INPUT -i lo -j ACCEPT\n- iptables -D INPUT 1\n"
    assert len(read_text(text).rulesets) == 1
