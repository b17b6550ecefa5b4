"""`iptsim play`: the folder it writes, and the program as the page calls it."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from called_program import ROOT
from cli_program import CASE, iptsim

from iptsim.cli.called_in_page import answered
from iptsim.cli.page_fields import page_fields
from iptsim.errors import UsageError
from iptsim.explain.catalogue import sentences
from iptsim.playground import pyodide_core as core
from iptsim.playground.example_dumps import EXAMPLES
from iptsim.playground.play_folder import playground
from iptsim.playground.play_page import Field

SCRIPTS = ROOT / "iptsim" / "playground"
NAMES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
CORE = {name: name.encode() for name in (*NAMES, "pyodide-lock.json")}


def tarball(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            about = tarfile.TarInfo(f"package/{name}")
            about.size = len(text)
            archive.addfile(about, io.BytesIO(text))
    return out.getvalue()


@pytest.fixture(scope="module")
def written() -> Mapping[str, bytes]:
    return playground(CORE, tuple(page_fields()), "en")


def page(written: Mapping[str, bytes]) -> str:
    return written["index.html"].decode()


def data(written: Mapping[str, bytes]) -> dict[str, Any]:
    text = re.search(r'<script type="application/json" id="data">(.*)</script>', page(written))
    assert text is not None
    found: dict[str, Any] = json.loads(text[1])
    return found


def test_a_tarball_and_a_folder_give_the_same_page(tmp_path: Path) -> None:
    packed = tmp_path / "pyodide.tgz"
    packed.write_bytes(tarball(CORE))
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path / "npm", filter="data")
    assert core.pyodide_core(packed) == core.pyodide_core(tmp_path / "npm") == CORE
    assert core.pyodide_core(tmp_path / "npm/package") == CORE
    assert core.pyodide_core(None, {"IPTSIM_PYODIDE": str(packed)}) == CORE


def test_the_program_writes_the_folder(tmp_path: Path) -> None:
    packed = tmp_path / "pyodide.tgz"
    packed.write_bytes(tarball(CORE))
    done = iptsim("play", "-o", tmp_path / "site", "--pyodide", packed)
    assert done.code == 0, done.err
    there = {str(path.relative_to(tmp_path / "site")) for path in (tmp_path / "site").rglob("*.*")}
    assert {"index.html", "page.js", "program.bin", "offline.js", "pyodide/pyodide.mjs"} <= there


@pytest.mark.parametrize("wrong", ["nothing", "a text", "a tarball without it", "an empty folder"])
def test_what_holds_no_pyodide_is_refused(wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "given"
    if wrong == "a text":
        path.write_text("none")
    elif wrong == "a tarball without it":
        path.write_bytes(tarball({"package.json": b"{}"}))
    elif wrong == "an empty folder":
        path.mkdir()
    done = iptsim("play", "-o", tmp_path / "site", "--pyodide", path)
    assert done.code == 2
    assert f"{path} holds no Pyodide" in done.err
    assert not (tmp_path / "site").exists()


class Answer(io.BytesIO):
    """What the registry sends."""


def test_what_comes_from_the_network_is_held_to_its_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: Answer(tarball(CORE)))
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    with pytest.raises(UsageError, match="another sha512"):
        core.pyodide_core(None, environ)
    assert not core.cache_file(environ).exists()


def test_it_is_fetched_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[object] = []

    def fetched(*told: object, **_: object) -> Answer:
        calls.append(told)
        return Answer(tarball(CORE))

    monkeypatch.setattr("urllib.request.urlopen", fetched)
    monkeypatch.setattr(core, "_is_pinned", lambda _: True)
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    assert not core.is_at_hand(environ)
    assert core.pyodide_core(None, environ) == core.pyodide_core(None, environ) == CORE
    assert len(calls) == 1
    assert core.is_at_hand(environ)


def test_without_a_network_it_says_what_to_give(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object, **__: object) -> Answer:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("urllib.request.urlopen", fails)
    with pytest.raises(UsageError, match="npm pack pyodide@"):
        core.pyodide_core(None, {"XDG_CACHE_HOME": str(tmp_path)})


def test_the_carried_program_is_whole(written: Mapping[str, bytes]) -> None:
    held = json.loads(gzip.decompress(written["program.bin"]))
    house = {str(path.relative_to(ROOT)) for path in (ROOT / "iptsim").rglob("*.py")}
    assert house <= held.keys()
    grammars = {f"iptsim/grammars/{path.name}" for path in (ROOT / "grammars").glob("*.lark")}
    assert grammars <= held.keys()
    for module in ("lark", "networkx", "yaml", "typer", "annotated_doc", "shellingham"):
        assert f"{module}/__init__.py" in held
    assert held["iptsim/model.py"] == (ROOT / "iptsim/model.py").read_text()


def test_the_same_program_makes_the_same_folder(written: Mapping[str, bytes]) -> None:
    again = playground(CORE, tuple(page_fields()), "en")
    assert again == written
    other = playground({**CORE, "pyodide.mjs": b"//"}, tuple(page_fields()), "en")
    assert data(other)["stamp"] != data(written)["stamp"]
    assert other["offline.js"] != written["offline.js"]


def test_licences_of_all_that_is_carried_are_there(written: Mapping[str, bytes]) -> None:
    text = written["LICENCES.txt"].decode()
    parts = re.split(r"\n\n([\w-]+)\n=+\n", text)
    told = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert {"lark", "networkx", "PyYAML", "typer"} <= told.keys()
    others = {name: licence for name, licence in told.items() if name != "iptsim"}
    assert [name for name, licence in others.items() if not licence.strip()] == []
    assert "Mozilla Public License" in parts[0]


def elements(written: Mapping[str, bytes]) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', page(written)))


def scripts() -> Iterator[tuple[str, str]]:
    for path in sorted(SCRIPTS.glob("*.js")):
        yield path.name, path.read_text(encoding="utf-8")


def test_each_word_of_the_page_is_told_and_none_is_idle(written: Mapping[str, bytes]) -> None:
    known = set(data(written)["words"]["en"])
    assert known == set(data(written)["words"]["zh"])
    shown = set(re.findall(r'data-(?:say|label|hint)="([^"]+)"', page(written)))
    code = "".join(text for _, text in scripts())
    quoted = set(re.findall(r'"([a-z][a-z_.]*)"', code))
    asked = {f"what.{tab}" for tab in re.findall(r'data-tab="([a-z]+)"', page(written))}
    assert shown <= known
    assert known - shown - quoted - asked == {"no_script"}


def test_scripts_ask_for_elements_that_are_there(written: Mapping[str, bytes]) -> None:
    asked = {name for _, text in scripts() for name in re.findall(r'\bby\("([\w-]+)"\)', text)}
    assert asked - elements(written) == set()


def test_no_script_takes_a_text_for_markup() -> None:
    markup = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(")
    assert [name for name, text in scripts() if markup.search(text)] == []


def test_the_pages_policy_lets_nothing_in(written: Mapping[str, bytes]) -> None:
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', page(written))
    assert found is not None
    assert "default-src 'none'" in found[1]
    others = found[1].replace("wasm-unsafe-eval", "")
    assert not re.search(r"unsafe-inline|unsafe-eval|https?:|\*", others)
    kinds = re.findall(r"<script type=\"([^\"]+)\"", page(written))
    assert kinds == ["module", "application/json"]
    assert page(written).count("<script") == len(kinds)
    assert ' style="' not in page(written)


def test_a_field_is_told_as_help_tells_it() -> None:
    fields = {one.key: one for one in page_fields()}
    one = fields["trace--dport"]
    assert one == Field(
        option="--dport", tabs=("trace", "query"), holds="8088", is_flag=False, is_rare=False,
        said={"en": "Destination port; alone it means tcp.", "zh": one.said["zh"]},
    )  # fmt: skip
    assert one.said["zh"] != one.said["en"]
    assert fields["diff--all"].is_flag
    assert "lint" in fields["trace--table"].tabs


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
def test_an_example_can_be_asked(one: Any) -> None:
    words = [f"{option}={value}" for option, value in one.asked.items()]
    for call in (["trace", *words], ["query", f"--fate={one.fate}"]):
        told = asked(words=[*call, "after.txt"], files=one.texts())
        assert told["code"] == 0, told["err"]
        assert told["out"]
    assert f"play.page.example.{one.name}" in sentences("zh")


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A page's calls have a folder of their own below the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def asked(**request: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answered(json.dumps(request)))
    return told


TEXT = (CASE / "after.txt").read_text()


def test_a_call_of_the_page_is_a_call_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    told = asked(words=["trace", "--dport", "8088", "after.txt"], files={"after.txt": TEXT})
    Path("after.txt").write_text(TEXT)
    done = iptsim("trace", "--dport", "8088", Path("after.txt").absolute())
    assert told["code"] == done.code == 0
    assert told["out"] == done.out
    assert told["err"] == ""


def test_a_line_is_read_as_a_shell_reads_it() -> None:
    line = "iptsim diff --with 'iptables -A INPUT -j DROP' -4 after.txt"
    told = asked(line=line, files={"after.txt": "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"})
    assert told["code"] == 1
    assert "INPUT" in told["out"]
    assert asked(line="trace '")["code"] == 2


def test_files_of_one_call_are_gone_in_the_next() -> None:
    asked(words=["trace", "a.txt"], files={"a.txt": TEXT})
    told = asked(words=["trace", "a.txt"], files={"b.txt": TEXT})
    assert told["code"] == 2
    assert "a.txt" in told["err"]


def test_a_name_leads_out_of_no_folder(tmp_path: Path) -> None:
    asked(words=["trace", "x"], files={"../../x": TEXT}, learned={"/../../y": "z"})
    assert not (tmp_path / "x").exists()
    assert not (tmp_path.parent / "x").exists()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] != []


def test_exercises_are_kept_by_the_page() -> None:
    first = asked(words=["learn", "show", "1"])
    name = next(each for each in first["learned"] if each.startswith("01"))
    mended = first["learned"][name].replace("COMMIT", "# mine\nCOMMIT")
    again = asked(words=["learn", "check", "1"], learned={name: mended})
    assert again["learned"][name] == mended
    assert asked(words=["learn", "hint", "1"], learned={})["learned"]["progress.json"]


def test_where_nothing_counts_the_time_a_call_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("signal.setitimer")
    told = asked(words=["trace", "--dport", "8088", "after.txt"], files={"after.txt": TEXT})
    assert told["code"] == 0


def test_the_clock_of_a_page_gives_the_signal_every_five_seconds_of_a_question() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = (SCRIPTS / "alarm_clock.js").read_text().replace("export ", "")
    code = (
        "let at = 0; const clock = alarmClock(() => at), seen = [];"
        "const look = (seconds) => {"
        "at += 1000 * seconds; seen.push(clock.buffer[0]); clock.buffer[0] = 0; };"
        "look(9); clock.start(); for (const seconds of [4, 1, 0, 4, 1]) look(seconds);"
        "clock.stop(); look(99); clock.start(); look(1); console.log(JSON.stringify(seen));"
    )
    done = subprocess.run([node, "-e", script + code], capture_output=True, text=True, check=True)
    alarm = int(signal.SIGALRM)
    assert json.loads(done.stdout) == [0, 0, alarm, 0, 0, alarm, 0, 0]


def test_nothing_is_piped_into_a_page() -> None:
    told = asked(words=["trace"])
    assert told["code"] == 2
    assert told["out"] == ""
