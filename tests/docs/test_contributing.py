"""The recipes of CONTRIBUTING.md, laid over a copy of the project, do what they say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iptsim.dialects.wrappers.layers import WRAPPERS
from iptsim.explain.catalogue import LANGUAGES, knows
from iptsim.extensions.addons import NAMES
from iptsim.extensions.registry import matches

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^`([\w/.]+)`$", re.MULTILINE)
_NAMED = re.compile(r"`([\w/]+/[\w.]+|[\w/]+/)`")
RECIPES = {"match": 3, "target": 2, "output": 2, "form of text": 3}
"""How many files each touches."""
# Matches of xtables-addons, patch-o-matic-ng and others that iptsim may come to know.
STRANGE = (
    "account", "asn", "condition", "fuzzy", "geoip", "gradm", "iface", "ipp2p", "ipv4options",
    "layer7", "length2", "lscan", "ndpi", "nth", "pknock", "psd", "quota2", "random", "webstr",
)  # fmt: skip
DUMP = "*filter\n-A INPUT -m ttlrange --within 5:9 -j DROP\n-A INPUT -j SINK --as bots\nCOMMIT\n"


def recipe(name: str) -> str:
    return GUIDE.split(f"\n## Add a{'n' * (name[0] == 'o')} {name}\n")[1].split("\n## ")[0]


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Each block of a recipe: its file, its language, its text."""
    for found in _BLOCK.finditer(text):
        yield _FILE.findall(text, 0, found.start())[-1], found[1], found[2]


def lay(root: Path, text: str) -> None:
    """Write the files of a recipe, and change those that are there."""
    for name, language, block in blocks(text):
        file = root / name
        if language != "diff":
            assert not file.exists(), f"{name} is there already"
            file.write_text(block, encoding="utf-8")
            continue
        lines = block.splitlines(keepends=True)
        old, new = ("".join(x[1:] for x in lines if x[0] != sign) for sign in "+-")
        before = file.read_text(encoding="utf-8")
        assert before.count(old) == 1, f"{name} has not, once:\n{old}"
        file.write_text(before.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all recipes laid over it."""
    root = tmp_path_factory.mktemp("contributing")
    for folder in ("iptsim", "grammars", "tests/unit"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    for file in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / file, root / file)
    for name in RECIPES:
        lay(root, recipe(name))
    return root


def run(root: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=root, env={"PYTHONPATH": str(root)}, input=stdin, capture_output=True,
        encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_touches_as_few_files_as_it_says(name: str) -> None:
    assert len({file for file, _language, _text in blocks(recipe(name))}) == RECIPES[name]


def test_a_new_match_and_a_new_target_are_held_by_their_tables_alone(copy: Path) -> None:
    tests = [f"tests/unit/test_{name}.py" for name in ("registry", "matches", "targets")]
    wanted = "ttlrange or sink or every or name or begin or known"
    done = run(copy, "pytest", "-p", "no:cacheprovider", *tests, "-k", wanted)
    assert done.returncode == 0, done.stdout


def test_a_new_match_and_a_new_target_are_read_and_decide(copy: Path) -> None:
    for ttl, rule in ((5, "INPUT 1"), (64, "INPUT 2")):
        done = run(copy, "iptsim", "trace", "--ttl", str(ttl), "-p", "tcp", "-", stdin=DUMP)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[0].endswith(f"DROP  tcp to this host, by filter {rule}")


def test_a_new_output_is_a_format_of_its_command(copy: Path) -> None:
    twice = DUMP.replace("COMMIT", "-A INPUT -j DROP\nCOMMIT")
    done = run(copy, "iptsim", "lint", "--format", "csv", "-", stdin=twice)
    assert done.stdout.splitlines()[0] == "file,line,code,rule"
    assert "-,4,IPT0711,-A INPUT -j DROP" in done.stdout


def test_a_new_form_reads_as_the_save_that_it_tells(copy: Path) -> None:
    text = "$ rules\nrulebook {\n  nat PREROUTING :: -p tcp --dport 80 -j REDIRECT\n}\n"
    done = run(copy, "iptsim", "convert", "-4", "-", stdin=text)
    assert "-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT\n" in done.stdout
    wrong = run(copy, "iptsim", "convert", "-4", "-", stdin=text.replace("::", ":"))
    assert (wrong.returncode, "rulebook" in wrong.stderr) == (2, True)
    wrong = run(copy, "iptsim", "convert", "-4", "-", stdin=text.replace("--dport", "--dprt"))
    assert "-:3:28\n" in wrong.stderr


def test_every_file_that_the_guide_names_is_there() -> None:
    made = {file for name in RECIPES for file, _language, _text in blocks(recipe(name))}
    named = [each for each in _NAMED.findall(_BLOCK.sub("", GUIDE)) if each not in made]
    # Those of the kernel are cited.
    lost = [x for x in named if not (ROOT / x).exists() and not x.startswith("net/")]
    assert not lost


def test_every_wrapper_has_its_words() -> None:
    lacking = [
        (name, lang)
        for name in WRAPPERS
        for lang in LANGUAGES
        if not knows(f"read.wrapper.{name}", lang)
    ]
    assert not lacking


def test_no_test_takes_for_unknown_what_somebody_may_add() -> None:
    names = "|".join(
        (*(f"-m {x}" for x in set(STRANGE) - set(matches())), *(f"-j {x}" for x in NAMES))
    )
    taken = re.compile(rf"(?:{names})\b")
    files = (file for file in (ROOT / "tests").rglob("*.py") if file != Path(__file__))
    found = {str(f): taken.findall(f.read_text(encoding="utf-8")) for f in files}
    assert not {file: names for file, names in found.items() if names}
