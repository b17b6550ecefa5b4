"""Patches of two listings of nft that leave out lines."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from called_program import Done, called
from every_row import every_row

from iptsim import codes
from iptsim.dialects import read_text
from iptsim.dialects.dump import read_states
from iptsim.diff import diff
from iptsim.model import Dump

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "nft"
RULES = "".join(f"\t\ttcp dport {port} accept\n" for port in range(1, 8))
OLD = (
    "table inet yard {\n\tset poor {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1 }\n\t}\n\n"
    f"\tchain lane {{\n{RULES}\t\ttcp dport 80 accept\n{RULES}\t}}\n\n"
    "\tchain door {\n\t\ttype filter hook input priority filter; policy accept;\n"
    f"{RULES}\t\ttcp dport 22 jump lane\n\t}}\n}}\n"
)
LANE = OLD.replace("dport 80 accept", "dport 80 drop")
HEAD = OLD.replace("dport 3 accept\n", "dport 3 drop\n", 1)
DOOR = OLD.replace("dport 22 jump lane", "dport 22 drop")
POOR = OLD.replace("192.0.2.1", "192.0.2.1, 192.0.2.9")


def patch(old: str, new: str, context: int = 3, told: str = "") -> str:
    lines = (old.splitlines(), new.splitlines())
    made = "\n".join(difflib.unified_diff(*lines, "a", "b", lineterm="", n=context)) + "\n"
    return re.sub(r"(?m)^(@@ .* @@)$", rf"\1 {told}", made) if told else made


def asked(tmp_path: Path, text: str, *more: str) -> Done:
    path = tmp_path / "change.patch"
    path.write_text(text)
    return called(["diff", *more, str(path)], b"", os.environ)


def answer(tmp_path: Path, text: str) -> Any:
    return json.loads(asked(tmp_path, text, "--format", "json").out)


@pytest.mark.parametrize(
    ("new", "told", "where"),
    [
        (LANE, "", ("inet ?", "?")),
        (LANE, "table inet yard {", ("inet yard", "?")),
        (LANE, "chain lane {", ("inet ?", "lane")),
        (DOOR, "", ("inet ?", "?")),
        (HEAD, "", ("inet ?", "lane")),
    ],
)
def test_the_chain_is_as_far_known_as_the_patch_tells_it(
    tmp_path: Path, new: str, told: str, where: tuple[str, str]
) -> None:
    found = answer(tmp_path, patch(OLD, new, told=told))
    changes = [e for e in found["structure"] if e["change"].startswith("rule")]
    assert {(each["table"], each["chain"]) for each in changes} <= {where, ("inet ?", "door")}
    assert (changes[0]["table"], changes[0]["chain"]) == where


def test_a_hunk_goes_on_in_the_chain_of_the_one_before() -> None:
    new = OLD.replace("dport 2 accept", "dport 2 drop", 1).replace(
        "dport 80 accept", "dport 80 drop"
    )
    made = patch(OLD, new, context=2)
    made = made.replace("\n@@", "\n@@", 1)
    assert made.count("@@ -") == 2
    (ruleset, *_) = read_states_of(made)[0].rulesets
    assert ruleset.nft is not None
    assert [chain.name for chain in ruleset.nft.tables[0].chains] == ["lane"]


def read_states_of(text: str) -> tuple[Dump, ...]:
    with tempfile.NamedTemporaryFile("w", suffix=".patch") as file:
        file.write(text)
        file.flush()
        return read_states(file.name)


def test_a_chain_with_its_hook_has_an_effect(tmp_path: Path) -> None:
    new = OLD.replace(
        "policy accept;\n\t\ttcp dport 1 accept", "policy accept;\n\t\ttcp dport 1 drop"
    )
    found = answer(tmp_path, patch(OLD, new))
    assert not found["same_effect"]
    effect = next(e for e in found["effect"] if e["hook"] == "PREROUTING")
    assert effect["where"][0]["dport"] == ["1"]
    assert (effect["before"]["verdict"], effect["after"]["verdict"]) == ("ACCEPT", "DROP")


def test_of_a_chain_without_its_hook_nothing_is_firm(tmp_path: Path) -> None:
    found = asked(tmp_path, patch(OLD, LANE))
    assert found.code == 1
    assert "?" in found.out.split("\n\n")[1]
    assert "every TCP packet to port 80 that comes to ? is accepted" in found.out
    assert "inet ? ?" in found.out
    assert codes.PATCH_LEAVES_OUT in asked(tmp_path, patch(OLD, LANE), "--format", "json").out


def test_elements_of_a_set(tmp_path: Path) -> None:
    found = asked(tmp_path, patch(OLD, POOR, context=1))
    assert found.code == 1
    assert "192.0.2.9" in found.out


@pytest.mark.parametrize("kind", ["-c", "", "-U0", "-u"])
def test_other_forms_of_patches(tmp_path: Path, kind: str) -> None:
    for name, text in (("a", OLD), ("b", LANE)):
        (tmp_path / name).write_text(text)
    call = ["diff", *([kind] if kind else []), "a", "b"]
    made = subprocess.run(call, capture_output=True, text=True, cwd=tmp_path, check=False).stdout
    found = asked(tmp_path, made)
    assert (found.code, found.err) == (1, "")
    assert "tcp dport 80 drop" in found.out


def test_a_trace_of_one_side_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "change.patch"
    path.write_text(patch(OLD, LANE))
    done = called(["trace", "--dport", "80", "--state", "2", "-4", str(path)], b"", os.environ)
    assert done.out.startswith("? ")


@every_row("seed", range(12))
def test_what_a_part_shows_is_what_the_whole_changes(seed: int) -> None:
    """The same words change, and an effect of the whole is never denied for sure."""
    random = Random(seed)  # noqa: S311  # not for secrets
    old = (FIXTURES / random.choice(["gateway.list", "sidecar.list", "published.list"])).read_text()
    lines = old.split("\n")
    rules = [at for at, line in enumerate(lines) if line.endswith((" accept", " drop", " return"))]
    at = random.choice(rules)
    one = random.choice(([], ["\t\tudp dport 9 drop"], [lines[at], f'{lines[at]} comment "x"']))
    new = "\n".join((*lines[:at], *one, *lines[at + 1 :]))
    before, after = read_states_of(patch(old, new, context=random.choice((1, 2, 3))))
    found, whole = diff(before, after), diff(read_text(old), read_text(new))
    texts = [{line for change in d.changes for line in _words(change)} for d in (found, whole)]
    assert texts[0] == texts[1]
    assert whole.same_effect or not found.same_effect or not found.exact


def _words(change: Any) -> list[str]:
    rules = (change.before, change.after) if hasattr(change, "before") else ()
    return [rule.nft.text for rule in rules if getattr(rule, "nft", None) is not None]
