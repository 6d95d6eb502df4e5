"""Which files are the pages of the course: for the site, the students' copy and the tests."""

from __future__ import annotations

from pathlib import Path

#: The folders of pages, in the order of the course; the Makefile's FOLDERS are the same.
FOLDERS = ("notebooks", "notebooks/further")


def texts(root: Path) -> list[Path]:
    """Return the text of every page of the course in the folder `root`, in the course's order."""
    return [path for folder in FOLDERS for path in sorted((root / folder).glob("*.md"))]


def notebooks(root: Path) -> list[Path]:
    """Return the notebook of every page: a learner's own notebooks are none, they have no text."""
    return [path.with_suffix(".ipynb") for path in texts(root)]


def page_name(path: Path) -> str:
    """Return how a page is called, as "03_radon" or "further/words"."""
    further = path.parent.name == "further"
    return f"further/{path.stem}" if further else path.stem
