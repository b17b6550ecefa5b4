"""Texts of ten thousand rules in the playground, and pictures that take long."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from rule_sets import kube_proxy_rules  # it stands with the benchmarks
from test_playground import CHROMIUM, ISTIO, Server, Visited, answered, out, served_from, sync_api

from iptsim.cli.page_fields import page_fields
from iptsim.playground.play_folder import playground, write_playground
from iptsim.playground.pyodide_core import pyodide_core

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RULES = 10_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A playground whose pictures are never done, and which takes each for one that takes long."""
    folder = tmp_path_factory.mktemp("slow") / "playground"
    write_playground(playground(pyodide_core(), tuple(page_fields()), "en"), folder)
    changed(folder / "page.js", "LONG_DRAWN = 2000", "LONG_DRAWN = -1")
    drawn = 'if (data.asked.words?.includes("html")) return;'
    changed(folder / "python_worker.js", "const { call } = await started;", drawn)
    yield from served_from(folder)


def changed(path: Path, old: str, new: str) -> None:
    """The script, with one line of it before or instead of another."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, f"{new}\n{old}" if new.startswith("if") else new))


@pytest.fixture(scope="module")
def visited(server: Server) -> Iterator[Visited]:
    with sync_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Visited(server, browser.new_context(locale="en-US", bypass_csp=True))
        browser.close()


PASTE = """(text) => {
  const field = document.getElementById("after"), clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
}"""


def test_a_large_text_is_held_beside_its_field(visited: Visited, tmp_path: Path) -> None:
    page = visited.page(width=390)
    text = kube_proxy_rules(RULES)
    page.evaluate(PASTE, text)
    held(page, text)
    page.click("#after-held button")
    assert page.input_value("#after") == ""
    assert page.is_editable("#after")
    file = tmp_path / "kube.txt"
    file.write_text(text)
    page.set_input_files("#file", file)
    page.wait_for_selector("#after-held:not([hidden])")
    held(page, text)
    page.click("#link")
    page.wait_for_selector("#status:has-text('KB')")
    other = visited.page(page.url.removeprefix(visited.server.url))
    other.wait_for_selector("#after-held:not([hidden])")
    held(other, text)
    page.evaluate(PASTE, "*filter\nCOMMIT\n")
    assert page.input_value("#after") == "*filter\nCOMMIT\n"
    assert page.is_hidden("#after-held")
    for one in visited.context.pages:
        one.close()


def held(page: Any, text: str) -> None:
    assert f"{text.count(chr(10))} lines" in page.inner_text("#after-held")
    assert text.startswith(page.input_value("#after"))
    assert page.input_value("#after").count("\n") == 100
    assert not page.is_editable("#after")
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_question_ends_a_picture_that_takes_long(visited: Visited) -> None:
    page = visited.page()
    page.evaluate("document.getElementById('after').value = " + repr(ISTIO["after.txt"]))
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(worker.url))
    page.click("#form button.ask")
    answered(page)
    first = len(workers)
    page.fill('[id="trace--dport"]', "8088")
    page.locator("#out").evaluate("(out) => delete out.dataset.code")
    page.click("#form button.ask")
    answered(page)
    assert "port 8088 → port 15001" in out(page)
    assert len(workers) == first + 1
    assert visited.elsewhere == []
