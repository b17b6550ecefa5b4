"""The playground in a real browser: Debian's Chromium, a server on this host, no other network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from rule_sets import filter_rules  # it stands with the benchmarks

from iptsim.cli.page_fields import page_fields
from iptsim.playground.example_dumps import EXAMPLES
from iptsim.playground.play_folder import playground, write_playground
from iptsim.playground.pyodide_core import is_at_hand, pyodide_core

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = bool(os.environ.get("IPTSIM_REQUIRE_BROWSER"))
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
if CHROMIUM is None and not REQUIRED:
    pytest.skip("Chromium is not installed", allow_module_level=True)
if not is_at_hand() and not REQUIRED:
    why = "Pyodide is not at hand: `iptsim play` fetches it, IPTSIM_PYODIDE tells where it is"
    pytest.skip(why, allow_module_level=True)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 300_000  # the first visit loads Python and keeps an image of it; all others take that
ISTIO = next(one for one in EXAMPLES if one.name == "istio").texts()
ANSWER = "#told:not([hidden])"


class Server(ThreadingHTTPServer):
    """A folder on this host, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.folder = folder
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_told: object) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    assert is_at_hand(), "no network in tests: give IPTSIM_PYODIDE, or run `iptsim play` once"
    folder = tmp_path_factory.mktemp("playground")
    write_playground(playground(pyodide_core(), tuple(page_fields()), "en"), folder)
    yield from served_from(folder)


def served_from(folder: Path) -> Iterator[Server]:
    served = Server(folder)
    thread = Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


class Visited:
    """A browser that was there once; what its consoles said and where it asked."""

    def __init__(self, server: Server, context: Any) -> None:
        self.server, self.context = server, context
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        context.on("request", self._requested)
        context.on("console", lambda message: self.said.append(message.text))
        context.on("weberror", lambda error: self.said.append(str(error.error)))
        context.set_default_timeout(PATIENCE)

    def _requested(self, request: Any) -> None:
        if not request.url.startswith((self.server.url, "data:,")):
            self.elsewhere.append(request.url)

    def page(self, fragment: str = "", width: int = 1280) -> Any:
        page = self.context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(self.server.url + fragment)
        return page

    def quiet(self) -> bool:
        return self.said == [] and self.elsewhere == []


@pytest.fixture(autouse=True)
def _closed(visited: Visited) -> Iterator[None]:
    """Each page has a Python of its own: none is left open."""
    yield
    for page in visited.context.pages:
        page.close()


@pytest.fixture(scope="module")
def visited(server: Server) -> Iterator[Visited]:
    with sync_api.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        one = Visited(server, browser.new_context(locale="en-US"))
        page = one.page()
        page.wait_for_selector("html[data-python=files]", state="attached")
        page.wait_for_selector("html[data-remembered=yes]", state="attached")
        page.close()
        yield one
        browser.close()


def choose(page: Any, name: str = "istio") -> None:
    """An example, which is asked at once."""
    page.select_option("#example", name)
    answered(page)


def ask(page: Any, tab: str) -> None:
    page.click(f"#tab-{tab}")
    page.locator("#out").evaluate("(out) => delete out.dataset.code")
    page.click("#form button.ask")
    answered(page)


def answered(page: Any) -> None:
    page.wait_for_selector(f"{ANSWER} #out[data-code]", state="attached")
    page.wait_for_selector("#stop", state="hidden")


def out(page: Any) -> str:
    return str(page.text_content("#out"))


def program(page: Any, folder: Path, *words: str, files: dict[str, str] = ISTIO) -> str:
    """What the program prints of these files, as wide as the page."""
    for name, text in files.items():
        (folder / name).write_text(text)
    told = {**os.environ, "LC_ALL": "C.UTF-8"}
    told["COLUMNS"] = str(page.get_attribute("#out", "data-columns"))
    call = [sys.executable, "-m", "iptsim", *words]
    done = subprocess.run(call, capture_output=True, text=True, check=False, cwd=folder, env=told)
    return done.stdout


def test_a_packet_is_traced_and_drawn_as_by_the_program(visited: Visited, tmp_path: Path) -> None:
    page = visited.page()
    choose(page)
    assert page.get_attribute("html", "data-python") == "image"
    assert out(page) == program(page, tmp_path, "trace", "--dport", "8088", "after.txt")
    assert page.text_content("#call") == "$ iptsim trace --dport 8088 after.txt"
    page.wait_for_selector("#picture svg")
    assert "REDIRECT → 15001" in page.text_content("#picture svg.broad")
    assert page.locator("#picture svg.broad .row.lit").count() == 4
    assert visited.quiet()


