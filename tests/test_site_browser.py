"""The site as a reader sees it: wide and narrow, light and dark, from a disk and over HTTP."""

from __future__ import annotations

import functools
import http.server
import re
import threading
from pathlib import Path

import pytest

from helpers import explore
from listing import page_name, texts
from tests.explorables import EXPLORABLES, PLACES, find, look_at

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = {f"notebooks/{page_name(path)}": path.read_text("utf-8") for path in texts(ROOT)}
FOLDED = [page for page, text in NOTEBOOKS.items() if "<details>" in text]
PAGES = [
    "index",
    "search",
    "data/README",
    "speed",
    "large_tables",
    *NOTEBOOKS,
]

WORKED_WITH = """box => {
  const [top, end] = [".pp-picture", ".pp-buttons"].map(part => box.querySelector(part));
  return end.getBoundingClientRect().bottom - top.getBoundingClientRect().top;
}"""
SCREEN = 648  # pixels of a phone's 700 that are below the site's bar

UNFOLD = "() => document.querySelectorAll('details').forEach(fold => { fold.open = true; })"

# Everything in the article that reaches past the right edge and stands in no box that scrolls.
TOO_WIDE = """() => {
  const edge = document.documentElement.clientWidth + 1;
  const scrolls = element => {
    for (let e = element; e && e.tagName !== "BODY"; e = e.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(e).overflowX)) return true;
    return false;
  };
  return [...document.querySelectorAll("article *")]
    .filter(e => e.getBoundingClientRect().right > edge && !scrolls(e))
    .map(e => e.outerHTML.slice(0, 200));
}"""

MATHS = """() => ({
  formulas: document.querySelectorAll(".math").length,
  set: [...document.querySelectorAll(".math")].filter(
    e => e.querySelector("mjx-container svg")).length,
  wrong: [...document.querySelectorAll("[data-mjx-error], mjx-merror")].map(e => e.textContent),
})"""


