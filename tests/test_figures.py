"""The figures of the pages: each series where its numbers say, on its scale, in its look."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgba_array

from helpers import plots
from helpers.plots import COMPLETE_POOLING, NO_POOLING, PARTIAL_POOLING
from tests import pages

THREE = (NO_POOLING, COMPLETE_POOLING, PARTIAL_POOLING)
FACTS = Path(__file__).parent / "facts" / "axes.txt"
AXES = FACTS.read_text(encoding="utf-8").splitlines()[1:]


@pytest.fixture(scope="module")
def page_run():
    """Return a function: page -> the names that it leaves, and its figures by alternative text."""

    def run(page: str) -> tuple[dict, dict]:
        (name,) = (name for name in pages.PAGES if name.startswith(page))
        solved = pages.solved(name)
        return solved.names, {alt: figure for figure, alt, _ in solved.figures}

    return run


@pytest.fixture
def seen(page_run):
    """Return a function: page, part of an alternative text -> the page's names, then its axes."""

    def find(page: str, part: str):
        names, figures = page_run(page)
        (figure,) = [figure for alt, figure in figures.items() if part in alt]
        return SimpleNamespace(**names), *figure.axes

    return find


def same(ax, wanted: dict) -> None:
    """Hold the named lines against their heights."""
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == list(wanted)
    for line in lines:
        np.testing.assert_allclose(line.get_ydata(), wanted[line.get_label()], 1e-9)


@pytest.mark.parametrize("row", AXES, ids=lambda row: row[:30])
def test_axes_have_their_scale_and_unit(row, seen):
    page, part, *panels = row.split(" | ")
    for ax, panel in zip(seen(page, part)[1:], panels, strict=True):
        told = (ax.get_xscale(), ax.get_xlabel()), (ax.get_yscale(), ax.get_ylabel())
        for (scale, label), wanted in zip(told, re.split(" / (?=l)", panel), strict=True):
            kind, _, words = wanted.partition(" ")
            assert scale == kind and words in label, (scale, label, wanted)


@pytest.mark.parametrize("page", ["00", "01", "02", "03", "04", "05"])
def test_what_has_a_name_has_its_look(page, page_run):
    for alt, figure in page_run(page)[1].items():
        assert borrowed(figure) == [], alt


@pytest.mark.parametrize("page", ["04", "05"])
def test_each_figure_has_a_row(page, page_run):
    told = [row.split(" | ")[1] for row in AXES if row.startswith(page)]
    for alt in page_run(page)[1]:
        assert sum(part in alt for part in told) == 1, f"{FACTS.name}: {alt}"


def test_a_borrowed_colour_is_noticed():
    figure, ax = plt.subplots()
    for draw in (ax.plot, ax.scatter, ax.bar, ax.fill_between):
        draw([1], [1], color=NO_POOLING.color, label="truth")
    ax.text(0, 0, "complete pooling", color=PARTIAL_POOLING.color)
    plt.close(figure)
    assert borrowed(figure) == ["complete pooling", *["truth"] * 4]


def borrowed(figure) -> list[str]:
    """Return the names of methods that are drawn or written in another colour than theirs."""
    wrong = []
    for ax in figure.axes:
        found = [(text.get_text(), text) for text in ax.texts]
        found += [(a.get_label(), a) for a in (*ax.lines, *ax.collections, *ax.patches)]
        found += [(group.get_label(), a) for group in ax.containers for a in group.get_children()]
        for label, artist in found:
            kinds = ["color"] if hasattr(artist, "get_color") else ["facecolor", "edgecolor"]
            colors = np.vstack([to_rgba_array(getattr(artist, f"get_{kind}")()) for kind in kinds])
            look = (plots.LOOKS | {"truth": plots.TRUTH}).get(label)
            if look and {to_hex(color).upper() for color in colors} != {look.color}:
                wrong.append(label)
    return wrong


def test_05_one_curve_is_the_weight_and_each_strip_its_units(seen):
    p, curve, strips = seen("05", "Above: the weight")
    x, y = curve.lines[0].get_data()
    np.testing.assert_allclose(y, x / (1 + x))
    *marks, one = strips.lines
    for (name, (n, n0)), k in zip(reversed(p.sizes.items()), range(0, 8, 2), strict=True):
        np.testing.assert_allclose(marks[k].get_xdata(), np.asarray(n) / n0)
        assert marks[k + 1].get_xdata()[0] == np.median(n) / n0
        assert {*marks[k].get_ydata(), *marks[k + 1].get_ydata()} == {name}
    assert curve.lines[1].get_xdata()[0] == one.get_xdata()[0] == 1


def test_05_parameters_are_thick_and_observations_thin(seen):
    p, *axes = seen("05", "Four panels")
    assert [ax.get_title("left").split(":")[0] for ax in axes] == list(p.grids)
    for ax, intervals in zip(axes, p.grids.values(), strict=True):
        bars = np.array(ax.collections[0].get_segments())
        np.testing.assert_allclose(bars[:, :, 0], intervals)
        assert bars[:, 0, 1].tolist() == [0, 1, 2, 3] and ax.yaxis_inverted()
        assert list(ax.collections[0].get_linewidth()) == [5, 2, 5, 2]
    labels = [text.get_text() for text in axes[0].get_yticklabels()]
    assert labels == ["seen: parameter", "seen: observation", "new: parameter", "new: observation"]
