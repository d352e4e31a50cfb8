"""A reader walks through the portal in Chromium.

    python tests/clients/browser.py ADDRESS [--shots DIR]

Every page that links lead to from the start page, in Swedish and English: answers 200 in the language asked for, has one
heading of the first rank and a main part, asks nothing of other hosts, logs no error, fits the screen, and axe finds no
violation at 1280 and 390 pixels, light and dark (the first three pages of a kind; the rest once). The start page and a
dataset's page say the same without JavaScript. A release's file answers a range. `--shots` keeps a picture of each look.
Chromium is the one of FYR_CHROMIUM, else `chromium`. Ends with `N passed, N failed`; exit code 1 when something failed.
"""

import argparse
import os
import re
import shutil
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from check import Tally

PAGES_MAX = 60
SIZES = {1280: 900, 390: 844}
# Each language at each width, each width light and dark.
LOOKS = [("sv", "light", 1280), ("en", "dark", 1280), ("sv", "dark", 390), ("en", "light", 390)]
CLOSELY = 3  # pages of one kind that get all looks; the rest get the first


def in_language(address, lang):
    parts = urlsplit(address)
    kept = [pair for pair in parts.query.split("&") if pair and not pair.startswith("lang=")]
    return urlunsplit(parts._replace(query="&".join([*kept, urlencode({"lang": lang})]), fragment=""))


def plain(address):
    parts = urlsplit(address)
    kept = "&".join(pair for pair in parts.query.split("&") if pair and not pair.startswith("lang="))
    return urlunsplit(parts._replace(query=kept, fragment=""))


class Walk:
    def __init__(self, browser, address, tally, shots):
        self.browser, self.address, self.tally, self.shots = browser, address.rstrip("/"), tally, shots
        self.axe = Axe()
        self.files = set()

    def pages(self):
        """Pages of our own that links lead to, breadth first; what is no page (a download) is kept apart."""
        context = self.browser.new_context()
        seen, queue, found = set(), [self.address + "/"], []
        while queue and len(found) < PAGES_MAX:
            at = queue.pop(0)
            if at in seen:
                continue
            seen.add(at)
            answer = context.request.get(at, headers={"Accept": "text/html"}, max_redirects=5)
            if "text/html" not in answer.headers.get("content-type", ""):
                self.files.add(at)
                continue
            self.tally.hold(answer.status == 200, f"{at} answers 200", answer.status)
            self.heads(at, answer.headers)
            found.append(at)
            page = context.new_page()
            page.goto(at)
            links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
            page.close()
            for link in map(plain, links):
                inside = link.startswith(self.address + "/")
                # One of each kind of old version or file is enough; queries (filters, examples) lead to no new page.
                if inside and not urlsplit(link).query and link not in seen:
                    (self.files.add if re.search(r"\.(parquet|csv|json|jsonld|ttl|rdf|md|nt|tar|zip)$", link) else queue.append)(link)
        context.close()
        return found

    def heads(self, at, heads):
        policy = heads.get("content-security-policy", "")
        self.tally.hold(policy and "unsafe" not in policy, f"{at} has a content security policy without `unsafe`")
        self.tally.hold(heads.get("x-content-type-options") == "nosniff", f"{at} says nosniff")

    def look(self, address, closely):
        for lang, scheme, width in LOOKS if closely else LOOKS[:1]:
            self.look_once(address, lang, scheme, width, SIZES[width])

    def look_once(self, address, lang, scheme, width, height):
        label = f"{address.removeprefix(self.address)} {lang} {scheme} {width}"
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale=f"{lang}-SE")
        page = context.new_page()
        errors, foreign = [], []
        page.on("console", lambda message: errors.append(message.type) if message.type == "error" else None)
        page.on("pageerror", lambda fault: errors.append("exception"))
        page.on("request", lambda request: foreign.append(urlsplit(request.url).netloc) if not request.url.startswith((self.address, "data:")) else None)
        page.goto(in_language(address, lang), wait_until="load")
        self.tally.hold((page.get_attribute("html", "lang") or "").startswith(lang), f"{label}: is in the language asked for")
        self.tally.hold(page.locator("h1").count() == 1 and page.locator("main").count() == 1, f"{label}: one heading, one main part")
        self.tally.hold(not errors, f"{label}: no error in the console", errors)
        self.tally.hold(not foreign, f"{label}: asks nothing of others", sorted(set(foreign)))
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.tally.hold(overflow <= 0, f"{label}: fits the screen", f"{overflow} pixels too wide")
        found = self.axe.run(page).response["violations"]
        seen = "; ".join(f"{fault['id']} at {fault['nodes'][0]['target']}" for fault in found)
        self.tally.hold(not found, f"{label}: axe finds no violation", seen)
        if self.shots:
            name = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "start"
            page.screenshot(path=self.shots / f"{name}.png", full_page=True)
        context.close()

    def without_script(self, address):
        words = []
        for script in (True, False):
            context = self.browser.new_context(java_script_enabled=script, locale="sv-SE")
            page = context.new_page()
            page.goto(in_language(address, "sv"))
            words.append(len(page.locator("main").inner_text().split()))
            context.close()
        self.tally.hold(words[1] >= 0.9 * words[0] > 0, f"{address}: says the same without JavaScript", f"{words[1]} words of {words[0]}")

    def ranges(self):
        parquet = sorted(link for link in self.files if link.endswith(".parquet"))
        if not self.tally.hold(bool(parquet), "a page links to a Parquet file"):
            return
        context = self.browser.new_context()
        part = context.request.get(parquet[0], headers={"Range": "bytes=0-3"})
        self.tally.hold(part.status == 206 and part.body() == b"PAR1", "a Parquet file answers a range", part.status)
        beyond = context.request.get(parquet[0], headers={"Range": "bytes=999999999999-"})
        self.tally.hold(beyond.status == 416, "a range beyond the end is refused", beyond.status)
        context.close()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("address", help="where the portal is served")
    words.add_argument("--shots", type=Path, help="keep a picture of each page here")
    given = words.parse_args()
    if given.shots:
        given.shots.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("FYR_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.exit("browser: no Chromium: set FYR_CHROMIUM, or run scripts/bootstrap test")
    tally = Tally()
    with sync_playwright() as play:
        # Chromium's own sandbox does not start as root; the portal under test is ours and on loopback.
        sandbox = [] if os.getuid() else ["--no-sandbox"]
        browser = play.chromium.launch(executable_path=chromium, args=sandbox)
        walk = Walk(browser, given.address, tally, given.shots)
        pages = walk.pages()
        datasets = [page for page in pages if re.search(r"/datasets/[^/]+$", page)]
        tally.hold(bool(datasets), "links lead to a dataset's page")
        kinds = Counter()
        for page in pages:
            kind = urlsplit(page).path.split("/")[1]
            kinds[kind] += 1
            tally.attempt(f"{page} can be looked at", lambda page=page, closely=kinds[kind] <= CLOSELY: walk.look(page, closely))
        for page in [pages[0], *datasets[:1]] if pages else []:
            tally.attempt(f"{page} without JavaScript", lambda page=page: walk.without_script(page))
        walk.ranges()
        browser.close()
    print(f"{len(pages)} pages: {tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