@pytest.fixture(scope="module")
def served(site):
    """Serve the site on this machine; return its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Reader:
    """A page that takes down every complaint and refuses every request to elsewhere."""

    def __init__(self, browser, home: str, **options):
        self.home, self.complaints, self.outside = home, [], []
        self.context = browser.new_context(**options)
        self.context.route("**/*", self.answer)
        self.page = self.context.new_page()
        self.page.on("console", self.console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def answer(self, route):
        if route.request.url.startswith((self.home, "data:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self, name: str):
        self.page.goto(f"{self.home}/{name}", wait_until="load")
        self.page.evaluate("() => window.MathJax && window.MathJax.startup.promise")
        return self.page

    def assert_content(self):
        assert self.outside == [], "requests to elsewhere"
        assert self.complaints == [], "complaints in the console"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.fixture(params=["file", "http"])
def home(request, site):
    """Return where the site is read from: this disk, or a server on this machine."""
    return site.as_uri() if request.param == "file" else request.getfixturevalue("served")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_page(name, width, scheme, home, chromium):
    from axe_playwright_python.sync_playwright import Axe

    size = {"width": width, "height": 900}
    with Reader(chromium, home, viewport=size, color_scheme=scheme) as reader:
        page = reader.open(f"{name}.html")
        page.evaluate(UNFOLD)
        maths = page.evaluate(MATHS)
        assert maths["wrong"] == [] and maths["set"] == maths["formulas"]
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate(
            "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), "the page scrolls sideways"
        for image in page.locator("article img").all():
            assert image.evaluate("e => e.complete && e.naturalWidth > 0")
            paper = image.evaluate("e => getComputedStyle(e).backgroundColor")
            assert paper == "rgb(255, 255, 255)", "drawn on white, shown on white"
        reader.assert_content()
        if home.startswith("http"):
            return  # the same page as from disk, which is looked through below
        options = {"preload": False, "resultTypes": ["violations"]}
        found = Axe().run(page, options=options).response["violations"]
        told = [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]
        assert told == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_slider_moves(name, home, chromium, move_slider):
    with Reader(chromium, home, viewport={"width": 390, "height": 900}) as reader:
        page = reader.open(f"{name}.html")
        tagged = page.locator(".tag_slider").count()
        sliders = page.locator(".pp-slider").all()
        assert len(sliders) == tagged
        for slider in sliders:
            move_slider(page, slider)
        reader.assert_content()


@pytest.fixture(scope="module", autouse=True)
def explorables_of_pages_to_come(site):
    """Put an explorable on its page until the page itself holds it."""
    for name, place in PLACES:
        path = site / f"{place}.html"
        text = path.read_text("utf-8")
        if "pp-explore" not in text:
            code = '<script src="../_static/explore.min.js"></script>'
            box = getattr(explore, name)(code=False).data + code
            article = r'<article role="main".*?>'
            path.write_text(re.sub(article, lambda tag, box=box: tag[0] + box, text, count=1))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name, place", PLACES)
def test_an_explorable(name, place, width, scheme, site, chromium):
    size = {"viewport": {"width": width, "height": 700}, "color_scheme": scheme}
    with Reader(chromium, site.as_uri(), has_touch=True, **size) as reader:
        page = reader.open(f"{place}.html")
        assert page.locator("script[src*='explore.min.js']").count() == 1
        assert "mikebostock" not in page.content().lower().replace(" ", ""), "linked, not copied"
        box = find(page, name)
        EXPLORABLES[name].move(page, box)
        if EXPLORABLES[name].whole:
            assert box.bounding_box()["height"] <= SCREEN
        if width == 390:
            assert box.evaluate(WORKED_WITH) <= SCREEN, "picture and controls"
        look_at(page, box)
        paper = box.evaluate("e => getComputedStyle(e).backgroundColor")
        assert paper == {"light": "rgb(251, 252, 253)", "dark": "rgb(23, 27, 33)"}[scheme]
        for canvas in box.locator("canvas").all():
            before = canvas.evaluate("e => e.toDataURL()")
            other = {"light": "dark", "dark": "light"}[scheme]
            page.evaluate(f"() => {{ document.body.dataset.theme = '{other}'; }}")
            page.wait_for_timeout(100)
            assert canvas.evaluate("e => e.toDataURL()") != before, "drawn in the other colours"
        reader.assert_content()


@pytest.mark.parametrize("name", EXPLORABLES)
def test_play_makes_few_steps_where_motion_is_reduced(name, home, chromium):
    seen = {}
    for motion in ("reduce", "no-preference"):
        with Reader(chromium, home, reduced_motion=motion) as reader:
            page = reader.open(f"{EXPLORABLES[name].pages[0]}.html")
            box = find(page, name)
            step = box.locator(EXPLORABLES[name].playing).first
            box.locator(".pp-buttons button").first.click()
            start = step.text_content()
            page.wait_for_timeout(700)
            box.get_by_role("button", name="Pause").click()
            seen[motion] = step.text_content()
            page.wait_for_timeout(300)
            assert step.text_content() == seen[motion]
            assert (seen[motion] == start) == (motion == "reduce")
            reader.assert_content()


def words(html: str) -> set[str]:
    """Return the plain longer words of a page's own text."""
    text = re.search(r'<article role="main".*?</article>', html, flags=re.DOTALL)[0]
    text = re.sub(r"<(script|pre|style)\b.*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL)
    return set(re.findall(r"\b[a-z]{7,}\b", text))


@pytest.mark.parametrize("name", [PAGES[0], *PAGES[2:]])
def test_search_finds_a_word_of_the_page(name, home, site, chromium):
    own = {page: words((site / f"{page}.html").read_text("utf-8")) for page in PAGES}
    others = set().union(*(own[page] for page in PAGES if page != name))
    word = min(own[name] - others, key=lambda word: (-len(word), word))
    with Reader(chromium, home) as reader:
        page = reader.open("index.html")
        page.locator(".sidebar-search").fill(word)
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=*")
        page.wait_for_selector("#search-results ul.search li a")
        page.wait_for_timeout(300)
        links = page.locator("#search-results ul.search li > a").evaluate_all(
            "links => links.map(link => link.href)"
        )
        assert any(f"{name}.html" in link for link in links), (word, links)
        reader.assert_content()


CODE = """selector => [...new Set([...document.querySelectorAll(selector)].map(e => {
  const style = getComputedStyle(e);
  return [style.fontSize, style.color, style.opacity, style.fontFamily].join();
}))]"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", FOLDED)
def test_a_fold_opens_on_a_click_and_its_code_looks_like_any_other(name, scheme, site, chromium):
    with Reader(chromium, site.as_uri(), color_scheme=scheme) as reader:
        page = reader.open(f"{name}.html")
        for fold in page.locator("details").all():
            assert fold.locator("pre:visible").count() == 0
            fold.locator("summary").click()
            assert fold.locator("pre").first.is_visible()
        (look,) = page.evaluate(CODE, "details pre")
        assert page.evaluate(CODE, ".cell_input pre") == [look]
        reader.assert_content()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_nothing_is_cut_on_paper(name, paper, site, chromium, tmp_path):
    # The margins of the print style leave this width, in pixels.
    width = {"A4": 672, "Letter": 694}[paper]
    with Reader(chromium, site.as_uri(), viewport={"width": width, "height": 1000}) as reader:
        page = reader.open(f"{name}.html")
        page.emulate_media(media="print")
        page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details[open]").count() == 0
        assert page.locator("details pre:visible").count() == 0, "a solution on paper"
        cut = page.evaluate(
            """() => [...document.querySelectorAll("article *")].filter(e => {
                 const box = e.getBoundingClientRect();
                 return box.right > document.documentElement.clientWidth + 1
                   && box.width > 2 && !e.closest("mjx-assistive-mml");
               }).map(e => e.outerHTML.slice(0, 200))"""
        )
        assert cut == []
        page.pdf(path=tmp_path / "page.pdf", format=paper, prefer_css_page_size=False)
        assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
