"""Takes the pictures of the playground anew: `make pictures`, where Chromium and Pyodide are."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import sync_playwright

from iptsim.cli.page_fields import page_fields
from iptsim.playground.play_folder import playground, write_playground
from iptsim.playground.pyodide_core import pyodide_core

HERE = Path(__file__).parent
SCREENS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("playground", {"viewport": {"width": 1280, "height": 800}, "locale": "en-US"}),
    (
        "playground-zh",
        {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", "color_scheme": "dark"},
    ),
)
"""Each picture's name, and the window that it is taken in."""


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that tells nothing of what it serves."""

    def log_message(self, *_told: object) -> None:
        """Nothing."""


def take(browser: Any, url: str, name: str, window: dict[str, Any]) -> None:
    """The page with the answer to its first example."""
    page = browser.new_context(**window).new_page()
    page.goto(url)
    page.select_option("#example", "istio")
    page.wait_for_selector("#picture svg:visible", timeout=180_000)
    page.locator("#earlier").evaluate("(one) => { one.open = false; }")
    page.locator("#status").evaluate("(one) => { one.textContent = ''; }")  # seconds differ
    page.screenshot(path=HERE / f"{name}.png", full_page=True)
    page.close()


def main() -> None:
    """All of them."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        found = playground(pyodide_core(), tuple(page_fields()), "en")
        write_playground(found, Path(folder))
        served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
        Thread(target=served.serve_forever, daemon=True).start()
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, window in SCREENS:
            take(browser, f"http://127.0.0.1:{served.server_port}/", name, window)
        browser.close()
        served.shutdown()


main()
