"""The built site as files: every notebook is there, whole, and nothing comes from elsewhere."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from listing import notebooks, page_name
from tests.folds import exercises, is_folded

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = notebooks(ROOT)
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=page_name)


class Page(HTMLParser):
    """The tags of a page with their attributes, and all its ids."""

    def __init__(self, path: Path):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.ids = {attributes["id"] for _, attributes in self.tags if "id" in attributes}

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def built(site: Path, path: Path) -> Path:
    return site / "notebooks" / f"{page_name(path)}.html"


@by_name
def test_figures_carry_the_texts_of_the_notebook(site, path):
    wanted = []
    for cell in nbformat.read(path, as_version=4).cells:
        wanted += re.findall(r"!\[([^]]+)\]\(", cell.source) if cell.cell_type != "code" else []
        shown = [output.get("metadata", {}) for output in cell.get("outputs", [])]
        wanted += [metadata["image/png"]["alt"] for metadata in shown if "image/png" in metadata]
    got = [image.get("alt") for image in Page(built(site, path)).all("img")]
    assert got == wanted


@by_name
def test_solutions_are_folded_and_their_code_is_coloured(site, path):
    cells = nbformat.read(path, as_version=4).cells
    text = built(site, path).read_text(encoding="utf-8")
    folds = re.findall(r"<details>(.*?)</details>", text, flags=re.DOTALL)
    solutions = [inside for inside in folds if inside.startswith("<summary>Solution</summary>")]
    assert len(folds) == sum(map(is_folded, cells)) == len(Page(built(site, path)).all("details"))
    assert len(solutions) == len(exercises(cells))
    for inside in solutions:
        assert re.search(r'<div class="highlight-python .*?<span class="n">answer_', inside, re.S)
        assert "```" not in inside and "$" not in re.sub(r"<pre>.*?</pre>", "", inside, flags=re.S)


@by_name
def test_the_notebook_can_be_downloaded_from_its_page(site, path):
    links = [a["href"] for a in Page(built(site, path)).all("a") if "download" in a]
    assert len(links) == 1
    assert (built(site, path).parent / links[0]).resolve().read_bytes() == path.read_bytes()


@by_name
def test_the_index_shows_the_row_of_the_readme(site, path):
    text = (site / "index.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr\b.*?</tr>", text, flags=re.DOTALL)
    row = next(row for row in rows if f"notebooks/{page_name(path)}.html" in row)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    link = rf"\[(.+?)\]\(notebooks/{page_name(path)}\.ipynb\)"
    told = re.search(rf"^\| {link} \|(.+)\|$", readme, flags=re.MULTILINE)
    if told:
        shown = re.sub(r"<[^>]+>", "", row)
        for part in (told[1], *told[2].split("|")):
            assert part.strip() in shown


def test_pages_follow_each_other(site):
    order = [site / "index.html", *(built(site, path) for path in NOTEBOOKS)]
    order.append(site / "data" / "README.html")
    for here, there in pairwise(order):
        for page, other, label in ((here, there, "next-page"), (there, here, "prev-page")):
            links = [a["href"] for a in Page(page).all("a") if a.get("class") == label]
            assert [(page.parent / link).resolve() for link in links] == [other.resolve()]


def test_every_link_inside_the_site_leads_somewhere(site):
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    for path, page in pages.items():
        for tag, attributes in page.tags:
            link = attributes.get("href") or attributes.get("src")
            if not link or tag == "use" or urlsplit(link).scheme in ("http", "https", "data"):
                continue
            target, part = urlsplit(link).path, unquote(urlsplit(link).fragment)
            there = (path.parent / unquote(target)).resolve() if target else path
            assert there.exists(), f"{path.name}: {link} leads nowhere"
            if part and there in pages:
                assert part in pages[there].ids, f"{path.name}: {link} names no place there"


def test_nothing_is_loaded_from_elsewhere(site):
    for path in site.rglob("*.html"):
        for tag, attributes in Page(path).tags:
            if tag in ("script", "img", "iframe", "source", "video", "audio"):
                assert not re.match(r"(https?:)?//", attributes.get("src", "")), attributes
            if tag == "link" and attributes.get("rel") != "canonical":
                assert not re.match(r"(https?:)?//", attributes.get("href", "")), attributes
    for path in site.rglob("*.css"):
        for address in re.findall(
            r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)", path.read_text("utf-8")
        ):
            assert not re.match(r"(https?:)?//", address), f"{path.name}: {address}"


def test_mathjax_is_the_published_file_and_its_licence_travels_with_it(site):
    """The npm package mathjax 3.2.2, file es5/tex-svg.js."""
    content = (site / "_static" / "tex-svg.js").read_bytes()
    published = "d4295dc33744836935c1399feece5159577b34c5c8ffb9f1c6324cd82e03a882"
    assert hashlib.sha256(content).hexdigest() == published
    assert "Apache License" in (site / "_static" / "LICENSE.mathjax").read_text("utf-8")


def test_the_site_is_small(site):
    files = [path for path in site.rglob("*") if path.is_file()]
    for path in files:
        if path.suffix == ".html":
            assert path.stat().st_size < 2_000_000, f"{path.name} is too large"
    assert sum(path.stat().st_size for path in files) < 15_000_000
