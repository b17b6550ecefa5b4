"""The report in a real browser: Debian's Chromium, with no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from report_packets import DUMPS, as_line, data_in, differs, random_packets, service_packets
from rule_sets import kube_proxy_rules  # it stands with the benchmarks
from samples import examples

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
if CHROMIUM is None and not os.environ.get("IPTSIM_REQUIRE_BROWSER"):
    pytest.skip("Chromium is not installed", allow_module_level=True)
pytestmark = pytest.mark.browser
BEFORE = DUMPS["istio"].with_name("before.txt")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as started:
        one = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield one
        one.close()


class Opened:
    """A page, what its console said, and what it asked of the network."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, scheme: str = "light") -> None:
        # Our own questions are asked past the page's policy, which stays as it is for the page.
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
        )
        self.page = context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.url = path.as_uri()
        self.page.goto(self.url)

    def quiet(self) -> bool:
        return self.said == [] and self.asked == [self.url]


def report(path: Path, *arguments: str | Path) -> Path:
    iptsim("report", *arguments, "-o", path)
    return path


def iptsim(*arguments: str | Path) -> str:
    """What the program prints."""
    call = [sys.executable, "-m", "iptsim", *map(str, arguments)]
    told = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run(call, capture_output=True, text=True, check=True, env=told).stdout


@pytest.fixture(scope="module")
def istio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "istio.html"
    return report(path, DUMPS["istio"], "--before", BEFORE)


def test_a_packet_is_traced_and_stepped(browser: Any, istio: Path) -> None:
    opened = Opened(browser, istio)
    page = opened.page
    page.fill("#f-dport", "8088")
    assert "ACCEPT" in page.inner_text("#told .verdict")
    assert "8088 → 15001" in page.inner_text("#told .verdict")
    assert page.locator("#steps li").count() == 4
    assert "step 1 of 4" in page.inner_text("#where")
    page.click("#next")
    assert "step 2 of 4" in page.inner_text("#where")
    assert page.locator("#picture g.now").count() == 2  # in the wide picture and the narrow one
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.click("#back")
    assert "step 1 of 4" in page.inner_text("#where")
    assert opened.quiet()


def test_what_is_open_is_told_and_chosen(browser: Any, istio: Path) -> None:
    opened = Opened(browser, istio)
    assert opened.page.locator("button.verdict").count() == 2
    opened.page.locator("button.verdict", has_text="15001").click()
    assert "15001" in opened.page.inner_text("#steps")
    opened.page.fill("#f-dst", "127.0.0.1")
    assert "iptsim trace -p tcp --dst 127.0.0.1" in opened.page.inner_text("#told")
    assert opened.quiet()


def test_what_the_form_cannot_take_says_what_it_takes(browser: Any, istio: Path) -> None:
    page = Opened(browser, istio).page
    page.fill("#f-tcp_flags", "SYN/SYN,ACK")
    assert "Write the flags that are set: SYN,ACK" in page.inner_text("#told")
    page.fill("#f-tcp_flags", "syn, ack")
    assert "cannot be read" not in page.inner_text("#told")
    page.fill("#f-mark", "0x1")
    assert "What arrives from a network has no mark" in page.inner_text("#told")
    assert "--mark 0x1" in page.inner_text("#told")


def test_search(browser: Any, istio: Path) -> None:
    opened = Opened(browser, istio)
    page = opened.page
    page.keyboard.press("/")
    page.keyboard.type("8088")
    page.locator("#found", has_text="1").wait_for()
    assert page.locator("li.rule:visible").count() == 1
    page.fill("#search", "")
    page.wait_for_timeout(200)
    assert page.locator("li.rule:visible").count() > 5
    assert opened.quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_nothing_is_wider_than_the_screen(
    browser: Any, istio: Path, scheme: str
) -> None:
    opened = Opened(browser, istio, width=390, scheme=scheme)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
    assert opened.page.locator("#picture svg:visible").count() == 1
    smallest = opened.page.evaluate(
        "Math.min(...[...document.querySelectorAll('svg.narrow text')].map((t) => {"
        "const s = t.closest('svg'), wide = s.viewBox.baseVal.width;"
        "const scale = s.getBoundingClientRect().width / wide;"
        "return parseFloat(getComputedStyle(t).fontSize) * scale; }))"
    )
    assert smallest > 10
    assert opened.quiet()


