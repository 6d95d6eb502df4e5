"""The README keeps its promises: links, picture, commands and the table of notebooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from listing import page_name, texts

ROOT = Path(__file__).resolve().parent.parent
PAGES = texts(ROOT)
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "data").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if not re.match(r"https?:|#|mailto:", target):
            assert (path.parent / target.split("#")[0]).exists(), f"{path.name}: {target}"


def test_table_lists_every_notebook_once_and_in_order():
    listed = re.findall(r"^\| \[.*?\]\(notebooks/([\w/]+)\.ipynb\)", README, flags=re.MULTILINE)
    assert listed == [page_name(page) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_minutes_are_those_of_the_page(page):
    """The page says "**Minutes.** 45 ..." or "**Minutes.** 2 × 45 ..."."""
    row = re.search(
        rf"notebooks/{page_name(page)}\.ipynb\).*\| ([^|]+) \|$", README, flags=re.MULTILINE
    )
    text = page.read_text(encoding="utf-8")
    assert f"**Minutes.** {row[1]}" in text, f"{page.name} does not say '**Minutes.** {row[1]}'"


def test_every_make_target_named_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)).split()
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"(?:`|^)make ([a-z-]+)", text, flags=re.MULTILINE):
            assert name in targets, f"{path.name}: make {name}"


def test_ci_runs_the_readmes_own_test_command():
    assert re.search(r"^make test\b", README, flags=re.MULTILINE)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^make test\b", ci, flags=re.MULTILINE)


def test_the_project_names_no_machine_and_no_index():
    wrong = re.compile(r"(?<![\w.-])/(?:work|home|root)/|--(?:extra-)?index-url|/simple\b")
    for path in [
        *DOCUMENTS,
        ROOT / "Makefile",
        ROOT / "pyproject.toml",
        *ROOT.glob("requirements*.lock"),
    ]:
        assert not wrong.search(path.read_text(encoding="utf-8")), path.name
