"""Notebook 00: its first question by arithmetic, its pictures, and the map of the course."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "notebooks" / "00_start_here.md").read_text(encoding="utf-8")


def test_the_first_questions_answer_by_arithmetic():
    """Players with a mean of 0.25 and any plausible n0: the second keeps more of his 0.3."""
    for n0 in (100, 300, 1000):
        first, second = ((hits + 0.25 * n0) / (n + n0) for hits, n in ((4, 10), (300, 1000)))
        assert second > first


def test_course_map_names_every_notebook_and_leads_onwards():
    place = importlib.util.spec_from_file_location("draw", ROOT / "images" / "draw.py")
    place.loader.exec_module(draw := importlib.util.module_from_spec(place))
    fig, ax = plt.subplots()
    draw.course_map(ax=ax)
    plt.close(fig)
    words = " ".join(text.get_text() for text in ax.texts)
    assert all(path.stem[:2] in words for path in (ROOT / "notebooks").glob("[0-9]*.md"))
    arrows = [(text.xyann, text.xy) for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 7 and all(start[0] < end[0] for start, end in arrows)
    assert "](../images/course_map.png)" in PAGE


@pytest.mark.parametrize("name", ["kidney_map.png", "kidney_maps.png", "course_map.png"])
def test_pictures_are_there_and_small(name):
    assert 5_000 < (ROOT / "images" / name).stat().st_size < 150_000