ASKED = {
    "diff": ("diff", "before.txt", "after.txt"),
    "query": ("query", "--fate", "REDIRECT:15001", "--dport", "8088", "after.txt"),
    "explain": ("explain", "after.txt"),
    "lint": ("lint", "after.txt"),
    "graph": ("graph", "after.txt"),
    "line": ("why", "--dport", "8088", "after.txt"),
}


def test_every_question_is_answered_as_by_the_program(visited: Visited, tmp_path: Path) -> None:
    page = visited.page()
    choose(page)
    for tab, words in ASKED.items():
        ask(page, tab)
        told = program(page, tmp_path, *words)
        assert told
        assert out(page) == told, tab
        if tab == "diff":
            page.wait_for_selector("#picture svg")
            assert page.locator("#picture svg.broad .row.added").count() > 0
    assert visited.quiet()


def test_a_link_holds_the_rules_and_the_question(visited: Visited, tmp_path: Path) -> None:
    page = visited.page()
    page.fill("#after", ISTIO["after.txt"].replace("8088", "9099"))
    page.fill('[id="trace--dport"]', "9099")
    page.click("#form button.ask")
    answered(page)
    page.click("#link")
    page.wait_for_selector("#status:has-text('KB')")
    assert "#1." in page.url
    other = visited.page(page.url.removeprefix(visited.server.url))
    answered(other)
    assert other.input_value("#after") == page.input_value("#after")
    assert out(other) == out(page)
    assert "port 9099 → port 15001" in out(other)
    assert not [path for path in visited.server.asked if "1." in path.partition("?")[2]]
    assert visited.quiet()


def test_a_link_that_was_cut_is_told(visited: Visited) -> None:
    for fragment in ("#1.!!!", "#1.AAAA", "#1."):
        page = visited.page(fragment)
        page.wait_for_selector("#status:has-text('This link cannot be read')")
        assert page.is_hidden("#told")
        if fragment != "#1.":
            page.close()
    page.wait_for_selector("html[data-python]", state="attached")
    assert page.is_hidden("#told")


HOSTILE = (
    "*filter\n:INPUT DROP [0:0]\n:<img/src=x/onerror=alert(1)> - [0:0]\n"
    f":{'N' * 255} - [0:0]\n:\u202ex<svg/onload=alert(2)> - [0:0]\n"
    "-A INPUT -m comment --comment '\"></textarea><script>alert(3)</script>\x1b[31m\x07' -p tcp "
    f"-j {'N' * 255}\n-A INPUT -p udp -j \u202ex<svg/onload=alert(2)>\n"
    "-A INPUT -p icmp -j <img/src=x/onerror=alert(1)>\nCOMMIT\n"
)


def test_a_hostile_dump_is_text(visited: Visited, tmp_path: Path) -> None:
    page = visited.page(width=390)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.fill("#after", HOSTILE)
    page.click("summary:has-text('More fields')")
    page.select_option("#family", "-4")
    files = {"after.txt": HOSTILE}
    for tab, words in (("trace", ("trace",)), ("explain", ("explain",)), ("graph", ("graph",))):
        ask(page, tab)
        shown = [*words, *(["-4"] if tab == "trace" else []), "after.txt"]
        assert out(page) == program(page, tmp_path, *shown, files=files)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.wait_for_selector("#picture svg", state="attached")
    assert page.locator("#told :is(script, img, iframe, style, foreignObject)").count() == 0
    names = page.evaluate(
        "[...new Set([...document.querySelectorAll('#picture *')].flatMap("
        "(one) => [...one.attributes].map((each) => each.name)))]"
    )
    assert not [name for name in names if name.startswith("on") or "href" in name]
    assert visited.quiet()


def test_chinese(visited: Visited, tmp_path: Path) -> None:
    page = visited.page()
    choose(page)
    page.select_option("#lang", "zh")
    page.wait_for_selector("#out:has-text('发往本机')")
    answered(page)
    words = ("trace", "--lang", "zh", "--dport", "8088", "after.txt")
    assert out(page) == program(page, tmp_path, *words)
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert page.text_content("#tab-diff") == "比较"
    page.click("#tab-learn")
    page.select_option("#lang", "en")
    assert "Answered in" in (page.text_content("#status") or "")
    page.select_option("#lang", "zh")
    assert "Answered" not in (page.text_content("#status") or "")
    again = visited.page()
    assert again.input_value("#lang") == "zh"
    again.select_option("#lang", "en")
    assert again.text_content("#tab-diff") == "Diff"
    assert visited.quiet()