def test_before_and_after_without_script_too(browser: Any, istio: Path) -> None:
    opened = Opened(browser, istio)
    assert "redirected to port 15001" in opened.page.inner_text("#effects")
    assert opened.page.locator("#effects svg .row.added").count() > 0
    assert opened.page.locator("main, nav, header, h1").count() == 4
    assert opened.quiet()


@pytest.mark.parametrize("name", DUMPS)
def test_random_packets_are_answered_as_by_the_program(
    browser: Any, name: str, tmp_path: Path
) -> None:
    asked = random_packets(DUMPS[name], 200, seed=15)
    answered_alike(browser, DUMPS[name], asked, tmp_path)


@pytest.mark.parametrize("rules", [examples(1_500, at_length=10_000)])
def test_new_connections_to_many_services_are_answered_as_by_the_program(
    browser: Any, rules: int, tmp_path: Path
) -> None:
    dump = tmp_path / "services.txt"
    dump.write_text(kube_proxy_rules(rules))
    asked = [*service_packets(dump, 150, seed=16), *random_packets(dump, 50, seed=17)]
    page = answered_alike(browser, dump, asked, tmp_path)
    page.fill("#f-dst", "10.96.0.5")
    page.fill("#f-dport", "110")
    assert "dst 10.96.0.5 → 10.244.0.13, dport 110 → 8080" in page.inner_text("#told")
    assert (tmp_path / "page.html").stat().st_size < 10_000_000


def answered_alike(browser: Any, dump: Path, asked: list[dict[str, Any]], folder: Path) -> Any:
    """The page, which answers as the program does."""
    path, lines = report(folder / "page.html", dump), folder / "packets"
    opened = Opened(browser, path)
    opened.page.locator("#told .verdict").first.wait_for()
    ask = "async (asked) => { const data = JSON.parse(document.getElementById('data').textContent);"
    each = "for (const q of asked) await ANSWERS.unpacking(data, q);"
    each += "return asked.map((q) => ANSWERS.answer(data, q)); }"
    mine = opened.page.evaluate(ask + each, asked)
    lines.write_text("".join(f"{as_line(one, n)}\n" for n, one in enumerate(asked)))
    told = iptsim("trace", "-4", "--packets", lines, dump)
    theirs = map(json.loads, told.splitlines())
    data = data_in(path.read_text())
    both = zip(asked, mine, theirs, strict=True)
    wrong = [(packet, d) for packet, one, other in both if (d := differs(data, one, other))]
    assert wrong == []
    assert opened.quiet()
    return opened.page


def test_a_hostile_dump_does_nothing(browser: Any, tmp_path: Path) -> None:
    evil = '"></script><img src=x onerror=alert(1)>'
    chain = "N" * 255
    dump = tmp_path / "evil.txt"
    dump.write_text(
        f"*filter\n:INPUT DROP [0:0]\n:{chain} - [0:0]\n:\u202ex<svg/onload=alert(2)> - [0:0]\n"
        f"-A INPUT -m comment --comment '{evil}' -j {chain}\n"
        f"-A INPUT -p tcp -j \u202ex<svg/onload=alert(2)>\n-A {chain} -p udp -j ACCEPT\nCOMMIT\n"
    )
    opened = Opened(browser, report(tmp_path / "page.html", "-4", dump), width=390)
    assert opened.page.locator("img").count() == 0
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
    assert opened.quiet()


def test_printing_opens_all_rules(browser: Any, istio: Path) -> None:
    opened = Opened(browser, istio)
    page = opened.page
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = false")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("[...document.querySelectorAll('details.chain')].every((d) => d.open)")
    assert opened.quiet()


