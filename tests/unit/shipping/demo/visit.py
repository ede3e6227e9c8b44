"""Types `hpo demo`, visits its page with a browser, and prints as JSON what was there: run as a program of its own.

    python visit.py HPO STUDIES STUDY PICTURE

In a network namespace of its own, the page has no other machine to ask.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import Page, sync_playwright

_PATIENCE_MS = 60_000


def reaches_others() -> bool:
    """Whether another machine can be reached from here at all."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return False
    return True


def ask_as(url: str, host: str) -> int:
    """Ask for the page by another name, as another site's page can have a browser do; give the status."""
    request = Request(url, headers={"Host": host})  # noqa: S310 - of this machine
    try:
        with urlopen(request) as response:  # noqa: S310
            return int(response.status)
    except HTTPError as error:
        return error.code


def visit(page: Page, url: str, picture: str) -> dict[str, Any]:
    """Upload a picture, then choose a mistake; give what the page says each time, and what it asked whom for."""
    hosts: set[str] = set()
    errors: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    title = page.locator("h1").inner_text(timeout=_PATIENCE_MS)
    page.set_input_files("#picture input[type=file]", picture)
    page.wait_for_selector("#seen img", timeout=_PATIENCE_MS)
    answer, note = page.locator("#classes h2").inner_text(), page.locator("#note").inner_text()
    first = page.locator("#seen img").get_attribute("src") or ""
    tiles = page.locator("#mistakes button")
    caption = tiles.first.inner_text()
    tiles.first.click()
    page.wait_for_function("src => document.querySelector('#seen img')?.src !== src", arg=first, timeout=_PATIENCE_MS)
    mistaken = page.locator("#classes h2").inner_text()
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return {
        "title": title,
        "answer": answer,
        "note": note,
        "mistakes": tiles.count(),
        "caption": caption,
        "mistaken": mistaken,
        "hosts": sorted(hosts - {""}),
        "errors": errors,
        "is_too_wide": wide,
    }


def main(hpo: str, studies: str, study: str, picture: str) -> None:
    """See the module."""
    command = [hpo, "demo", study, "--studies", studies, "--port", "0"]
    demo = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    told: list[str] = []
    found: dict[str, Any] = {}
    try:
        assert demo.stderr is not None
        url = None
        for line in demo.stderr:
            told.append(line)
            if url := re.search(r"http://127\.0\.0\.1:\d+/", line):
                break
        if url is not None:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                page = browser.new_page(viewport={"width": 390, "height": 844})
                found = visit(page, url[0], picture)
                browser.close()
            found["strangers"] = [ask_as(url[0], name) for name in ("localhost", "elsewhere.example")]
    finally:
        demo.send_signal(signal.SIGINT)
        told += (demo.communicate(timeout=30)[1] or "").splitlines()
    print(json.dumps({**found, "told": told, "status": demo.returncode, "reaches_others": reaches_others()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
