"""Visits every page of a running portal as people do: two widths, two languages, two themes, with axe.

python tests/browser/check.py BASE_URL [--shots DIR] [--chromium PATH] [--most N]

Ends with 1 when axe finds a violation, a page scrolls sideways, asks for something from elsewhere, writes to the console, or answers with a fault.
"""

import argparse
import pathlib
import re
import sys
import urllib.parse

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

WIDTHS = (1280, 390)
NARROWEST, WIDEST = 320, 1920
START = ["/", "/datasets", "/sources", "/metod", "/method", "/sparql", "/datasets?q=tr", "/datasets?q=laddstolpar", "/datasets?kind=release&band=A",
         "/sparql?query=SELECT+*+WHERE+%7B+%3Fs+%3Fp+%3Fo+%7D+LIMIT+5", "/sparql?query=SELECT+broken", "/ingen-sida"]
PAGE = re.compile(r"^/($|datasets|sources|metod|method|sparql)")
SKIP = re.compile(r"\.(ttl|rdf|jsonld|nt|svg|parquet|csv|json|md)$")


def kind(path):
    """Pages of one kind look alike; a few of each are enough."""
    parts = urllib.parse.urlsplit(path)
    steps = [step for step in parts.path.split("/") if step]
    if steps[:1] == ["datasets"] and len(steps) > 3:
        return None
    if SKIP.search(parts.path):
        return None
    if steps[:1] == ["sources"] and len(steps) == 3:
        return "source-dataset"
    return f"{steps[0] if steps else 'start'}-{len(steps)}" + ("-query" if parts.query else "")


def find(page, base, most):
    """The addresses of pages within two links of the start page, at most `most` of a kind."""
    found, kinds, queue = [], {}, list(START)
    while queue:
        path = queue.pop(0)
        name = kind(path)
        if name is None or path in found or (path not in START and kinds.get(name, 0) >= most):
            continue
        kinds[name] = kinds.get(name, 0) + 1
        found.append(path)
        page.goto(base + path)
        for href in page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
            parts = urllib.parse.urlsplit(href)
            if href.startswith(base + "/") and PAGE.match(parts.path) and "lang=" not in parts.query:
                queue.append(parts.path + ("?" + parts.query if parts.query else ""))
    return found


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def slug(path):
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:60] or "start"


OPEN = """document.querySelectorAll('main details:not([open])').forEach(one => { one.open = true; one.dataset.opened = '1'; })"""
CLOSE = """document.querySelectorAll('[data-opened]').forEach(one => { one.open = false; delete one.dataset.opened; })"""


class Watch:
    """What a page asks for and complains about."""

    def __init__(self, page, base):
        self.faults = []
        page.on("console", lambda message: self.console(message))
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda request: None if request.url.startswith((base, "data:")) else self.faults.append(f"asks {request.url}"))

    def console(self, message):
        # A page that is a refusal or is not there says so with its status; that is no fault.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.faults.append(f"console: {message.text}")

    def take(self):
        faults, self.faults = self.faults, []
        return faults


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("base")
    words.add_argument("--shots", type=pathlib.Path)
    words.add_argument("--chromium", default="/usr/bin/chromium")
    words.add_argument("--most", type=int, default=2, help="pages of a kind")
    given = words.parse_args()
    base = given.base.rstrip("/")
    if given.shots:
        given.shots.mkdir(parents=True, exist_ok=True)
    axe, faults, visits = Axe(), [], 0

    def note(fault):
        if fault not in faults:
            faults.append(fault)
            print("FAULT", fault, flush=True)

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=given.chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context().new_page()
        paths = find(page, base, given.most)
        print(f"{len(paths)} pages:", *paths, sep="\n  ", flush=True)
        for theme in ("light", "dark"):
            for lang in ("sv", "en"):
                context = browser.new_context(color_scheme=theme, locale="sv-SE" if lang == "sv" else "en-GB")
                page = context.new_page()
                watch = Watch(page, base)
                for path in paths:
                    page.set_viewport_size({"width": WIDTHS[0], "height": 1000})
                    answer = page.goto(base + path + ("&" if "?" in path else "?") + "lang=" + lang)
                    if answer.status >= 500:
                        note(f"{path} {lang} {theme}: status {answer.status}")
                    for width in WIDTHS:
                        visits += 1
                        page.set_viewport_size({"width": width, "height": 1000})
                        where = f"{path} {lang} {theme} {width}"
                        if given.shots:
                            page.screenshot(path=given.shots / f"{slug(path)}-{lang}-{theme}-{width}.png", full_page=True)
                        # Closed parts hold text too; axe must see it.
                        page.evaluate(OPEN)
                        for violation in axe.run(page).response["violations"]:
                            for node in violation["nodes"][:3]:
                                note(f"{where}: axe {violation['id']}: {node['html'][:200]}")
                        if sideways(page) > 0:
                            note(f"{where}: scrolls sideways by {sideways(page)}")
                        page.evaluate(CLOSE)
                    if theme == "light":
                        for width in (NARROWEST, 599, 600, 899, 900, 1100, WIDEST):
                            page.set_viewport_size({"width": width, "height": 1000})
                            if sideways(page) > 0:
                                note(f"{path} {lang} at {width}: scrolls sideways by {sideways(page)}")
                    for fault in watch.take():
                        note(f"{path} {lang} {theme}: {fault}")
                context.close()
        for fault in without_script(browser, base):
            note(fault)
        browser.close()
    print(f"{visits} visits, {len(faults)} faults")
    return 1 if faults else 0


def without_script(browser, base):
    """Search, theme and menu work with script off, and the keyboard reaches the content first."""
    context = browser.new_context(java_script_enabled=False, locale="sv-SE")
    page = context.new_page()
    faults = []
    page.goto(base + "/")
    page.keyboard.press("Tab")
    if page.locator(".skip:focus").count() != 1:
        faults.append("without script: the skip link is not first")
    page.fill("#q", "zzz")
    page.press("#q", "Enter")
    if "q=zzz" not in page.url:
        faults.append("without script: search does not search")
    page.click("button[value=dark]")
    if page.locator("html[data-theme=dark]").count() != 1 or "q=zzz" not in page.url:
        faults.append("without script: the theme is not kept")
    context.close()
    return faults


if __name__ == "__main__":
    sys.exit(main())
