"""Notebook 00: its checks, its promises about the data, and the map of the course."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

from helpers import plots
from helpers.answers.start_here import QUESTIONS
from helpers.check import check

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "notebooks" / "00_start_here.md").read_text(encoding="utf-8")


def told(capsys, *call) -> str:
    check(*call)
    return capsys.readouterr().out


def test_weight_exercise_knows_right_and_wrong(capsys):
    own, others = (int(n) for n in re.search(r"n_j = (\d+)\$ .*\$n_0 = (\d+)\$", PAGE).groups())
    assert told(capsys, "0.1", own / (own + others)).endswith("right.\n")
    assert "weight of the population" in told(capsys, "0.1", 0.25)
    assert "no answer yet" in told(capsys, "0.1", ...)


def test_five_questions_have_one_right_letter_each_and_the_page_knows_them(capsys):
    assert told(capsys, "0.2", QUESTIONS).endswith("right.\n")
    assert told(capsys, "0.2", [letter.upper() for letter in QUESTIONS]).endswith("right.\n")
    assert "4 of 5" in told(capsys, "0.2", ("a", *QUESTIONS[1:]))
    assert "Five letters" in told(capsys, "0.2", "abcab")
    assert "Question 2" in told(capsys, "0.2", ("a", "x", "a", "a", "a"))
    assert f"answer_0_2 = {QUESTIONS!r}".replace("'", '"') in PAGE
    assert len(re.findall(r"^\d\. ", PAGE.split("## 6.")[1], flags=re.MULTILINE)) == 5


def test_the_first_questions_answer_by_arithmetic():
    """Players with a mean of 0.25 and any plausible n0: the second keeps more of his 0.3."""
    assert "One hit 4 of 10 balls, the other 300 of 1,000." in " ".join(PAGE.split())
    for n0 in (100, 300, 1000):
        first, second = ((hits + 0.25 * n0) / (n + n0) for hits, n in ((4, 10), (300, 1000)))
        assert second > first


def test_course_map_names_every_notebook_and_links_them():
    fig, ax = plt.subplots()
    plots.course_map(ax=ax)
    text = " ".join(t.get_text() for t in ax.texts)
    for number in ("00", "01", "02", "03", "04", "05"):
        assert number in text
    assert sum(t.arrow_patch is not None for t in ax.texts if hasattr(t, "arrow_patch")) == 7
    plt.close(fig)


@pytest.mark.parametrize("name", ["kidney_maps.png", "kidney_funnel.png", "course_map.png"])
def test_pictures_are_there_and_small(name):
    assert 5_000 < (ROOT / "images" / name).stat().st_size < 150_000