def test_on_a_telephone_nothing_is_wider_than_the_screen(visited: Visited) -> None:
    page = visited.page(width=390)
    choose(page)
    page.wait_for_selector("#picture svg.narrow")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.locator("#picture svg:visible").count() == 1
        told = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (told != "rgb(255, 255, 255)") == (scheme == "dark")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        for tab in ("trace", "diff", "line", "learn"):
            page.click(f"#tab-{tab}")
            assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("document.querySelector('#out').scrollWidth") <= 390
    assert visited.quiet()


def test_the_keyboard_does(visited: Visited) -> None:
    page = visited.page()
    page.fill("#after", ISTIO["after.txt"])
    page.focus("#tab-trace")
    for key, name in (("ArrowRight", "diff"), ("ArrowLeft", "trace"), ("ArrowLeft", "learn")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == f"tab-{name}"
        assert page.get_attribute(f"#tab-{name}", "aria-selected") == "true"
    assert page.locator("[role=tab][tabindex='0']").count() == 1
    page.keyboard.press("ArrowRight")
    page.focus('[id="trace--dport"]')
    page.keyboard.type("8088")
    page.keyboard.press("Control+Enter")
    answered(page)
    assert "port 8088 → port 15001" in out(page)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input,select,textarea')].filter((one) => !one.hidden && "
        "!one.labels.length && !one.getAttribute('aria-label')).map((one) => one.id)"
    )
    assert unnamed == []


def test_a_file_is_opened(visited: Visited, tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text(ISTIO["after.txt"])
    page = visited.page()
    page.set_input_files("#file", file)
    ask(page, "graph")
    assert page.input_value("#after") == ISTIO["after.txt"]
    assert "ISTIO_INBOUND" in out(page)


def test_exercises_are_done_and_kept(visited: Visited) -> None:
    page = visited.page()
    page.click("#tab-learn")
    page.click("#exercises button >> nth=0")
    page.wait_for_selector("#exercise:not([hidden])")
    assert page.locator("#musts li").count() > 1
    page.click("#hint")
    page.wait_for_selector("#hinted:has-text('1/')")
    page.click("#check")
    answered(page)
    assert page.get_attribute("#out", "data-code") == "1"
    page.fill("#mended", page.input_value("#mended").replace("--dport 2222", "--dport 22"))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#progress:has-text('1 of 10')")
    assert page.get_attribute("#out", "data-code") == "0"
    other = visited.page()
    other.click("#tab-learn")
    other.click("#exercises button >> nth=0")
    other.wait_for_selector("#exercise:not([hidden])")
    assert "--dport 22 " in other.input_value("#mended")
    other.click("#anew")
    other.wait_for_selector("#progress:has-text('0 of 10')")
    assert "--dport 2222" in other.input_value("#mended")
    assert visited.quiet()


def test_it_works_without_a_network(visited: Visited, tmp_path: Path) -> None:
    visited.context.set_offline(True)
    before = list(visited.server.asked)
    try:
        page = visited.page()
        choose(page)
        assert out(page) == program(page, tmp_path, "trace", "--dport", "8088", "after.txt")
        page.wait_for_selector("#picture svg")
        assert page.get_attribute("html", "data-python") == "image"
    finally:
        visited.context.set_offline(False)
    own = {"/offline.js"}  # the browser itself looks whether that has changed, as it does of any
    assert set(visited.server.asked[len(before) :]) <= own


@pytest.fixture(scope="module")
def hasty(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same folder, but for its clock: it goes by how often Python looks at it."""
    folder = tmp_path_factory.mktemp("hasty") / "playground"
    shutil.copytree(server.folder, folder)
    worker = folder / "python_worker.js"
    clock = "alarmClock(() => performance.now())"
    assert clock in worker.read_text()
    worker.write_text(
        worker.read_text().replace(clock, "alarmClock(() => (self.looks ??= 0, ++self.looks))")
    )
    yield from served_from(folder)


def test_what_takes_too_long_ends_with_a_sentence_and_the_page_goes_on(
    visited: Visited, hasty: Server
) -> None:
    own = Visited(hasty, visited.context.browser.new_context(locale="en-US"))
    page = own.page()
    page.fill("#after", filter_rules(1_000))
    page.click("#tab-diff")
    page.locator("#earlier").evaluate("(one) => { one.open = true; }")
    page.fill("#before", filter_rules(1_000, changes=200))
    page.click("#form button.ask")
    answered(page)
    assert page.get_attribute("#out", "data-code") == "2"
    assert "55 s" in str(page.text_content("#err"))
    choose(page, "firewall")
    ask(page, "trace")
    assert page.get_attribute("#out", "data-code") == "0"
    assert out(page).startswith(("✔", "✘", "?"))
    assert own.quiet()
    own.context.close()