# Words of a page that are no longer than a line, and stand in two.
TORN = """() => [...document.querySelectorAll("#answer td, #answer th")].flatMap((cell) => {
  const found = [], walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode()); )
    for (const word of node.data.matchAll(/[\\w.:]{2,28}(?![\\w.:])/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((one) => one.top)).size > 1) found.push(word[0]);
    }
  return found;
})"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["istio", "hostile"])
def test_answers_below_pictures_tear_no_word(
    browser: Any, tmp_path: Path, name: str, width: int
) -> None:
    long = "N" * 255
    rules = tmp_path / "hostile.txt"
    rules.write_text(f"*filter\n:INPUT DROP [0:0]\n:{long} - [0:0]\n"
                     f"-A INPUT -m u32 --u32 1=1 -j REJECT\n-A INPUT -p tcp -j {long}\n"
                     f"-A {long} -m time --timestart 01:00 -j ACCEPT\nCOMMIT\n")  # fmt: skip
    dump = DUMPS["istio"] if name == "istio" else rules
    page = tmp_path / "trace.html"
    page.write_text(iptsim("trace", "--format", "html", "-4", "--dport", "8088", dump))
    opened = Opened(browser, page, width=width).page
    assert opened.locator("#answer td").count() > 5
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    assert opened.evaluate(TORN) == []


def test_long_conditions_leave_the_page_short(browser: Any, tmp_path: Path) -> None:
    """The ways to many services: the first is told in three lines until it is chosen."""
    rules = tmp_path / "rules.txt"
    services = [f"-A PREROUTING -d 10.{n % 7}.{n}.1 -p tcp --dport {n} -j DNAT --to 10.9.9.9"
                for n in range(1, 99)]  # fmt: skip
    rules.write_text("\n".join(["*nat", ":PREROUTING ACCEPT [0:0]", *services, "COMMIT", ""]))
    opened = Opened(browser, report(tmp_path / "many.html", rules))
    page = opened.page
    page.wait_for_selector("button.verdict")
    assert page.locator("[aria-pressed=true]").count() == 1
    first = page.locator("button.verdict .if").first
    shown = first.evaluate("(one) => one.clientHeight")
    assert shown < first.evaluate("(one) => one.scrollHeight")
    page.locator("button.verdict").first.click()
    assert page.locator("button.verdict.whole").count() == 1
    assert first.evaluate("(one) => one.getBoundingClientRect().height") > shown
    page.locator("button.verdict").nth(1).click()
    pressed = page.locator("button.verdict").nth(1)
    assert pressed.get_attribute("aria-pressed") == "true"
    assert page.locator("[aria-pressed=true]").count() == 1
    assert opened.quiet()


def test_many_chains_are_folded_until_they_are_asked_for(browser: Any, tmp_path: Path) -> None:
    rules = tmp_path / "services.txt"
    rules.write_text(kube_proxy_rules(600))
    opened = Opened(browser, report(tmp_path / "many.html", rules), width=390)
    page = opened.page
    page.wait_for_selector("#told .verdict")
    groups = page.locator("details.group")
    assert groups.count() == 5  # of services 2, of endpoints 3
    whole = page.locator("details.chain").count()
    assert page.locator("details.chain:visible").count() < 12 < whole
    assert page.locator("#told details").count() == 1  # what was taken as given
    page.fill("#search", "10.244.0.13:8080")
    page.locator("#found", has_text="1").wait_for()
    assert page.locator("li.rule:visible").count() == 1
    assert page.locator("details.group[open]").count() == 1
    page.fill("#search", "")
    page.wait_for_function("!document.querySelector('details.group[open]')")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.group details[open]").count() <= 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert opened.quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_verdicts_in_answers_are_legible(browser: Any, tmp_path: Path, scheme: str) -> None:
    """Their colours are those of the page, and no longer those that suit a notebook's both."""
    page = tmp_path / "trace.html"
    page.write_text(iptsim("trace", "--format", "html", "--dport", "8088", DUMPS["istio"]))
    opened = Opened(browser, page, scheme=scheme).page
    colour = "(one) => getComputedStyle(one).color"
    assert opened.locator("#answer strong").first.evaluate(colour) == opened.locator(
        "h1.good"
    ).evaluate(colour)
